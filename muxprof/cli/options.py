"""The options that commands share, defined once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_SYMBOLS, _OUTPUT = "Symbols", "Output"


class UnitName(StrEnum):
    """Units that multiply-adds are shown in."""

    madds = "madds"
    flops = "flops"


class DepthName(StrEnum):
    """Levels of the tree of a network."""

    stage = "stage"
    block = "block"
    layer = "layer"


class MetricName(StrEnum):
    """What a heatmap shows the ratio of."""

    params = "params"
    madds = "madds"
    activations = "activations"
    traffic = "traffic"


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
