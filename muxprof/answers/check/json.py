"""The JSON of a cross-check; only counters of traced models have ``unseen``."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from muxprof.answers.check.types import CheckResult, CounterResult, Mismatch, Status
from muxprof.document.json import Count
from muxprof.records import Extra


class CounterJson(Struct):
    """What one counter found."""

    name: str
    version: str
    status: Status
    params: Count | None
    madds: Count | None
    layers: Count
    extras: tuple[Extra, ...]
    reason: str | None
    unseen: Count | UnsetType = UNSET


class CheckJson(Struct):
    """The check of a subject."""

    status: Status
    reason: str | None
    counters: tuple[CounterJson, ...]
    mismatches: tuple[Mismatch, ...]


def encode(check: CheckResult) -> CheckJson:
    """A check as it is written."""
    counters = (
        CounterJson(c.name, c.version, c.status, c.params, c.madds, c.layers, c.extras, c.reason, c.unseen or UNSET)
        for c in check.counters
    )
    return CheckJson(check.status, check.reason, tuple(counters), check.mismatches)


def decode(found: CheckJson) -> CheckResult:
    """The check that was read."""
    counters = (
        CounterResult(c.name, c.version, c.status, c.params, c.madds, c.layers, c.extras, c.reason, c.unseen or 0)
        for c in found.counters
    )
    return CheckResult(found.status, tuple(counters), found.mismatches, found.reason)
