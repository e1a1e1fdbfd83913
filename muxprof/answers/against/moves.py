"""Where the elements of a tensor come from: through views, copies and shuffles, back to the op that computed them.

However an implementation moves its data - a view and a transposition, an op of its own, slices written in place - what
counts is which element ends up where. That is followed for some elements of every tensor, named by their place in its
logical order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from muxprof.cost import traced
from muxprof.records import MemoryPlace, ModelTrace, Shape, TracedOp

#: What an element's origin is that cannot be told: it depends on data, as where a tensor of indices picks it.
UNTOLD = -3

#: An op's index, GIVEN, CONSTANT or UNTOLD; and which element of its first output it is, or of the input's memory.
Origin = tuple[int, int]

#: How many elements of a tensor are followed: these tell any two movements apart that are not all but the same.
_FOLLOWED = 32
#: To tell what a movement is takes more of them, in rows.
_ROW, _ROWS = 16, 64

_COPIES = frozenset(f"aten.{name}" for name in ("clone", "_to_copy", "contiguous", "view_copy"))
_SHUFFLES = frozenset(f"aten.{name}" for name in ("channel_shuffle", "native_channel_shuffle"))


def image_size(shape: Shape) -> int:
    """Elements of a tensor for one image."""
    return math.prod(shape[1:]) if len(shape) > 1 else math.prod(shape)


def followed(shape: Shape) -> tuple[int, ...]:
    """The elements of a tensor that are followed: the first, the last, and some between them, of its first image."""
    count = image_size(shape)
    if count <= _FOLLOWED:
        return tuple(range(count))
    return tuple(sorted({0, count - 1, *_spread(count, _FOLLOWED - 2)}))


def in_rows(shape: Shape) -> tuple[int, ...]:
    """Neighbours among the elements of the first image of a tensor, from many places in it."""
    count = image_size(shape)
    if count <= _ROW * _ROWS:
        return tuple(range(count))
    return tuple(sorted({at for start in _spread(count - _ROW, _ROWS) for at in range(start, start + _ROW)}))


def _spread(count: int, wanted: int) -> Iterator[int]:
    """Multiples of the golden section are spread evenly and have no period that a shuffle could share."""
    return (int(count * (step * 0.6180339887498949 % 1)) for step in range(1, wanted + 1))


def is_mover(op: TracedOp) -> bool:
    """Whether an op only moves elements, one to one or several times, in a way that is known here."""
    return op.name in _COPIES or op.name in _SHUFFLES or op.name in ("aten.copy_", *_PIXELS)


class Origins:
    """The origins of elements in one trace; ops in ``stops`` are origins themselves, even if they only move."""

    def __init__(self, trace: ModelTrace) -> None:
        """Of the ops of ``trace``."""
        self._ops = trace.ops
        self.stops: set[int] = set()

    def of_input(self, op: TracedOp, index: int, elements: Sequence[int]) -> list[Origin]:
        """Where these elements of an input of ``op`` were computed."""
        return [self._back(op.read[index], op.inputs[index], element) for element in elements]

    def through(self, op: TracedOp, elements: Sequence[int]) -> list[Origin]:
        """Where these elements of the output of a mover were computed."""
        return [self._step(op, element) for element in elements]

    def _back(self, place: MemoryPlace, shape: Shape, element: int) -> Origin:
        if len(place.strides) != len(shape):
            return UNTOLD, element
        memory = place.offset + sum(
            at * stride for at, stride in zip(unraveled(element, shape), place.strides, strict=True)
        )
        while place.writer >= 0:
            op = self._ops[place.writer]
            if traced.kind(op) is not None:  # what does nothing passes its memory on
                written = op.written[place.output]
                inside = _element(memory, written, op.outputs[place.output])
                if inside is not None:
                    return (
                        self._step(op, inside)
                        if is_mover(op) and place.writer not in self.stops
                        else (place.writer, inside)
                    )
                if not op.name.endswith("_"):
                    return UNTOLD, element
            # Written in place, but elsewhere; or not at all.
            if not op.read:
                return UNTOLD, element
            place = op.read[0]
        return place.writer, memory

    def _step(self, op: TracedOp, element: int) -> Origin:
        """Through one mover."""
        source = 1 if op.name == "aten.copy_" else 0
        if source >= len(op.read):
            return UNTOLD, element
        given, made = op.inputs[source], op.outputs[0]
        if op.name == "aten.copy_":
            element = raveled(broadcast(unraveled(element, made), given), given)
        elif op.name in _SHUFFLES:
            groups = dict(op.settings).get("groups", 1)
            n, channel, *rest = unraveled(element, made)
            row, column = channel % groups, channel // groups
            element = raveled((n, row * (made[1] // groups) + column, *rest), given)
        elif op.name in _PIXELS:
            element = raveled(_PIXELS[op.name](op, unraveled(element, made)), given)
        return self._back(op.read[source], given, element)


def unraveled(element: int, shape: Shape) -> tuple[int, ...]:
    """The coordinates of an element in the logical order of a shape."""
    coordinates = []
    for size in reversed(shape):
        element, at = divmod(element, size or 1)
        coordinates.append(at)
    return tuple(reversed(coordinates))


def raveled(coordinates: Sequence[int], shape: Shape) -> int:
    """The reverse."""
    element = 0
    for at, size in zip(coordinates, shape, strict=True):
        element = element * size + at
    return element


def broadcast(coordinates: Sequence[int], shape: Shape) -> tuple[int, ...]:
    """Which coordinates of a smaller tensor go with these of what it is broadcast to."""
    skipped = len(coordinates) - len(shape)
    return tuple(at if size > 1 else 0 for at, size in zip(coordinates[skipped:], shape, strict=True))


def _element(memory: int, place: MemoryPlace, shape: Shape) -> int | None:
    """Which element of a tensor lies at this place in memory; None if none does."""
    rest = memory - place.offset
    if rest < 0 or len(place.strides) != len(shape):
        return None
    coordinates = [0] * len(shape)
    for axis in sorted(range(len(shape)), key=lambda axis: (-place.strides[axis], axis)):
        if shape[axis] > 1 and place.strides[axis] > 0:
            coordinates[axis], rest = divmod(rest, place.strides[axis])
            if coordinates[axis] >= shape[axis]:
                return None
    return raveled(coordinates, shape) if rest == 0 else None


def _unshuffled(op: TracedOp, made: tuple[int, ...]) -> Iterator[int]:
    """Of pixel_unshuffle: [c * r * r + i * r + j, h, w] was [c, h * r + i, w * r + j]."""
    ratio = dict(op.settings)["downscale_factor"]
    *rest, channel, row, column = made
    yield from rest
    yield channel // ratio**2
    yield row * ratio + channel // ratio % ratio
    yield column * ratio + channel % ratio


def _shuffled(op: TracedOp, made: tuple[int, ...]) -> Iterator[int]:
    """Of pixel_shuffle: the reverse."""
    ratio = dict(op.settings)["upscale_factor"]
    *rest, channel, row, column = made
    yield from rest
    yield channel * ratio**2 + row % ratio * ratio + column % ratio
    yield row // ratio
    yield column // ratio


_PIXELS = {
    "aten.pixel_unshuffle": lambda op, made: tuple(_unshuffled(op, made)),
    "aten.pixel_shuffle": lambda op, made: tuple(_shuffled(op, made)),
}
