"""The JSON of a cross-check; only counters of traced models have ``unseen``."""

from __future__ import annotations

from msgspec import Struct

from muxprof.answers.check.types import Mismatch, Status
from muxprof.document.json import Count
from muxprof.records import Extra


class CounterJson(Struct, omit_defaults=True):
    """What one counter found."""

    name: str
    version: str
    status: Status
    params: Count | None
    madds: Count | None
    layers: Count
    extras: tuple[Extra, ...]
    reason: str | None
    unseen: Count = 0


class CheckJson(Struct):
    """The check of a subject."""

    status: Status
    reason: str | None
    counters: tuple[CounterJson, ...]
    mismatches: tuple[Mismatch, ...]
