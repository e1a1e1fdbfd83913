"""A small space whose networks are all built as torch modules: what can be built, what is the same, what it costs."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from brute import every_encoding
from torch.utils.flop_counter import FlopCounterMode

from muxprof.census.census import Census
from muxprof.errors import BadInput
from muxprof.nets.build import build
from muxprof.spec.budgets import Bounds
from muxprof.spec.networks import Head, Stem
from muxprof.spec.spaces import Normal, Reduction, SearchedStage, Space

HALF = Fraction(1, 2)


def space(size: int) -> Space:
    """Of 12 channels, half of L = .5, E = 2 is 6: no superpixel branch. At 4 * 7 the map is odd: no subpixel branch."""
    normal = Normal((0, 1, 2), (3,), (Fraction(2), Fraction(4)), (1, 2), (Fraction(0), HALF), ((), (-1, 1)))
    stage = SearchedStage("stage1", Reduction(12, ((3,), (3, 5)), (Fraction(3),)), normal)
    return Space("built", Stem(8), (stage,), Head(12, 16, 10), (size, size))


@pytest.mark.parametrize(("size", "some_spatial"), [(32, True), (28, False)])
def test_the_census_is_that_of_the_modules(size: int, some_spatial: bool) -> None:
    made = space(size)
    valid: list[tuple[str, int, int]] = []
    for choices in every_encoding(made):
        try:
            network = made.network(choices)
            module = build(network, "meta")
            with torch.no_grad(), FlopCounterMode(display=False) as counter:
                module(torch.empty(1, 3, size, size, device="meta"))
        except (BadInput, RuntimeError):  # torch's own words for an odd map
            continue
        params = sum(each.numel() for each in module.parameters())
        valid.append((str(module), params, counter.get_total_flops() // 2))
    networks = dict.fromkeys(valid)
    census = Census(made)
    assert (census.totals.encodings, census.totals.valid, census.totals.distinct) == (96, len(valid), len(networks))
    assert any("PixelShuffle" in text for text, _, _ in networks) == some_spatial
    for params in {params for _, params, _ in networks}:
        for madds in {madds for _, _, madds in networks}:
            budget = {"params": Bounds(None, params), "madds": Bounds(madds)}
            count = census.count(budget)
            assert count.distinct == sum(each[1] <= params and each[2] >= madds for each in networks)
            assert count.valid == sum(each[1] <= params and each[2] >= madds for each in valid)
