"""The picture of a timed report: where the multiply-adds are above where the time goes, a strip each, by kind of layer.

Plain HTML without scripts. Where several subjects were timed, strips are as long as their totals are to the largest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from muxprof.answers.clock.views import PartTimes, Work, part_times
from muxprof.answers.report import Report
from muxprof.document.metrics import madds_in
from muxprof.records import Cost
from muxprof.units import duration, scaled, share_text

#: Kinds with multiply-adds in blues and greens, kinds without in warm colours; later ones share the last.
_WITH = ("#1f4e79", "#2f75b5", "#3a8f8b", "#5b9bd5", "#5f7fa8", "#7a8fb0")
_WITHOUT = (
    "#c4561b", "#de8a2c", "#a8324a", "#c99a1e", "#8a5a3c", "#b5657f", "#8f8350", "#d9763f", "#7a2f3f", "#b8863b",
    "#a07b6a",
)  # fmt: skip
#: How many characters fit into a full strip; a kind with less of a strip than the second has no piece of its own.
_CHARACTERS, _SHOWN = 120, 0.004


@dataclass(frozen=True)
class _Piece:
    """A kind of layer in a strip: its share, the same in percent, and which of these lines fit into it."""

    kind: str
    share: float
    percent: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Lane:
    """The strip of a subject; ``length`` is that over the longest."""

    name: str
    amount: str
    length: float
    pieces: tuple[_Piece, ...]


def fragment(report: Report) -> str:
    """The strips, with a legend; nothing where no parts were timed."""
    timed = [times for times in map(part_times, report.subjects) if times is not None and times.total.timed]
    if not timed:
        return ""
    from muxprof.formats.html import rendered

    colours, metric = _colours(timed), madds_in(report.convention.unit)

    def per_image(times: PartTimes) -> str:
        madds = metric.read(Cost(madds=times.total.madds)) // times.parts.batch
        return f"{scaled(madds)} {metric.heading}"

    def lanes(amount: Callable[[PartTimes], str], size: Callable[[Work], float]) -> list[_Lane]:
        most = max(size(times.total) for times in timed)
        lengths = [_of(size(times.total), most) for times in timed]
        return [
            _Lane(times.subject.name, amount(times), length, tuple(_pieces(times, colours, size, length)))
            for times, length in zip(timed, lengths, strict=True)
        ]

    parts = timed[0].parts
    return rendered(
        "answers/clock/figure.html",
        unit=metric.heading,
        interrupted=report.partial,
        metrics={
            f"{metric.heading} per image": lanes(per_image, lambda work: work.madds),
            "time of the parts": lanes(lambda times: duration(times.total.seconds), lambda work: work.seconds),
        },
        colours=colours,
        where=f"Batch {parts.batch}, {parts.mode}, {timed[0].timing.conditions.device}",
    )


def _colours(timed: list[PartTimes]) -> dict[str, str]:
    """A colour for every kind: those with multiply-adds first, each by the time that all subjects spend in it."""
    seconds: dict[str, float] = {}
    for times in timed:
        for kind, found in times.kinds.items():
            seconds[kind] = seconds.get(kind, 0.0) + found.seconds
    ranked = sorted(seconds, key=lambda kind: -seconds[kind])
    bare = {kind for times in timed for kind in times.without_madds}
    colours = {}
    for kinds, palette in (([k for k in ranked if k not in bare], _WITH), ([k for k in ranked if k in bare], _WITHOUT)):
        for index, kind in enumerate(kinds):
            colours[kind] = palette[min(index, len(palette) - 1)]
    return colours


def _pieces(times: PartTimes, kinds: Iterable[str], size: Callable[[Work], float], length: float) -> Iterator[_Piece]:
    """The kinds that were timed, but not the smallest."""
    for kind in kinds:
        found = times.kinds.get(kind)
        share = _of(size(found), size(times.total)) if found is not None and found.timed else 0.0
        if share >= _SHOWN:
            room, percent = share * length * _CHARACTERS, share_text(share)
            lines = (kind, percent) if room > len(kind) else ("", percent) if room > len(percent) else ()
            yield _Piece(kind, share, percent, lines)


def _of(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
