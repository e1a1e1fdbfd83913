"""The cross-check of a subject: what each counter found, and every layer at which one disagrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from muxprof.records import Extra

Status: TypeAlias = Literal["agree", "differ", "skipped"]


@dataclass(frozen=True)
class Mismatch:
    """A disagreement of one counter with the closed form at one layer; ``expected`` is the closed form's."""

    path: str
    op: str
    counter: str
    what: str
    expected: str
    found: str


@dataclass(frozen=True)
class CounterResult:
    """What one counter found in total, and whether it agrees with the closed form at every layer."""

    name: str
    version: str
    status: Status
    params: int | None = None
    madds: int | None = None
    layers: int = 0
    extras: tuple[Extra, ...] = ()
    reason: str | None = None
    #: MAdds in places of a traced model that this counter cannot see, and says so; they were not compared.
    unseen: int = 0


@dataclass(frozen=True)
class CheckResult:
    """The cross-check of one subject; the mismatches name every layer that disagrees."""

    status: Status
    counters: tuple[CounterResult, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    reason: str | None = None


def status_of(counters: Sequence[CounterResult], mismatches: Sequence[Mismatch]) -> Status:
    """The status of a check with these counters and mismatches."""
    statuses = {counter.status for counter in counters}
    if "differ" in statuses or mismatches:
        return "differ"
    return "agree" if "agree" in statuses else "skipped"


def differs(check: CheckResult) -> bool:
    """Whether a counter disagrees."""
    return check.status == "differ"
