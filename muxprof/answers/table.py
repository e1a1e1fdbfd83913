"""What each command answers, and what can be attached to an answer: one row each, imported when it is wanted.

Nothing else in muxprof asks which command a report is of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from muxprof.document.sections import Section
from muxprof.document.table import Name, Table
from muxprof.frozen import dataclass


@dataclass(frozen=True)
class Answer:
    """A row of the table of answers; ``key`` is the command, ``name`` what its documents call it.

    ``title`` takes a report and gives a line; ``parts`` takes one and gives the parts of its answer, apart from those
    of its sections; ``records`` the rows of CSV, by default one per layer; ``figure`` HTML for the head of its page.
    ``check`` takes a report that was read and raises :class:`ValueError` where it is none of this command.

    ``formats`` are the answer's own ways to write it, by extension: each takes a view and gives text or bytes.
    ``without`` are extensions that do not suit it. ``fragment`` takes a view and gives HTML for notebooks.

    ``depth`` takes a text and raises :class:`BadInput` for what is no depth of its tree; None where there is no tree.
    ``timed`` takes a report, a setting, modules and a progress function, and gives the report with times.
    ``to_dict`` and ``from_dict`` are given where its document is not a ``muxprof.report/1``; ``schema`` is its name.
    """

    key: str
    title: Name
    parts: Name
    check: Name | None = None
    records: Name | None = None
    figure: Name | None = None
    formats: Mapping[str, Name] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    fragment: Name | None = None
    depth: Name | None = None
    timed: Name = "muxprof.answers.clock.answer:timed"
    schema: str = "muxprof.report/1"
    to_dict: Name | None = None
    from_dict: Name | None = None

    @property
    def name(self) -> str:
        """The command in documents: "count" of "space count"."""
        return self.key.rpartition(" ")[2]


_HERE = "muxprof.answers."

_IMAGES: Mapping[str, Name] = {f".{kind}": f"{_HERE}heatmap.image:{kind}" for kind in ("svg", "png", "pdf")}


def _space(question: str, records: str = "", page: bool = False) -> Answer:
    """A question about a search space."""
    return Answer(
        f"space {question}",
        _HERE + "space.parts:title",
        f"{_HERE}space.parts:{question}",
        f"{_HERE}space.check:{question}",
        records=f"{_HERE}space.parts:{records or question}_records",
        formats={".html": f"{_HERE}space.page:{question}"} if page else {},
        schema="muxprof.space/1",
        to_dict=_HERE + "space.json:to_dict",
        from_dict=_HERE + "space.json:from_dict",
    )


ANSWERS: Table[Answer] = Table(
    Answer("block", _HERE + "block.parts:title", _HERE + "block.parts:parts", _HERE + "block.answer:check"),
    Answer(
        "model",
        _HERE + "model.parts:title",
        _HERE + "model.parts:parts",
        _HERE + "model.answer:check",
        depth="muxprof.document.tree:depth_level",
    ),
    Answer(
        "models",
        _HERE + "models.parts:title",
        _HERE + "models.parts:parts",
        _HERE + "models.answer:check",
        records=_HERE + "compare.records:records",
    ),
    Answer(
        "compare",
        _HERE + "compare.parts:title",
        _HERE + "compare.parts:parts",
        _HERE + "models.answer:check",
        records=_HERE + "compare.records:records",
        figure=_HERE + "compare.figure:fragment",
    ),
    Answer(
        "trace",
        _HERE + "model.parts:title",
        _HERE + "model.parts:parts",
        _HERE + "trace.answer:check",
        depth="muxprof.document.tree:module_level",
    ),
    Answer(
        "heatmap",
        _HERE + "heatmap.parts:title",
        _HERE + "heatmap.parts:parts",
        _HERE + "heatmap.answer:check",
        records=_HERE + "heatmap.parts:records",
        formats={".html": _HERE + "heatmap.page:page", **_IMAGES},
        fragment=_HERE + "heatmap.page:fragment",
        timed=_HERE + "heatmap.clock:timed",
    ),
    Answer(
        "paper",
        _HERE + "paper.parts:title",
        _HERE + "paper.parts:parts",
        _HERE + "paper.answer:check",
        records=_HERE + "paper.parts:records",
        formats={".html": _HERE + "paper.page:page"},
        without=(".svg",),
        fragment=_HERE + "paper.page:fragment",
    ),
    _space("info"),
    _space("count"),
    _space("options", page=True),
    _space("hist", page=True),
    _space("sample", "networks"),
    _space("find", "networks"),
    _space("contains"),
)

SECTIONS: Table[Section] = Table(
    Section(
        "check",
        "subject",
        _HERE + "check.json:CheckJson",
        value=_HERE + "check.types:CheckResult",
        phase="proof",
        parts=_HERE + "check.parts:parts",
        check=_HERE + "check.answer:check",
        fails=_HERE + "check.types:differs",
    ),
    Section(
        "timing",
        "subject",
        _HERE + "clock.json:TimingJson",
        encode=_HERE + "clock.json:encode",
        decode=_HERE + "clock.json:decode",
        phase="times",
        parts=_HERE + "clock.parts:parts",
        figure=_HERE + "clock.figure:fragment",
        layers=_HERE + "clock.layers:layer_columns",
        check=_HERE + "clock.answer:check",
        partial=_HERE + "clock.views:partial",
    ),
    Section(
        "ratios",
        "report",
        _HERE + "block.json:RatiosJson",
        encode=_HERE + "block.json:encode_ratios",
        decode=_HERE + "block.json:decode_ratios",
    ),
    Section(
        "timing_ratios",
        "report",
        _HERE + "clock.json:RatiosJson",
        derived=_HERE + "clock.views:timing_ratios",
        empty=(),
    ),
    Section(
        "break_even",
        "report",
        _HERE + "block.json:BreakEvenJson",
        encode=_HERE + "block.json:encode_break_even",
        decode=_HERE + "block.json:decode_break_even",
    ),
    Section(
        "heatmap",
        "report",
        _HERE + "heatmap.json:HeatmapJson",
        encode=_HERE + "heatmap.json:encode",
        decode=_HERE + "heatmap.json:decode",
        phase="times",
        parts=_HERE + "heatmap.parts:times",
        check=_HERE + "heatmap.answer:check_grid",
        partial=_HERE + "heatmap.types:partial",
    ),
    Section("claims", "report", _HERE + "paper.types:Claims", empty=()),
    Section(
        "against",
        "report",
        _HERE + "against.json:AgainstJson",
        value=_HERE + "against.types:Against",
        always=False,
        parts=_HERE + "against.parts:parts",
        fails=_HERE + "against.types:differs",
    ),
    Section(
        "tools",
        "report",
        _HERE + "tools.json:ToolCountsJson",
        json="conventions",
        value=_HERE + "tools.types:ToolCounts",
        empty=(),
        always=False,
        parts=_HERE + "tools.parts:parts",
        check=_HERE + "tools.answer:check",
    ),
    Section(
        "formulas",
        "report",
        _HERE + "formulas.types:Formulas",
        empty=(),
        parts=_HERE + "formulas.parts:parts",
    ),
    Section("space", "report", None, check=_HERE + "space.check:space"),
)
