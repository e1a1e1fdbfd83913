"""The JSON of a comparison with a published network."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from muxprof.answers.against.types import Against, Difference
from muxprof.document.json import Count


class AgainstJson(Struct):
    """A comparison; ``counts`` and ``unseen`` are left out where they are empty."""

    name: str
    layers: Count
    same: bool
    differences: tuple[Difference, ...]
    counts: dict[str, Count] | UnsetType = UNSET
    unseen: tuple[str, ...] | UnsetType = UNSET


def encode(found: Against) -> AgainstJson:
    """A comparison as it is written."""
    counts = dict(found.counts)
    return AgainstJson(
        found.name, found.layers, not found.differences, found.differences, counts or UNSET, found.unseen or UNSET
    )


def decode(found: AgainstJson) -> Against:
    """The comparison that was read."""
    return Against(found.name, found.layers, found.differences, found.counts or {}, found.unseen or ())
