"""Adds the cross-check to the subjects of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from muxprof.answers.check.types import CheckResult, status_of
from muxprof.answers.report import Report, environment
from muxprof.document.types import Subject
from muxprof.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from torch import nn


def checked(report: Report, modules: Mapping[str, nn.Module]) -> Report:
    """The report with every subject checked against the module that its spec describes, or the one in ``modules``."""
    refuse_unknown(report, modules)
    try:
        from muxprof.nets import build
        from muxprof.tracing import count
    except ImportError as error:
        raise Unavailable(
            f"the cross-check needs torch, which cannot be imported ({error}); install it, or use --no-check."
        ) from None
    from muxprof.answers.check.compared import checked as compared
    from muxprof.answers.check.traced import checked_trace

    def check(subject: Subject) -> Subject:
        if subject.traced is not None:  # perhaps in a saved report: it is traced again
            from muxprof.tracing.session import Session

            return checked_trace(subject, Session(modules[subject.name], subject.traced.inputs).counts())
        module = modules[subject.name] if subject.name in modules else build(subject.spec, "meta")
        return compared(subject, count(module, subject.input_shape))

    return with_checks(report, tuple(map(check, report.subjects)))


def with_checks(report: Report, subjects: tuple[Subject, ...]) -> Report:
    """The report about subjects that were checked, with the packages that counted."""
    return report.with_subjects(subjects, environment(*report.environment.packages, "torch", "fvcore"))


def unchecked(report: Report, reason: str) -> Report:
    """The report with a check on every subject that says why it was not made."""
    skipped = CheckResult("skipped", reason=reason)
    return replace(report, subjects=tuple(subject.having(check=skipped) for subject in report.subjects))


def refuse_unknown(report: Report, modules: Mapping[str, Any]) -> None:
    """Refuse a report without subjects, modules for subjects that it lacks, and traced subjects without a module."""
    if not report.subjects:
        raise BadInput(f"a {report.command} report has nothing that could be built.")
    unknown = modules.keys() - {subject.name for subject in report.subjects}
    if unknown:
        names = ", ".join(subject.name for subject in report.subjects)
        raise BadInput(f"there is no subject {sorted(unknown)[0]!r} in the report; it has {names}.")
    lacking = next((each.name for each in report.subjects if each.spec is None and each.name not in modules), None)
    if lacking is not None:
        raise BadInput(f"{lacking} was traced, and a report does not hold it; give it as modules={{{lacking!r}: ...}}.")


def check(report: Report) -> None:
    """Raise :class:`ValueError` for a check that contradicts its counters, or counters that contradict the totals."""
    for subject in report.subjects:
        check = subject.check or CheckResult("skipped")
        for counter in check.counters:
            params_differ = counter.params not in (None, subject.totals.params.total)
            madds_differ = counter.madds not in (None, subject.totals.madds - counter.unseen)
            if counter.status == "agree" and (params_differ or madds_differ):
                raise ValueError(
                    f"the {counter.name} count of {subject.name} says that it agrees, but its total differs"
                )
        expected = status_of(check.counters, check.mismatches)
        if check.status != expected:
            raise ValueError(f"the check of {subject.name} says {check.status!r} where its counters say {expected!r}")
