"""Every verdict of ``muxprof paper`` against values derived by hand or otherwise than in the package."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
import sympy
from documents import SCHEMA

import muxprof
from muxprof.answers import saved
from muxprof.answers.paper import claims as paper
from muxprof.answers.paper import rules as conventions
from muxprof.answers.paper import verdicts
from muxprof.answers.paper.types import VERDICTS, Claim
from muxprof.answers.report import Report
from muxprof.cost import symbolic
from muxprof.cost.blocks import mobilenet_terms, mux_terms
from muxprof.spec import table1, zoo
from muxprof.spec.blocks import IrBlock, MuxBlock
from muxprof.spec.classic import AnyBlock
from muxprof.spec.networks import Network

REPRODUCED, ROUNDS, DIFFERS, CONDITION, UNCHECKED = VERDICTS


@pytest.fixture(scope="module")
def report() -> Report:
    return muxprof.paper()


@pytest.fixture(scope="module")
def found(report: Report) -> tuple[Claim, ...]:
    return report.claims


def row(claims: tuple[Claim, ...], place: str, says: str = "") -> Claim:
    """The one claim at a place whose text has these words."""
    matching = [claim for claim in claims if claim.place == place and says in claim.says]
    assert len(matching) == 1, matching
    return matching[0]


def figures(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


#: All rows: where, some words of the claim, the verdict. Each is derived by one of the tests below.
EXPECTED = [
    ("Section 1, Table 1", "14^12", DIFFERS),
    ("Section 1, Figure 2", "halves", REPRODUCED),
    ("Figure 2, Table 1", "normal blocks of muxnet-m", CONDITION),
    ("Figure 2, Table 1", "reduction blocks of muxnet-m", DIFFERS),
    ("Figure 2, Table 1", "normal blocks of muxnet-l", CONDITION),
    ("Figure 2, Table 1", "reduction blocks of muxnet-l", DIFFERS),
    ("Figure 2", "not searched", REPRODUCED),
    ("Figure 2, Table 1", "spatial multiplexing", DIFFERS),
    ("Section 2", "MobileNet block, params", REPRODUCED),
    ("Section 2", "MobileNet block, FLOPs", REPRODUCED),
    ("Section 2", "MUXConv block, params", REPRODUCED),
    ("Section 2", "MUXConv block, FLOPs", REPRODUCED),
    ("Section 2", "depthwise", REPRODUCED),
    ("Figure 4", "over G and L alone", CONDITION),
    ("Section 2, Figure 4 (K = 3)", "at most 1", CONDITION),
    ("Section 2, Figure 4 (K = 5)", "at most 1", CONDITION),
    ("Table 2", "resnet18, params", ROUNDS),
    ("Table 2", "resnet18, MAdds", ROUNDS),
    ("Table 2", "mobilenetv2, params", ROUNDS),
    ("Table 2", "mobilenetv2, MAdds", ROUNDS),
    ("Table 2", "muxnet-m, params", ROUNDS),
    ("Table 2", "muxnet-m, MAdds", ROUNDS),
    ("Section 3.1", "1.5 times", CONDITION),
    ("Main paper, Table 1", "muxnet-m", CONDITION),
    ("Main paper, Table 1", "muxnet-l", CONDITION),
    ("Table 2", "mIoU", UNCHECKED),
    ("Figure 5", "parsing", UNCHECKED),
    ("Figure 6a, section 3.2", "ImageNet-V2", UNCHECKED),
    ("Figure 6b, section 3.2", "ImageNet-C", UNCHECKED),
    ("Figure 7", "detection", UNCHECKED),
    ("Figure 8", "activation maps", UNCHECKED),
]


def test_every_row_and_no_other(found: tuple[Claim, ...]) -> None:
    assert [(claim.place, claim.verdict) for claim in found] == [(place, verdict) for place, _, verdict in EXPECTED]
    for place, says, verdict in EXPECTED:
        assert row(found, place, says).verdict == verdict


# Formulas, at numbers instead of symbols.


def test_formulas_at_numbers(found: tuple[Claim, ...]) -> None:
    for C, E, G, L, H, W in ((64, 6, 2, Fraction(1, 4), 56, 56), (24, 4, 4, Fraction(1, 2), 7, 5), (8, 6, 1, 0, 1, 1)):
        at = {"C": C, "E": E, "G": G, "L": sympy.Rational(str(L)), "H": H, "W": W}
        hat = (1 - L) * C
        mobilenet = C * E * C + E * C * 9 + E * C * C
        mux = hat * E * hat + G * E * hat * 9 + E * hat * hat
        for says, value in (
            ("MobileNet block, params", mobilenet),
            ("MobileNet block, FLOPs", H * W * mobilenet),
            ("MUXConv block, params", mux),
            ("MUXConv block, FLOPs", H * W * mux),
        ):
            # With values for names, sympy only has to do the sum.
            assert sympy.sympify(row(found, "Section 2", says).computed, locals=at) == value


def test_a_changed_formula_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolic, "mobilenet_terms", lambda C, M, K, H, W: mobilenet_terms(C, M, K + 2, H, W))
    changed = {claim.says: claim.verdict for claim in paper._formulas()}
    assert [verdict for says, verdict in changed.items() if says.startswith("MobileNet")] == [DIFFERS, DIFFERS]
    assert [verdict for says, verdict in changed.items() if says.startswith("MUXConv")] == [REPRODUCED, REPRODUCED]


def test_group_of_one_is_depthwise_in_a_real_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    for channels in (8, 30):
        subject = muxprof.block(channels, 6, 1, 0, H=4, W=4).subject("muxconv")
        layer = next(layer for layer in subject.layers if layer.path == "conv")
        assert layer.groups == layer.inputs[0][1] == 6 * channels
        assert layer.cost.params.total == 6 * channels * 9
    monkeypatch.setattr(paper, "mux_terms", lambda C, M, G, K, H, W: mux_terms(C, M, G + 1, K, H, W))
    assert paper._depthwise().verdict == DIFFERS


# Figure 4.

#: By hand: x(2Cx + K^2 G) <= 2C + K^2 with x = 1 - L, solved for C.
BOUNDS: dict[int, dict[tuple[str, int], Fraction | None]] = {
    3: {
        ("0", 2): None,
        ("0", 4): None,
        ("1/4", 2): Fraction(36, 7),
        ("1/4", 4): Fraction(144, 7),
        ("1/2", 4): Fraction(6),
    },
    5: {
        ("0", 2): None,
        ("0", 4): None,
        ("1/4", 2): Fraction(100, 7),
        ("1/4", 4): Fraction(400, 7),
        ("1/2", 4): Fraction(50, 3),
    },
}


@pytest.mark.parametrize("K", [3, 5])
def test_conditions_by_brute_force(K: int, found: tuple[Claim, ...]) -> None:
    regions = paper.regions(symbolic.formulas().ratio.subs(symbolic.K, K))
    assert {(region.G, region.L) for region in regions} == {(G, L) for G in table1.GROUPS for L in table1.LEAVE_OUTS}
    for region in regions:
        assert region.bound == BOUNDS[K].get((str(region.L), region.G), Fraction(1))
        for C in range(1, 2001):
            x = 1 - region.L
            ratio = Fraction(x * (2 * C * x + K**2 * region.G)) / (2 * C + K**2)
            assert (ratio <= 1) == (region.bound is not None and region.bound <= C), (C, region)
    text = row(found, f"Section 2, Figure 4 (K = {K})").computed
    always = len(regions) - len(BOUNDS[K])
    assert text.startswith(f"at most 1 for every C at {always} of {len(regions)} choices; ")
    for (L, G), bound in BOUNDS[K].items():
        where = f"L = {float(Fraction(L)):g}, G = {G}"
        assert f"for C >= {bound} at {where}" in text if bound else f"for no C at {where}" in text
    assert text.count("; for ") == len(BOUNDS[K])  # and no other choice has a condition


def test_at_no_leave_out_the_ratio_is_that_of_the_middle(found: tuple[Claim, ...]) -> None:
    C = sympy.Symbol("C")
    for K in (3, 5):
        text = row(found, f"Section 2, Figure 4 (K = {K})").computed
        for G in (2, 4):
            said = re.search(rf"L = 0, G = {G}, where it is ([^;]*?)[;.]", text)
            assert said
            assert sympy.simplify(sympy.sympify(said[1]) - (2 * C + K**2 * G) / (2 * C + K**2)) == 0


def test_an_existing_block_of_each_condition_costs_more() -> None:
    for C, G, L, K in ((4, 2, "1/4", 3), (20, 4, "1/4", 3), (4, 4, "1/2", 3), (8, 2, "1/4", 5), (40, 4, "1/4", 5)):
        ratios = muxprof.block(C, 4, G, L, K, H=2, W=2).ratios
        assert ratios is not None
        assert ratios.params == ratios.madds > 1


def test_of_the_released_widths_two_are_below_a_bound(found: tuple[Claim, ...]) -> None:
    assert "none is below it" in row(found, "Section 2, Figure 4 (K = 3)").why
    assert "L = 0.25, G = 4 at C = 24, 40." in row(found, "Section 2, Figure 4 (K = 5)").why


def test_a_width_at_the_bound_is_not_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # At L = 1/2, G = 4, K = 3 the bound is 6: (2 * 3 * 3 + 4 * 3 * 9) / (2 * 6 * 6 + 9 * 6) is 126 / 126.
    monkeypatch.setattr(table1, "GROUPS", (4,))
    monkeypatch.setattr(table1, "LEAVE_OUTS", (Fraction(1, 2),))
    regions = paper.regions(symbolic.formulas().ratio.subs(symbolic.K, 3))
    assert "below it: L = 0.5, G = 4 at C = 4, 5." in paper._at_most_one(3, regions, [4, 5, 6, 7]).why


def test_a_space_without_groups_holds_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    ratio = symbolic.formulas().ratio.subs(symbolic.K, 3)
    for groups, leave_outs, verdict in (
        ((1,), table1.LEAVE_OUTS, REPRODUCED),
        ((2, 4), (Fraction(0),), DIFFERS),
        ((1, 2), (Fraction(0),), CONDITION),
    ):
        monkeypatch.setattr(table1, "GROUPS", groups)
        monkeypatch.setattr(table1, "LEAVE_OUTS", leave_outs)
        assert paper._at_most_one(3, paper.regions(ratio), [24]).verdict == verdict


# Table 1 and Figure 2.


def test_the_volume(found: tuple[Claim, ...]) -> None:
    normal, reduction, spatial = 2 * 2 * 3 * 4 * 3, 3 * 2, 5
    volume = (normal * reduction) ** 2 * (normal * spatial * reduction) ** 2
    assert volume == paper.volume() == 864**2 * 4320**2 == 13_931_406_950_400
    claim = row(found, "Section 1, Table 1")
    assert figures(claim.computed)[:6] == [864, 4320, 4320, 864, volume, 14]
    assert "4.07 times" in claim.computed
    assert round(14**12 / volume, 2) == 4.07
    # The nearest whole base at exponent 12 is 12.
    assert min(range(1, 30), key=lambda base: abs(math.log(base) - math.log(volume) / 12)) == 12
    networks = (6 * (1 + 3 * 36)) ** 2 * (6 * (1 + 3 * 36 * 5)) ** 2
    assert paper.distinct_volume() == networks == 4_506_636_477_456


@pytest.mark.parametrize(
    ("volume", "verdict"), [((14, 12), DIFFERS), ((12, 12), ROUNDS), ((13, 12), DIFFERS), ((14, 11), DIFFERS)]
)
def test_another_volume(volume: tuple[int, int], verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "VOLUME", volume)
    assert next(paper._search_space()).verdict == verdict


def test_what_table_1_does_not_list(found: tuple[Claim, ...]) -> None:
    for name, repeated in (("muxnet-m", 4), ("muxnet-l", 6)):
        normal = row(found, "Figure 2, Table 1", f"normal blocks of {name}")
        assert f"stage3: N = {repeated} in 2 runs" in normal.why
        reduction = row(found, "Figure 2, Table 1", f"reduction blocks of {name}")
        assert "does not list stage4: K = [3,5,7,9,11];" in reduction.why


Change = Callable[[AnyBlock], AnyBlock]


def changed_blocks(network: Network, stage: str, change: Change) -> Network:
    stages = tuple(
        dataclasses.replace(each, blocks=tuple(map(change, each.blocks))) if each.name == stage else each
        for each in network.stages
    )
    return dataclasses.replace(network, stages=stages)


def patched(monkeypatch: pytest.MonkeyPatch, stage: str, change: Change, only: str = "") -> tuple[Claim, ...]:
    """The claims about Figure 2 with blocks of a stage changed."""
    original = zoo.network

    def network(name: str) -> Network:
        return changed_blocks(original(name), stage, change) if only in name else original(name)

    monkeypatch.setattr(zoo, "network", network)
    return tuple(paper._figure_2())


def mux(**values: object) -> Change:
    return lambda block: dataclasses.replace(block, **values) if isinstance(block, MuxBlock) else block  # type: ignore[arg-type]


def ir(of_stride: int, **values: object) -> Change:
    def change(block: AnyBlock) -> AnyBlock:
        fits = isinstance(block, IrBlock) and block.stride == of_stride
        return dataclasses.replace(block, **values) if fits else block  # type: ignore[arg-type]

    return change


def test_a_listed_kernel_is_reproduced(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = patched(monkeypatch, "stage4", ir(2, kernels=(3, 5, 7)))
    assert row(claims, "Figure 2, Table 1", "reduction blocks of muxnet-l").verdict == REPRODUCED


def test_an_expansion_that_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = row(
        patched(monkeypatch, "stage1", ir(2, expansion=Fraction(5))), "Figure 2, Table 1", "tion blocks of muxnet-m"
    )
    assert "stage1: E = 5" in claim.why


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"kernel": 7}, "stage2: K = 7"),
        ({"expansion": Fraction(3)}, "stage2: E = 3"),
        ({"group": 3}, "stage2: G = 3"),
        ({"leave_out": Fraction(1, 5)}, "stage2: L = 1/5"),
        ({"spatial": (0, 1)}, "stage2: S = [0, 1]"),
    ],
)
def test_a_choice_that_is_not_listed(values: dict[str, object], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = row(patched(monkeypatch, "stage2", mux(**values)), "Figure 2, Table 1", "normal blocks of muxnet-m")
    assert claim.verdict == DIFFERS
    assert text in claim.why


def test_spatial_multiplexing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = patched(monkeypatch, "stage2", mux(spatial=(-1, 0, 0)))
    used = row(claims, "Figure 2, Table 1", "spatial")
    assert used.verdict == REPRODUCED
    assert used.computed == "muxnet-m: 2 of 11 normal blocks; muxnet-l: 3 of 14 normal blocks."
    # It is among the options there, and in stage 1 it is not.
    assert row(claims, "Figure 2, Table 1", "normal blocks of muxnet-m").verdict == CONDITION
    claims = patched(monkeypatch, "stage1", mux(spatial=(-1, 0, 0)))
    assert row(claims, "Figure 2, Table 1", "normal blocks of muxnet-m").verdict == DIFFERS


def test_fixed_blocks_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    assert row(patched(monkeypatch, "stage3", ir(1, kernels=(3,)), "muxnet-l"), "Figure 2").verdict == DIFFERS


def test_a_stage_that_does_not_halve(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = row(patched(monkeypatch, "stage2", ir(2, stride=1)), "Section 1, Figure 2")
    assert claim.verdict == DIFFERS


# Table 2.


@pytest.mark.parametrize(
    ("says", "count", "unit", "shown"),
    [
        ("resnet18, params", 11_689_512, 10**6, 11.7),
        ("resnet18, MAdds", 1_814_073_344, 10**9, 1.8),
        ("mobilenetv2, params", 3_504_872, 10**6, 3.5),
        ("mobilenetv2, MAdds", 300_774_272, 10**9, 0.3),
        ("muxnet-m, params", 3_354_276, 10**6, 3.4),
        ("muxnet-m, MAdds", 216_808_112, 10**9, 0.2),
    ],
)
def test_table_2(says: str, count: int, unit: int, shown: float, found: tuple[Claim, ...]) -> None:
    claim = row(found, "Table 2", says)
    assert figures(claim.computed) == [count]
    assert round(count / unit, 1) == shown
    assert f"{shown} " in claim.says


def test_another_figure_in_table_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(paper.TABLE_2, "muxnet-m", ("3.3 M", "216808112"))
    claims = tuple(paper._table_2())
    assert row(claims, "Table 2", "muxnet-m, params").verdict == DIFFERS
    assert row(claims, "Table 2", "muxnet-m, MAdds").verdict == REPRODUCED


@pytest.mark.parametrize(("text", "verdict"), [("1.5", CONDITION), ("1.4", ROUNDS), ("1.39", ROUNDS), ("1.6", DIFFERS)])
def test_the_factor(text: str, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert round(300_774_272 / 216_808_112, 3) == 1.387
    monkeypatch.setattr(paper, "FACTOR", (*paper.FACTOR[:2], text))
    assert row(tuple(paper._table_2()), "Section 3.1").verdict == verdict


# The main paper's totals.

#: By hand from the released tables: (middle channels, side of the map after the KxK convolution), and the head's width.
SQUEEZED: dict[str, tuple[list[tuple[int, int]], int]] = {
    "muxnet-m": (
        [(24, 112), (96, 56), (48, 56), (48, 56), (96, 28), (120, 28), (120, 28), (160, 14), (240, 14), (240, 14),
         (480, 14), (336, 14), (336, 14), (448, 7), (480, 7), (480, 7), (480, 7), (960, 7)],
        1280,
    ),
    "muxnet-l": (
        [(24, 112), (144, 56), (72, 56), (72, 56), (144, 28), *[(120, 28)] * 3, (240, 14), *[(240, 14)] * 3,
         (480, 14), *[(360, 14)] * 3, (720, 7), *[(480, 7)] * 3, (960, 7)],
        1536,
    ),
}  # fmt: skip
CONV_AND_LINEAR = {"muxnet-m": 216_808_112, "muxnet-l": 316_454_832}


@pytest.mark.parametrize(
    ("name", "total", "rounded", "cut"), [("muxnet-m", 218_471_960, 218, 218), ("muxnet-l", 318_708_984, 319, 318)]
)
def test_the_convention(name: str, total: int, rounded: int, cut: int, found: tuple[Claim, ...]) -> None:
    blocks, head = SQUEEZED[name]
    products = sum(middle * side**2 for middle, side in blocks)
    pooled = sum(middle for middle, _ in blocks) + head
    assert CONV_AND_LINEAR[name] + products + pooled == total
    assert (round(total / 10**6), total // 10**6) == (rounded, cut)
    claim = row(found, "Main paper, Table 1", name)
    assert figures(claim.computed)[:1] == [CONV_AND_LINEAR[name]]
    assert total in figures(claim.computed)
    assert {products, pooled} <= set(figures(claim.why))


def test_no_rule_rounds_to_both_and_twelve_are_cut_to_both(found: tuple[Claim, ...]) -> None:
    totals = []
    for name in CONV_AND_LINEAR:
        network = zoo.network(name)
        added = conventions.additions(network, muxprof.model(name).subjects[0])
        totals.append([CONV_AND_LINEAR[name] + sum(added[what] for what in rule) for rule in conventions.every_rule()])
    pairs = list(zip(*totals, strict=True))
    assert len(pairs) == len(set(conventions.every_rule())) == 2**7 * 3
    assert not [pair for pair in pairs if tuple(round(each / 10**6) for each in pair) == (218, 318)]
    cut = [pair for pair in pairs if tuple(each // 10**6 for each in pair) == (218, 318)]
    assert len(cut) == 12
    assert (218_471_960, 318_708_984) in cut
    for name in CONV_AND_LINEAR:
        assert (
            "none gives both networks' figures by rounding, 12 by cutting"
            in row(found, "Main paper, Table 1", name).why
        )


def test_what_is_added_is_what_the_real_network_does() -> None:
    import torch

    from muxprof.nets import build

    for name in CONV_AND_LINEAR:
        network = zoo.network(name)
        seen = dict.fromkeys(("BatchNorm", "biases"), 0)

        def count(module: object, _given: object, made: torch.Tensor, seen: dict[str, int] = seen) -> None:
            if isinstance(module, torch.nn.BatchNorm2d):
                seen["BatchNorm"] += made.numel()
            elif isinstance(module, torch.nn.Conv2d | torch.nn.Linear) and module.bias is not None:
                seen["biases"] += made.numel()

        module = build(network, "meta").eval()
        for each in module.modules():
            each.register_forward_hook(count)
        module(torch.empty(1, 3, 224, 224, device="meta"))
        added = conventions.additions(network, muxprof.model(name).subjects[0])
        assert seen == {what: added[what] for what in seen}


@pytest.mark.parametrize(("text", "verdict"), [("218 M", CONDITION), ("217 M", ROUNDS), ("300 M", DIFFERS)])
def test_another_total(text: str, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(paper.MAIN_TABLE_1, "muxnet-m", text)
    claims = tuple(paper._main_paper())
    assert row(claims, "Main paper, Table 1", "muxnet-m").verdict == verdict


# Verdicts on their own.


def test_verdicts() -> None:
    assert verdicts.equal(1, 1) == REPRODUCED
    assert verdicts.equal(1, 2) == DIFFERS
    assert verdicts.printed(3_400_000, "3.4 M") == REPRODUCED
    assert verdicts.printed(3_350_000, "3.4 M") == ROUNDS
    assert verdicts.printed(3_349_999, "3.4 M") == DIFFERS
    assert verdicts.everywhere([Fraction(1), Fraction(1)]) == REPRODUCED
    assert verdicts.everywhere([None, None]) == DIFFERS
    assert verdicts.everywhere([Fraction(1), None]) == CONDITION
    assert verdicts.everywhere([Fraction(2)]) == CONDITION
    assert verdicts.free_of(frozenset("G"), frozenset("GL")) == REPRODUCED
    assert verdicts.free_of(frozenset("GC"), frozenset("GL")) == CONDITION
    assert verdicts.power(14**12, 14, 12) == REPRODUCED
    assert verdicts.power(14**12 + 1, 14, 12) == ROUNDS
    assert verdicts.power(13**12, 14, 12) == DIFFERS
    assert verdicts.listed([], []) == REPRODUCED
    assert verdicts.listed(["x"], []) == CONDITION
    assert verdicts.listed(["x"], ["x"]) == DIFFERS
    assert verdicts.some(0) == DIFFERS
    assert verdicts.some(1) == REPRODUCED
    assert verdicts.factor(Fraction(3, 2), Fraction(2), "1.5") == REPRODUCED
    assert verdicts.convention(218_000_000, 0, "218 M") == REPRODUCED
    assert verdicts.convention(0, 217_500_000, "218 M") == CONDITION
    assert verdicts.convention(0, 218_999_999, "218 M") == CONDITION
    assert verdicts.convention(0, 219_000_000, "218 M") == DIFFERS
    assert verdicts.untrained() == UNCHECKED
    assert [verdicts.nearest(Fraction(each, 10), Fraction(1)) for each in (-5, 4, 5, 14, 15)] == [0, 0, 1, 1, 2]
    assert verdicts.nearest(Fraction(1387, 1000), Fraction(1, 100)) == Fraction(139, 100)
    assert verdicts.cut_to(3_499_999, "3.4 M")
    assert not verdicts.cut_to(3_399_999, "3.4 M")


def test_a_count_is_about_the_power_whose_base_its_root_rounds_to() -> None:
    # 13.5^2 = 182.25 and 14.5^2 = 210.25.
    found = {count: verdicts.power(count, 14, 2) for count in (182, 183, 195, 196, 197, 210, 211)}
    assert [count for count, verdict in found.items() if verdict == DIFFERS] == [182, 211]
    assert [count for count, verdict in found.items() if verdict == REPRODUCED] == [196]


def test_no_verdict_is_typed_in() -> None:
    source = Path(paper.__file__).read_text(encoding="utf-8")
    assert not [verdict for verdict in VERDICTS if f'"{verdict}"' in source]
    assert source.count("verdict=") == source.count("verdict=verdicts.")


# As a document.


def test_round_trip_and_schema(report: Report) -> None:
    text = report.to_json()
    assert saved.from_json(text) == report
    jsonschema.validate(json.loads(text), SCHEMA)
    assert [claim["verdict"] for claim in json.loads(text)["claims"]] == [verdict for *_, verdict in EXPECTED]


@pytest.mark.parametrize("damage", [{"verdict": "true"}, {"why": 1}, {"verdict": ["differs"]}, {"place": None}])
def test_a_damaged_claim_is_bad_input(damage: dict[str, object], report: Report) -> None:
    document = report.to_dict()
    document["claims"][0] |= damage
    with pytest.raises(muxprof.BadInput):
        saved.from_dict(document)


def test_what_a_later_version_says_besides_is_left_out(report: Report) -> None:
    document = report.to_dict()
    document["claims"][0] |= {"more": ""}
    assert saved.from_dict(document) == report


def test_csv_has_a_row_per_claim(report: Report, tmp_path: Path) -> None:
    text = report.save(tmp_path / "paper.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows == [dataclasses.asdict(claim) for claim in report.claims]
