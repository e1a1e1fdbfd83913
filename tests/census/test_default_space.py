"""The default space: its three counts, and ten budgets, against other ways to count."""

from __future__ import annotations

import math

import numpy as np
import pytest
import table1

from muxprof.census.census import Census
from muxprof.census.histogram import Histogram, histogram
from muxprof.spec.budgets import Bounds, all_of
from muxprof.spec.spaces import paper

#: Upper bounds on params and MAdds at edges of the histogram's bins, a lower bound on one in the last ones.
BUDGETS: list[tuple[str, str]] = [
    ("<3.4M", "<240M"),
    ("<2.6M", "<160M"),
    ("<2.6M", "<200M"),
    ("<3M", "<320M"),
    ("<4.2M", "<320M"),
    ("<5M", "<200M"),
    ("<2.4M", "<600M"),
    ("<3.2M", "<280M"),
    (">=3M", "200M:239999999"),
    (">=4.6M", ">=480M"),
]


@pytest.fixture(scope="module")
def census() -> Census:
    return Census(paper())


@pytest.fixture(scope="module")
def counts(census: Census) -> list[int]:
    return [
        census.distinct_within({"params": all_of([params], "params"), "madds": all_of([madds], "madds")})
        for params, madds in BUDGETS
    ]


@pytest.fixture(scope="module")
def distribution(census: Census) -> Histogram:
    return histogram(census, "madds", "params", 40_000_000, 200_000)


def test_the_three_counts(census: Census) -> None:
    stages = [table1.encodings(stage) for stage in range(4)]
    assert [len(stage) for stage in stages] == [864, 4320, 4320, 864]
    assert census.totals.encodings == 864**2 * 4320**2 == math.prod(map(len, stages))
    assert census.totals.valid == math.prod(sum(cost is not None for cost in stage.values()) for stage in stages)
    assert census.totals.distinct == math.prod(len(table1.networks(stage)) for stage in range(4))


def test_the_counts_of_a_stage_by_hand(census: Census) -> None:
    # Stage 1: 6 reductions; N = 0, or one of 3 N with 2 K, 2 E, 3 G and 3 L.
    assert census.stages[0].distinct.sum() == 6 * (1 + 3 * 36) == 654
    # Stage 2, of 40 channels. 1/3 of the middle channels is 80 or 53 (L 0), 60 or 40 (L .25: of 30 * 6 and 30 * 4)
    # and 40 or 26 (L .5): of E = 6 4 divides 80, 60, 40; of E = 4 it divides 40 alone. So [0,0,1] and [1,0,1] stand
    # with 4 of 6. A quarter of 240, 160, 180, 120, 120, 80 is 60, 40, 45, 30, 30, 20: 4 divides 3 of 6.
    # [-1,0,0] always stands. With 2 K: 2 * (6 * 3 plain with G + 6 + 4 + 4 + 3) = 70.
    assert census.stages[1].distinct.sum() == 6 * (1 + 3 * 70) == 1266
    assert census.stages[1].valid.sum() == 6 * (180 + 3 * 2 * 3 * (6 + 6 + 4 + 4 + 3)) == 3564


def test_every_stage_costs_what_it_does_by_hand(census: Census) -> None:
    assert census.fixed == table1.fixed()
    for stage in range(4):
        costs = sorted(table1.networks(stage).values())
        stage_costs = census.stages[stage]
        found = [
            tuple(map(int, cost))
            for cost, times in zip(stage_costs.costs, stage_costs.distinct, strict=True)
            for _ in range(times)
        ]
        assert sorted(found) == costs


@pytest.mark.slow
def test_ten_budgets_counted_in_another_way(counts: list[int], distribution: Histogram) -> None:
    """The histogram is counted by tables of its groups, a budget by a wavelet matrix."""
    for (params, madds), count in zip(BUDGETS, counts, strict=True):
        x, y = all_of([madds], "madds"), all_of([params], "params")
        columns = [start in x for start in distribution.x.edges[:-1]]
        rows = [start in y for start in distribution.y.edges[:-1]]
        expected = sum(
            count
            for column, line in zip(columns, distribution.counts, strict=True)
            for row, count in zip(rows, line, strict=True)
            if column and row
        )
        assert count == expected > 0


@pytest.mark.slow
def test_the_histogram_holds_every_network(census: Census, distribution: Histogram) -> None:
    assert distribution.total == census.totals.distinct


@pytest.mark.slow
def test_ten_budgets_within_the_error_of_a_monte_carlo_estimate(census: Census, counts: list[int]) -> None:
    """Draws from the four stages' hand-made lists: a million networks, so 5 sigma is 0.25 % at most."""
    draw = np.random.default_rng(1)
    size = 1_000_000
    total = np.array(table1.fixed())[None]
    for stage in range(4):
        costs = np.array(list(table1.networks(stage).values()))
        total = total + costs[draw.integers(0, len(costs), size)]
    for (params, madds), count in zip(BUDGETS, counts, strict=True):
        inside = np.ones(size, dtype=bool)
        for column, bound in enumerate((all_of([params], "params"), all_of([madds], "madds"))):
            inside &= total[:, column] >= (0 if bound.low is None else bound.low)
            inside &= total[:, column] <= (1 << 60 if bound.high is None else bound.high)
        share = count / census.totals.distinct
        error = math.sqrt(share * (1 - share) / size)
        assert abs(float(inside.mean()) - share) <= 5 * error + 5 / size


#: MUXNet-m's budget, and nine along the diagonal.
DIAGONAL = [(2_600_000 + 250_000 * step, 140_000_000 + 45_000_000 * step) for step in range(9)]


@pytest.mark.slow
@pytest.mark.parametrize(("params", "madds"), [(3_400_000, 218_000_000), *DIAGONAL])
def test_a_budget_counted_by_a_merge_sort(census: Census, params: int, madds: int) -> None:
    """By hand-made costs, other halves and another algorithm; ten seconds each."""
    budget = {"params": Bounds(None, params), "madds": Bounds(None, madds)}
    assert census.distinct_within(budget) == table1.within(params, madds) > 0


def test_a_tight_budget_network_by_network(census: Census) -> None:
    """At most 120 M MAdds: what is left of each stage's list once the other stages are at their least."""
    stages = [sorted(table1.networks(stage).values(), key=lambda cost: cost[1]) for stage in range(4)]
    spare = 120_000_000 - table1.fixed()[1]

    def count(stage: int, spare: int) -> int:
        least = sum(stages[later][0][1] for later in range(stage + 1, 4))
        if stage == 4:
            return 1
        return sum(count(stage + 1, spare - cost[1]) for cost in stages[stage] if cost[1] + least <= spare)

    assert census.distinct_within({"madds": Bounds(None, 120_000_000)}) == count(0, spare) > 200
