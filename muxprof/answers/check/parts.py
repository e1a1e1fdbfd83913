"""What a cross-check shows: a row per counter, what it adds or cannot see, and every layer that disagrees."""

from __future__ import annotations

from muxprof.answers.check.types import CheckResult, CounterResult
from muxprof.answers.report import Report
from muxprof.document.parts import Column, Emphasis, Part, Row, Table, Text
from muxprof.document.types import Subject
from muxprof.units import grouped

_MOST_MISMATCHES = 40


def parts(report: Report) -> list[Part]:
    """The checks of all subjects; nothing where none was made."""
    checked = [subject for subject in report.subjects if subject.check is not None]
    if not checked:
        return []
    rows = tuple(row for subject in checked for row in _rows(subject))
    columns = (
        Column("subject", numeric=False),
        Column("counter", numeric=False),
        Column("version", numeric=False, optional=True),
        Column("params"),
        Column("MAdds"),
        Column("result", numeric=False),
    )
    made: list[Part] = [Table("Cross-check", columns, rows)] if rows else []
    for subject in checked:
        made += _beside(subject)
    differing = [subject for subject in checked if subject.check and subject.check.mismatches]
    made += [_mismatches(subject) for subject in differing]
    return [*made, _verdict(report, checked)]


def _rows(subject: Subject) -> list[Row]:
    check = subject.check
    assert check is not None
    ours = subject.totals
    rows = [
        Row((subject.name, _ours(subject), "", grouped(ours.params.total), grouped(ours.madds), ""), emphasis="group")
    ]
    return [*rows, *(_counter_row(counter, subject.traced is not None) for counter in check.counters)]


def _ours(subject: Subject) -> str:
    return "closed form" if subject.traced is None else "trace"


def _counter_row(counter: CounterResult, traced: bool) -> Row:
    agrees = f"agrees at all {counter.layers} layers"
    if traced:
        where = "in total" if counter.madds is None else f"in all {counter.layers} modules with MAdds"
        agrees = f"agrees {where}"
        if counter.unseen:
            agrees = f"agrees in {counter.layers} modules, {grouped(counter.unseen)} not seen"
    marks: dict[str, tuple[str, Emphasis]] = {
        "agree": (agrees, "good"),
        "differ": ("DIFFERS", "bad"),
        "skipped": ("skipped", "plain"),
    }
    result, emphasis = marks[counter.status]
    return Row(("", counter.name, counter.version, _count(counter.params), _count(counter.madds), result), 0, emphasis)


def _count(value: int | None) -> str:
    return "" if value is None else grouped(value)


def _beside(subject: Subject) -> list[Part]:
    check = subject.check
    assert check is not None
    parts: list[Part] = []
    for counter in check.counters:
        added = [f"{extra.op} {grouped(extra.madds)}" for extra in counter.extras if extra.madds is not None]
        unseen = [f"{extra.op} x{extra.calls}" for extra in counter.extras if extra.madds is None]
        if added:
            parts.append(Text(", ".join(added), f"{subject.name}: {counter.name} counts besides"))
        if unseen:
            parts.append(Text(", ".join(unseen), f"{subject.name}: {counter.name} cannot count"))
        if counter.reason:
            status = "" if counter.status == "agree" else f" {counter.status}"
            parts.append(Text(counter.reason, f"{subject.name}: {counter.name}{status}", _tone(counter)))
    return parts


def _tone(counter: CounterResult) -> Emphasis:
    return "bad" if counter.status == "differ" else "plain"


def _mismatches(subject: Subject) -> Table:
    check = subject.check
    assert check is not None
    shown = check.mismatches[:_MOST_MISMATCHES]
    rows = [Row((m.path, m.what, m.expected, m.found, m.counter), emphasis="bad") for m in shown]
    more = len(check.mismatches) - len(shown)
    if more:
        rows.append(Row((f"... and {more} more", "", "", "", "")))
    headings = ("layer" if subject.traced is None else "module", "what", _ours(subject), "found", "by")
    columns = tuple(Column(heading, numeric=False) for heading in headings)
    return Table(f"{subject.name}: {headings[0]}s that differ", columns, tuple(rows))


def _verdict(report: Report, checked: list[Subject]) -> Text:
    if not report.agrees:
        names = ", ".join(s.name for s in checked if s.check is not None and s.check.status == "differ")
        return Text(f"the {_ours(checked[0])} and the counters DIFFER for {names}.", "check", "bad")
    skipped = [(s.name, s.check) for s in checked if s.check is not None and s.check.status == "skipped"]
    if skipped:
        return Text("; ".join(f"{name} {_why(check)}" for name, check in skipped), "check", "bad")
    return Text(_agreement(checked), "check", "good")


def _agreement(checked: list[Subject]) -> str:
    """What agrees for every subject, and what was left out for some."""
    ran = [_agreeing(subject) for subject in checked]
    everywhere = set.intersection(*ran)
    traced = checked[0].traced is not None
    how = "module by module" if traced else "layer by layer"
    blind = any(counter.unseen for subject in checked if subject.check for counter in subject.check.counters)
    text = f"the {_ours(checked[0])} and {len(everywhere)} counters agree as integers, {how}"
    text += ", but for what a counter cannot see." if blind else "."
    for name in sorted(set.union(*ran) - everywhere):
        subjects = ", ".join(subject.name for subject, found in zip(checked, ran, strict=True) if name in found)
        text += f" {name} agrees too, but was made for {subjects} alone."
    return text


def _agreeing(subject: Subject) -> set[str]:
    counters = subject.check.counters if subject.check is not None else ()
    return {counter.name for counter in counters if counter.status == "agree"}


def _why(check: CheckResult) -> str:
    return f"skipped: {check.reason}"
