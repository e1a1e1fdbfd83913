"""The picture of a timed report: where the multiply-adds are above where the time goes, a strip each, by kind of layer.

Plain HTML without scripts. Where several subjects were timed, strips are as long as their totals are to the largest.
"""

from __future__ import annotations

from html import escape

from muxprof.answers.clock.views import PartTimes, Work, part_times
from muxprof.answers.report import Report
from muxprof.document.metrics import madds_in
from muxprof.records import Cost
from muxprof.units import duration, scaled, share_text

_STYLE = """
.muxprof .strips { margin: 1rem 0 .4rem; max-width: 75rem; }
.muxprof .strips .lane { display: grid; grid-template-columns: 13rem 1fr; align-items: center; margin: .2rem 0; }
.muxprof .strips .who { text-align: right; padding-right: .9rem; font-size: .92rem; line-height: 1.25; }
.muxprof .strips .who b { display: block; }
.muxprof .strips .strip { display: flex; height: 2.7rem; border-radius: 3px; overflow: hidden; }
.muxprof .strips .strip span { display: block; overflow: hidden; color: #fff; font-size: .8rem; line-height: 1.15;
  padding: .42rem 0 0 .4rem; white-space: nowrap; box-sizing: border-box; border-right: 1px solid #fff; min-width: 0; }
.muxprof .strips .strip .bare { padding: 0; }
.muxprof .strips .metric { margin: .9rem 0 .1rem 13rem; font-weight: 600; font-size: .95rem; }
.muxprof .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.3rem; font-size: .87rem; margin: .6rem 0 .4rem 13rem; }
@media (max-width: 50rem) {
  .muxprof .strips .lane { grid-template-columns: 1fr; }
  .muxprof .strips .who { text-align: left; }
  .muxprof .strips .metric, .muxprof .legend { margin-left: 0; }
}
"""

#: Kinds with multiply-adds in blues and greens, kinds without in warm colours; later ones share the last.
_WITH = ("#1f4e79", "#2f75b5", "#3a8f8b", "#5b9bd5", "#5f7fa8", "#7a8fb0")
_WITHOUT = (
    "#c4561b", "#de8a2c", "#a8324a", "#c99a1e", "#8a5a3c", "#b5657f", "#8f8350", "#d9763f", "#7a2f3f", "#b8863b",
    "#a07b6a",
)  # fmt: skip
#: How many characters fit into a full strip; a kind with less of a strip than the second has no piece of its own.
_CHARACTERS, _SHOWN = 120, 0.004


def fragment(report: Report) -> str:
    """The strips, with a legend; nothing where no parts were timed."""
    timed = [times for times in map(part_times, report.subjects) if times is not None and times.total.timed]
    if not timed:
        return ""
    colours = _colours(timed)
    most_madds = max(times.total.madds for times in timed)
    most_time = max(times.total.seconds for times in timed)
    unit = madds_in(report.convention.unit).heading
    lanes = [f'<div class="metric">{escape(unit)} per image</div>']
    for times in timed:
        total = madds_in(report.convention.unit).read(Cost(madds=times.total.madds)) // times.parts.batch
        lanes.append(_lane(times, f"{scaled(total)} {unit}", _of(times.total.madds, most_madds), colours, "madds"))
    lanes.append('<div class="metric">time of the parts</div>')
    for times in timed:
        length = _of(times.total.seconds, most_time)
        lanes.append(_lane(times, duration(times.total.seconds), length, colours, "time"))
    names = "".join(
        f'<span><i class="key" style="background:{colour}"></i>{escape(kind)}</span>'
        for kind, colour in colours.items()
    )
    parts = timed[0].parts
    warning = '<p class="bad">Interrupted: some of the times are missing.</p>\n' if report.partial else ""
    where = f"Batch {parts.batch}, {parts.mode}, {timed[0].timing.conditions.device}"
    return (
        f"<style>{_STYLE}</style>\n{warning}<h2>Where the {escape(unit)} are, and where the time goes</h2>\n"
        f'<div class="strips">\n{"".join(lanes)}\n</div>\n<div class="legend">{names}</div>\n'
        f"<p>Warm colours: layers without any MAdds. {escape(where)}.</p>\n"
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


def _lane(times: PartTimes, amount: str, length: float, colours: dict[str, str], what: str) -> str:
    kinds = times.kinds
    pieces = "".join(
        _piece(kind, _share(times, kinds[kind], what), length, colour)
        for kind, colour in colours.items()
        if kind in kinds and kinds[kind].timed
    )
    name = escape(times.subject.name)
    return (
        f'<div class="lane"><div class="who"><b>{name}</b>{escape(amount)}</div>'
        f'<div><div class="strip" style="width:{100 * length:.2f}%">{pieces}</div></div></div>\n'
    )


def _piece(kind: str, share: float, length: float, colour: str) -> str:
    if share < _SHOWN:
        return ""
    room = share * length * _CHARACTERS
    words = f"{escape(kind)}<br>{share_text(share)}" if room > len(kind) else ""
    if not words and room > len(share_text(share)):
        words = f"<br>{share_text(share)}"
    tip = escape(f"{kind}: {share_text(share)}")
    bare = "" if words else ' class="bare"'
    return f'<span{bare} title="{tip}" style="width:{100 * share:.2f}%;background:{colour}">{words}</span>'


def _share(times: PartTimes, found: Work, what: str) -> float:
    return times.share_of_madds(found) if what == "madds" else times.share_of_time(found)


def _of(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
