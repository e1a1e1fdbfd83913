"""The cross-check: the closed form against independent counts of the real module, joined by layer path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from muxprof.answers.check.types import CheckResult, CounterResult, Mismatch
from muxprof.document.types import Layer, Subject
from muxprof.records import ParamsByKind, Shape, TracedCount


def checked(subject: Subject, counts: Iterable[TracedCount]) -> Subject:
    """The subject with the result of comparing it, layer by layer and as integers, with each count."""
    layers = {layer.path: layer for layer in subject.layers}
    counters: list[CounterResult] = []
    mismatches: list[Mismatch] = list(_repeated(subject.layers))
    for count in counts:
        found = tuple(_mismatches(layers, count))
        mismatches += found
        counters.append(_result(count, bool(found), len(layers)))
    order = {path: index for index, path in enumerate(layers)}
    mismatches.sort(key=lambda mismatch: order.get(mismatch.path, len(order)))
    differs = bool(mismatches) or any(counter.status == "differ" for counter in counters)
    return subject.having(check=CheckResult("differ" if differs else "agree", tuple(counters), tuple(mismatches)))


def _repeated(layers: tuple[Layer, ...]) -> Iterator[Mismatch]:
    """Paths that stand for several layers: joined by path, all but one of them would go unseen."""
    times = Counter(layer.path for layer in layers)
    for layer in {layer.path: layer for layer in layers}.values():
        if times[layer.path] > 1:
            yield Mismatch(layer.path, layer.op, "closed form", "path", "once", f"{times[layer.path]} times")


def _result(count: TracedCount, differs: bool, layers: int) -> CounterResult:
    if count.skipped is not None:
        return CounterResult(count.counter, count.version, "skipped", reason=count.skipped)
    return CounterResult(
        name=count.counter,
        version=count.version,
        status="differ" if differs or count.failed else "agree",
        params=None if count.params is None else sum(kinds.total for kinds in count.params.values()),
        madds=None if count.madds is None else sum(count.madds.values()),
        layers=layers,
        extras=count.extras,
        reason=count.failed,
    )


def _mismatches(layers: Mapping[str, Layer], count: TracedCount) -> Iterator[Mismatch]:
    if count.params is not None:
        expected = {path: layer.cost.params for path, layer in layers.items() if layer.cost.params.total}
        yield from _compare(layers, count, "params", expected, count.params)
    if count.madds is not None:
        madds = {path: layer.cost.madds for path, layer in layers.items() if layer.cost.madds}
        yield from _compare(layers, count, "madds", madds, count.madds)
    if count.shapes is not None:
        shapes = {path: _one_image(layer.outputs) for path, layer in layers.items()}
        yield from _compare(layers, count, "output shape", shapes, count.shapes)


def _compare(
    layers: Mapping[str, Layer],
    count: TracedCount,
    what: str,
    expected: Mapping[str, object],
    found: Mapping[str, object],
) -> Iterator[Mismatch]:
    for path in [*expected, *(path for path in found if path not in expected)]:
        ours, theirs = expected.get(path), found.get(path)
        if ours != theirs and not (theirs is None and count.failed):  # not reached
            op = layers[path].op if path in layers else "?"
            yield Mismatch(path, op, count.counter, what, _text(ours), _text(theirs))


def _one_image(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    return tuple((1, *shape[1:]) for shape in shapes)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, ParamsByKind):
        kinds = (("conv", value.conv), ("linear", value.linear), ("bias", value.bias), ("norm", value.norm))
        return " + ".join(f"{count:,} {kind}" for kind, count in kinds if count)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple):
        return " + ".join("x".join(map(str, shape)) for shape in value)
    return str(value)
