"""Convolutions and poolings as nodes: what slides over a map, with the padding around it, in one way of writing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from muxprof.answers.against.facts import Node, Sides
from muxprof.answers.against.moves import raveled, unraveled
from muxprof.records import Shape, TracedOp

GLOBAL, ONE_AXIS = "global average pool", "average over one axis"

_ADAPTIVE = {
    "aten._adaptive_avg_pool2d": "average pool",
    "aten.adaptive_avg_pool2d": "average pool",
    "aten.adaptive_max_pool2d": "max pool",
}
_WINDOWED = {
    "aten.max_pool2d": "max pool",
    "aten.max_pool2d_with_indices": "max pool",
    "aten.avg_pool2d": "average pool",
}


def convolution(path: str, kind: str, op: TracedOp) -> Node:
    """The node of a convolution."""
    settings, weight = dict(op.settings), op.inputs[1]
    return Node(
        path,
        kind,
        op.inputs[0][1],
        op.outputs[0][1],
        weight[2:],
        op.stride,
        _sides(settings.get("padding", ()), len(weight) - 2),
        settings.get("dilation"),
        op.groups,
        len(op.inputs) > 2,
        op.inputs[0][2:],
        op.outputs[0][2:],
    )


def with_padding(node: Node, pad: TracedOp) -> Node | None:
    """A convolution or pooling with what pads its input taken in; None where it is padded with something else."""
    settings = dict(pad.settings)
    widths, value = settings.get("pad", ()), settings.get("value", 0)
    nothing = float("-inf") if node.type == "max pool" else 0
    if pad.name != "aten.constant_pad_nd" or len(widths) != 4 or value != nothing or min(widths) < 0:
        return None
    if node.padding is None or (node.op == "pool" and node.type not in ("max pool", "average pool")):
        return None
    left, right, above, below = widths
    own = node.padding
    sides = (own[0] + above, own[1] + below, own[2] + left, own[3] + right)
    return replace(node, padding=sides, given_size=pad.inputs[0][2:])


def pooling(path: str, op: TracedOp) -> Node:
    """The node of a pooling, or of another reduction."""
    given, made = op.inputs[0], op.outputs[0]
    if op.name in _ADAPTIVE and len(given) == 4:
        return _adaptive(path, _ADAPTIVE[op.name], given, made)
    if op.name in _WINDOWED and len(given) == 4:
        return _windowed(path, _WINDOWED[op.name], op)
    reduced = _reduced(op)
    name = {"aten.mean": "average pool", "aten.amax": "max pool"}.get(op.name)
    if name and reduced and reduced == set(range(2, len(given))):
        return _global(path, name, given)
    if name == "average pool" and reduced and len(given) > 2 and reduced in ({len(given) - 1}, {len(given) - 2}):
        return Node(path, "reduce", given[1], type=ONE_AXIS, given_size=given[2:])
    over = f" over axes {', '.join(map(str, sorted(reduced)))}" if "dim" in dict(op.settings) else ""
    return Node(path, "reduce", type=op.name.removeprefix("aten.").strip("_").replace("_", " ") + over)


def of_both_axes(before: Node | None, node: Node) -> Node | None:
    """The pooling of a whole map that averages of one axis, then of the other, make."""
    if before is None or before.type != ONE_AXIS or node.type not in (ONE_AXIS, GLOBAL):
        return None
    given = (1, before.given, *before.given_size)
    return _global(node.path, "average pool", given)


def is_nothing(node: Node) -> bool:
    """Whether a pooling gives the map that it is given, as adaptive pooling to the size of a map does."""
    is_pool = node.op == "pool" and not any(node.padding or ())
    return is_pool and node.given_size == node.size and (node.kernel in (None, (1, 1)))


def joined_order(op: TracedOp) -> Callable[[int], int] | None:
    """Which element of all parts, one after the other along the channels, an element of what is joined is.

    None where it is the same one.
    """
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
                inside = coordinates[:axis] + coordinates[axis + 1 :] if stacked else coordinates
                return passed + raveled(inside, part)
            coordinates[axis] -= width
            passed += _count(part)
        return element

    return flat


def _count(shape: Shape) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _adaptive(path: str, name: str, given: Shape, made: Shape) -> Node:
    """Whole windows side by side where the sizes allow it; and the whole map is a window, too."""
    if set(made[2:]) == {1}:
        return _global(path, name, given)
    if any(size % wanted for size, wanted in zip(given[2:], made[2:], strict=True)):
        return Node(path, "pool", given[1], made[1], type=f"adaptive {name}", given_size=given[2:], size=made[2:])
    window = (given[2] // made[2], given[3] // made[3])
    return Node(
        path, "pool", given[1], made[1], window, window, (0, 0, 0, 0), (1, 1), None, False, given[2:], made[2:], name
    )


def _windowed(path: str, name: str, op: TracedOp) -> Node:
    settings, given, made = dict(op.settings), op.inputs[0], op.outputs[0]
    kernel = _pair(settings["kernel_size"])
    padding = _sides(settings.get("padding", 0), 2)
    if set(made[2:]) == {1} and kernel == given[2:] and not any(padding or ()):
        return _global(path, name, given)
    if name == "average pool" and any(padding or ()) and settings.get("count_include_pad", True):
        name = "average pool that counts its padding"
    return Node(
        path,
        "pool",
        given[1],
        made[1],
        kernel,
        _pair(settings.get("stride") or kernel),
        padding,
        _pair(settings.get("dilation", 1)),
        None,
        False,
        given[2:],
        made[2:],
        name,
    )


def _global(path: str, name: str, given: Shape) -> Node:
    size = given[2:]
    return Node(path, "pool", given[1], given[1], type=f"global {name}", given_size=size, size=(1,) * len(size))


def _reduced(op: TracedOp) -> set[int]:
    """The axes over which an op reduces."""
    axes = dict(op.settings).get("dim")
    count = len(op.inputs[0])
    if axes is None or axes == ():
        return set(range(count))
    return {axis % count for axis in (axes if isinstance(axes, tuple) else (axes,))}


def _pair(value: Any) -> tuple[int, ...]:
    values = value if isinstance(value, tuple) else (value,)
    return values * 2 if len(values) == 1 else values


def _sides(value: Any, count: int) -> Sides | None:
    if count != 2:
        return None
    height, width = _pair(value)
    return height, height, width, width
