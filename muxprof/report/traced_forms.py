"""Closed forms of a traced model, beside what was counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from muxprof.cost.forms import SYMBOLS, closed_form
from muxprof.errors import BadInput
from muxprof.report.types import Formula, Subject
from muxprof.units import grouped


class Found(Protocol):
    """What an export gives: MAdds of every product, sizes that the model fixes, ops that hide products."""

    @property
    def madds(self) -> tuple[object, ...]:
        """Sympy expressions."""

    @property
    def fixed(self) -> Mapping[str, int]:
        """Sizes by name."""

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Names of ops."""


def traced_forms(subject: Subject, found: Found, at: Mapping[str, int]) -> tuple[tuple[Formula, ...], tuple[str, ...]]:
    """Formulas of MAdds (and of their value ``at`` other sizes) and params, and what a reader has to know of them.

    Raises :class:`BadInput` where ``at`` lacks a size.
    """
    form = closed_form(found.madds)
    params = str(subject.totals.params.total)
    formulas = [Formula("MAdds", form.text, form.latex)]
    if at:
        missing = [name for name in form.symbols if name not in at]
        if missing:
            raise BadInput(
                f"at = {_sizes(at)} lacks {', '.join(missing)}; the closed form is in {', '.join(form.symbols)}."
            )
        value = str(form.at(**{name: size for name, size in at.items() if name in SYMBOLS}))
        formulas.append(Formula(f"MAdds at {_sizes(at)}", value, value))
    formulas.append(Formula("params", params, params))
    notes = []
    if found.fixed:
        notes.append(f"The model fixes {_sizes(found.fixed)}: the closed form holds for that alone.")
    if found.uncounted:
        notes.append(f"Not in the closed form, because nothing is known of them: {', '.join(found.uncounted)}.")
    given = _given(subject)
    if all(name in given for name in form.symbols):
        value_here = form.at(**{name: given[name] for name in form.symbols})
        if value_here != subject.totals.madds:
            notes.append(
                f"At the sizes of this trace the closed form gives {grouped(value_here)} MAdds: an exported graph "
                "leaves out what no output needs, and takes what depends on the sizes as it was for the example."
            )
    return tuple(formulas), tuple(notes)


def _given(subject: Subject) -> dict[str, int]:
    """The sizes of the trace's own inputs, as :func:`muxprof.tracing.forms.size_names` names them."""
    given: dict[str, int] = {}
    for each in subject.traced.inputs if subject.traced is not None else ():
        if len(each.shape) == 4:
            given |= {"N": each.shape[0], "H": each.shape[2], "W": each.shape[3]}
        elif each.shape:
            given["N"] = each.shape[0]
            if len(each.shape) == 2:
                given["T"] = each.shape[1]
    return given


def _sizes(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
