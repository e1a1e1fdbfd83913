"""What other tools print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class ToolCount:
    """What a tool prints as the multiply-adds of a network, and its rule in words.

    ``madds`` is None where it is not known; ``reason`` then says why.
    """

    tool: str
    rule: str
    madds: int | None
    reason: str | None = None


ToolCounts: TypeAlias = tuple[ToolCount, ...]
