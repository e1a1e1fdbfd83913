"""Whether an answer about a search space that was read contradicts itself: a check for each command.

Each takes a report and raises :class:`ValueError` where it does.
"""

from __future__ import annotations

import math
from collections import Counter

from muxprof.answers.space import types
from muxprof.answers.space.json import ALWAYS
from muxprof.dims import shown
from muxprof.document.metrics import METRICS
from muxprof.document.types import Document
from muxprof.spec.budgets import Bounds

_STAGES = "the stages are not those of the space"
_MORE = "a budget holds more than the whole space"


def space(report: Document) -> None:
    """The totals of the space, whatever was asked."""
    space: types.SpaceTotals = report.sections["space"].space
    _refuse(not space.stages, "a space has a stage that is searched")
    encodings = math.prod(stage.encodings for stage in space.stages)
    _refuse(space.encodings != encodings, f"the stages have {encodings} encodings, not {space.encodings}")
    ordered = space.distinct <= space.valid <= space.encodings
    _refuse(not ordered, "there are more networks than valid encodings, or more of these than encodings")
    same = (space.distinct > 0) == (space.valid > 0) == (space.extent is not None)
    _refuse(not same, "a space has valid networks and an extent, or neither")
    if space.extent is not None:
        known = set(ALWAYS) <= space.extent.keys() <= set(METRICS.keys)
        _refuse(not known, f"an extent lacks {' or '.join(ALWAYS)}, or has more costs than {', '.join(METRICS.keys)}")
        _refuse(any(ends.low > ends.high for ends in space.extent.values()), "an extent ends before it starts")


def info(report: Document) -> None:
    """Stages have as many encodings as options, and as many networks as the space, multiplied."""
    answer: types.Info = report.sections["space"]
    space = answer.space
    stages = [(stage.stage, stage.channels_out, stage.encodings) for stage in answer.stages]
    _refuse(stages != [(stage.stage, stage.width, stage.encodings) for stage in space.stages], _STAGES)
    letters = [list(stage.options) for stage in answer.stages]
    _refuse(any(each != letters[0] for each in letters), "the stages have options of different letters")
    for stage in answer.stages:
        options = math.prod(map(len, stage.options.values()))
        _refuse(options != stage.encodings, f"the options of {stage.stage} make {options} encodings")
        ordered = stage.costs <= stage.distinct <= stage.valid <= stage.encodings
        _refuse(not ordered, f"{stage.stage} has more costs than networks, or more networks than encodings")
    for name in ("valid", "distinct"):
        made = math.prod(getattr(stage, name) for stage in answer.stages)
        _refuse(made != getattr(space, name), f"the counts of the stages make {made} of {name}")
    more = any(answer.fixed.get(name, math.inf) > ends.low for name, ends in (space.extent or {}).items())
    _refuse(more, "the fixed parts cost more than the smallest network")


def count(report: Document) -> None:
    """A budget holds no more than the whole space, and all of it without bounds."""
    answer: types.Count = report.sections["space"]
    within, all_ = ((each.valid, each.distinct) for each in (answer.count, answer.space))
    _refuse(any(part > whole for part, whole in zip(within, all_, strict=True)), _MORE)
    _refuse(within[1] > within[0] or (within[0] > 0) != (within[1] > 0), "valid encodings and networks contradict")
    bounded = any(bounds != Bounds() for bounds in answer.budget.values())
    _refuse(not bounded and within != all_, "without bounds, a budget holds the whole space")


def options(report: Document) -> None:
    """The options of a letter add up to all networks, within the budget and everywhere."""
    answer: types.Options = report.sections["space"]
    _refuse(answer.all != getattr(answer.space, answer.over), "all networks are those of the space")
    _refuse({each.stage for each in answer.options} != {stage.stage for stage in answer.space.stages}, _STAGES)
    for name, whole in (("count", answer.within), ("everywhere", answer.all)):
        sums = Counter[tuple[str, str]]()
        for each in answer.options:
            sums[each.stage, each.letter] += getattr(each, name)
        _refuse({*sums.values()} != {whole}, "the options of a letter do not add up to all networks")
    _refuse(any(each.count > each.everywhere for each in answer.options), _MORE)


def hist(report: Document) -> None:
    """The bins cover the space and add up to all networks."""
    answer: types.Hist = report.sections["space"]
    shapes = {(len(answer.counts), len(column)) for column in answer.counts}
    _refuse(shapes != {(answer.x.bins, answer.y.bins)}, "there is not a count for every bin")
    total = sum(map(sum, answer.counts))
    _refuse(not answer.total == total == getattr(answer.space, answer.over), f"the bins hold {total} networks")
    _refuse(answer.within > total or (not answer.budget and answer.within != total), _MORE)
    extent = answer.space.extent or {}
    for axis in (answer.x, answer.y):
        low, high = ((end - axis.start) // axis.width for end in (extent[axis.cost].low, extent[axis.cost].high))
        _refuse(not 0 <= low <= high < axis.bins, f"the bins do not cover the {axis.cost} of the space")


def sample(report: Document) -> None:
    """Every network is within the budget."""
    answer: types.Sample = report.sections["space"]
    _refuse(answer.within > getattr(answer.space, answer.over), _MORE)
    for each in answer.networks:
        _network(each, answer.space)
        inside = all(each.costs.get(name, -1) in bounds for name, bounds in answer.budget.items())
        _refuse(not inside, f"{shown(each.encoding)} is not within the budget")


def find(report: Document) -> None:
    """Distances are those from the wish, the smallest first."""
    answer: types.Find = report.sections["space"]
    _refuse(min(answer.wish.values()) <= 0, "a wish is not above 0")
    there = len(answer.networks) <= answer.as_near <= answer.space.distinct
    _refuse(not there, "fewer networks are as near than are listed, or more than there are")
    for each in answer.networks:
        _network(each, answer.space)
        far = float(max(abs(each.costs[name] - amount) / amount for name, amount in answer.wish.items()))
        _refuse(far != each.distance, f"{shown(each.encoding)} is {far} away")
    distances = [each.distance or 0 for each in answer.networks]
    _refuse(distances != sorted(distances), "the nearest network does not come first")


def contains(report: Document) -> None:
    """A network has an encoding, or there are differences."""
    answer: types.Contains = report.sections["space"]
    same = answer.contains == (answer.encoding is not None) == (not answer.differences)
    _refuse(not same, "a network of the space has an encoding, any other has differences")


def _refuse(wrong: bool, what: str) -> None:
    if wrong:
        raise ValueError(what)


def _network(each: types.SpaceNetwork, space: types.SpaceTotals) -> None:
    stages, extent = each.encoding.count(" | ") + 1, space.extent or {}
    _refuse(stages != len(space.stages), f"{shown(each.encoding)} is an encoding of {stages} stages")
    same = each.costs.keys() == extent.keys()
    inside = same and all(extent[name].low <= cost <= extent[name].high for name, cost in each.costs.items())
    _refuse(not inside, f"{shown(each.encoding)} costs what no network of the space does")
