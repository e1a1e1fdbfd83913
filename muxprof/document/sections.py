"""What can be attached to a subject or to a report, one row each: its JSON, its parts, its columns, its checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

from muxprof.document.table import Name, Table, resolved
from muxprof.document.types import Document, Holder
from muxprof.frozen import dataclass

#: When a section is shown: with the answer, with the proof that follows, or with the times that come last.
Phase: TypeAlias = Literal["answer", "proof", "times"]
PHASES: tuple[Phase, ...] = ("answer", "proof", "times")


@dataclass(frozen=True)
class Section:
    """A section: its key among the ``sections`` of what it is attached ``to``, and how it is written, read and shown.

    ``type`` is what msgspec reads its JSON as, and what the JSON Schema is generated from; None for a section that only
    documents of another schema hold, which bring their own. If values are of another type, ``value`` names it where the
    attributes are the same; otherwise ``encode`` makes a ``type`` of one, and ``decode`` the value again. ``json`` is
    its key in documents, where it is another. ``derived`` takes a report and gives the value of a section that follows
    from others: it is written, but not read. What lacks the section is written with ``empty`` under the key if
    ``always``, otherwise without the key.

    ``parts`` takes a report and gives what is shown in ``phase``, ``figure`` HTML for its page; ``layers`` takes a
    report and gives :class:`muxprof.document.view.LayerColumns` for CSV, or None. ``check`` takes a report that was
    read and raises :class:`ValueError` where the section contradicts the rest. ``fails`` and ``partial`` take a value:
    whether it is a difference that a command exits with 1 for, and whether something is missing because the work was
    interrupted.
    """

    key: str
    to: Literal["report", "subject"]
    type: Name | None
    json: str = ""
    value: Name | None = None
    encode: Name | None = None
    decode: Name | None = None
    derived: Name | None = None
    empty: tuple[()] | None = None
    always: bool = True
    phase: Phase = "answer"
    parts: Name | None = None
    figure: Name | None = None
    layers: Name | None = None
    check: Name | None = None
    fails: Name | None = None
    partial: Name | None = None

    @property
    def name(self) -> str:
        """The key in documents."""
        return self.json or self.key

    def written(self, holder: Holder) -> Any:
        """The section as what msgspec writes; ``empty`` where ``holder`` lacks it."""
        value = resolved(self.derived)(holder) if self.derived else holder.sections.get(self.key)
        if value is None:
            return self.empty
        return resolved(self.encode)(value) if self.encode else value

    def read(self, value: Any) -> Any:
        """The value of what msgspec has read; None where a document lacks it."""
        if value is None or value == self.empty or self.derived:
            return None
        return resolved(self.decode)(value) if self.decode else value


def attached(sections: Iterable[Section], to: str) -> Iterator[Section]:
    """The sections of a kind of holder that ``muxprof.report/1`` documents hold."""
    return (section for section in sections if section.to == to and section.type is not None)


def values(sections: Table[Section], document: Document) -> Iterator[tuple[Section, Any]]:
    """Every section that a report or one of its subjects has, with its value."""
    for section in sections:
        holders = document.subjects if section.to == "subject" else (document,)
        for holder in holders:
            if section.key in holder.sections:
                yield section, holder.sections[section.key]
