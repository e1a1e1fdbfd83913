"""Lowering of a stack of cells.

Sources: https://arxiv.org/abs/1806.09055, section 2.1 and appendix A; https://github.com/quark0/darts,
``cnn/model.py`` and ``cnn/operations.py``. A dilation of 2 comes with twice the padding, so that it changes no size and
no count: a dilated convolution is lowered like any other.
"""

from __future__ import annotations

from collections.abc import Iterator

from muxprof.cost.blocks import conv, normed, same
from muxprof.cost.ops import Dims, Op
from muxprof.dims import Dim
from muxprof.spec.cells import CellStack, Edges


def cell_ops(stack: CellStack, height: Dim, width: Dim) -> Iterator[Op]:
    """The ops of a stack on an input of ``height`` x ``width``, a size that the stack can work on."""
    channels, reduced = stack.channels, stack.reductions
    first = conv("stem0.conv", (stack.in_channels, height, width), channels, 3, stack.in_channels, 2)
    before = first.outputs[0]
    yield from normed(first, act=False)
    yield same("stem1.act", "act", before)
    second = conv("stem1.conv", before, channels, 3, channels, 2)
    last = second.outputs[0]
    yield from normed(second, act=False)
    for index in range(stack.cells):
        halves = index in reduced
        if halves:
            channels *= 2
        ops = list(_cell(before, last, channels, stack.reduce if halves else stack.normal, halves))
        before, last = last, ops[-1].outputs[0]
        for op in ops:
            yield op.under(f"cells.{index}")


def _cell(before: Dims, last: Dims, channels: int, edges: Edges, halves: bool) -> Iterator[Op]:
    """One cell on the outputs of the last but one and the last cell; its last op is its output."""
    adapt = _pointwise if before[1:] == last[1:] else _halved
    for name, ops in (("pre0", adapt(before, channels)), ("pre1", _pointwise(last, channels))):
        for op in ops:
            yield op.under(name)
    states: list[Dims] = [(channels, *last[1:])] * 2
    for node in range(len(edges) // 2):
        parts = []
        for edge in (0, 1):
            name, source = edges[2 * node + edge]
            made = states[source]
            for op in _edge(name, made, 2 if halves and source < 2 else 1):
                made = op.outputs[0]
                yield op.under(f"node{node}.edge{edge}")
            parts.append(made)
        yield Op(f"node{node}.add", "add", tuple(parts), (parts[0],))
        states.append(parts[0])
    nodes = tuple(states[2:])
    yield Op("concat", "concat", nodes, ((channels * len(nodes), *nodes[0][1:]),))


def _edge(name: str, given: Dims, stride: int) -> Iterator[Op]:
    """The ops of an edge; a skip that keeps the size has none."""
    channels = given[0]
    if name == "skip_connect":
        if stride == 2:
            yield from _halved(given, channels)
        return
    kind, kernel = name[:-4], int(name[-1])
    if kind in ("max_pool", "avg_pool"):
        sizes = ((size + 2 - kernel) // stride + 1 for size in given[1:])
        yield Op("pool", "pool", (given,), ((channels, *sizes),), (kernel, kernel), (stride, stride))
        return
    for number, step in (("1", stride), ("2", 1)) if kind == "sep_conv" else (("", stride),):
        yield same(f"act{number}", "act", given)
        depthwise = conv(f"conv{number}", given, channels, kernel, 1, step)
        given = depthwise.outputs[0]
        yield depthwise
        yield from normed(conv(f"project{number}", given, channels, 1, channels), act=False)


def _pointwise(given: Dims, channels: int) -> Iterator[Op]:
    """ReLU, 1x1 convolution, norm."""
    yield same("act", "act", given)
    yield from normed(conv("conv", given, channels, 1, given[0]), act=False)


def _halved(given: Dims, channels: Dim) -> Iterator[Op]:
    """Half the size: ReLU, two 1x1 convolutions of stride 2, the second without the first row and column; norm."""
    yield same("act", "act", given)
    shifted = (given[0], given[1] - 1, given[2] - 1)
    parts = tuple(
        conv(name, there, channels // 2, 1, given[0], 2) for name, there in (("conv1", given), ("conv2", shifted))
    )
    yield from parts
    made = (channels, *parts[0].outputs[0][1:])
    yield Op("concat", "concat", tuple(part.outputs[0] for part in parts), (made,))
    yield same("norm", "batch_norm", made)
