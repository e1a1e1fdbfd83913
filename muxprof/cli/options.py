"""The options that commands share, each declared once; those that go together are groups.

Groups are named tuples, not dataclasses: a dataclass takes ten times as long to make, before every answer.
"""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from muxprof.cli.declared import Option

_SYMBOLS, _TIMING, _OUTPUT = "Symbols", "Timing", "Output"

Channels = Annotated[int, Option("--C", "--channels", help="Channels in = channels out; even.", panel=_SYMBOLS)]
Expansion = Annotated[str, Option("--E", "--expansion", help="Expansion of the first 1x1 convolution.", panel=_SYMBOLS)]
Kernel = Annotated[int, Option("--K", "--kernel", help="Kernel of the middle convolution; odd.", panel=_SYMBOLS)]
Height = Annotated[int, Option("--H", "--height", help="Height of the block's output.", panel=_SYMBOLS)]
Width = Annotated[int, Option("--W", "--width", help="Width of the block's output.", panel=_SYMBOLS)]


class Symbols(NamedTuple):
    """What the paper's letters stand for in a block."""

    C: Channels = 64
    E: Expansion = "6"
    G: Annotated[
        int,
        Option(
            "--G",
            "--group",
            help="Input channels that each output channel of the KxK convolution sees; 1 is depthwise.",
            panel=_SYMBOLS,
        ),
    ] = 2
    L: Annotated[
        str,
        Option("--L", "--leave-out", help="Share of the channels left out, exact: 0.25 or 7/24.", panel=_SYMBOLS),
    ] = "0.25"
    K: Kernel = 3
    S: Annotated[
        str,
        Option(
            "--S",
            "--spatial",
            help="Spatial multiplexing, a list like -1,0,1: -1 subpixel, 0 plain, 1 superpixel; 0 for none.",
            panel=_SYMBOLS,
        ),
    ] = "0"
    H: Height = 56
    W: Width = 56


class ConditionOptions(NamedTuple):
    """What times hold for, wherever they are taken."""

    dtype: Annotated[
        Literal["fp32", "tf32", "fp16", "bf16"] | None,
        Option("--dtype", help="Element type; fp32, with TF32 off, by default.", panel=_TIMING),
    ] = None
    channels_last: Annotated[
        bool, Option("--channels-last", help="Weights and inputs in NHWC memory.", panel=_TIMING)
    ] = False
    compile: Annotated[bool, Option("--compile", help="The whole through torch.compile.", panel=_TIMING)] = False
    threads: Annotated[
        int | None, Option("--threads", help="CPU threads; torch's own number by default.", panel=_TIMING)
    ] = None
    budget: Annotated[
        float | None,
        Option(
            "--budget",
            help="Seconds for check and timing together; at least half go to the timing. 20 by default.",
            panel=_TIMING,
        ),
    ] = None
    cudnn_benchmark: Annotated[
        bool,
        Option("--cudnn-benchmark", help="Let cuDNN try its algorithms; off, as in torch.", panel=_TIMING),
    ] = False


class TimingOptions(NamedTuple):
    """Whether a network is timed, where and how."""

    profile_gpu: Annotated[
        bool, Option("--profile-gpu", help="Time it on a CUDA device: the whole, then every layer.", panel=_TIMING)
    ] = False
    profile_cpu: Annotated[
        bool, Option("--profile-cpu", help="Time it on the CPU: the whole, then every layer.", panel=_TIMING)
    ] = False
    device: Annotated[
        str | None,
        Option("--device", help="The CUDA device, such as cuda:1; by default the first.", panel=_TIMING),
    ] = None
    modes: Annotated[
        str | None,
        Option(
            "--modes",
            help="A list of eager (what a Python caller waits), cold (device time, cache cleared), graph (a CUDA "
            "graph's replay); by default all that the device has.",
            panel=_TIMING,
        ),
    ] = None
    conditions: ConditionOptions = ConditionOptions()
    kernels: Annotated[bool, Option("--kernels", help="List the GPU kernels behind every layer.", panel=_TIMING)] = (
        False
    )


Json = Annotated[bool, Option("--json", help="Print one JSON document on stdout and nothing else.", panel=_OUTPUT)]
Debug = Annotated[bool, Option("--debug", help="Show the traceback of an error.", panel=_OUTPUT)]


class Output(NamedTuple):
    """Where the answer goes, and what is said beside it."""

    json: Json = False
    out: Annotated[
        Path | None,
        Option("--out", "-o", help="Write the report; the format follows the extension.", panel=_OUTPUT),
    ] = None
    quiet: Annotated[bool, Option("--quiet", "-q", help="No progress and no notes on stderr.", panel=_OUTPUT)] = False
    debug: Debug = False


Unit = Annotated[
    Literal["madds", "flops"],
    Option("--unit", help="Show multiply-adds, or FLOPs (2 per multiply-add).", panel=_OUTPUT),
]
Check = Annotated[
    bool,
    Option(
        "--check/--no-check",
        envvar="MUXPROF_CHECK",
        help="Compare with independent counters of the real modules, after the answer.",
    ),
]
Head = Annotated[
    Literal["c1", "ppm"] | None,
    Option(
        "--head",
        help="A segmentation head in the place of the classifier, on the dilated backbone: C1, or pyramid pooling.",
    ),
]
Batches = Annotated[
    str,
    Option(
        "--batch",
        help="Images in the input; MAdds stay per image, traffic is per batch. A list, such as 1,8,64, is timed size "
        "by size.",
    ),
]
Latex = Annotated[bool, Option("--latex", help="Print the closed forms as LaTeX, and nothing else.")]
