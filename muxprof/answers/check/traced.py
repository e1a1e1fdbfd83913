"""The cross-check of a traced model: its MAdds against independent counters, module by module, as integers.

A module in which a counter reports ops that it cannot count is not compared: the missing MAdds are given as ``unseen``.
So are MAdds that one counter misses and another confirms, because fvcore's tracer drops ops that no output depends on.
More MAdds than in the trace are a difference, except in modules with unknown ops. Parameters are compared in total,
because the counter attributes shared ones to other modules than the trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from muxprof.answers.check.compared import counter_result
from muxprof.answers.check.types import CheckResult, CounterResult, Mismatch, status_of
from muxprof.document.types import Subject
from muxprof.records import UNKNOWN, TracedCount
from muxprof.units import and_more

#: Products that FlopCounterMode passes over without a word: of vectors, of three factors, fused on the CPU, in groups.
_PASSED_OVER = frozenset({"dot", "bilinear", "attention", "grouped_matmul"})


def checked_trace(subject: Subject, counts: Iterable[TracedCount]) -> Subject:
    """The traced subject with the result of comparing it with each count."""
    results: list[CounterResult] = []
    mismatches: list[Mismatch] = []
    confirmed: set[str] = set()  # modules whose MAdds a counter finds to the last one
    ours, _ = _by_module(subject)
    for count in counts:
        result, found = _compared(subject, count, confirmed)
        results.append(result)
        mismatches += found
        confirmed |= {path for path, madds in (count.madds or {}).items() if ours.get(path) == madds}
    status = status_of(results, mismatches)
    reason = "no counter could be run" if status == "skipped" else None
    return subject.having(check=CheckResult(status, tuple(results), tuple(mismatches), reason))


def _compared(subject: Subject, count: TracedCount, confirmed: set[str]) -> tuple[CounterResult, list[Mismatch]]:
    if count.failed is not None:
        count = TracedCount(count.counter, count.version, skipped=count.failed)
    if count.skipped is not None:
        return counter_result(count, "skipped", 0), []
    mismatches: list[Mismatch] = []
    expected, params = subject.totals.params.total, sum(kinds.total for kinds in (count.params or {}).values())
    if count.params is not None and params != expected:
        mismatches.append(Mismatch("", "", count.counter, "params", f"{expected:,}", f"{params:,}"))
    ours, silent = _by_module(subject)
    unknown = {layer.module or "" for layer in subject.layers if layer.op == UNKNOWN}  # modules with such ops
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
            ops = ", ".join(dict.fromkeys(layer.op for layer in subject.layers if layer.module == path)) or "?"
            mismatches.append(Mismatch(path, ops, count.counter, "madds", f"{expected:,}", f"{found:,}"))
    result = counter_result(
        count,
        "differ" if mismatches else "agree",
        len(subject.layers) if count.madds is None else len(ours) - len(unseen),
        _reason(count, unseen, confirmed, beyond),
        0 if mismatches else sum(unseen.values()),
    )
    return result, mismatches


def _by_module(subject: Subject) -> tuple[dict[str, int], Counter[str]]:
    """The MAdds of each module that has any, and those that a counter may miss silently."""
    madds: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    for layer in subject.layers:
        if layer.cost.madds:
            madds[layer.module or ""] += layer.cost.madds
            silent[layer.module or ""] += layer.cost.madds * (layer.op in _PASSED_OVER)
    return dict(madds), silent


def _is_in(path: str, place: str) -> bool:
    """Whether a module is a part of ``place``."""
    return not place or path.startswith(f"{place}.")


def _reason(count: TracedCount, unseen: Mapping[str, int], confirmed: set[str], beyond: int) -> str | None:
    texts = []
    if unseen:
        places = []
        for path in unseen:
            why = "found by another counter: no output may depend on it"
            why = why if path in confirmed else "products that it has no formula for"
            places.append(f"{path or 'the model'} ({', '.join(count.unseen.get(path, (why,)))})")
        total = sum(unseen.values())
        texts.append(f"it cannot see {total:,} MAdds in {and_more(places, 3)}: not compared.")
    if beyond:
        texts.append(f"it counts {beyond:,} MAdds where the trace has unknown ops: not compared.")
    return " Also, ".join(texts) or None
