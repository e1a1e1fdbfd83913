"""What other tools print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class ToolCount:
    """What a tool prints as the multiply-adds of a network, and the rule by which it gets there, in words.

    ``madds`` is None, and ``reason`` says why, where that depends on what is not known.
    """

    tool: str
    rule: str
    madds: int | None
    reason: str | None = None


ToolCounts: TypeAlias = tuple[ToolCount, ...]
