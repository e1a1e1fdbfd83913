"""Nodes of convolutions, poolings and concatenations, independent of how they are written."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from muxprof.answers.against.facts import GraphNode, Sides, in_words
from muxprof.answers.against.moves import raveled, unraveled
from muxprof.records import Shape, TracedOp

GLOBAL, ONE_AXIS = "global average pool", "average over one axis"

_POOLS = {
    "aten._adaptive_avg_pool2d": "average pool",
    "aten.adaptive_avg_pool2d": "average pool",
    "aten.adaptive_max_pool2d": "max pool",
    "aten.max_pool2d": "max pool",
    "aten.max_pool2d_with_indices": "max pool",
    "aten.avg_pool2d": "average pool",
}


def convolution(path: str, kind: str, op: TracedOp) -> GraphNode:
    """The node of a convolution."""
    settings, weight = dict(op.settings), op.inputs[1]
    return GraphNode(
        path,
        kind,
        given=op.inputs[0][1:],
        made=op.outputs[0][1:],
        kernel=weight[2:],
        stride=op.stride,
        padding=_sides(settings.get("padding", 0)) if len(weight) == 4 else None,
        dilation=settings.get("dilation"),
        groups=op.groups,
        bias=len(op.inputs) > 2,
    )


def with_padding(node: GraphNode, pad: TracedOp) -> GraphNode | None:
    """A convolution or pooling that includes a padding op before it; None where that pads with other values."""
    settings = dict(pad.settings)
    widths, value = settings.get("pad", ()), settings.get("value", 0)
    nothing = float("-inf") if node.type == "max pool" else 0
    if pad.name != "aten.constant_pad_nd" or len(widths) != 4 or value != nothing or min(widths) < 0:
        return None
    if node.padding is None or node.type not in ("", "max pool", "average pool"):
        return None
    left, right, above, below = widths
    own = node.padding
    sides = (own[0] + above, own[1] + below, own[2] + left, own[3] + right)
    return replace(node, padding=sides, given=pad.inputs[0][1:])


def pooling(path: str, op: TracedOp) -> GraphNode:
    """The node of a pooling, or of another reduction."""
    given = op.inputs[0]
    if op.name in _POOLS and len(given) == 4:
        return (_adaptive if "adaptive" in op.name else _windowed)(path, _POOLS[op.name], op)
    axes = dict(op.settings).get("dim")
    axes = () if axes is None else axes if isinstance(axes, tuple) else (axes,)
    reduced = {axis % len(given) for axis in axes or range(len(given))}
    name = {"aten.mean": "average pool", "aten.amax": "max pool"}.get(op.name)
    if name and reduced and reduced == set(range(2, len(given))):
        return _global(path, name, given[1:])
    if name == "average pool" and len(given) > 2 and reduced in ({len(given) - 1}, {len(given) - 2}):
        return GraphNode(path, "reduce", given[1:], type=ONE_AXIS)
    over = f" over axes {', '.join(map(str, sorted(reduced)))}" if "dim" in dict(op.settings) else ""
    return GraphNode(path, "reduce", type=in_words(op) + over)


def of_both_axes(before: GraphNode | None, node: GraphNode) -> GraphNode | None:
    """The global pooling that an average over one axis and one over the other are together; None for other nodes."""
    if before is None or before.type != ONE_AXIS or node.type not in (ONE_AXIS, GLOBAL):
        return None
    return _global(node.path, "average pool", before.given)


def is_nothing(node: GraphNode) -> bool:
    """Whether a pooling does nothing, such as adaptive pooling to the size of its input."""
    unpadded_pool = node.op == "pool" and not any(node.padding or ())
    return unpadded_pool and node.given == node.made and node.kernel in (None, (1, 1))


def joined_order(op: TracedOp) -> Callable[[int], int] | None:
    """Maps an element of a concatenation or stack to that of the parts in a row; None where it is the same."""
    axis, shape = dict(op.settings).get("dim", 0), op.outputs[0]
    axis = axis % len(shape) if isinstance(axis, int) else 0
    if op.name == "aten.cat" and axis <= 1:
        return None
    stacked = op.name == "aten.stack"

    def flat(element: int) -> int:
        coordinates = list(unraveled(element, shape))
        passed = 0
        for part in op.inputs:
            width = 1 if stacked else part[axis]
            if coordinates[axis] < width:
                if stacked:
                    del coordinates[axis]
                return passed + raveled(coordinates, part)
            coordinates[axis] -= width
            passed += math.prod(part)
        return element

    return flat


def _adaptive(path: str, name: str, op: TracedOp) -> GraphNode:
    """An adaptive pooling as one with windows where sizes are multiples, or as a global one."""
    given, made = op.inputs[0][1:], op.outputs[0][1:]
    if set(made[1:]) == {1}:
        return _global(path, name, given)
    if any(size % wanted for size, wanted in zip(given[1:], made[1:], strict=True)):
        return GraphNode(path, "pool", given, made, type=f"adaptive {name}")
    window = (given[1] // made[1], given[2] // made[2])
    return GraphNode(path, "pool", given, made, window, window, (0, 0, 0, 0), (1, 1), type=name)


def _windowed(path: str, name: str, op: TracedOp) -> GraphNode:
    settings, given, made = dict(op.settings), op.inputs[0][1:], op.outputs[0][1:]
    kernel, padding = _pair(settings["kernel_size"]), _sides(settings.get("padding", 0))
    if set(made[1:]) == {1} and kernel == given[1:] and not any(padding):
        return _global(path, name, given)
    if name == "average pool" and any(padding) and settings.get("count_include_pad", True):
        name = "average pool that counts its padding"
    stride, dilation = _pair(settings.get("stride") or kernel), _pair(settings.get("dilation", 1))
    return GraphNode(path, "pool", given, made, kernel, stride, padding, dilation, type=name)


def _global(path: str, name: str, given: Shape) -> GraphNode:
    return GraphNode(path, "pool", given, (given[0], *[1] * len(given[1:])), type=f"global {name}")


def _pair(value: Any) -> tuple[int, ...]:
    values = value if isinstance(value, tuple) else (value,)
    return values * 2 if len(values) == 1 else values


def _sides(value: Any) -> Sides:
    height, width = _pair(value)
    return height, height, width, width
