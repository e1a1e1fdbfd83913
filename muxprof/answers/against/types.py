"""A traced model beside a published network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from muxprof.frozen import frozen


@dataclass(frozen=True)
class Difference:
    """One thing in which a traced model is not the published network; a path is None where there is no such layer.

    ``why`` is a likely reason in words, or empty.
    """

    path: str | None
    published_path: str | None
    what: str
    expected: str
    found: str
    why: str = ""


@dataclass(frozen=True)
class Against:
    """A traced model beside a published network, layer by layer: how many were compared, and every difference.

    ``layers`` are the published network's convolutions, linear layers and norms; ``counts`` says what else it has that
    was compared, by kind in words ("activations"), and ``unseen`` what was not compared, a sentence each.
    """

    name: str
    layers: int
    differences: tuple[Difference, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the counts."""
        object.__setattr__(self, "counts", frozen(self.counts))

    @property
    def same(self) -> bool:
        """Whether the model is the published network."""
        return not self.differences


def differs(found: Against) -> bool:
    """Whether the model is another network."""
    return not found.same
