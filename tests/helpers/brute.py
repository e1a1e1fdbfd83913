"""Small spaces, and the slow and simple way to count them: make every network of every encoding, and count it.

Nothing here looks at cells, folds or boxes. A network is counted whole, from stem to classifier, and two networks are
the same when all of their layers are, one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from muxprof.document.subjects import network_subject
from muxprof.document.types import Subject
from muxprof.errors import BadInput
from muxprof.spec.blocks import DsBlock, IrBlock
from muxprof.spec.networks import Head, Network, Stage, Stem
from muxprof.spec.spaces import Choice, Normal, Reduction, SearchedStage, Space


@dataclass(frozen=True)
class Encoded:
    """A valid encoding: its layers, which say what it is, and what it costs."""

    choices: tuple[Choice, ...]
    layers: tuple[Any, ...]
    params: int
    madds: int
    activations: int


def every_encoding(space: Space) -> Iterator[tuple[Choice, ...]]:
    yield from itertools.product(*(stage.choices() for stage in space.searched))


def valid_encodings(space: Space) -> list[Encoded]:
    made = []
    for choices in every_encoding(space):
        try:
            subject = network_subject(space.network(choices), *space.resolution)
        except BadInput:
            continue
        total = subject.totals
        made.append(Encoded(choices, layers(subject), total.params.total, total.madds, total.activations))
    return made


def layers(subject: Subject) -> tuple[Any, ...]:
    """Everything about each layer but where it stands."""
    return tuple(
        (layer.op, layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.groups, layer.cost.params)
        for layer in subject.layers
    )


def distinct(encodings: list[Encoded]) -> dict[tuple[Any, ...], Encoded]:
    found: dict[tuple[Any, ...], Encoded] = {}
    for encoded in encodings:
        found.setdefault(encoded.layers, encoded)
    return found


def some(options: list[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(options), min_size=1, max_size=most, unique=True).map(tuple)


RATIOS = [Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(1, 3)]
SPATIALS = [(), (0,), (-1,), (1,), (-1, 0), (0, 1), (1, 1), (-1, 0, 1), (0, 0, 0, 1)]


@st.composite
def stages(draw: st.DrawFn, name: str, spatials: list[tuple[int, ...]], few: bool) -> SearchedStage:
    se = draw(st.sampled_from([None, Fraction(1, 4), Fraction(3, 4)]))
    width = draw(st.sampled_from([4, 6, 8, 10, 12, 16]))
    reduction = Reduction(
        width,
        draw(some([(3,), (5,), (3, 5), (3, 5, 7)], 2)),
        draw(some([Fraction(1), Fraction(2), Fraction(3), Fraction(5, 2)], 2)),
        draw(st.sampled_from([1, 2])),
        se=se,
    )
    normal = Normal(
        draw(some([0, 1, 2, 3], 2)),
        draw(some([3, 5], 1 if few else 2)),
        draw(some([Fraction(2), Fraction(3), Fraction(4)], 1 if few else 2)),
        draw(some([1, 2, 3, 4], 2)),
        draw(some(RATIOS, 2)),
        draw(some(spatials, 2)),
        se=se,
    )
    after = (IrBlock(width, 8, Fraction(2)),) if draw(st.booleans()) else ()
    return SearchedStage(name, reduction, normal, after)


@st.composite
def spaces(draw: st.DrawFn, spatials: list[tuple[int, ...]] = SPATIALS, most: int = 2, few: bool = True) -> Space:
    """Spaces of one to ``most`` searched stages, at sizes that are odd somewhere or not."""
    count = draw(st.integers(1, most))
    made: list[SearchedStage | Stage] = [
        draw(stages(f"stage{number}", spatials, few or count > 1)) for number in range(1, count + 1)
    ]
    if draw(st.booleans()):
        made.insert(0, Stage("stage0", (DsBlock(8, 8),)))
    last = made[-1]
    assert isinstance(last, SearchedStage)
    resolution = draw(st.sampled_from([(16, 16), (20, 12), (18, 18), (32, 24)]))
    return Space("random", Stem(8), tuple(made), Head(last.width, draw(st.sampled_from([None, 16])), 10), resolution)


def network(space: Space, encoded: Encoded) -> Network:
    return space.network(encoded.choices)
