"""Samples: uniform, repeatable, and within the budget when built."""

from __future__ import annotations

import functools
import math
from collections import Counter
from fractions import Fraction

import pytest
from brute import Encoded, distinct, layers, valid_encodings

from muxprof.census.census import Census
from muxprof.document.subjects import network_subject
from muxprof.errors import BadInput
from muxprof.spec.blocks import DsBlock
from muxprof.spec.budgets import Bounds
from muxprof.spec.networks import Head, Stage, Stem
from muxprof.spec.spaces import Choice, Normal, Reduction, SearchedStage, Space, paper

HALF = Fraction(1, 2)


#: 16 * 96 encodings; some cost the same, some build the same.
SPACE = Space(
    "two",
    Stem(8),
    (
        Stage("stage0", (DsBlock(8, 8),)),
        SearchedStage("stage1", Reduction(8), Normal((0, 1), (3, 5), (Fraction(2),), (1, 2), (Fraction(0), HALF))),
        SearchedStage(
            "stage2",
            Reduction(12, ((3,), (3, 5)), (Fraction(3),)),
            Normal((0, 1, 2), (3,), (Fraction(2), Fraction(4)), (1, 2), (Fraction(0), HALF), ((), (-1, 1))),
        ),
    ),
    Head(12, None, 10),
    (32, 32),
)


@functools.cache
def every_valid() -> list[Encoded]:
    return valid_encodings(SPACE)


def chi_square(counts: Counter[object], expected: dict[object, float]) -> tuple[float, int]:
    assert counts.keys() <= expected.keys()
    return sum((counts[key] - value) ** 2 / value for key, value in expected.items()), len(expected) - 1


def is_plausible(value: float, freedom: int) -> bool:
    """Within 4 sigma of its mean, by Wilson and Hilferty's cube root."""
    cube = (value / freedom) ** (1 / 3)
    sigma = math.sqrt(2 / (9 * freedom))
    return bool(abs(cube - (1 - 2 / (9 * freedom))) < 4 * sigma)


@pytest.mark.parametrize("over", ["distinct", "valid"])
@pytest.mark.parametrize("names", [("params", "madds"), ("madds",)])
def test_samples_are_uniform(over: str, names: tuple[str, ...]) -> None:
    valid = every_valid()
    params, madds = sorted(each.params for each in valid), sorted(each.madds for each in valid)
    bounds = {
        "params": Bounds(params[len(params) // 10], params[len(params) * 9 // 10]),
        "madds": Bounds(madds[len(madds) // 10], madds[len(madds) * 9 // 10]),
    }
    budget = {name: bounds[name] for name in names}
    inside = [each for each in valid if all(getattr(each, name) in bound for name, bound in budget.items())]
    by_choices = {each.choices: each.layers for each in inside}
    counted = list(distinct(inside).values()) if over == "distinct" else inside
    size = 20 * len(counted)
    drawn = Census(SPACE).sample(budget, size, seed=7, over=over)
    if over == "distinct":
        cells: list[object] = [each.layers for each in counted]
        counts: Counter[object] = Counter(by_choices[each.choices] for each in drawn)
    else:
        cells = [each.choices for each in counted]
        counts = Counter(each.choices for each in drawn)
    assert len(cells) == len(set(cells)) >= 200
    assert is_plausible(*chi_square(counts, dict.fromkeys(cells, size / len(cells))))


def test_the_test_sees_what_is_not_uniform() -> None:
    """Valid encodings, counted as networks, are far from uniform: networks with N = 0 have many."""
    valid = every_valid()
    by_choices = {each.choices: each.layers for each in valid}
    size = 20 * len(distinct(valid))
    drawn = Census(SPACE).sample({}, size, seed=7, over="valid")
    counts: Counter[object] = Counter(by_choices[each.choices] for each in drawn)
    expected: dict[object, float] = dict.fromkeys(distinct(valid), size / len(distinct(valid)))
    assert not is_plausible(*chi_square(counts, expected))


def test_a_seed_draws_the_same_networks_everywhere() -> None:
    census = Census(paper())
    budget = {"madds": Bounds(None, 120_000_000)}
    first = census.sample(budget, 50, seed=7)
    assert Census(paper()).sample(budget, 50, seed=7) == first != census.sample(budget, 50, seed=8)
    # Numbers come from random.Random, whose integers are the same on every platform, and a number is a network.
    numbering = census.numbering(budget)
    everything = numbering.networks(range(numbering.size))
    assert len({each.choices for each in everything}) == numbering.size
    assert all(each in everything for each in first)


def test_the_default_space_is_sampled_uniformly() -> None:
    """All networks of at most 120 M MAdds, each a cell."""
    census = Census(paper())
    budget = {"madds": Bounds(None, 120_000_000)}
    numbering = census.numbering(budget)
    cells = [each.choices for each in numbering.networks(range(numbering.size))]
    size = 20 * len(cells)
    counts: Counter[object] = Counter(each.choices for each in census.sample(budget, size, seed=11))
    assert len(cells) >= 200
    assert is_plausible(*chi_square(counts, dict.fromkeys(cells, size / len(cells))))


@pytest.mark.parametrize("size", [6, pytest.param(50, marks=pytest.mark.slow)])
def test_sampled_networks_lie_within_the_budget_when_they_are_built(size: int) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from muxprof.nets.build import build

    space = paper()
    budget = {"params": Bounds(2_600_000, 3_400_000), "madds": Bounds(200_000_000, 220_000_000)}
    drawn = Census(space).sample(budget, size, seed=7)
    assert len({each.choices for each in drawn}) == size
    for each in drawn:
        module = build(space.network(each.choices), "meta")
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            module(torch.empty(1, 3, 224, 224, device="meta"))
        params, madds = sum(p.numel() for p in module.parameters()), counter.get_total_flops() // 2
        assert (params, madds) == (each.costs["params"], each.costs["madds"])
        assert params in budget["params"]
        assert madds in budget["madds"]


def test_nothing_is_drawn_from_nothing() -> None:
    with pytest.raises(BadInput, match="no network of two lies within the budget"):
        Census(SPACE).sample({"params": Bounds(None, 1)}, 1, seed=0)


def test_a_space_of_one_network() -> None:
    stage = SearchedStage("stage1", Reduction(8), Normal((1,)))
    space = Space("one", Stem(8), (stage,), Head(8, None, 10), (32, 32))
    census = Census(space)
    assert (census.totals.encodings, census.totals.valid, census.totals.distinct) == (1, 1, 1)
    (choice,) = stage.choices()
    assert {each.choices for each in census.sample({}, 20, seed=3)} == {(choice,)}
    total = network_subject(space.network((choice,)), 32, 32).totals
    assert census.within((choice,)) == {"params": total.params.total, "madds": total.madds}


def test_a_spatial_list_of_one_plain_branch_is_a_depthwise_convolution() -> None:
    """S = [0] and no S with G = 1 build the same layers, at different paths."""
    stage = SearchedStage("stage1", Reduction(8), Normal((1,), groups=(1, 2), spatials=((), (0,))))
    space = Space("same", Stem(8), (stage,), Head(8, None, 10), (32, 32))
    made = [layers(network_subject(space.network((choice,)), 32, 32)) for choice in stage.choices()]
    assert len(made) == 4
    assert len(set(made)) == 2
    census = Census(space)
    assert (census.totals.valid, census.totals.distinct) == (4, 2)
    marginals = {(each.letter, each.value): each.count for each in census.marginals({})}
    assert marginals["G", "idle"] == marginals["G", 2] == 1
    assert isinstance(next(stage.choices()), Choice)
