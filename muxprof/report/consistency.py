"""Whether a report that was read says one thing: its parts agree with one another and with the document they stand in.

A report is what settles an argument, so a document whose layers do not sum up to its totals, whose check says "agree"
beside numbers that differ, or whose arguments are not those of its blocks is no report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from muxprof.frozen import frozen
from muxprof.report.blocks import MOBILENET, MUXCONV, arguments_of
from muxprof.report.tree import DEPTHS
from muxprof.report.types import CheckResult, Report, Subject
from muxprof.spec import IrBlock, MuxBlock
from muxprof.spec.networks import Network

#: Commands whose reports are about networks, and the most of them that one may hold.
_NETWORKS = {"model": 1, "models": 10_000, "compare": 10_000}


def check(report: Report, written: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Raise :class:`ValueError`, saying where, if ``report`` contradicts itself or is not all of ``document``.

    ``written`` is the report as a document; whatever stands in it must stand in ``document`` too.
    """
    _same(written, document, "")
    _command(report)
    for subject in report.subjects:
        if subject.check is not None:
            _check_result(subject, subject.check)


def _same(ours: Any, theirs: Any, where: str) -> None:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key, value in ours.items():
            if key not in theirs:
                raise ValueError(f"{where}{key} is missing")
            _same(value, theirs[key], f"{where}{key}.")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            _same(mine, other, f"{where}{index}.")
    elif type(ours) is not type(theirs) or ours != theirs:
        raise ValueError(f"{where.rstrip('.')} does not go with the rest of the document")


def _command(report: Report) -> None:
    specs = [subject.spec for subject in report.subjects]
    if report.command == "block":
        _block(report)
    elif report.command in _NETWORKS:
        if not 1 <= len(specs) <= _NETWORKS[report.command] or not all(isinstance(spec, Network) for spec in specs):
            raise ValueError(f"the subjects of a {report.command} report are networks")
        if report.command == "model" and report.arguments.get("depth") not in DEPTHS:
            raise ValueError(f"arguments.depth is one of {', '.join(DEPTHS)}")
    elif report.command == "heatmap":
        if report.heatmap is None or specs:
            raise ValueError("a heatmap report has a heatmap, and no subjects")
    elif report.command == "paper":
        if not report.claims:
            raise ValueError("a paper report has claims")
    else:
        raise ValueError(f"the command {report.command!r} is unknown")
    names = [subject.name for subject in report.subjects]
    if len(set(names)) != len(names):
        raise ValueError("two subjects have one name")


def _block(report: Report) -> None:
    if [subject.name for subject in report.subjects] != [MUXCONV, MOBILENET] or report.ratios is None:
        raise ValueError(f"a block report has the subjects {MUXCONV} and {MOBILENET}, and their ratios")
    mux, mobilenet = report.subjects
    if not isinstance(mux.spec, MuxBlock) or not isinstance(mobilenet.spec, IrBlock):
        raise ValueError("a block report has a MUXConv block and a MobileNet block")
    if report.arguments != frozen(arguments_of(mux).as_json()):
        raise ValueError("the arguments are not those of the MUXConv block")


def _check_result(subject: Subject, check: CheckResult) -> None:
    statuses = {counter.status for counter in check.counters}
    totals = {"params": subject.totals.params.total, "madds": subject.totals.madds}
    if not statuses <= {"agree", "differ", "skipped"}:
        raise ValueError(f"a counter of {subject.name} has an unknown status")
    for counter in check.counters:
        found = {"params": counter.params, "madds": counter.madds}
        if counter.status == "agree" and any(count not in (None, totals[what]) for what, count in found.items()):
            raise ValueError(f"the {counter.name} count of {subject.name} says that it agrees, but its total differs")
    differs = "differ" in statuses or bool(check.mismatches)
    expected = "differ" if differs else "agree" if "agree" in statuses else "skipped"
    if check.status != expected:
        raise ValueError(f"the check of {subject.name} says {check.status!r} where its counters say {expected!r}")
