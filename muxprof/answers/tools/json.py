"""The JSON of what other tools print: rows with a number have no reason."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from muxprof.document.json import Count


class ToolCountJson(Struct, omit_defaults=True):
    """What one tool prints."""

    tool: str
    rule: str
    madds: Count | None
    reason: str | None = None


ToolCountsJson: TypeAlias = tuple[ToolCountJson, ...]
