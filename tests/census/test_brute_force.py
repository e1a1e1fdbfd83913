"""The census against all networks of small spaces, each made and counted by itself."""

from __future__ import annotations

import pytest
from brute import SPATIALS, Encoded, distinct, every_encoding, spaces, valid_encodings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muxprof.census.census import Census
from muxprof.census.histogram import histogram
from muxprof.cost import ops
from muxprof.errors import BadInput
from muxprof.spec.budgets import Bounds
from muxprof.spec.spaces import Space

SLOW = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
COSTS = {"params": ops.params, "madds": ops.madds, "activations": ops.activations}


def cost(encoded: Encoded, name: str) -> int:
    value: int = getattr(encoded, name)
    return value


def budgets(draw: st.DataObject, found: list[Encoded], names: tuple[str, ...]) -> dict[str, Bounds]:
    """Bounds at counts that occur, or one beside."""
    made = {}
    for name in names:
        counts = st.sampled_from(sorted({cost(encoded, name) for encoded in found}))
        ends = [draw.draw(counts) + draw.draw(st.integers(-1, 1)) if draw.draw(st.booleans()) else None for _ in "lh"]
        known = sorted(end for end in ends if end is not None)
        made[name] = Bounds(*known) if len(known) == 2 else Bounds(*ends)
    return made


@SLOW
@given(space=spaces(), draw=st.data())
def test_every_count_is_that_of_all_networks(space: Space, draw: st.DataObject) -> None:
    valid = valid_encodings(space)
    networks = list(distinct(valid).values())
    census = Census(space, COSTS)
    totals = census.totals
    assert (totals.encodings, totals.valid, totals.distinct) == (
        len(list(every_encoding(space))),
        len(valid),
        len(networks),
    )
    if not networks:
        assert census.extent is None
        assert census.count({"params": Bounds(None, 10**9)}) == census.count({})
        return
    assert census.extent == {
        name: (min(cost(each, name) for each in networks), max(cost(each, name) for each in networks)) for name in COSTS
    }
    for names in (("params",), ("madds", "params"), tuple(COSTS)):
        budget = budgets(draw, networks, names)
        count = census.count(budget)

        def within(each: Encoded, budget: dict[str, Bounds] = budget) -> bool:
            return all(cost(each, name) in bounds for name, bounds in budget.items())

        assert (count.valid, count.distinct) == (sum(map(within, valid)), sum(map(within, networks)))
        for over, every in (("distinct", networks), ("valid", valid)):
            numbering = census.numbering(budget, over)
            found = [tuple(each.choices) for each in numbering.networks(range(numbering.size))]
            expected = {each.choices for each in every if within(each)}
            assert len(found) == len(set(found)) == len(expected)
            if over == "valid":
                assert set(found) == expected
            else:
                assert {distinct_of(valid)[choices] for choices in found} == {
                    each.layers for each in networks if within(each)
                }


def distinct_of(valid: list[Encoded]) -> dict[tuple[object, ...], tuple[object, ...]]:
    return {each.choices: each.layers for each in valid}


@SLOW
@given(
    space=spaces(most=3),
    x=st.sampled_from([1, 7, 100, 1_000, 50_000, None]),
    y=st.sampled_from([1, 3, 50, 400, None]),
    over=st.sampled_from(["distinct", "valid"]),
)
def test_every_bin_is_that_of_all_networks(space: Space, x: int | None, y: int | None, over: str) -> None:
    if space.encodings > 3_000:
        return
    valid = valid_encodings(space)
    counted = valid if over == "valid" else list(distinct(valid).values())
    census = Census(space)
    if not counted:
        with pytest.raises(BadInput, match="no valid network"):
            histogram(census)
        return
    try:
        made = histogram(census, "madds", "params", x, y, over)
    except BadInput:  # more bins than are counted
        return
    expected: dict[tuple[int, int], int] = {}
    for each in counted:
        at = (each.madds - made.x.start) // made.x.width, (each.params - made.y.start) // made.y.width
        expected[at] = expected.get(at, 0) + 1
    found = {(column, row): count for column, rows in enumerate(made.counts) for row, count in enumerate(rows) if count}
    assert found == expected
    assert (made.x.width, made.y.width) == (x or made.x.width, y or made.y.width)


@SLOW
@given(space=spaces(SPATIALS, few=False), draw=st.data(), over=st.sampled_from(["distinct", "valid"]))
def test_marginals_add_up_and_are_those_of_all_networks(space: Space, draw: st.DataObject, over: str) -> None:
    if space.encodings > 3_000:
        return
    valid = valid_encodings(space)
    networks = list(distinct(valid).values())
    if not networks:
        return
    census = Census(space)
    budget = budgets(draw, networks, ("params", "madds"))

    def within(each: Encoded) -> bool:
        return each.params in budget["params"] and each.madds in budget["madds"]

    marginals = census.marginals(budget, over)
    by_letter: dict[tuple[str, str], int] = {}
    for each in marginals:
        by_letter[each.stage, each.letter] = by_letter.get((each.stage, each.letter), 0) + each.count
    counted = [each for each in (valid if over == "valid" else networks) if within(each)]
    assert set(by_letter.values()) == {len(counted)}
    # K, E, G, L and S of a stage count where its N is not 0; N itself always does.
    for at, stage in enumerate(space.searched):
        for repetitions in stage.normal.repetitions:
            expected = sum(each.choices[at].repetitions == repetitions for each in counted)
            (found,) = [
                each.count
                for each in marginals
                if (each.stage, each.letter, each.value) == (stage.name, "N", repetitions)
            ]
            assert found == expected
        for kernel in stage.normal.kernels:
            expected = sum(each.choices[at].repetitions > 0 and each.choices[at].kernel == kernel for each in counted)
            (found,) = [
                each.count for each in marginals if (each.stage, each.letter, each.value) == (stage.name, "K", kernel)
            ]
            assert found == expected
