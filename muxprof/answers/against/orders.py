"""Names of movements of elements: channel shuffle, space to channel, channel to space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from muxprof.answers.against.moves import followed, in_rows, raveled, regrouped, unraveled
from muxprof.dims import divisors
from muxprof.records import Shape

#: Maps elements of the result of a movement to where they were.
Before: TypeAlias = Callable[[Sequence[int]], tuple[int, ...]]

#: The type of a movement of which it cannot be told what it does.
UNTOLD_ORDER = "elements picked by indices"


@dataclass(frozen=True)
class Movement:
    """The name of a movement, the shape of its result, the order where it has no name, and what is not compared."""

    name: str
    shape: Shape
    order: tuple[int, ...] = ()
    unseen: str = ""


def movement(shape: Shape, before: Before) -> Movement:
    """The movement after which elements of a tensor of ``shape`` are those that were at ``before(elements)``."""
    unnamed = Movement("elements in another order", shape, before(followed(shape)))
    if len(shape) != 4:
        return unnamed
    elements = in_rows(shape)
    order, places = before(elements), [unraveled(element, shape) for element in elements]
    for groups in divisors(shape[1])[1:-1]:
        if all(raveled(regrouped(at, groups, shape), shape) == was for at, was in zip(places, order, strict=True)):
            return Movement(f"channel shuffle in {groups} groups", shape)
    return min(_pixel_moves(shape, elements, order), key=lambda move: bool(move.unseen), default=unnamed)


def _pixel_moves(shape: Shape, elements: Sequence[int], order: Sequence[int]) -> Iterator[Movement]:
    """The movements between space and channels that fit; for a small map these can be several."""
    _, channels, height, width = shape
    for ratio in (2, 3, 4, 8):
        if height % ratio == 0 and width % ratio == 0:
            small = (1, channels * ratio**2, height // ratio, width // ratio)
            yield from _pixel_move("space to channel", ratio, small, (small, elements), (shape, order))
        if channels % ratio**2 == 0:
            large = (1, channels // ratio**2, height * ratio, width * ratio)
            yield from _pixel_move("channel to space", ratio, large, (shape, order), (large, elements))


def _pixel_move(
    name: str, ratio: int, made: Shape, small: tuple[Shape, Sequence[int]], large: tuple[Shape, Sequence[int]]
) -> Iterator[Movement]:
    """The movement, if every pixel of the small map comes from its block of the large one.

    ``small`` and ``large`` are shapes with the same elements in both. Channels in another order than torch's are
    accepted but not compared, unless the small map has one pixel, which any order fits.
    """
    torchs = True
    of_channel: dict[int, tuple[int, ...]] = {}
    for one, other in zip(small[1], large[1], strict=True):
        _, channel, row, column = unraveled(one, small[0])
        _, source, y, x = unraveled(other, large[0])
        inside = (source, y % ratio, x % ratio)
        if (y // ratio, x // ratio) != (row, column) or of_channel.setdefault(channel, inside) != inside:
            return
        torchs &= channel == raveled(inside, (large[0][1], ratio, ratio))
    if torchs or max(small[0][2:]) > 1:
        yield Movement(f"{name} by {ratio}", made, unseen="" if torchs else name)
