"""The cross-check of a traced model: its MAdds against independent counters, module by module, as integers.

A counter that meets an op which it cannot count, and says so, is not compared there: what it misses is given as
``unseen``. The same goes for MAdds that one counter misses and another confirms: fvcore's tracer drops what no output
depends on. More MAdds than the trace has are a difference, unless they are where the trace itself says that it knows no
formula. Parameters are compared in total, because the counter puts a shared one elsewhere than the trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from muxprof.answers.check.types import CheckResult, CounterResult, Mismatch
from muxprof.document.types import Subject
from muxprof.records import UNKNOWN, TracedCount

#: Products that FlopCounterMode passes over without a word: of vectors, of three factors, fused on the CPU, in groups.
_PASSED_OVER = frozenset({"dot", "bilinear", "attention", "grouped_matmul"})


def checked_trace(subject: Subject, counts: Iterable[TracedCount]) -> Subject:
    """The traced subject with the result of comparing it with each count."""
    results: list[CounterResult] = []
    mismatches: list[Mismatch] = []
    confirmed: frozenset[str] = frozenset()
    for count in counts:
        result, found = _compared(subject, count, confirmed)
        results.append(result)
        mismatches += found
        confirmed |= _confirmed(subject, count)
    statuses = {result.status for result in results}
    if "differ" in statuses:
        return subject.having(check=CheckResult("differ", tuple(results), tuple(mismatches)))
    if "agree" in statuses:
        return subject.having(check=CheckResult("agree", tuple(results)))
    return subject.having(check=CheckResult("skipped", tuple(results), reason="no counter could be run"))


def _confirmed(subject: Subject, count: TracedCount) -> frozenset[str]:
    """The modules whose MAdds a counter finds to the last one."""
    ours, _ = _by_module(subject)
    return frozenset(path for path, madds in (count.madds or {}).items() if ours.get(path) == madds)


def _compared(subject: Subject, count: TracedCount, confirmed: frozenset[str]) -> tuple[CounterResult, list[Mismatch]]:
    reason = count.skipped or count.failed
    if reason is not None:
        return CounterResult(count.counter, count.version, "skipped", reason=reason), []
    mismatches: list[Mismatch] = []
    params = None if count.params is None else sum(kinds.total for kinds in count.params.values())
    if params not in (None, subject.totals.params.total):
        mismatches.append(Mismatch("", "", count.counter, "params", f"{subject.totals.params.total:,}", f"{params:,}"))
    ours, silent = _by_module(subject)
    unknown = _unknown(subject)
    unseen: dict[str, int] = {}
    beyond = 0
    theirs = ours if count.madds is None else count.madds
    for path in dict.fromkeys((*ours, *theirs)):
        expected, found = ours.get(path, 0), theirs.get(path, 0)
        missing = expected - found
        if missing > 0 and (path in count.unseen or path in confirmed or missing == silent[path]):
            unseen[path] = missing
        elif missing < 0 and any(path == place or (not expected and _is_in(path, place)) for place in unknown):
            beyond -= missing
        elif missing:
            op = _ops(subject, path)
            mismatches.append(Mismatch(path, op, count.counter, "madds", f"{expected:,}", f"{found:,}"))
    result = CounterResult(
        name=count.counter,
        version=count.version,
        status="differ" if mismatches else "agree",
        params=params,
        madds=None if count.madds is None else sum(count.madds.values()),
        layers=len(ours) - len(unseen) if count.madds is not None else len(subject.layers),
        extras=count.extras,
        reason=_reason(count, unseen, confirmed, beyond),
        unseen=0 if mismatches else sum(unseen.values()),
    )
    return result, mismatches


def _by_module(subject: Subject) -> tuple[dict[str, int], Counter[str]]:
    """MAdds of each module that has any, and those of them that a counter may pass over."""
    madds: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    for layer in subject.layers:
        if layer.cost.madds:
            madds[layer.module or ""] += layer.cost.madds
            silent[layer.module or ""] += layer.cost.madds * (layer.op in _PASSED_OVER)
    return dict(madds), silent


def _ops(subject: Subject, path: str) -> str:
    return ", ".join(dict.fromkeys(layer.op for layer in subject.layers if layer.module == path)) or "?"


def _unknown(subject: Subject) -> frozenset[str]:
    """The modules that execute something which the trace has no formula for."""
    return frozenset(layer.module or "" for layer in subject.layers if layer.op == UNKNOWN)


def _is_in(path: str, place: str) -> bool:
    """Whether a module is a part of ``place``."""
    return not place or path.startswith(f"{place}.")


def _reason(count: TracedCount, unseen: Mapping[str, int], confirmed: frozenset[str], beyond: int) -> str | None:
    more = f"it counts {beyond:,} MAdds where the trace has unknown ops: not compared." if beyond else None
    if not unseen:
        return more
    dropped, silent = (
        ("found by another counter: no output may depend on it",),
        ("products that it has no formula for",),
    )
    what = {path: ", ".join(count.unseen.get(path, dropped if path in confirmed else silent)) for path in unseen}
    places = [f"{path or 'the model'} ({what[path]})" for path in unseen]
    others = f" and {len(places) - 3} more" * (len(places) > 3)
    text = f"it cannot see {sum(unseen.values()):,} MAdds in {', '.join(places[:3])}{others}: not compared."
    return f"{text} Also, {more}" if more else text
