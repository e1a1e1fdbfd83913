"""The cross-check: the closed form against independent counts of the real module, joined by layer path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from muxprof.answers.check.types import CheckResult, CounterResult, Mismatch, Status, status_of
from muxprof.document.types import Layer, Subject
from muxprof.records import ParamsByKind, Shape, TracedCount


def checked(subject: Subject, counts: Iterable[TracedCount]) -> Subject:
    """The subject with the result of comparing it, layer by layer and as integers, with each count."""
    layers = {layer.path: layer for layer in subject.layers}
    counters: list[CounterResult] = []
    mismatches: list[Mismatch] = []
    for path, times in Counter(layer.path for layer in subject.layers).items():
        if times > 1:  # joined by path, all but one of them would go unseen
            mismatches.append(Mismatch(path, layers[path].op, "closed form", "path", "once", f"{times} times"))
    for count in counts:
        found = tuple(_mismatches(layers, count))
        mismatches += found
        counters.append(counter_result(count, "differ" if found or count.failed else "agree", len(layers)))
    order = {path: index for index, path in enumerate(layers)}
    mismatches.sort(key=lambda mismatch: order.get(mismatch.path, len(order)))
    check = CheckResult(status_of(counters, mismatches), tuple(counters), tuple(mismatches))
    return subject.having(check=check)


def counter_result(
    count: TracedCount, status: Status, layers: int, reason: str | None = None, unseen: int = 0
) -> CounterResult:
    """The totals of a counter, with ``status``; a skipped counter has none."""
    if count.skipped is not None:
        return CounterResult(count.counter, count.version, "skipped", reason=count.skipped)
    return CounterResult(
        count.counter,
        count.version,
        status,
        params=None if count.params is None else sum(kinds.total for kinds in count.params.values()),
        madds=None if count.madds is None else sum(count.madds.values()),
        layers=layers,
        extras=count.extras,
        reason=count.failed or reason,
        unseen=unseen,
    )


def _mismatches(layers: Mapping[str, Layer], count: TracedCount) -> Iterator[Mismatch]:
    costs = {path: layer.cost for path, layer in layers.items()}
    compared: tuple[tuple[str, Mapping[str, object], Mapping[str, object] | None], ...] = (
        ("params", {path: cost.params for path, cost in costs.items() if cost.params.total}, count.params),
        ("madds", {path: cost.madds for path, cost in costs.items() if cost.madds}, count.madds),
        ("output shape", {path: _one_image(layer.outputs) for path, layer in layers.items()}, count.shapes),
    )
    for what, expected, found in compared:
        if found is None:
            continue
        for path in dict.fromkeys((*expected, *found)):
            ours, theirs = expected.get(path), found.get(path)
            if ours != theirs and not (theirs is None and count.failed):  # not reached
                op = layers[path].op if path in layers else "?"
                yield Mismatch(path, op, count.counter, what, _text(ours), _text(theirs))


def _one_image(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    return tuple((1, *shape[1:]) for shape in shapes)


def _text(value: object) -> str:
    if isinstance(value, ParamsByKind):
        kinds = ((kind, getattr(value, kind)) for kind in ("conv", "linear", "bias", "norm"))
        return " + ".join(f"{count:,} {kind}" for kind, count in kinds if count)
    if isinstance(value, tuple):
        return " + ".join("x".join(map(str, shape)) for shape in value)
    return f"{value:,}" if isinstance(value, int) else "none"
