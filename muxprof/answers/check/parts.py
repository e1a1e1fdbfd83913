"""What a cross-check shows: a row per counter, what it adds or cannot see, and every layer that disagrees."""

from __future__ import annotations

from collections.abc import Iterator

from muxprof.answers.check.types import CheckResult, CounterResult
from muxprof.answers.report import Report
from muxprof.document.parts import Column, Emphasis, Part, Row, Table, Text
from muxprof.document.types import Subject
from muxprof.units import grouped

_MOST_MISMATCHES = 40


def parts(report: Report) -> list[Part]:
    """The checks of all subjects; nothing where none was made."""
    checked = [(subject, subject.check) for subject in report.subjects if subject.check is not None]
    if not checked:
        return []
    columns = (
        Column("subject", numeric=False),
        Column("counter", numeric=False),
        Column("version", numeric=False, optional=True),
        Column("params"),
        Column("MAdds"),
        Column("result", numeric=False),
    )
    return [
        Table("Cross-check", columns, tuple(row for subject, check in checked for row in _rows(subject, check))),
        *(text for subject, check in checked for text in _beside(subject, check)),
        *(_mismatches(subject, check) for subject, check in checked if check.mismatches),
        _verdict(checked),
    ]


def _rows(subject: Subject, check: CheckResult) -> Iterator[Row]:
    totals = (grouped(subject.totals.params.total), grouped(subject.totals.madds))
    yield Row((subject.name, _ours(subject), "", *totals, ""), emphasis="group")
    for counter in check.counters:
        result, emphasis = _result(counter, subject.traced is not None)
        found = ("" if count is None else grouped(count) for count in (counter.params, counter.madds))
        yield Row(("", counter.name, counter.version, *found, result), 0, emphasis)


def _ours(subject: Subject) -> str:
    return "closed form" if subject.traced is None else "trace"


def _result(counter: CounterResult, traced: bool) -> tuple[str, Emphasis]:
    if counter.status != "agree":
        return ("DIFFERS", "bad") if counter.status == "differ" else ("skipped", "plain")
    if not traced:
        return f"agrees at all {counter.layers} layers", "good"
    if counter.unseen:
        return f"agrees in {counter.layers} modules, {grouped(counter.unseen)} not seen", "good"
    where = "in total" if counter.madds is None else f"in all {counter.layers} modules with MAdds"
    return f"agrees {where}", "good"


def _beside(subject: Subject, check: CheckResult) -> Iterator[Text]:
    for counter in check.counters:
        who = f"{subject.name}: {counter.name}"
        added = [f"{extra.op} {grouped(extra.madds)}" for extra in counter.extras if extra.madds is not None]
        unseen = [f"{extra.op} x{extra.calls}" for extra in counter.extras if extra.madds is None]
        if added:
            yield Text(", ".join(added), f"{who} counts besides")
        if unseen:
            yield Text(", ".join(unseen), f"{who} cannot count")
        if counter.reason:
            status = "" if counter.status == "agree" else f" {counter.status}"
            yield Text(counter.reason, who + status, "bad" if counter.status == "differ" else "plain")


def _mismatches(subject: Subject, check: CheckResult) -> Table:
    shown = check.mismatches[:_MOST_MISMATCHES]
    rows = [Row((m.path, m.what, m.expected, m.found, m.counter), emphasis="bad") for m in shown]
    more = len(check.mismatches) - len(shown)
    if more:
        rows.append(Row((f"... and {more} more", "", "", "", "")))
    headings = ("layer" if subject.traced is None else "module", "what", _ours(subject), "found", "by")
    columns = tuple(Column(heading, numeric=False) for heading in headings)
    return Table(f"{subject.name}: {headings[0]}s that differ", columns, tuple(rows))


def _verdict(checked: list[tuple[Subject, CheckResult]]) -> Text:
    differing = [subject.name for subject, check in checked if check.status == "differ"]
    if differing:
        return Text(f"the {_ours(checked[0][0])} and the counters DIFFER for {', '.join(differing)}.", "check", "bad")
    skipped = [f"{subject.name} skipped: {check.reason}" for subject, check in checked if check.status == "skipped"]
    if skipped:
        return Text("; ".join(skipped), "check", "bad")
    return Text(_agreement(checked), "check", "good")


def _agreement(checked: list[tuple[Subject, CheckResult]]) -> str:
    """What agrees for every subject, and what was left out for some."""
    ran = [
        (subject.name, {counter.name for counter in check.counters if counter.status == "agree"})
        for subject, check in checked
    ]
    everywhere = set.intersection(*(found for _, found in ran))
    somewhere = set.union(*(found for _, found in ran))
    blind = any(counter.unseen for _, check in checked for counter in check.counters)
    first, _ = checked[0]
    how = "layer by layer" if first.traced is None else "module by module"
    text = f"the {_ours(first)} and {len(everywhere)} counters agree as integers, {how}"
    text += ", but for what a counter cannot see." if blind else "."
    for name in sorted(somewhere - everywhere):
        subjects = ", ".join(subject for subject, found in ran if name in found)
        text += f" {name} agrees too, but was made for {subjects} alone."
    return text
