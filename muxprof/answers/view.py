"""A report as a title, tables and paragraphs, the same for every format."""

from __future__ import annotations

from collections.abc import Sequence

from muxprof.document.parts import Listing, Part, Text
from muxprof.document.types import Report


def title(report: Report) -> str:
    """What the report is about, in one line."""
    if report.command == "block":
        return "MUXConv block beside the MobileNet block"
    if report.command == "models":
        return "The zoo: computed beside published"
    if report.command == "compare":
        return f"{', '.join(subject.name for subject in report.subjects)}: side by side"
    if report.command == "paper":
        from muxprof.answers.paper.parts import TITLE

        return TITLE
    timed = ", time" * (report.subjects[0].timing is not None)
    return f"{report.subjects[0].name}: params, MAdds, activations, traffic{timed}"


def answer(report: Report) -> Sequence[Part]:
    """Everything but the check."""
    # Each command's parts are imported where they are needed, so that no command waits for another's.
    if report.command == "block":
        from muxprof.answers.block.parts import block_parts as parts_of
    elif report.command == "models":
        from muxprof.answers.compare.parts import models_parts as parts_of
    elif report.command == "compare":
        from muxprof.answers.compare.parts import compare_parts as parts_of
    elif report.command == "paper":
        from muxprof.answers.paper.parts import paper_parts as parts_of
    else:
        from muxprof.answers.model.parts import model_parts as parts_of
    parts = [*parts_of(report), *_against(report), *_tools(report), *_closed_forms(report)]
    notes = [Text(note, "note") for note in report.notes]
    return [*parts, *notes, Text(report.convention.text, "counted")]


def _against(report: Report) -> Sequence[Part]:
    if report.against is None:
        return []
    from muxprof.answers.against.parts import against_parts

    return against_parts(report.against)


def _closed_forms(report: Report) -> Sequence[Part]:
    if report.command == "block" or not report.formulas:
        return []  # a block shows its formulas among its terms
    lines = tuple((formula.name, formula.text) for formula in report.formulas)
    return [Listing("Closed forms, for all sizes that the network can work on", lines)]


def _tools(report: Report) -> Sequence[Part]:
    if not report.tools:
        return []
    from muxprof.answers.tools.parts import tools_parts

    return tools_parts(report)


def proof(report: Report) -> Sequence[Part]:
    """The result of the check; nothing where none was made."""
    if all(subject.check is None for subject in report.subjects):
        return []
    from muxprof.answers.check.parts import check_parts

    return check_parts(report)


def timing(report: Report) -> Sequence[Part]:
    """What the clock found; nothing where none was started."""
    if all(subject.timing is None for subject in report.subjects):
        return []
    from muxprof.answers.clock.parts import timing_parts

    return timing_parts(report)
