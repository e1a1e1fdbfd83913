"""What a clock found: raw times, and the conditions they were taken under. Frozen, free of torch.

Times are integers in nanoseconds as they were read; every statistic is derived from them when it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias, get_args

from muxprof.frozen import frozen

#: eager: what a Python caller waits, synchronised host time. cold: device time between two events, the cache cleared
#: before. graph: device time of a CUDA graph's replay, warm cache, no launch gaps.
Mode: TypeAlias = Literal["eager", "cold", "graph"]
MODES: tuple[Mode, ...] = get_args(Mode)

Dtype: TypeAlias = Literal["fp32", "tf32", "fp16", "bf16"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)

#: Bytes that an element takes.
ITEM_BYTES: Mapping[str, int] = {"fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2}

#: Above these a measurement says so: (p90 - p10) / median; the change of the median from the first to the last third.
SPREAD_LIMIT = 0.10
DRIFT_LIMIT = 0.05
#: Fewer samples than this are few; a sample above so many medians is an outlier.
FEW = 5
OUTLIER = 2.0


@dataclass(frozen=True)
class Samples:
    """Raw times: each of ``ns`` is for ``runs`` runs in a row.

    ``dropped`` intervals are missing from ``ns`` because the clock stood still or went backwards in them.
    """

    ns: tuple[int, ...]
    runs: int = 1
    dropped: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no set of times with :class:`ValueError`."""
        if not self.ns or min(self.ns) <= 0 or self.runs < 1 or self.dropped < 0:
            raise ValueError("samples are at least one time above zero, of at least one run")

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.ns)

    @property
    def median(self) -> float:
        """Seconds per run."""
        return self.quantile(0.5)

    @property
    def p10(self) -> float:
        """Seconds per run that a tenth of the samples stays below."""
        return self.quantile(0.1)

    @property
    def p90(self) -> float:
        """Seconds per run that nine tenths of the samples stay below."""
        return self.quantile(0.9)

    def quantile(self, share: float) -> float:
        """Seconds per run at ``share`` of the sorted samples, interpolated between neighbours."""
        return _quantile(self._sorted, share) / self.runs / 1e9

    @cached_property
    def _sorted(self) -> list[int]:
        return sorted(self.ns)

    @property
    def spread(self) -> float:
        """(p90 - p10) / median."""
        return (self.p90 - self.p10) / self.median

    @property
    def drift(self) -> float:
        """How far the median of the last third is from that of the first, over the latter; 0 below nine samples."""
        third = self.n // 3
        if third < 3:
            return 0.0
        first, last = _quantile(sorted(self.ns[:third]), 0.5), _quantile(sorted(self.ns[-third:]), 0.5)
        return last / first - 1

    @property
    def outliers(self) -> int:
        """Samples above twice the median."""
        limit = OUTLIER * _quantile(self._sorted, 0.5)
        return sum(ns > limit for ns in self.ns)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why these samples are not to be trusted, in words; empty where they are."""
        few = self.n < FEW
        reasons = (
            (few, f"only {self.n} sample{'s' * (self.n > 1)}"),
            (not few and self.spread > SPREAD_LIMIT, f"spread {100 * self.spread:.0f} %"),
            (abs(self.drift) > DRIFT_LIMIT, f"drifted by {100 * self.drift:+.0f} %"),
            (self.outliers, f"{self.outliers} of {self.n} above twice the median"),
            (self.dropped, f"{self.dropped} dropped: the clock stood still or went backwards"),
        )
        return tuple(text for holds, text in reasons if holds)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between the two nearest of sorted values."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def paired_ratio(numerator: Samples, denominator: Samples) -> tuple[float, float, float]:
    """Median, p10 and p90 of the ratios of samples that were taken in turns, so that a drifting clock cancels.

    Raises :class:`ValueError` where the two have no samples in common.
    """
    pairs = list(zip(numerator.ns, denominator.ns, strict=False))
    ratios = sorted(above * denominator.runs / (below * numerator.runs) for above, below in pairs)
    if not ratios:
        raise ValueError("there are no two samples to divide")
    return _quantile(ratios, 0.5), _quantile(ratios, 0.1), _quantile(ratios, 0.9)


@dataclass(frozen=True)
class Measurement:
    """The whole at one batch size in one mode: its samples, or why there are none."""

    batch: int
    mode: Mode
    samples: Samples | None = None
    failed: str | None = None

    def __post_init__(self) -> None:
        """Refuse both samples and a failure, or neither."""
        if (self.samples is None) == (self.failed is None):
            raise ValueError("a measurement has samples, or a reason why it has none")


@dataclass(frozen=True)
class Kernel:
    """A device kernel behind a layer: how often it ran in one forward pass, and for how long in all."""

    name: str
    calls: int
    ns: int

    def __post_init__(self) -> None:
        """Refuse negative counts and times with :class:`ValueError`."""
        if min(self.calls, self.ns) < 0:
            raise ValueError(f"the kernel {self.name} ran {self.calls} times for {self.ns} ns")


@dataclass(frozen=True)
class Part:
    """The module at ``path``: its samples (each of one forward pass), or why there are none, and its kernels."""

    path: str
    samples: Samples | None = None
    failed: str | None = None
    kernels: tuple[Kernel, ...] = ()


@dataclass(frozen=True)
class Parts:
    """Every leaf module, timed on the input that the forward pass gives it.

    ``method`` "in place": inside whole passes, each of which took ``whole`` with the clocks in it. "alone": each by
    itself, over and over, with its input in the cache; ``whole`` is None then.
    """

    batch: int
    mode: Mode
    method: Literal["in place", "alone"]
    parts: tuple[Part, ...]
    whole: Samples | None = None


@dataclass(frozen=True)
class Setting:
    """What was asked of the clock: ``device`` is "cpu", "cuda" or "cuda:1"; parts are timed at the first batch.

    ``threads`` None is torch's own number; ``budget`` is in seconds, for all of it.
    """

    device: str = "cpu"
    batches: tuple[int, ...] = (1,)
    modes: tuple[Mode, ...] = ("eager",)
    dtype: Dtype = "fp32"
    channels_last: bool = False
    compile: bool = False
    threads: int | None = None
    budget: float = 20.0
    parts: bool = True
    kernels: bool = False
    cudnn_benchmark: bool = False

    def __post_init__(self) -> None:
        """Make the budget a float, as JSON has it."""
        object.__setattr__(self, "budget", float(self.budget))


@dataclass(frozen=True)
class Conditions:
    """What the times hold for: the device by its own name, versions, switches, and the device's state around it.

    ``device`` and ``versions`` are as torch and the driver report them; ``switches`` hold dtype, tf32,
    cudnn_benchmark, memory_format, threads and the like; ``before`` and ``after`` hold what could be read of
    sm_clock_mhz, memory_clock_mhz, power_w, temperature_c and the like.
    """

    device: str
    versions: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    before: Mapping[str, int | float] = field(default_factory=dict)
    after: Mapping[str, int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Freeze the mappings."""
        for name in ("versions", "switches", "before", "after"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


@dataclass(frozen=True)
class Timing:
    """All that was measured of one subject. ``partial``: the work was interrupted, and some of it is missing."""

    setting: Setting
    conditions: Conditions
    wholes: tuple[Measurement, ...] = ()
    parts: Parts | None = None
    partial: bool = False
    notes: tuple[str, ...] = ()

    def whole(self, batch: int, mode: str) -> Measurement | None:
        """The whole at that batch size in that mode, if it was measured."""
        return next((found for found in self.wholes if (found.batch, found.mode) == (batch, mode)), None)

    @property
    def beside_parts(self) -> Measurement | None:
        """The whole that the sum of the parts is to be compared with."""
        return None if self.parts is None else self.whole(self.parts.batch, self.parts.mode)


@dataclass(frozen=True)
class PairTimes:
    """A MUXConv and a MobileNet block, sampled in turns, or why there are no samples."""

    muxconv: Samples | None = None
    mobilenet: Samples | None = None
    failed: str | None = None

    def __post_init__(self) -> None:
        """Refuse anything but both samples, or a reason."""
        if (self.muxconv is None) != (self.mobilenet is None) or (self.muxconv is None) == (self.failed is None):
            raise ValueError("a cell has samples of both blocks, or a reason why it has none")

    @property
    def ratio(self) -> tuple[float, float, float] | None:
        """Median, p10 and p90 of MUXConv over MobileNet, pair by pair; None without samples."""
        if self.muxconv is None or self.mobilenet is None:
            return None
        return paired_ratio(self.muxconv, self.mobilenet)


@dataclass(frozen=True)
class TimeGrid:
    """Measured cells over G (rows) and L (columns) at one C, in one mode; None where no block exists.

    ``partial``: the work was interrupted, and cells that exist are None too.
    """

    setting: Setting
    conditions: Conditions
    C: int
    cells: tuple[tuple[PairTimes | None, ...], ...]
    partial: bool = False

    @property
    def mode(self) -> Mode:
        """The mode of every cell."""
        return self.setting.modes[0]
