"""A traced model beside a published network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from muxprof.frozen import frozen


@dataclass(frozen=True)
class Difference:
    """One difference between a traced model and a published network; a path is None on the side that lacks the layer.

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
    """The comparison of a traced model with a published network.

    ``layers`` is the number of convolutions, linear layers and norms of the published network; ``counts`` is that of
    its other compared layers by kind in words ("activations"); ``unseen`` are sentences on what was not compared.
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
    """Whether the model differs from the published network."""
    return not found.same
