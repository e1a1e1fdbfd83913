"""Movements of elements that have a name: channel shuffle, space to channel, channel to space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from muxprof.answers.against.moves import raveled, unraveled
from muxprof.records import Shape

#: The type of a movement of which it cannot be told what it does.
UNTOLD_ORDER = "elements picked by indices"

_MOST_CHANNELS = 1 << 12


@dataclass(frozen=True)
class Movement:
    """Its name, the shape of what it makes, the order itself where the name does not say it, what is not compared."""

    name: str
    shape: Shape
    order: tuple[int, ...] = ()
    unseen: str = ""


def movement(shape: Shape, elements: tuple[int, ...], order: tuple[int, ...], few: tuple[int, ...]) -> Movement:
    """What it is called that these ``elements`` are those that were at ``order`` in a tensor of ``shape``.

    ``few`` is the order of those by which movements without a name are told apart.
    """
    if len(shape) != 4:
        return Movement("elements in another order", shape, few)
    for groups in _divisors(shape[1]):
        if all(_shuffled(shape, groups, there) == before for there, before in zip(elements, order, strict=True)):
            return Movement(f"channel shuffle in {groups} groups", shape)
    found = sorted(_pixel_moves(shape, elements, order), key=lambda movement: bool(movement.unseen))
    return found[0] if found else Movement("elements in another order", shape, few)


def _pixel_moves(shape: Shape, elements: tuple[int, ...], order: tuple[int, ...]) -> Iterator[Movement]:
    """The moves between space and channels that it may be; of a small map it may be several."""
    _, channels, height, width = shape
    for ratio in (2, 3, 4, 8):
        if height % ratio == 0 and width % ratio == 0:
            small = (1, channels * ratio**2, height // ratio, width // ratio)
            yield from _named("space to channel", ratio, small, _blocks(elements, order, small, shape, ratio))
        if channels % ratio**2 == 0:
            large = (1, channels // ratio**2, height * ratio, width * ratio)
            yield from _named("channel to space", ratio, large, _blocks(order, elements, shape, large, ratio))


def _named(name: str, ratio: int, shape: Shape, as_torch: bool | None) -> Iterator[Movement]:
    if as_torch is not None:
        yield Movement(f"{name} by {ratio}", shape, (), "" if as_torch else name)


def _shuffled(shape: Shape, groups: int, element: int) -> int:
    """Which element a shuffle puts at this place: channels are read as ``groups`` rows and written column by column."""
    n, channel, row, column = unraveled(element, shape)
    return raveled((n, channel % groups * (shape[1] // groups) + channel // groups, row, column), shape)


def _blocks(smaller: tuple[int, ...], larger: tuple[int, ...], small: Shape, large: Shape, ratio: int) -> bool | None:
    """Whether the channels are in torch's order where every pixel of the small map is from its block of the large one.

    None where it is not, or where a small map of one pixel says nothing.
    """
    torchs = True
    of_channel: dict[int, tuple[int, ...]] = {}
    for there, before in zip(smaller, larger, strict=True):
        _, channel, row, column = unraveled(there, small)
        _, source, y, x = unraveled(before, large)
        if (y // ratio, x // ratio) != (row, column):
            return None
        inside = (source, y % ratio, x % ratio)
        if of_channel.setdefault(channel, inside) != inside:
            return None
        torchs &= channel == raveled(inside, (large[1], ratio, ratio))
    return torchs if torchs or max(small[2:]) > 1 else None


def _divisors(channels: int) -> Iterator[int]:
    return (groups for groups in range(2, min(channels, _MOST_CHANNELS)) if channels % groups == 0)
