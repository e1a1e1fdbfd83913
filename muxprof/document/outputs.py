"""How a report reaches the renderers without knowing them: they are plugged in from above."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from muxprof.document.types import Report


class Renderers(Protocol):
    """What the rendering package offers to a report."""

    def save(self, report: Report, path: Path) -> Path:
        """Write ``report`` to ``path`` in the format of its extension."""

    def fragment(self, report: Report) -> str:
        """``report`` as a piece of HTML."""


_load: list[Callable[[], Renderers]] = []


def plug(load: Callable[[], Renderers]) -> None:
    """Set what loads the renderers; called once, by the package itself."""
    _load[:] = [load]


def save(report: Report, path: Path) -> Path:
    """Write ``report`` by the renderers that are plugged in."""
    return _load[0]().save(report, path)


def fragment(report: Report) -> str:
    """``report`` as HTML by the renderers that are plugged in."""
    return _load[0]().fragment(report)
