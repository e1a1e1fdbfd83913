"""The nearest networks, against sorting all of them."""

from __future__ import annotations

from fractions import Fraction
from unittest.mock import patch

import pytest
from brute import distinct, spaces, valid_encodings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muxprof.census import nearest as module
from muxprof.census.census import Census
from muxprof.census.nearest import nearest
from muxprof.errors import BadInput
from muxprof.spec.budgets import Bounds
from muxprof.spec.spaces import Space, paper


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(space=spaces(), draw=st.data())
def test_the_nearest_are_those_of_all_networks(space: Space, draw: st.DataObject) -> None:
    """Both ways: the last ones are looked at one by one, or distances are halved until they are all equally far."""
    networks = list(distinct(valid_encodings(space)).values())
    census = Census(space)
    names = draw.draw(st.sampled_from([("params",), ("madds",), ("params", "madds")]))
    wish = {
        name: Fraction(draw.draw(st.integers(1, 2 * max((getattr(each, name) for each in networks), default=9))))
        for name in names
    }
    count = draw.draw(st.integers(1, 30))
    with patch.object(module, "_LOOKED_AT", draw.draw(st.sampled_from([1, module._LOOKED_AT]))):
        made = nearest(census, wish, count)
    far = sorted(max(abs(getattr(each, name) - wish[name]) / wish[name] for name in names) for each in networks)
    assert [each.distance for each in made.found] == far[:count]
    assert made.as_near == (sum(distance <= far[:count][-1] for distance in far) if far else 0)
    assert len({each.member.choices for each in made.found}) == len(made.found)


@pytest.mark.parametrize("amount", [10, Fraction(31, 3)])
@pytest.mark.parametrize("radius", [Fraction(0), Fraction(1, 7), Fraction(1, 4), Fraction(1, 2), Fraction(2)])
def test_a_budget_is_all_counts_within_a_distance(amount: Fraction, radius: Fraction) -> None:
    counts = [count for count in range(-50, 50) if abs(count - amount) <= radius * amount]
    bounds = module._budget({"params": Fraction(amount)}, radius)["params"]
    assert [count for count in range(-50, 50) if count in bounds] == counts


@pytest.mark.parametrize(
    ("wish", "count", "message"),
    [
        ({"params": 1}, 0, "k = 0 is out of range"),
        ({"params": 1}, module.MAX_NEAREST + 1, "k = 10,?001 is out of range"),
        ({}, 1, "nothing is asked for"),
        ({"params": 0}, 1, "params = 0 is out of range; a wish is above 0"),
        ({"latency": 1}, 1, "latency"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(wish: dict[str, int], count: int, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        nearest(Census(paper()), {name: Fraction(amount) for name, amount in wish.items()}, count)


def test_many_that_are_equally_near() -> None:
    """With one wish, hundreds of thousands of networks may be as near: the first ones are taken, nearer ones first."""
    census = Census(paper())
    made = nearest(census, {"params": Fraction(3_000_001)}, 5)
    exactly = census.distinct_within({"params": Bounds(3_000_001, 3_000_001)})
    beside = census.distinct_within({"params": Bounds(3_000_000, 3_000_002)})
    assert made.as_near == (exactly if exactly >= 5 else beside)
    assert made.as_near > module._LOOKED_AT or made.as_near >= 5
    assert len({each.member.choices for each in made.found}) == 5
    assert len({each.distance for each in made.found}) == 1


def test_a_wish_beyond_the_space() -> None:
    """What is nearest to less than all is the smallest network, here in both costs."""
    census = Census(paper())
    extent = census.extent
    assert extent is not None
    made = nearest(census, {"params": Fraction(10**6), "madds": Fraction(5 * 10**7)}, 3)
    first = made.found[0]
    assert first.member.costs == {name: low for name, (low, _) in extent.items()}
    assert [each.distance for each in made.found] == sorted(each.distance for each in made.found)
