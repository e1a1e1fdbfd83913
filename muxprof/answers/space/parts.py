"""What answers about a search space show, and the rows of their CSV: a pair of functions for each command."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from muxprof.answers.space import types, words
from muxprof.document import density
from muxprof.document.metrics import METRICS
from muxprof.document.parts import Emphasis, Part, Row, Table, Text, columns
from muxprof.document.types import Document
from muxprof.spec.budgets import Bounds
from muxprof.units import grouped

_TITLES: dict[type[types.SpaceAnswer], str] = {
    types.Info: "The {}",
    types.Count: "Networks within a budget: {}",
    types.Options: "What a budget forces: {}",
    types.Hist: "All networks by params and MAdds: {}",
    types.Sample: "Networks drawn uniformly: {}",
    types.Find: "The nearest networks: {}",
    types.Contains: "{network} and the {}",
}
_COUNTS = ("encodings", "valid", "distinct")
_BAR = 8


def title(report: Document) -> str:
    """What a report is about."""
    answer = report.sections["space"]
    name = f"search space {answer.space.name} at {'x'.join(map(str, answer.space.resolution))}"
    return _TITLES[type(answer)].format(name, network=getattr(answer, "network", ""))


def info(report: Document) -> list[Part]:
    """The options and the counts of every stage, and what the counts mean."""
    answer: types.Info = report.sections["space"]
    rows = tuple(
        Row((stage.stage, f"{stage.channels_in}-{stage.channels_out}", *map(" ".join, stage.options.values())))
        for stage in answer.stages
    )
    counts = [Row((stage.stage, *_counts(stage))) for stage in answer.stages]
    counts.append(Row(("all", *_counts(answer.space)), emphasis="total"))
    return [
        Table(
            "Options (rK, rE: of the reduction block)",
            columns("<stage", "channels", *(f"<{letter}" for letter in answer.stages[0].options)),
            rows,
        ),
        Table("Counts", columns("<stage", *_COUNTS), tuple(counts)),
        *(Text(meaning, name) for name, meaning in words.MEANINGS.items()),
        _reach(answer),
        *(Text(note, "note") for note in answer.notes),
    ]


def count(report: Document) -> list[Part]:
    """The counts within the budget beside those of the whole space."""
    answer: types.Count = report.sections["space"]
    space = answer.space
    valid, distinct = (
        (grouped(within), grouped(of), words.share(within, of))
        for within, of in ((answer.count.valid, space.valid), (answer.count.distinct, space.distinct))
    )
    rows = (
        Row(("encodings", "", grouped(space.encodings), "")),
        Row(("valid encodings", *valid)),
        Row(("different networks", *distinct), emphasis="total"),
    )
    made: list[Part] = [
        Text(words.budget(answer.budget), "budget"),
        Table("Counts", columns("<", "within the budget", "in all", "share"), rows),
    ]
    if space.extent is None:
        made.append(Text("the space has no valid network at all.", "none", "bad"))
    elif not answer.count.distinct:
        reach = words.extent(space, "; ")
        made.append(Text(f"no network lies within the budget. The space's reach from {reach}.", "none", "bad"))
    return made


def options(report: Document) -> list[Part]:
    """The share of networks that take each option, in the whole space and within the budget."""
    answer: types.Options = report.sections["space"]
    what = f"{grouped(answer.within)} of {grouped(answer.all)} {words.OVER[answer.over]}"
    found = {(each.stage, each.letter, each.value): each for each in answer.options}
    stages = list(dict.fromkeys(each.stage for each in answer.options))
    headings = (heading for stage in stages for heading in (f"{stage}\nall > within", "?"))
    rows, before = [], None
    for letter, _, value in option_rows(answer):
        cells = [f"{letter} {'no effect' if value == types.IDLE else value}"]
        tones: list[Emphasis] = ["plain"]
        for stage in stages:
            cell = _shares(found.get((stage, letter, value)), answer)
            cells += cell[:2]
            tones += [cell[2], "plain"]
        rows.append(Row(tuple(cells), apart=before not in (None, letter), tones=tuple(tones)))
        before = letter
    return [
        Text(words.budget(answer.budget), "budget"),
        Text(f"{what}, {words.share(answer.within, answer.all)}", "within"),
        Table("Options", columns("<% of networks", *headings), tuple(rows)),
        Text(
            "the share of networks that take an option, in the whole space > within the budget. rK, rE: kernel and "
            "expansion of the reduction block. No effect: N is 0 there, or S is set and G means nothing.",
            "read",
        ),
    ]


def hist(report: Document) -> list[Part]:
    """The density map of params and MAdds, with the budget and the zoo's networks in it."""
    answer: types.Hist = report.sections["space"]
    made: list[Part] = [Text(f"{grouped(answer.total)} {words.OVER[answer.over]}", "all")]
    if answer.budget:
        share = words.share(answer.within, answer.total)
        made.append(Text(f"{words.budget(answer.budget)}: {grouped(answer.within)}, {share}", "budget"))
    marks = tuple(density.Mark(mark.name, mark.madds, mark.params, _mark_text(mark, answer)) for mark in answer.marks)
    return [*made, density.Density(_axis(answer.x, answer), _axis(answer.y, answer), answer.counts, marks)]


def sample(report: Document) -> list[Part]:
    """The networks that were drawn, a row each."""
    answer: types.Sample = report.sections["space"]
    drawn = f"{grouped(len(answer.networks))} of {grouped(answer.within)} {words.OVER[answer.over]}, seed {answer.seed}"
    return [Text(words.budget(answer.budget), "budget"), Text(drawn, "drawn"), _networks(answer.networks)]


def find(report: Document) -> list[Part]:
    """The networks that were found, a row each."""
    answer: types.Find = report.sections["space"]
    wish = ", ".join(
        f"{METRICS[name].counted} {grouped(int(amount)) if amount.denominator == 1 else amount}"
        for name, amount in answer.wish.items()
    )
    found = f"{grouped(len(answer.networks))}; {grouped(answer.as_near)} are no farther than the last of them"
    return [Text(wish, "wish"), Text(found, "shown"), _networks(answer.networks)]


def contains(report: Document) -> list[Part]:
    """The encoding of the network, or each difference from the space."""
    answer: types.Contains = report.sections["space"]
    costs = Text(f"{grouped(answer.costs.params)} params, {grouped(answer.costs.madds)} MAdds.", answer.network)
    if answer.encoding is not None:
        return [Text("the network is one of the space.", "yes", "good"), Text(answer.encoding, "encoding"), costs]
    rows = tuple(Row((each.where, each.found, each.space)) for each in answer.differences)
    many = f"{len(rows)} things" if len(rows) > 1 else "one thing"
    return [
        Text(f"the space lacks {many} that the network has.", "no", "bad"),
        costs,
        Table("What differs", columns("<where", "<the network", "<the space"), rows),
    ]


def option_rows(answer: types.Options) -> list[tuple[str, str, str]]:
    """(letter, name, value), each once, a letter's values together and what has no effect last."""
    seen = list(dict.fromkeys((each.letter, each.name, each.value) for each in answer.options))
    letters = list(dict.fromkeys(letter for letter, _, _ in seen))
    return sorted(seen, key=lambda row: (letters.index(row[0]), row[2] == types.IDLE))


def info_records(report: Document) -> Iterator[list[object]]:
    """A row per searched stage; options are separated by spaces."""
    stages = report.sections["space"].stages
    yield ["stage", "in", "out", *stages[0].options, *_COUNTS, "costs"]
    for stage in stages:
        counts = (stage.encodings, stage.valid, stage.distinct, stage.costs)
        yield [stage.stage, stage.channels_in, stage.channels_out, *map(" ".join, stage.options.values()), *counts]


def count_records(report: Document) -> Iterator[list[object]]:
    """A row per kind of count: within the budget, and in the whole space."""
    answer: types.Count = report.sections["space"]
    yield ["counted", "within", "all"]
    yield ["valid", answer.count.valid, answer.space.valid]
    yield ["distinct", answer.count.distinct, answer.space.distinct]


def options_records(report: Document) -> Iterator[list[object]]:
    """A row per option of a stage."""
    return _fields(types.OptionCount, report.sections["space"].options)


def hist_records(report: Document) -> Iterator[list[object]]:
    """A row per bin, empty ones included."""
    answer: types.Hist = report.sections["space"]
    x, y = _axis(answer.x, answer), _axis(answer.y, answer)
    yield [*(f"{axis.cost}_{end}" for axis in (answer.x, answer.y) for end in ("from", "below")), "count"]
    for column, counts in enumerate(answer.counts):
        for row, count in enumerate(counts):
            yield [x.edge(column), x.edge(column + 1), y.edge(row), y.edge(row + 1), count]


def networks_records(report: Document) -> Iterator[list[object]]:
    """A row per network."""
    networks = report.sections["space"].networks
    far = networks[0].distance is not None
    yield ["encoding", *networks[0].costs, *["distance"] * far]
    for each in networks:
        yield [each.encoding, *each.costs.values(), *[each.distance] * far]


def contains_records(report: Document) -> Iterator[list[object]]:
    """A row per difference; none where the space contains the network."""
    return _fields(types.ChoiceDifference, report.sections["space"].differences)


def _fields(kind: type[Any], items: Iterable[Any]) -> Iterator[list[object]]:
    yield [field.name for field in dataclasses.fields(kind)]
    yield from (list(dataclasses.astuple(item)) for item in items)


def _counts(counted: Any) -> Iterator[str]:
    return (grouped(getattr(counted, name)) for name in _COUNTS)


def _reach(answer: types.Info) -> Text:
    extent = answer.space.extent
    if extent is None:
        return Text("none: no encoding of some stage has a module.", "networks", "bad")
    texts = (
        f"{METRICS[name].counted} {words.reach(ends)}, of which the fixed parts have {grouped(answer.fixed[name])}"
        for name, ends in extent.items()
    )
    return Text(f"{'; '.join(texts)}.", "networks")


def _shares(found: types.OptionCount | None, answer: types.Options) -> tuple[str, str, Emphasis]:
    """The share in all and within the budget, a bar of the latter, and how the shares stand out."""
    if found is None:
        return "", "", "plain"
    everywhere, within = words.percent(found.everywhere, answer.all), words.percent(found.count, answer.within)
    filled = round(within / 100 * _BAR)
    bar = "█" * filled + "·" * (_BAR - filled)
    return f"{everywhere:.1f} > {within:5.1f}", bar, words.tone(within, everywhere)


def _axis(axis: types.Axis, answer: types.Hist) -> density.Axis:
    bounds = answer.budget.get(axis.cost, Bounds())
    return density.Axis(METRICS[axis.cost].counted, axis.start, axis.width, axis.bins, bounds)


def _mark_text(mark: types.Mark, answer: types.Hist) -> str:
    beyond = not (_axis(answer.x, answer).has(mark.madds) and _axis(answer.y, answer).has(mark.params))
    return (
        f"{grouped(mark.params)} params, {grouped(mark.madds)} MAdds; {'' if mark.contained else 'not '}in the space"
        f"{', and beyond its reach' if beyond else ''}{'; ' + mark.provenance if mark.provenance else ''}"
    )


def _networks(networks: tuple[types.SpaceNetwork, ...]) -> Table:
    """A row per network, of which there may be a million."""
    names, far = networks[0].costs, networks[0].distance is not None
    headings = (*["off by"] * far, *(METRICS[name].counted for name in names), "<encoding")
    rows = (
        Row(
            (
                *([] if each.distance is None else [f"{100 * each.distance:.3g} %"]),
                *(grouped(each.costs[name]) for name in names),
                each.encoding,
            )
        )
        for each in networks
    )
    return Table("Networks", columns(*headings), tuple(rows), long=True)
