"""What the tools that people quote print for a network, each computed from the network's own layers.

The rules are facts about these tools at the versions named; the tests run the tools and compare to the digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from muxprof.answers.tools.types import ToolCount
from muxprof.document.types import Layer, Subject
from muxprof.errors import BadInput
from muxprof.spec.cells import CellStack
from muxprof.spec.networks import Network

MUXPROF, FLOP_COUNTER, PTFLOPS = "muxprof", "FlopCounterMode / 2", "ptflops 0.7.5, aten"
TORCHINFO, THOP, FVCORE = "torchinfo 1.8.0", "thop 0.1.1", "fvcore 0.1.5"
EARLY_TORCHPROFILE, TORCHPROFILE = "torchprofile 0.0.1", "torchprofile 0.1.0"


class UnsaidError(Exception):
    """What a tool prints cannot be said; its text is the reason."""


#: What a tool may add to conv + linear, each a number of elements or of params.
Additions = Mapping[str, int]


def tool_counts(subject: Subject) -> tuple[ToolCount, ...]:
    """A row per tool for a network; raises :class:`BadInput` as :func:`additions` does."""
    own = subject.totals.madds
    added = additions(subject)
    return tuple(ToolCount(tool, rule, own + count(added)) for tool, rule, count in _TOOLS)


def additions(subject: Subject) -> Additions:
    """Elements of one image by what they are: outputs of products and of biased layers, norms, poolings' ends.

    ``norm params`` are learnable. Max pooling has no count: every tool takes it for nothing. Raises :class:`BadInput`
    for a network with average pooling inside of cells, which the closed form does not tell from max pooling.
    """
    spec = subject.spec
    if isinstance(spec, Network) and any(
        isinstance(block, CellStack) and "avg_pool_3x3" in str(block) for stage in spec.stages for block in stage.blocks
    ):
        raise BadInput(f"{subject.name} has average pooling inside of cells, which is not told from max pooling here.")
    layers = subject.layers
    poolings = [layer for layer in layers if layer.op == "pool" and layer.kernel is None]
    adaptive = [layer for layer in poolings if not layer.path.endswith("se.pool")]
    return {
        "biases": _made(layer for layer in layers if layer.cost.params.bias),
        "products": _made(layer for layer in layers if layer.op == "mul"),
        "norm": _made(layer for layer in layers if layer.op == "batch_norm"),
        "norm params": sum(layer.cost.params.norm for layer in layers),
        "mean outputs": _made(poolings),
        "adaptive inputs": sum(math.prod(layer.inputs[0][1:]) for layer in adaptive),
        "adaptive outputs": _made(adaptive),
        "bilinear outputs": _made(layer for layer in layers if layer.op == "upsample"),
    }


def _made(layers: Iterable[Layer]) -> int:
    return sum(math.prod(layer.outputs[0][1:]) for layer in layers)


_TOOLS: tuple[tuple[str, str, Callable[[Additions], int]], ...] = (
    (MUXPROF, "convolutions and linear layers, one per weight use", lambda _: 0),
    (FLOP_COUNTER, "as muxprof; it counts 2 per multiply-add", lambda _: 0),
    (PTFLOPS, "as muxprof, and one for every output of a layer with a bias", lambda a: a["biases"]),
    (
        TORCHINFO,
        "as ptflops, and the params of every norm once",
        lambda a: a["biases"] + a["norm params"],
    ),
    (
        EARLY_TORCHPROFILE,
        "as muxprof, and products of maps, and outputs of means and average pooling; of early 2020, when the MUXNet "
        "paper was written",
        lambda a: a["products"] + a["mean outputs"],
    ),
    (
        TORCHPROFILE,
        "as 0.0.1, and one for every element of a norm, and four for every output of bilinear upsampling",
        lambda a: a["products"] + a["mean outputs"] + a["norm"] + 4 * a["bilinear outputs"],
    ),
    (
        FVCORE,
        "as muxprof, and two for every element of a norm, the inputs of adaptive pooling, though not those of a mean, "
        "and four for every output of bilinear upsampling",
        lambda a: 2 * a["norm"] + a["adaptive inputs"] + 4 * a["bilinear outputs"],
    ),
    (
        THOP,
        "as muxprof, and four for every element of a norm, and the inputs and outputs of adaptive pooling",
        lambda a: 4 * a["norm"] + a["adaptive inputs"] + a["adaptive outputs"],
    ),
)
