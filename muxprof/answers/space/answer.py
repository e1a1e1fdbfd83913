"""Questions to the census of a search space, each answered with a report.

``budget`` is bounds by the key of a metric; counts are exact integers. ``over`` says what is counted or drawn:
"distinct", different networks, or "valid", the encodings for which a module exists. Every function raises
:class:`BadInput` for a metric that is unknown, and for a space that is impossible or too large.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from muxprof import __version__
from muxprof.answers.report import Report
from muxprof.answers.space import types, words
from muxprof.answers.space.json import ALWAYS, report_of
from muxprof.census import histogram
from muxprof.census.census import Census, Member
from muxprof.census.nearest import nearest
from muxprof.census.stage_costs import IDLE, OVER
from muxprof.cost.networks import network_ops
from muxprof.cost.ops import cost
from muxprof.dims import shown
from muxprof.document.metrics import METRICS
from muxprof.errors import BadInput
from muxprof.records import summed
from muxprof.spec import zoo
from muxprof.spec.budgets import Budget
from muxprof.spec.checks import one_of
from muxprof.spec.membership import membership
from muxprof.spec.networks import Network
from muxprof.spec.spaces import OPTIONS, Space, option_text

MAX_SAMPLES = 1_000_000

CONVENTION = (
    "Params: every learnable element, norm and SE included. MAdds: convolutions and linear layers, one per weight use, "
    "zero padding included, bias excluded, per image."
)


def info(space: Space) -> Report:
    """The options of a space, its three counts and its extent."""
    census = _census(space)
    stages = tuple(
        types.StageOptions(
            stage=stage.name,
            channels_in=channels,
            channels_out=stage.reduction.out_channels,
            options={name: tuple(option_text(name, each) for each in given) for name, given in stage.options.items()},
            encodings=stage.encodings,
            valid=int(costs.valid.sum()),
            distinct=int(costs.distinct.sum()),
            costs=len(costs.costs),
        )
        for stage, channels, costs in zip(space.searched, space.given, census.stages, strict=True)
    )
    fixed = dict(zip(census.costs, census.fixed, strict=True))
    return _report(types.Info(_totals(census), fixed, stages, tuple(space.notes)))


def count(space: Space, budget: Budget) -> Report:
    """How many valid encodings and networks lie within a budget."""
    census = _census(space, budget)
    found = census.count(budget)
    return _report(types.Count(_totals(census), budget, types.CountWithin(found.valid, found.distinct)))


def options(space: Space, budget: Budget, over: types.Over = "distinct") -> Report:
    """How often each option occurs within a budget and in the whole space."""
    census = _census(space, budget, over)
    found = census.marginals(budget, over)
    names = {letter: name for letter, name, _ in OPTIONS}
    counted = tuple(
        types.OptionCount(
            each.stage,
            each.letter,
            names[each.letter],
            IDLE if each.value == IDLE else option_text(each.letter, each.value),
            each.count,
            each.everywhere,
        )
        for each in found
    )
    return _report(types.Options(_totals(census), budget, over, found[0].within, found[0].all, counted))


def hist(
    space: Space,
    budget: Budget,
    over: types.Over = "distinct",
    params_bin: int | None = None,
    madds_bin: int | None = None,
) -> Report:
    """The joint distribution of params and MAdds, and what of it is within a budget; the zoo's MUXNets are marked.

    Bins have the given widths, or round ones for about 40 bins.
    """
    census = _census(space, budget, over)
    made = histogram.histogram(census, "madds", "params", madds_bin, params_bin, over)
    within = getattr(census.count(budget), over) if budget else made.total
    marks = (_mark(space, zoo.network(name)) for name in zoo.names() if name.startswith("muxnet"))
    x, y = (types.Axis(axis.cost, axis.start, axis.width, axis.bins) for axis in (made.x, made.y))
    return _report(types.Hist(_totals(census), over, budget, within, x, y, made.counts, made.total, tuple(marks)))


def sample(space: Space, budget: Budget, size: int, seed: int, over: types.Over = "distinct") -> Report:
    """``size`` networks, each drawn uniformly from those within a budget; the same ``seed`` draws the same networks.

    Raises :class:`BadInput` for a size that is not from 1 to a million, and where no network is within the budget.
    """
    if not 1 <= size <= MAX_SAMPLES:
        raise BadInput(f"n = {shown(size)} is out of range; it must be from 1 to {MAX_SAMPLES:,}.")
    census = _census(space, budget, over)
    within = census.numbering(budget, over).size
    if not within:
        reach = words.extent(_totals(census), ", ")
        raise BadInput(f"no network of {space.name} lies within {words.budget(budget)}; its networks have {reach}.")
    found = census.sample(budget, size, seed, over)
    return _report(types.Sample(_totals(census), budget, over, seed, within, tuple(map(_network, found))))


def find(space: Space, wish: Mapping[str, Fraction], count: int) -> Report:
    """The ``count`` networks whose costs are nearest to a wish, nearest first.

    Raises :class:`BadInput` for a wish that is empty or not positive, and for a count that is not from 1 to 10,000.
    """
    census = _census(space, wish, "distinct")
    made = nearest(census, wish, count)
    found = tuple(_network(each.member, float(each.distance)) for each in made.found)
    return _report(types.Find(_totals(census), wish, made.as_near, found))


def contains(space: Space, network: Network) -> Report:
    """Whether a network is one of the space; if not, each choice that the space lacks."""
    made = membership(space, network)
    encoding = None if made.choices is None else " | ".join(choice.text for choice in made.choices)
    differences = tuple(types.ChoiceDifference(each.where, each.found, each.allowed) for each in made.differences)
    totals = _totals(_census(space))
    return _report(types.Contains(totals, network.name, bool(made), encoding, _costs(network), differences))


def specs(report: Report, space: Space) -> Iterator[Network]:
    """The specs of the networks of a report of :func:`sample` or :func:`find` about ``space``, as they are asked for.

    Raises :class:`BadInput` for a report about another space, and for one without networks.
    """
    answer = report.sections.get("space")
    if not isinstance(answer, types.Sample | types.Find):
        raise BadInput(f"a {report.command} report has no networks of a space; one of space sample or space find has.")
    # types.Options that a block does not use are not in its text: the first choice with a text is as good as any other.
    choices = [{choice.text: choice for choice in reversed(list(stage.choices()))} for stage in space.searched]
    for number, each in enumerate(answer.networks, start=1):
        texts = each.encoding.split(" | ")
        if len(texts) != len(choices) or not all(text in known for text, known in zip(texts, choices, strict=True)):
            raise BadInput(f"{each.encoding} is no encoding of {space.name}.")
        made = tuple(known[text] for text, known in zip(texts, choices, strict=True))
        yield space.network(made, f"{space.name}-{number}")


def _report(answer: types.SpaceAnswer) -> Report:
    return report_of(answer, __version__, CONVENTION)


def _census(space: Space, asked: Iterable[str] = (), over: str | None = None) -> Census:
    """The census over the default costs and those that are asked for.

    With ``over``, a space without valid networks is refused, too.
    """
    counted = {metric.key: metric.count for metric in METRICS if metric.count is not None}
    for name in asked:
        one_of(name, "cost", tuple(counted))
    census = Census(space, {name: counted[name] for name in dict.fromkeys((*ALWAYS, *asked))})
    if over is not None:
        one_of(over, "over", OVER)
        if not census.totals.valid:
            raise BadInput(
                f"{space.name} has no valid network: of {census.totals.encodings:,} encodings, none has a module; the "
                f"options go with no width, or with no size. `muxprof space info` shows which stage is the matter."
            )
    return census


def _totals(census: Census) -> types.SpaceTotals:
    space, totals, extent = census.space, census.totals, census.extent
    return types.SpaceTotals(
        space.name,
        space.resolution,
        tuple(
            types.SearchedWidth(stage.name, stage.reduction.out_channels, stage.encodings) for stage in space.searched
        ),
        totals.encodings,
        totals.valid,
        totals.distinct,
        None if extent is None else {name: types.Extent(*ends) for name, ends in extent.items()},
    )


def _network(found: Member, distance: float | None = None) -> types.SpaceNetwork:
    return types.SpaceNetwork(found.text, found.costs, distance)


def _mark(space: Space, network: Network) -> types.Mark:
    costs = _costs(network)
    return types.Mark(network.name, costs.params, costs.madds, bool(membership(space, network)), network.provenance)


def _costs(network: Network) -> types.Totals:
    total = summed(cost(op) for op in network_ops(network, *network.resolution))
    return types.Totals(**{name: METRICS[name].read(total) for name in ALWAYS})
