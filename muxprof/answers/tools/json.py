"""The JSON of what other tools print: rows with a number have no reason."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import UNSET, Struct, UnsetType

from muxprof.answers.tools.types import ToolCount
from muxprof.document.json import Count


class ToolCountJson(Struct):
    """What one tool prints."""

    tool: str
    rule: str
    madds: Count | None
    reason: str | UnsetType = UNSET


ToolCountsJson: TypeAlias = tuple[ToolCountJson, ...]


def encode(counts: tuple[ToolCount, ...]) -> ToolCountsJson:
    """Rows as they are written."""
    return tuple(
        ToolCountJson(count.tool, count.rule, count.madds, UNSET if count.reason is None else count.reason)
        for count in counts
    )


def decode(found: ToolCountsJson) -> tuple[ToolCount, ...]:
    """The rows that were read; raises :class:`ValueError` for a row without a number that gives no reason."""
    for count in found:
        if (count.madds is None) != (count.reason is not UNSET):
            raise ValueError(f"{count.tool} prints a number, or there is a reason why it is not known")
    return tuple(
        ToolCount(count.tool, count.rule, count.madds, None if count.reason is UNSET else count.reason)
        for count in found
    )
