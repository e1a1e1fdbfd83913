"""What the questions about a search space are answered with, one frozen type each. Costs go by the key of a metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from muxprof.document.json import Positive
from muxprof.frozen import frozen
from muxprof.spec.budgets import Bounds

#: What is counted or drawn: different networks, or the encodings for which a module exists.
Over: TypeAlias = Literal["distinct", "valid"]
Natural: TypeAlias = Annotated[int, Meta(ge=0)]
Costs: TypeAlias = Mapping[str, Natural]
BoundsByCost: TypeAlias = Mapping[str, Bounds]

#: The value of a letter that has no effect.
IDLE = "idle"


class _Frozen:
    """A dataclass whose mappings are frozen."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, Mapping):
                object.__setattr__(self, name, frozen(value))


@dataclass(frozen=True)
class SearchedWidth:
    """A searched stage of a space: the channels that it gives, and the number of its encodings."""

    stage: str
    width: Natural
    encodings: Natural


@dataclass(frozen=True)
class Extent:
    """The smallest and the largest total of a cost over all networks."""

    low: Natural
    high: Natural


@dataclass(frozen=True)
class SpaceTotals(_Frozen):
    """A space at a resolution (H, W): its counts, and the extent of each cost; None without valid encodings."""

    name: str
    resolution: tuple[int, int]
    stages: tuple[SearchedWidth, ...]
    encodings: Natural
    valid: Natural
    distinct: Natural
    extent: Mapping[str, Extent] | None


@dataclass(frozen=True)
class SpaceAnswer(_Frozen):
    """An answer about a space."""

    space: SpaceTotals


@dataclass(frozen=True)
class StageOptions(_Frozen):
    """A searched stage: its channels, its options by letter, its counts, and the number of its cost vectors."""

    stage: str
    channels_in: Natural
    channels_out: Natural
    options: Mapping[str, tuple[str, ...]]
    encodings: Natural
    valid: Natural
    distinct: Natural
    costs: Natural


@dataclass(frozen=True)
class Info(SpaceAnswer):
    """The options of a space; ``fixed`` is what all parts cost that are not searched."""

    fixed: Costs
    stages: tuple[StageOptions, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class CountWithin:
    """Numbers of valid encodings and of different networks."""

    valid: Natural
    distinct: Natural


@dataclass(frozen=True)
class Count(SpaceAnswer):
    """How much of a space lies within a budget."""

    budget: BoundsByCost
    count: CountWithin


@dataclass(frozen=True)
class OptionCount:
    """How many networks take an option of a stage, within a budget and everywhere; see :data:`IDLE`."""

    stage: str
    letter: Annotated[str, Meta(pattern="^(rK|rE|N|K|E|G|L|S)$")]
    name: str
    value: str
    count: Natural
    everywhere: Natural


@dataclass(frozen=True)
class Options(SpaceAnswer):
    """What a budget forces: the options of ``within`` networks of ``all``."""

    budget: BoundsByCost
    over: Over
    within: Natural
    all: Natural
    options: tuple[OptionCount, ...]


@dataclass(frozen=True)
class Axis:
    """Bins of one cost: bin i holds values from ``start + i * width`` to before ``start + (i + 1) * width``."""

    cost: str
    start: Natural
    width: Positive
    bins: Annotated[int, Meta(ge=1, le=512)]


@dataclass(frozen=True)
class Mark:
    """A published network in a histogram, and whether the space contains it."""

    name: str
    params: Natural
    madds: Natural
    contained: bool
    provenance: str


@dataclass(frozen=True)
class Hist(SpaceAnswer):
    """The joint distribution of two costs, ``counts[x][y]``; ``within`` networks of ``total`` are in the budget."""

    over: Over
    budget: BoundsByCost
    within: Natural
    x: Axis
    y: Axis
    counts: tuple[tuple[Natural, ...], ...]
    total: Natural
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class SpaceNetwork(_Frozen):
    """A network of a space; ``distance`` is from a wish: the largest relative deviation of a cost."""

    encoding: str
    costs: Costs
    distance: float | None = None


@dataclass(frozen=True)
class Sample(SpaceAnswer):
    """Networks drawn uniformly from those within a budget."""

    budget: BoundsByCost
    over: Over
    seed: int
    within: Positive
    networks: tuple[SpaceNetwork, ...]


@dataclass(frozen=True)
class Find(SpaceAnswer):
    """The networks nearest to a wish, nearest first; ``as_near`` of the space are no farther than the last of them."""

    wish: Mapping[str, Fraction]
    as_near: Positive
    networks: tuple[SpaceNetwork, ...]


@dataclass(frozen=True)
class ChoiceDifference:
    """Something of a network that a space lacks: where, what, and what the space has."""

    where: str
    found: str
    space: str


@dataclass(frozen=True)
class Totals:
    """What a network costs; MAdds are per image."""

    params: Natural
    madds: Natural


@dataclass(frozen=True)
class Contains(SpaceAnswer):
    """Whether a network is one of a space; it has an encoding, or there are differences."""

    network: str
    contains: bool
    encoding: str | None
    costs: Totals
    differences: tuple[ChoiceDifference, ...]
