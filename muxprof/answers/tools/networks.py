"""What other tools print for a network, computed from its layers by a rule per tool and version.

The tests run the tools and compare every digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from muxprof.answers.tools.types import ToolCount
from muxprof.document.types import Layer, Subject
from muxprof.errors import BadInput
from muxprof.spec.cells import CellStack
from muxprof.spec.networks import Network

MUXPROF, FLOP_COUNTER, PTFLOPS = "muxprof", "FlopCounterMode / 2", "ptflops 0.7.5, aten"
TORCHINFO, THOP, FVCORE = "torchinfo 1.8.0", "thop 0.1.1", "fvcore 0.1.5"
EARLY_TORCHPROFILE, TORCHPROFILE = "torchprofile 0.0.1", "torchprofile 0.1.0"


class UnsaidError(Exception):
    """The number that a tool prints is not known; the text says why."""


def tool_counts(subject: Subject) -> tuple[ToolCount, ...]:
    """A row per tool for a network.

    Raises :class:`BadInput` for a network with average pooling inside of cells: its layers do not say which poolings
    are averages, and tools count max pooling as 0.
    """
    spec, layers = subject.spec, subject.layers
    blocks = [block for stage in spec.stages for block in stage.blocks] if isinstance(spec, Network) else []
    if any(isinstance(block, CellStack) and "avg_pool_3x3" in str(block) for block in blocks):
        raise BadInput(f"{subject.name} has average pooling inside of cells, which is not told from max pooling here.")
    poolings = [layer for layer in layers if layer.op == "pool" and layer.kernel is None]
    adaptive = [layer for layer in poolings if not layer.path.endswith("se.pool")]
    # Elements of one image, and learnable ones.
    added = {
        "outputs with a bias": _made(layer for layer in layers if layer.cost.params.bias),
        "outputs of products": _made(layer for layer in layers if layer.op == "mul"),
        "outputs of norms": _made(layer for layer in layers if layer.op == "batch_norm"),
        "params of norms": sum(layer.cost.params.norm for layer in layers),
        "outputs of means": _made(poolings),
        "inputs of adaptive pooling": sum(math.prod(layer.inputs[0][1:]) for layer in adaptive),
        "outputs of adaptive pooling": _made(adaptive),
        "outputs of upsampling": _made(layer for layer in layers if layer.op == "upsample"),
    }
    return tuple(
        ToolCount(tool, rule, subject.totals.madds + sum(times * added[what] for what, times in more.items()))
        for tool, rule, more in _TOOLS
    )


def _made(layers: Iterable[Layer]) -> int:
    return sum(math.prod(layer.outputs[0][1:]) for layer in layers)


#: The tools with their rules, and how many MAdds they add for each of what.
_TOOLS: tuple[tuple[str, str, Mapping[str, int]], ...] = (
    (MUXPROF, "convolutions and linear layers, one per weight use", {}),
    (FLOP_COUNTER, "as muxprof; it counts 2 per multiply-add", {}),
    (PTFLOPS, "as muxprof, and one for every output of a layer with a bias", {"outputs with a bias": 1}),
    (TORCHINFO, "as ptflops, and the params of every norm once", {"outputs with a bias": 1, "params of norms": 1}),
    (
        EARLY_TORCHPROFILE,
        "as muxprof, and products of maps, and outputs of means and average pooling; of early 2020, when the MUXNet "
        "paper was written",
        {"outputs of products": 1, "outputs of means": 1},
    ),
    (
        TORCHPROFILE,
        "as 0.0.1, and one for every element of a norm, and four for every output of bilinear upsampling",
        {"outputs of products": 1, "outputs of means": 1, "outputs of norms": 1, "outputs of upsampling": 4},
    ),
    (
        FVCORE,
        "as muxprof, and two for every element of a norm, the inputs of adaptive pooling, though not those of a mean, "
        "and four for every output of bilinear upsampling",
        {"outputs of norms": 2, "inputs of adaptive pooling": 1, "outputs of upsampling": 4},
    ),
    (
        THOP,
        "as muxprof, and four for every element of a norm, and the inputs and outputs of adaptive pooling",
        {"outputs of norms": 4, "inputs of adaptive pooling": 1, "outputs of adaptive pooling": 1},
    ),
)
