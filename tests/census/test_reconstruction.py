"""MUXNet-xs and -s: the rule gives the networks of the zoo, and what they say of themselves is true."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from muxprof.census import reconstruction
from muxprof.census.reconstruction import REFERENCE, differences, narrowed, reconstruct
from muxprof.census.stage_costs import space_costs
from muxprof.document.subjects import network_subject
from muxprof.spec import zoo
from muxprof.spec.blocks import IrBlock, MuxBlock
from muxprof.spec.membership import membership
from muxprof.units import rounds_to

TOTALS = {"muxnet-xs": ("1.8 M", "66 M"), "muxnet-s": ("2.4 M", "117 M")}  # MUXConv (CVPR 2020), Table 1
MULTIPLIER = {"muxnet-xs": Fraction(13, 20), "muxnet-s": Fraction(7, 10)}


@pytest.mark.parametrize("name", TOTALS)
def test_they_round_to_the_published_totals_and_say_what_they_are(name: str) -> None:
    network = zoo.network(name)
    total = network_subject(network, 224, 224).totals
    params, madds = TOTALS[name]
    assert rounds_to(total.params.total, params)
    assert rounds_to(total.madds, madds)
    assert network.provenance == "reconstruction"
    assert "reconstruction" in network.notes[0]
    assert network.published is not None
    assert (network.published.params, network.published.madds) == TOTALS[name]
    assert "not released" in network.published.note


@pytest.mark.parametrize("name", TOTALS)
def test_they_are_networks_of_the_rules_space(name: str) -> None:
    network, space = zoo.network(name), narrowed(MULTIPLIER[name])
    found = membership(space, network)
    assert found.differences == ()
    assert found.choices is not None
    assert space.network(found.choices).stages == network.stages
    # Widths by hand: each of m's times the multiplier, to the nearest 8, and never more than 10 % down.
    widths = {
        "muxnet-xs": (16, 16, 24, 56, 104, 128),  # 15.6, 15.6, 26, 52 (half up), 104, 130
        "muxnet-s": (16, 16, 32, 56, 112, 144),  # 16.8, 16.8, 28 (half up), 56, 112, 140 (half up)
    }[name]
    assert (network.stem.out_channels, *space.given[1:], space.searched[-1].reduction.out_channels) == widths[:5]
    assert network.head.in_channels == widths[5]
    spatial = [
        bool(block.spatial) for stage in network.stages[2:4] for block in stage.blocks if isinstance(block, MuxBlock)
    ]
    assert spatial
    assert all(spatial)
    differing = sum(map(differences, space.searched, found.choices))
    assert f"no more than {differing} options" in network.notes[1]


def test_the_reference_is_the_released_network() -> None:
    """MUXNet-m's blocks, but for what stands between its stages 3 and 4 and the kernel of 11 at its last reduction."""
    stages = zoo.network("muxnet-m").stages
    for name, choice in REFERENCE.items():
        blocks = next(stage for stage in stages if stage.name == name).blocks
        first, normal = blocks[0], blocks[1]
        assert isinstance(first, IrBlock)
        assert isinstance(normal, MuxBlock)
        assert first.kernels[:4] == choice.reduction_kernels
        assert first.expansion == choice.reduction_expansion
        assert (normal.kernel, normal.expansion, normal.group, normal.leave_out) == (
            choice.kernel,
            choice.expansion,
            choice.group,
            choice.leave_out,
        )
        assert [isinstance(block, MuxBlock) for block in blocks[1:4]].count(True) == choice.repetitions
    assert (reconstruction.WIDTHS[0], *reconstruction.WIDTHS[1:5]) == (24, 24, 40, 80, 160)


def test_differences_are_counted_option_by_option() -> None:
    stage = narrowed(Fraction(1, 2)).searched[0]
    own = REFERENCE["stage1"]
    assert differences(stage, own) == 0
    assert differences(stage, replace(own, spatial=(0, 1), group=4)) == 0
    assert differences(stage, replace(own, kernel=5, group=1, reduction_kernels=(3, 5))) == 3


def test_a_cost_of_choices_counts_the_least_of_what_builds_the_same() -> None:
    """G means nothing where S is set, so that three encodings build each of these."""
    _, stages = space_costs(narrowed(Fraction(1, 2)), (), (lambda _, choice: choice.group,))
    stage = stages[1]
    for cost, variants in zip(stage.costs, stage.variants, strict=True):
        for variant in variants:
            assert sorted(choice.group for choice in variant.encodings) == [1, 2, 4]
            assert cost[0] == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", TOTALS)
def test_the_rule_gives_the_networks_of_the_zoo(name: str) -> None:
    network = zoo.network(name)
    made = reconstruct(*TOTALS[name])
    assert made.multiplier == MULTIPLIER[name]
    built = made.space.network(made.member.choices)
    assert (built.stem, built.stages, built.head) == (network.stem, network.stages, network.head)
    others, similar, least = map(int, re.findall(r"\b\d+\b", network.notes[1].replace(",", "")))
    assert (made.fitting - 1, made.similar, made.differences) == (others, similar, least)
