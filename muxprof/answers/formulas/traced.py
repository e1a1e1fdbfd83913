"""Closed forms of a traced model, compared with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from muxprof.answers.formulas.types import Formula
from muxprof.cost import traced
from muxprof.cost.forms import ClosedForm, closed_form, condition_text
from muxprof.document.types import Subject
from muxprof.errors import BadInput
from muxprof.records import UNKNOWN, TracedOp
from muxprof.units import grouped

if TYPE_CHECKING:
    from muxprof.tracing.session import Session
    from muxprof.tracing.symbolic.sizes import SizedPass, Sizes

#: What there are closed forms of.
METRICS: Mapping[str, Callable[[TracedOp], int]] = {"MAdds": traced.madds, "activations": traced.activations}

#: How many sizes up and down others are looked for that a model works on.
_FAR = 64

#: A value of each of :data:`METRICS`.
Values: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class _Forms:
    """The closed forms of :data:`METRICS`; ``given`` are the sizes of the trace.

    ``compared`` are sizes, the values of the forms there, and the counts.
    """

    found: SizedPass
    forms: tuple[ClosedForm, ...]
    given: Mapping[str, int]
    compared: tuple[tuple[Mapping[str, int], Values, Values], ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The sizes in any of the forms."""
        return tuple(dict.fromkeys(name for form in self.forms[::-1] for name in form.symbols))

    @property
    def wrong(self) -> list[tuple[Mapping[str, int], Values, Values]]:
        """The comparisons that differ."""
        return [each for each in self.compared if each[1] != each[2]]

    @property
    def right(self) -> list[Mapping[str, int]]:
        """The sizes at which forms and counts agree."""
        return [sizes for sizes, values, counted in self.compared if values == counted]

    @property
    def right_above_one(self) -> bool:
        """Whether the forms are wrong at sizes of 1 alone, and right somewhere."""
        return bool(self.right) and all(1 in sizes.values() for sizes, _, _ in self.wrong)

    @property
    def limits(self) -> int:
        """The number of conditions on the sizes."""
        sizes = self.found.sizes
        return len(sizes.fixed) + len(sizes.equal) + len(sizes.multiples) + len(sizes.conditions)

    @property
    def ones(self) -> Mapping[str, int]:
        """The sizes that are fixed at 1."""
        return {name: size for name, size in self.found.sizes.fixed.items() if size == 1}

    def at(self, sizes: Mapping[str, int]) -> Values:
        """The values at these sizes."""
        used = {name: size for name, size in sizes.items() if name in self.symbols}
        return tuple(form.at(**used) for form in self.forms)


def traced_forms(
    subject: Subject, session: Session, at: Mapping[str, int]
) -> tuple[tuple[Formula, ...], tuple[str, ...]]:
    """Formulas of MAdds, activations (and of their values ``at`` other sizes) and params, and what to know of them.

    Takes the first of the session's ways to a model's ops whose forms agree with the counts at the sizes of the trace
    and at others; the next one is tried as well if these forms are limited to some sizes. A way gives forms for sizes
    above 1, and then forms for the sizes of the trace that are 1; both are kept if the former are wrong there. Raises
    :class:`BadInput` where ``at`` lacks a size.
    """
    reasons: list[str] = []
    tried: list[_Forms] = []
    right: list[tuple[_Forms, ...]] = []
    ways = session.ways()
    for each in ways:
        for way in each:
            found = way()
            if isinstance(found, str):
                reasons.append(found)
                if each is not ways[-1]:
                    break  # what holds it up takes as long for a size of 1
                continue
            tried.append(_compared(subject, session, found, at))
            if not tried[-1].wrong:
                general = tried[-2:-1] if tried[-1].ones and len(tried) > 1 and tried[-2].right_above_one else []
                right.append((*general, tried[-1]))
            if not tried[-1].right_above_one or not tried[-1].wrong:
                break
        if right and not right[-1][0].limits:
            break
    if not tried:
        return (), (f"No closed form: {'; and '.join(dict.fromkeys(reasons))}.",)
    fallback = (min(tried, key=lambda forms: len(forms.wrong)),)
    chosen = min(right, key=lambda forms: forms[0].limits, default=fallback)
    made = [formula for index in range(len(METRICS)) for formula in _formulas(chosen, index)]
    notes = _origin(reasons, tried, chosen)
    for forms in chosen:
        notes += [*_where(forms, chosen), *_trust(forms, chosen, at)]
    if at:
        values, more = _values(chosen, session, at)
        made += values
        notes += more
    params = str(subject.totals.params.total)
    return (*made, Formula("params", params, params)), tuple(dict.fromkeys(notes))


def _formulas(chosen: tuple[_Forms, ...], index: int) -> Iterator[Formula]:
    """The forms of one metric: a single one where it holds for sizes of 1 as well."""
    if all(values[index] == counted[index] for _, values, counted in chosen[0].wrong):
        chosen = chosen[:1]
    for forms in chosen:
        name = f"{[*METRICS][index]}{_case(forms, chosen)}"
        yield Formula(name, forms.forms[index].text, forms.forms[index].latex)


def _case(forms: _Forms, chosen: tuple[_Forms, ...]) -> str:
    """The sizes that forms are for, where there are two cases."""
    if len(chosen) == 1:
        return ""
    ones = chosen[-1].ones
    return f", {_listed(ones)}" if forms.ones else f", {', '.join(ones)} > 1"


def _compared(subject: Subject, session: Session, found: SizedPass, at: Mapping[str, int]) -> _Forms:
    """The forms of a pass, compared at the sizes of the trace, ``at``, and the first others where the model runs."""
    calls = Counter(op for op in found.ops if traced.kind(op) is not None)
    made = (closed_form(count(op) * times for op, times in calls.items()) for count in METRICS.values())
    forms = _Forms(found, tuple(made), _given(subject, found.sizes))
    counts: list[tuple[Mapping[str, int], Values]] = []
    counts.append((forms.given, (subject.totals.madds, subject.totals.activations)))
    known = all(name in at for name in forms.symbols) and found.sizes.allow(at)
    if at and known and not isinstance(wanted := _count(session, found.sizes, at), str):
        counts.append((at, wanted))
    for sizes in _others(forms.given, found.sizes):
        counted = _count(session, found.sizes, sizes)
        if not isinstance(counted, str):
            counts.append((sizes, counted))
            break
    return replace(forms, compared=tuple((sizes, forms.at(sizes), counted) for sizes, counted in counts))


def _count(session: Session, sizes: Sizes, at: Mapping[str, int]) -> Values | str:
    """The counts of the model at sizes by name, or why it does not run there."""
    found = session.resized(sizes.names, at)
    if isinstance(found, str):
        return found
    ops = [op for op in found.ops if traced.kind(op) is not None]
    return tuple(sum(map(count, ops)) for count in METRICS.values())


def _given(subject: Subject, sizes: Sizes) -> dict[str, int]:
    """The sizes of the trace's own inputs."""
    inputs = subject.traced.inputs if subject.traced is not None else ()
    return {
        name: given.shape[index]
        for given, dims in zip(inputs, sizes.names, strict=True)
        for index, name in dims.items()
    }


def _others(given: Mapping[str, int], sizes: Sizes) -> Iterator[dict[str, int]]:
    """Sizes to compare at, odd where they may be: larger ones, then some close by, then smaller ones."""
    for share, least in ((0.15, 3), (0.0, 1), (0.0, -1), (-0.1, -3), (-0.4, -2)):
        made = {}
        for index, (name, size) in enumerate(given.items()):
            step = sizes.multiples.get(name, 1)
            moved = size + step * (round(size * share / step) + least * max(1, index))
            moved = size + 2 if name[0] == "N" else max(step, moved | 1 if step == 1 else moved)
            made[name] = _nearest(moved, step, name, given, sizes)
        if made and sizes.allow(made):
            yield made


def _nearest(size: int, step: int, name: str, given: Mapping[str, int], sizes: Sizes) -> int:
    """The size nearest to this one that the model works on, as far as that depends on it alone."""
    for distance in range(0, _FAR * step, step):
        for moved in (size - distance, size + distance):
            if moved > 0 and moved != given[name] and sizes.allow({**given, name: moved}):
                return moved
    return size


def _origin(reasons: list[str], tried: list[_Forms], chosen: tuple[_Forms, ...]) -> list[str]:
    if reasons:
        return [f"The closed form is that of a pass over symbolic sizes: {reasons[0]}."]
    if chosen[0] is tried[0]:
        return []
    why = "asks more of the sizes" if not tried[0].wrong else "has other ops than are executed"
    return [f"The closed form is that of a pass over symbolic sizes: the exported graph {why}."]


def _where(forms: _Forms, chosen: tuple[_Forms, ...]) -> Iterator[str]:
    """The sizes for which the forms hold, and the ops that are not in them."""
    sizes = forms.found.sizes
    fixed = {name: size for name, size in sizes.fixed.items() if len(chosen) == 1 or name not in forms.ones}
    if fixed:
        yield f"The model fixes {_listed(fixed)}: the closed form holds for that alone."
    if forms is chosen[-1] and len(chosen) > 1:
        yield f"Where {_listed(forms.ones)}, torch executes other ops, such as fewer copies."
    wanted = [f"{name} = {other}" for name, other in sizes.equal.items()]
    wanted += [f"{name} is a multiple of {multiple}" for name, multiple in sizes.multiples.items()]
    wanted += [condition_text(condition) for condition in sizes.conditions]
    if wanted:
        yield f"The closed form holds where {' and '.join(wanted)}."
    unknown = dict.fromkeys(op.name for op in forms.found.ops if traced.kind(op) == UNKNOWN)
    if unknown:
        yield f"Not in the closed form of MAdds, because nothing is known of them: {', '.join(unknown)}."


def _trust(forms: _Forms, chosen: tuple[_Forms, ...], at: Mapping[str, int]) -> Iterator[str]:
    """Where the forms agree with counts, and where they do not."""
    for sizes, values, counted in forms.wrong:
        if sizes == at or len(chosen) > 1:
            continue  # said elsewhere
        place = "At the sizes of this trace" if sizes == forms.given else f"At {_listed(sizes)}"
        yield (
            f"{place} the closed form gives {_both(values)}, and {_both(counted)} are counted: it takes what depends "
            "on the sizes as it was for the example."
        )
    right = ["the sizes of this trace" if sizes == forms.given else _listed(sizes) for sizes in forms.right]
    if right:
        yield f"The closed form{_case(forms, chosen)} gives what is counted at {' and at '.join(right)}."


def _values(chosen: tuple[_Forms, ...], session: Session, at: Mapping[str, int]) -> tuple[list[Formula], list[str]]:
    """The values of the forms at other sizes where they agree with the counts, and notes where they do not."""

    def holds(forms: _Forms) -> bool:
        return forms.found.sizes.allow(at) and all(at != sizes for sizes, _, _ in forms.wrong)

    forms = next(filter(holds, chosen), chosen[0])
    missing = [name for name in forms.symbols if name not in at]
    if missing:
        raise BadInput(
            f"at = {_listed(at)} lacks {', '.join(missing)}; the closed form is in {', '.join(forms.symbols)}."
        )
    values, counted = forms.at(at), _count(session, forms.found.sizes, at)
    notes = []
    if isinstance(counted, str):
        notes.append(f"At {_listed(at)} the model does not run: {counted}")
    if not forms.found.sizes.allow(at) or (counted != values and not isinstance(counted, str)):
        there = "" if isinstance(counted, str) else f"; counted there are {_both(counted)}"
        return [], [*notes, f"The closed form does not hold at {_listed(at)}{there}."]
    return [
        Formula(f"{name} at {_listed(at)}", str(value), str(value)) for name, value in zip(METRICS, values, strict=True)
    ], notes


def _both(values: Values) -> str:
    return f"{grouped(values[0])} MAdds and {grouped(values[1])} activations"


def _listed(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
