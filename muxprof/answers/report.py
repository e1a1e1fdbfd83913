"""Reports: the data of an answer, and what can be done with it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muxprof.answers.table import SECTIONS
from muxprof.document.sections import values
from muxprof.document.table import resolved
from muxprof.document.types import Document
from muxprof.frozen import dataclass
from muxprof.records import Environment

if TYPE_CHECKING:
    from muxprof.answers.against.types import Against
    from muxprof.answers.block.types import BreakEven, Ratios
    from muxprof.answers.formulas.types import Formula
    from muxprof.answers.heatmap.types import Heatmap
    from muxprof.answers.paper.types import Claim
    from muxprof.answers.tools.types import ToolCount


@dataclass(frozen=True)
class Report(Document):
    """What a command answers: one document, rendered anywhere, in any format."""

    @property
    def agrees(self) -> bool:
        """Whether no check found a difference, nor a comparison with a published network."""
        return not self._any("fails")

    @property
    def partial(self) -> bool:
        """Whether a clock was interrupted, so that some times are missing."""
        return self._any("partial")

    def _any(self, what: str) -> bool:
        found = ((getattr(section, what), value) for section, value in values(SECTIONS, self))
        return any(resolved(asked)(value) for asked, value in found if asked is not None)

    @property
    def ratios(self) -> Ratios | None:
        """MUXConv over MobileNet, of a block report."""
        return self.sections.get("ratios")

    @property
    def break_even(self) -> BreakEven | None:
        """Where MUXConv becomes the cheaper block, of a block report without spatial multiplexing."""
        return self.sections.get("break_even")

    @property
    def heatmap(self) -> Heatmap | None:
        """The ratios over C, G and L, of a heatmap report and of Figure 4."""
        return self.sections.get("heatmap")

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """Derived formulas."""
        found: tuple[Formula, ...] = self.sections.get("formulas", ())
        return found

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of the supplement, in its order."""
        found: tuple[Claim, ...] = self.sections.get("claims", ())
        return found

    @property
    def tools(self) -> tuple[ToolCount, ...]:
        """What other tools print for a network."""
        found: tuple[ToolCount, ...] = self.sections.get("tools", ())
        return found

    @property
    def against(self) -> Against | None:
        """A traced model beside a published network."""
        return self.sections.get("against")

    def to_dict(self) -> dict[str, Any]:
        """The report's JSON document as plain values."""
        from muxprof.answers import written

        return written.to_dict(self)

    def to_json(self) -> str:
        """The report's JSON document as text."""
        from muxprof.answers import written

        return written.text(self)

    def save(self, path: str | Path) -> Path:
        """Write the report whole or not at all, in the format of the extension; returns the path.

        Raises :class:`BadInput` for an extension that does not suit the report or a place that cannot be written, and
        :class:`Unavailable` where a static image needs the extra ``muxprof[image]``.
        """
        from muxprof.answers import outputs

        return outputs.save(self, Path(path))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from muxprof.answers import outputs

        return outputs.fragment(self)


def environment(*packages: str) -> Environment:
    """Python, platform, and the versions of ``packages`` that are installed."""
    found = {}
    if packages:
        import importlib.metadata

        for name in packages:
            try:
                found[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
    python = ".".join(map(str, sys.version_info[:3]))
    machine = os.uname().machine if hasattr(os, "uname") else ""
    return Environment(python, f"{sys.platform} {machine}".strip(), found)
