"""Movements of elements that have a name: channel shuffle, space to channel, channel to space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from muxprof.answers.against.moves import followed, in_rows, raveled, regrouped, unraveled
from muxprof.dims import divisors
from muxprof.records import Shape

#: The type of a movement of which it cannot be told what it does.
UNTOLD_ORDER = "elements picked by indices"


@dataclass(frozen=True)
class Movement:
    """Its name, the shape of what it makes, the order itself where the name does not say it, what is not compared."""

    name: str
    shape: Shape
    order: tuple[int, ...] = ()
    unseen: str = ""


def movement(shape: Shape, before: Callable[[Sequence[int]], tuple[int, ...]]) -> Movement:
    """What it is called that some elements of a tensor of ``shape`` were at ``before(elements)``, in the same shape."""
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
    """The moves between space and channels that it may be; of a small map it may be several."""
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
    """The move if every pixel of the small map is from its block of the large one: shapes, and elements in both.

    The order of channels is compared where it is torch's; where it is not, a small map of one pixel says nothing.
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
