"""What a measured heatmap says, in words: where the clock and the MAdds part, what failed, and the conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muxprof.answers.clock.parts import MODE_TEXTS, setting_text, state_text
from muxprof.answers.clock.views import AGREE_LIMIT
from muxprof.answers.heatmap.measured import Compared, Flip, Measured, Untimed
from muxprof.document.parts import Text
from muxprof.measurements import FEW, SPREAD_LIMIT
from muxprof.units import decimal_text, duration

#: So many cells are named in a sentence; the others are counted.
_NAMED = 8
#: So many follow the one that disagrees most.
_NEXT = 2

_FLIPS: dict[Flip, str] = {"dearer": "Fewer MAdds, yet more time", "cheaper": "More MAdds, yet less time"}


def measured_title(view: Measured) -> str:
    """What was timed, in one line."""
    heat, grid = view.heat, view.grid
    return (
        f"C = {heat.C}, E = {decimal_text(heat.E)}, K = {heat.K}, H x W = {heat.H} x {heat.W}, "
        f"{grid.mode}, batch {grid.setting.batches[0]}"
    )


def findings(view: Measured) -> Iterator[Text]:
    """Where the clock and the MAdds part: most of all, in all, and where they name another block the cheaper one."""
    if not view.cells:
        yield Text("no cell was timed.", "promise and clock", "bad")
        return
    yield Text(most_text(view) + next_text(view), "promise and clock", "highlight")
    yield Text(whole_text(view), "on the whole")
    yield Text(flips_text(view), "which is cheaper", "bad" if view.flips else "good")


def most_text(view: Measured) -> str:
    """The cell in which the clock and the MAdds disagree most."""
    first = view.ranked[0]
    if _agrees(first):
        start = f"They agree to within {100 * AGREE_LIMIT:.0f} %; they are furthest apart at"
    else:
        start = "They disagree most at"
    noise = f"; noisy, p10 to p90 is {short(first.p10)} to {short(first.p90)}" if first.noisy else ""
    return (
        f"{start} {place(first)}: {_of(first.promised)} MobileNet's MAdds take {_of(first.median)} its time "
        f"({promise_text(first)}{noise})."
    )


def next_text(view: Measured) -> str:
    """The cells that follow it; empty where the clock and the MAdds agree there."""
    following = [f"{place(cell)} ({factor(cell.disagreement)} times)" for cell in view.ranked[1:] if not _agrees(cell)]
    return f" Next: {'; '.join(following[:_NEXT])}." if following else ""


def whole_text(view: Measured) -> str:
    """How far the clock is from the MAdds in the middle of all cells, and how many promises it breaks."""
    promised, broken = view.promised, view.broken
    text = f"The median of {_cells(len(view.cells))}: MUXConv takes {_times_text(view.typical or 1)} promise."
    if not promised:
        return f"{text} Nowhere has it no more MAdds than MobileNet."
    doubtful = sum(cell.even for cell in broken)
    clause = f" (in {doubtful} the clock cannot tell: 1 lies within p10 to p90)" if doubtful else ""
    takes = "none of them takes" if not broken else f"{len(broken)} of them {'takes' if len(broken) == 1 else 'take'}"
    have = f"{_cells(len(promised))} {'has' if len(promised) == 1 else 'have'}"
    return f"{text} {have} no more MAdds than MobileNet; {takes} more time{clause}."


def flips_text(view: Measured) -> str:
    """Where the clock finds the other block dearer, beyond doubt."""
    flips = view.flips
    if not flips:
        return "Nowhere does the clock reverse beyond doubt what the MAdds say."
    parts = []
    for flip, words in _FLIPS.items():
        found = [cell for cell in flips if cell.flip == flip]
        if found:
            named = [f"{place(cell)} ({short(cell.promised)} -> {short(cell.median)})" for cell in found[:_NAMED]]
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            parts.append(f"{words}: {', '.join(named)}{more}.")
    return (
        f"The clock reverses the verdict of the MAdds in {len(flips)} of {_cells(len(view.cells))}. {' '.join(parts)}"
    )


def flip_text(cell: Compared) -> str:
    """What the clock reverses, in a table's cell; empty where it does not."""
    return "" if cell.flip is None else _FLIPS[cell.flip].lower().replace("madds", "MAdds")


def caveats(view: Measured) -> Iterator[Text]:
    """What is missing and why, and what is to be held against the times."""
    if view.grid.partial:
        there = len(view.cells) + len(view.failed) + len(view.missing)
        yield Text(f"the clock did not come to {len(view.missing)} of {_cells(there)}.", "interrupted", "bad")
    for reason, cells in _by_reason(view.failed):
        yield Text(f"{reason.rstrip('.')}.", f"! {cells} failed", "bad")
    noisy = sum(cell.noisy for cell in view.cells)
    if noisy:
        advice = " A longer --budget, or an idle machine, would help." if 2 * noisy > len(view.cells) else ""
        yield Text(f"{noisy} of {_cells(len(view.cells))}: {noise_text()}.{advice}", "~ noisy", "bad")
    if view.baseline is not None:
        fastest, slowest = map(duration, view.baseline)
        yield Text(
            f"MobileNet is the same block in every cell, but takes {fastest} in one and {slowest} in another: the "
            "device's speed changed between cells, and not every ratio holds at any speed.",
            "! unsteady",
            "bad",
        )


def conditions(view: Measured) -> Iterator[Text]:
    """The device, versions and switches, the device's state, and what the mode's time is."""
    grid = view.grid
    yield Text(setting_text(grid.setting, grid.conditions), "timed on")
    state = state_text(grid.conditions.before, grid.conditions.after)
    if state:
        yield Text(state, "device before -> after")
    yield Text(f"{MODE_TEXTS[grid.mode]} The two blocks of a cell are sampled in turns.", grid.mode)


def noise_text() -> str:
    """What the mark of a noisy cell means."""
    return f"p10 to p90 is more than {100 * SPREAD_LIMIT:.0f} % of the median, or there are fewer than {FEW} samples"


def promise_text(cell: Compared) -> str:
    """How far the clock is from the MAdds: ``2.9 times as long as the MAdds promise``."""
    return f"{_times_text(cell.disagreement)} promise"


def place(cell: Compared | Untimed) -> str:
    """``G = 4, L = 0.5``."""
    return f"G = {cell.G}, L = {decimal_text(cell.L)}"


def short(value: float) -> str:
    """A ratio in prose: two decimals, or two digits of a small or a large one."""
    if value >= 9.95:
        return f"{value:.0f}"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"


def factor(value: float) -> str:
    """A disagreement in prose: ``2.9``; with two decimals near 1 and below."""
    return f"{value:.1f}" if 1.15 <= value < 9.95 else short(value)


def _agrees(cell: Compared) -> bool:
    return abs(cell.disagreement - 1) <= AGREE_LIMIT


def _times_text(disagreement: float) -> str:
    if short(disagreement) == "1.00":
        return "as long as the MAdds"
    if disagreement < 1:
        return f"{short(disagreement)} of the time that the MAdds"
    return f"{factor(disagreement)} times as long as the MAdds"


def _of(ratio: float) -> str:
    return f"{short(ratio)} of" if ratio <= 1 else f"{short(ratio)} times"


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _by_reason(failed: Sequence[Untimed]) -> Iterator[tuple[str, str]]:
    """Every reason once, with the cells that it is of."""
    found: dict[str, list[Untimed]] = {}
    for cell in failed:
        found.setdefault(cell.failed or "", []).append(cell)
    for reason, cells in found.items():
        named = "; ".join(map(place, cells[:_NAMED]))
        yield reason, named + (f" and {len(cells) - _NAMED} more" if len(cells) > _NAMED else "")
