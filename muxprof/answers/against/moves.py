"""Where the elements of a tensor come from: through views, copies and shuffles, back to the op that computed them.

Implementations move data by views and transpositions, by ops, or by writing slices in place. Some elements of every
tensor, numbered in its logical order, are followed through all of these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

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

_COPIES = frozenset(f"aten.{name}" for name in ("clone", "_to_copy", "contiguous", "view_copy", "copy_"))


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
    """Whether an op only moves or repeats elements, by a rule that is known here."""
    return op.name in _COPIES or op.name in _SHUFFLES


class Origins:
    """The origins of elements in one trace.

    Ops in ``stops`` count as origins although they only move; ``same`` maps ops that do nothing to their source.
    """

    def __init__(self, trace: ModelTrace) -> None:
        """Of the ops of ``trace``."""
        self._ops = trace.ops
        self.stops: set[int] = set()
        self.same: dict[int, int] = {}

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
                inside = _element(memory, op.written[place.output], op.outputs[place.output])
                if inside is not None:
                    if is_mover(op) and place.writer not in self.stops:
                        return self._step(op, inside)
                    return self.same.get(place.writer, place.writer), inside
                if not op.name.endswith("_"):
                    return UNTOLD, element
            # Written in place, but elsewhere; or not at all.
            if not op.read:
                return UNTOLD, element
            place = op.read[0]
        return place.writer, memory

    def _step(self, op: TracedOp, element: int) -> Origin:
        """The origin of an element of the output of a mover."""
        source = 1 if op.name == "aten.copy_" else 0
        if source >= len(op.read):
            return UNTOLD, element
        given, made = op.inputs[source], op.outputs[0]
        if op.name == "aten.copy_":
            element = raveled(broadcast(unraveled(element, made), given), given)
        elif op.name in _SHUFFLES:
            setting, before = _SHUFFLES[op.name]
            element = raveled(before(unraveled(element, made), dict(op.settings)[setting], made), given)
        return self._back(op.read[source], given, element)


def unraveled(element: int, shape: Shape) -> tuple[int, ...]:
    """The coordinates of an element in the logical order of a shape."""
    coordinates = []
    for size in reversed(shape):
        element, at = divmod(element, size or 1)
        coordinates.append(at)
    return tuple(reversed(coordinates))


def raveled(coordinates: Sequence[int], shape: Shape) -> int:
    """The element of a shape at these coordinates."""
    element = 0
    for at, size in zip(coordinates, shape, strict=True):
        element = element * size + at
    return element


def broadcast(coordinates: Sequence[int], shape: Shape) -> tuple[int, ...]:
    """The coordinates in a smaller tensor of an element of the shape that it is broadcast to."""
    skipped = len(coordinates) - len(shape)
    return tuple(at if size > 1 else 0 for at, size in zip(coordinates[skipped:], shape, strict=True))


def _element(memory: int, place: MemoryPlace, shape: Shape) -> int | None:
    """The element of a tensor at an offset in memory; None if there is none."""
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


def regrouped(made: Sequence[int], groups: int, shape: Shape) -> tuple[int, ...]:
    """Where an element of a channel shuffle was: channels are read as ``groups`` rows and written column by column."""
    n, channel, *rest = made
    return n, channel % groups * (shape[1] // groups) + channel // groups, *rest


def _unshuffled(made: Sequence[int], ratio: int, _: Shape) -> tuple[int, ...]:
    """Where an element of pixel_unshuffle was: [c * r * r + i * r + j, h, w] was [c, h * r + i, w * r + j]."""
    *rest, channel, row, column = made
    return *rest, channel // ratio**2, row * ratio + channel // ratio % ratio, column * ratio + channel % ratio


def _shuffled(made: Sequence[int], ratio: int, _: Shape) -> tuple[int, ...]:
    """Where an element of pixel_shuffle was: the reverse."""
    *rest, channel, row, column = made
    return *rest, channel * ratio**2 + row % ratio * ratio + column % ratio, row // ratio, column // ratio


#: Ops that move by a number: what that is called, and where the element at given coordinates of a shape was.
_SHUFFLES: Mapping[str, tuple[str, Callable[[Sequence[int], int, Shape], tuple[int, ...]]]] = {
    "aten.channel_shuffle": ("groups", regrouped),
    "aten.native_channel_shuffle": ("groups", regrouped),
    "aten.pixel_unshuffle": ("downscale_factor", _unshuffled),
    "aten.pixel_shuffle": ("upscale_factor", _shuffled),
}
