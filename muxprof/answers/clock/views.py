"""What follows from times: sums by module and by kind, shares, rates, and where the clock and the closed form part.

Times of several parts are sums of medians. Shares are of the parts that were timed, for times and multiply-adds alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from muxprof.document.tree import Node, kind
from muxprof.measurements import ITEM_BYTES, Kernel, Part, Parts, Samples, Timing, paired_ratio

if TYPE_CHECKING:
    from muxprof.answers.report import Report
    from muxprof.document.types import Layer, Subject

#: A sum of parts that is further than this from the whole says why.
SUM_LIMIT = 0.15
#: A measured ratio that is no further than this from the ratio of MAdds agrees with it.
AGREE_LIMIT = 0.10

#: The clock and the MAdds agree; the clock sees no difference; it sees the same winner by less or by more; another one.
Verdict: TypeAlias = Literal["agrees", "even", "less", "more", "contradicts"]


def partial(timing: Timing) -> bool:
    """Whether the work was interrupted, so that times are missing."""
    return timing.partial


@dataclass(frozen=True)
class TimeRatio:
    """How long MUXConv takes over MobileNet: median, p10 and p90 of samples that were taken in turns."""

    batch: int
    mode: str
    median: float
    p10: float
    p90: float

    def verdict(self, promised: float) -> Verdict:
        """What the clock says of a ratio of MAdds."""
        if self.p10 <= promised <= self.p90 or abs(self.median / promised - 1) <= AGREE_LIMIT:
            return "agrees"
        if self.p10 <= 1 <= self.p90:
            return "even"
        if (self.median - 1) * (promised - 1) < 0:
            return "contradicts"
        return "less" if abs(math.log(self.median)) < abs(math.log(promised)) else "more"


def timing_ratios(report: Report) -> tuple[TimeRatio, ...]:
    """The ratio for every batch size and mode in which both blocks of a block report were timed."""
    if "ratios" not in report.sections or len(report.subjects) != 2:
        return ()
    ours, theirs = (subject.timing for subject in report.subjects)
    if ours is None or theirs is None:
        return ()
    pairs = [(mine, theirs.whole(mine.batch, mine.mode)) for mine in ours.wholes]
    return tuple(
        TimeRatio(mine.batch, mine.mode, *paired_ratio(mine.samples, other.samples))
        for mine, other in pairs
        if mine.samples and other and other.samples
    )


def sum_of_parts(parts: Parts) -> float | None:
    """Seconds of all parts that were timed; None where none was."""
    medians = [part.samples.median for part in parts.parts if part.samples is not None]
    return math.fsum(medians) if medians else None


@dataclass(frozen=True)
class Work:
    """Some layers: how many there are and how many were timed; of the latter, seconds, MAdds and bytes per batch.

    ``scatter`` is p90 - p10 of a single layer's time.
    """

    layers: int = 0
    timed: int = 0
    seconds: float = 0.0
    madds: int = 0
    traffic_bytes: float = 0.0
    scatter: float | None = None

    @property
    def madds_per_second(self) -> float | None:
        """Achieved; None without MAdds or time."""
        return self.madds / self.seconds if self.madds and self.seconds else None

    @property
    def bytes_per_second(self) -> float | None:
        """Achieved, of the counted traffic; None without traffic or time."""
        return self.traffic_bytes / self.seconds if self.traffic_bytes and self.seconds else None


def together(works: Iterable[Work]) -> Work:
    """All of them as one."""
    every = tuple(works)
    return Work(
        layers=sum(work.layers for work in every),
        timed=sum(work.timed for work in every),
        seconds=math.fsum(work.seconds for work in every),
        madds=sum(work.madds for work in every),
        traffic_bytes=math.fsum(work.traffic_bytes for work in every),
        scatter=every[0].scatter if len(every) == 1 else None,
    )


@dataclass(frozen=True)
class SumOfParts:
    """The sum of the parts beside the whole: seconds of each, and of whole passes with the clocks in them."""

    parts: float
    whole: float | None
    passes: float | None

    @property
    def of_whole(self) -> float | None:
        """The parts' share of the whole."""
        return None if self.whole is None else self.parts / self.whole

    @property
    def is_off(self) -> bool:
        """Whether that share is so far from 1 that it needs a reason."""
        return self.of_whole is not None and abs(self.of_whole - 1) > SUM_LIMIT


@dataclass(frozen=True)
class PartTimes:
    """The times of a subject's parts, joined by path with its layers."""

    subject: Subject
    timing: Timing
    parts: Parts

    @cached_property
    def by_path(self) -> Mapping[str, Part]:
        """The parts, failed ones included."""
        return {part.path: part for part in self.parts.parts}

    @cached_property
    def works(self) -> Mapping[str, Work]:
        """Every layer's work, by path."""
        return {layer.path: self._work(layer) for layer in self.subject.layers}

    @cached_property
    def total(self) -> Work:
        """All layers."""
        return together(self.works.values())

    @cached_property
    def kinds(self) -> Mapping[str, Work]:
        """Every kind of layer, the most time first."""
        return self._by_kind(self.subject.layers)

    @cached_property
    def without_madds(self) -> Mapping[str, Work]:
        """Every kind of layer that does no multiply-adds, the most time first."""
        return self._by_kind(layer for layer in self.subject.layers if not layer.cost.madds)

    @property
    def failed(self) -> tuple[Part, ...]:
        """The parts that could not be timed."""
        return tuple(part for part in self.parts.parts if part.samples is None)

    @property
    def missing(self) -> tuple[str, ...]:
        """Paths of the layers that the clock did not come to."""
        return tuple(layer.path for layer in self.subject.layers if layer.path not in self.by_path)

    @property
    def kernels(self) -> Mapping[str, tuple[Kernel, ...]]:
        """The kernels behind every layer that has some, in the order of the layers."""
        found = {layer.path: self.by_path.get(layer.path) for layer in self.subject.layers}
        return {path: part.kernels for path, part in found.items() if part is not None and part.kernels}

    @property
    def sum(self) -> SumOfParts:
        """The sum of the parts beside the whole at the same batch size in the same mode."""
        whole = self.timing.beside_parts
        beside = None if whole is None else whole.samples
        return SumOfParts(self.total.seconds, _median(beside), _median(self.parts.whole))

    def below(self, node: Node) -> Work:
        """All layers of a node of the subject's tree."""
        return together(self.works[path] for path in _leaves(node))

    def share_of_time(self, work: Work) -> float:
        """Of all parts that were timed."""
        return work.seconds / self.total.seconds if self.total.seconds else 0.0

    def share_of_madds(self, work: Work) -> float:
        """Of all parts that were timed."""
        return work.madds / self.total.madds if self.total.madds else 0.0

    def _work(self, layer: Layer) -> Work:
        part = self.by_path.get(layer.path)
        if part is None or part.samples is None:
            return Work(layers=1)
        samples = part.samples
        return Work(
            layers=1,
            timed=1,
            seconds=samples.median,
            madds=layer.cost.madds * self.parts.batch,
            traffic_bytes=layer.cost.traffic_bytes * ITEM_BYTES[self.timing.setting.dtype] / ITEM_BYTES["fp32"],
            scatter=samples.p90 - samples.p10,
        )

    def _by_kind(self, layers: Iterable[Layer]) -> Mapping[str, Work]:
        found: dict[str, list[Work]] = {}
        for layer in layers:
            found.setdefault(kind(layer), []).append(self.works[layer.path])
        summed = [(name, together(works)) for name, works in found.items()]
        return dict(sorted(summed, key=lambda item: -item[1].seconds))


def part_times(subject: Subject) -> PartTimes | None:
    """The times of a subject's parts, where they were taken."""
    timing = subject.timing
    return None if timing is None or timing.parts is None else PartTimes(subject, timing, timing.parts)


def _leaves(node: Node) -> Iterable[str]:
    if not node.children:
        yield node.path
    for child in node.children:
        yield from _leaves(child)


def _median(samples: Samples | None) -> float | None:
    return None if samples is None else samples.median
