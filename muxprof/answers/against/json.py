"""The JSON of a comparison with a published network."""

from __future__ import annotations

from msgspec import Struct

from muxprof.answers.against.types import Difference
from muxprof.document.json import Count


class AgainstJson(Struct, omit_defaults=True):
    """A comparison; ``counts`` and ``unseen`` are left out where they are empty."""

    name: str
    layers: Count
    same: bool
    differences: tuple[Difference, ...]
    counts: dict[str, Count] = {}
    unseen: tuple[str, ...] = ()
