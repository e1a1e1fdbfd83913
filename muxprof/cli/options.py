"""The options that commands share, defined once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_SYMBOLS, _TIMING, _OUTPUT = "Symbols", "Timing", "Output"


class UnitName(StrEnum):
    """Units that multiply-adds are shown in."""

    madds = "madds"
    flops = "flops"


class DepthName(StrEnum):
    """Levels of the tree of a network."""

    stage = "stage"
    block = "block"
    layer = "layer"


class DtypeName(StrEnum):
    """Element types that can be timed."""

    fp32 = "fp32"
    tf32 = "tf32"
    fp16 = "fp16"
    bf16 = "bf16"


class HeadName(StrEnum):
    """Segmentation heads."""

    c1 = "c1"
    ppm = "ppm"


class MetricName(StrEnum):
    """What a heatmap shows the ratio of."""

    params = "params"
    madds = "madds"
    activations = "activations"
    traffic = "traffic"
    latency = "latency"


C = Annotated[
    int, typer.Option("--C", "--channels", help="Channels in = channels out; even.", rich_help_panel=_SYMBOLS)
]
E = Annotated[
    str, typer.Option("--E", "--expansion", help="Expansion of the first 1x1 convolution.", rich_help_panel=_SYMBOLS)
]
G = Annotated[
    int,
    typer.Option(
        "--G",
        "--group",
        help="Input channels that each output channel of the KxK convolution sees; 1 is depthwise.",
        rich_help_panel=_SYMBOLS,
    ),
]
L = Annotated[
    str,
    typer.Option(
        "--L", "--leave-out", help="Share of the channels left out, exact: 0.25 or 7/24.", rich_help_panel=_SYMBOLS
    ),
]
K = Annotated[
    int, typer.Option("--K", "--kernel", help="Kernel of the middle convolution; odd.", rich_help_panel=_SYMBOLS)
]
S = Annotated[
    str,
    typer.Option(
        "--S",
        "--spatial",
        help="Spatial multiplexing, a list like -1,0,1: -1 subpixel, 0 plain, 1 superpixel; 0 for none.",
        rich_help_panel=_SYMBOLS,
    ),
]
H = Annotated[int, typer.Option("--H", "--height", help="Height of the block's output.", rich_help_panel=_SYMBOLS)]
W = Annotated[int, typer.Option("--W", "--width", help="Width of the block's output.", rich_help_panel=_SYMBOLS)]
Batch = Annotated[int, typer.Option("--batch", help="Images in the input; MAdds stay per image, traffic is per batch.")]
Head = Annotated[
    HeadName | None,
    typer.Option(
        "--head",
        help="A segmentation head in the place of the classifier, on the dilated backbone: C1, or pyramid pooling.",
    ),
]
Batches = Annotated[
    str,
    typer.Option(
        "--batch",
        help="Images in the input; MAdds stay per image, traffic is per batch. A list, such as 1,8,64, is timed size "
        "by size.",
    ),
]
ProfileGpu = Annotated[
    bool,
    typer.Option(
        "--profile-gpu", help="Time it on a CUDA device: the whole, then every layer.", rich_help_panel=_TIMING
    ),
]
ProfileCpu = Annotated[
    bool,
    typer.Option("--profile-cpu", help="Time it on the CPU: the whole, then every layer.", rich_help_panel=_TIMING),
]
Device = Annotated[
    str | None,
    typer.Option("--device", help="The CUDA device, such as cuda:1; by default the first.", rich_help_panel=_TIMING),
]
Modes = Annotated[
    str | None,
    typer.Option(
        "--modes",
        help="A list of eager (what a Python caller waits), cold (device time, cache cleared), graph (a CUDA graph's "
        "replay); by default all that the device has.",
        rich_help_panel=_TIMING,
    ),
]
Dtype = Annotated[
    DtypeName | None,
    typer.Option("--dtype", help="Element type; fp32, with TF32 off, by default.", rich_help_panel=_TIMING),
]
ChannelsLast = Annotated[
    bool, typer.Option("--channels-last", help="Weights and inputs in NHWC memory.", rich_help_panel=_TIMING)
]
Compile = Annotated[bool, typer.Option("--compile", help="The whole through torch.compile.", rich_help_panel=_TIMING)]
Threads = Annotated[
    int | None, typer.Option("--threads", help="CPU threads; torch's own number by default.", rich_help_panel=_TIMING)
]
Budget = Annotated[
    float | None,
    typer.Option(
        "--budget",
        help="Seconds for the check and all of the timing, which has at least half of them; 20 by default.",
        rich_help_panel=_TIMING,
    ),
]
Kernels = Annotated[
    bool, typer.Option("--kernels", help="List the GPU kernels behind every layer.", rich_help_panel=_TIMING)
]
CudnnBenchmark = Annotated[
    bool,
    typer.Option("--cudnn-benchmark", help="Let cuDNN try its algorithms; off, as in torch.", rich_help_panel=_TIMING),
]
Check = Annotated[
    bool,
    typer.Option(
        "--check/--no-check",
        envvar="MUXPROF_CHECK",
        help="Build the real modules and compare with independent counters, after the answer.",
    ),
]
Unit = Annotated[
    UnitName, typer.Option("--unit", help="Show multiply-adds, or FLOPs (2 per multiply-add).", rich_help_panel=_OUTPUT)
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.", rich_help_panel=_OUTPUT)
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Write the report; the format follows the extension.", rich_help_panel=_OUTPUT),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr.", rich_help_panel=_OUTPUT)
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel=_OUTPUT)]
