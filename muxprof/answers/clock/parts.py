"""What the clock found, as tables and paragraphs: conditions, the whole, MUXConv beside MobileNet, the parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from muxprof.answers.block.answer import MOBILENET, MUXCONV
from muxprof.answers.clock.layers import layers_parts, rates_text
from muxprof.answers.clock.views import TimeRatio, Verdict, part_times, timing_ratios
from muxprof.answers.report import Report
from muxprof.document.metrics import madds_in
from muxprof.document.parts import Emphasis, Part, Row, Table, Text, columns
from muxprof.document.types import Subject
from muxprof.measurements import Conditions, Mode, Samples, Setting, Timing
from muxprof.units import duration, share_text, three_digits

#: A subject that has times.
_Timed: TypeAlias = tuple[Subject, Timing]

#: What each mode's time is.
MODE_TEXTS: Mapping[Mode, str] = {
    "eager": "what a Python caller waits: host time around the call, the device's work included.",
    "cold": "device time between two events, the cache cleared before each run.",
    "graph": "device time of a CUDA graph's replay: warm cache, no gaps between launches.",
}

_UNITS = {"mhz": "MHz", "w": "W", "c": "°C", "mib": "MiB", "percent": "%"}
_NAMES = {"torch": "torch", "cuda": "CUDA", "cudnn": "cuDNN", "driver": "driver", "sm": "SM"}
_SWITCHES = {"tf32": "TF32", "cudnn_benchmark": "cudnn.benchmark"}

#: A verdict in a table's cell and in a sentence, and how it stands out.
_VERDICTS: Mapping[Verdict, tuple[str, str, Emphasis]] = {
    "agrees": ("agrees", "the clock agrees with the MAdds", "good"),
    "even": ("no difference", "the MAdds promise a difference, the clock sees none", "bad"),
    "less": ("gives back less", "the clock gives back less than the MAdds promise", "bad"),
    "more": ("sees more", "the clock sees more of a difference than the MAdds promise", "highlight"),
    "contradicts": ("CONTRADICTS", "the clock CONTRADICTS the MAdds", "bad"),
}


def parts(report: Report) -> list[Part]:
    """Everything about the times of all subjects that have some."""
    timed = [(subject, subject.timing) for subject in report.subjects if subject.timing is not None]
    made: list[Part] = []
    if report.partial:
        made.append(Text("what follows is incomplete.", "interrupted", "bad"))
    made += _conditions(timed)
    modes = {whole.mode for _, timing in timed for whole in timing.wholes}
    if modes:
        made += [_whole_table(report, timed), *_remarks(timed)]
        made += [Text(text, mode) for mode, text in MODE_TEXTS.items() if mode in modes]
    made += _block_parts(report)
    for subject, timing in timed:
        times = part_times(subject)
        if times is not None:
            made += layers_parts(report, times)
        made += [Text(note, f"{subject.name}: clock") for note in timing.notes]
    if any(timing.parts is not None for _, timing in timed):
        made.append(rates_text(report, timed[0][1].setting.dtype))
    return made


def _conditions(timed: Sequence[_Timed]) -> Iterator[Text]:
    """Where and how it was timed, once where that is the same for all, and the state of the device around it."""
    labels = [(f"{subject.name} timed on", f"{subject.name} before -> after") for subject, _ in timed]
    texts = [setting_text(timing.setting, timing.conditions) for _, timing in timed]
    around = [(timing.conditions.before, timing.conditions.after) for _, timing in timed]
    if len(set(texts)) == 1:
        labels, around = [("timed on", "device before -> after")], [(around[0][0], around[-1][1])]
    yield from (Text(text, label) for text, (label, _) in zip(texts, labels, strict=False))
    states = [state_text(before, after) for before, after in around]
    yield from (Text(state, label) for state, (_, label) in zip(states, labels, strict=True) if state)


def setting_text(setting: Setting, conditions: Conditions) -> str:
    """Where it was timed, with which versions and switches."""
    versions = [f"{_NAMES.get(name, name)} {version}" for name, version in conditions.versions.items()]
    switches = {"dtype": setting.dtype, **conditions.switches}
    shown = [_switch_text(name, value) for name, value in switches.items() if value is not None]
    if setting.compile and "compile" not in switches:
        shown.append("compiled")
    said = (f"{conditions.device} ({setting.device})", ", ".join(versions), ", ".join(shown))
    return "; ".join(filter(None, said)) + "."


def _switch_text(name: str, value: str | int | bool | None) -> str:
    words = ("on" if value else "off") if isinstance(value, bool) else str(value)
    return f"{_SWITCHES.get(name, name.replace('_', ' '))} {words.replace('_', ' ')}"


def state_text(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """What could be read of the device, before and after; empty where nothing could."""
    return ", ".join(_reading_text(name, before, after) for name in {**before, **after})


def _reading_text(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """``sm_clock_mhz`` of 1980 and 1755 as ``SM clock 1980 -> 1755 MHz``."""
    *words, last = name.split("_")
    unit = _UNITS.get(last)
    what = words if unit and words else [*words, last]
    values = " -> ".join(f"{where[name]:.6g}" if name in where else "?" for where in (before, after))
    return f"{' '.join(_NAMES.get(word, word) for word in what)} {values}{f' {unit}' if unit and words else ''}"


def _whole_table(report: Report, timed: Sequence[_Timed]) -> Table:
    madds, several = madds_in(report.convention.unit), len(timed) > 1
    heads = columns("<mode", "batch", "median", "p10", "p90", "n", "images/s", f"G{madds.heading}/s", "<")
    rows: list[Row] = []
    for subject, timing in timed:
        if several:
            rows.append(Row((subject.name, *[""] * (len(heads) - 1)), emphasis="group"))
        for whole in timing.wholes:
            where, samples = (whole.mode, str(whole.batch)), whole.samples
            if samples is None:
                rows.append(Row((*where, "failed", "", "", "", "", "", "!"), int(several), "bad"))
                continue
            images = three_digits(whole.batch / samples.median)
            rate = three_digits(madds.read(subject.totals) * whole.batch / samples.median / 1e9)
            cells = (*where, *_times(samples), str(samples.n), images, rate, "!" if samples.warnings else "")
            rows.append(Row(cells, int(several)))
    return Table("The whole" if several else f"The whole of {timed[0][0].name}", heads, tuple(rows))


def _times(samples: Samples) -> tuple[str, str, str]:
    """Median, p10 and p90 with as many digits as their distance makes sense of."""
    scatter = samples.p90 - samples.p10
    return duration(samples.median, scatter), duration(samples.p10, scatter), duration(samples.p90, scatter)


def _remarks(timed: Sequence[_Timed]) -> Iterator[Text]:
    """Why there is no time, and why a time is not to be trusted."""
    for subject, timing in timed:
        name = f"{subject.name}, " if len(timed) > 1 else ""
        for whole in timing.wholes:
            said = "; ".join(whole.samples.warnings) if whole.samples else str(whole.failed).rstrip(".")
            if said:
                yield Text(f"{said}.", f"! {name}{whole.mode}, batch {whole.batch}", "bad")


def _block_parts(report: Report) -> list[Part]:
    """Both blocks side by side, and what the clock says of the promise; nothing where they have no times in common."""
    ratios = timing_ratios(report)
    if not ratios or report.ratios is None:
        return []
    promised = float(report.ratios.madds)
    unit = madds_in(report.convention.unit).heading
    heads = columns(
        "<mode", "batch", "MUXConv", "MobileNet", "ratio\ntime", "p10", "p90", f"ratio\n{unit}", "<clock and MAdds"
    )
    rows = tuple(_ratio_row(report, ratio, promised) for ratio in ratios)
    return [Table("MUXConv beside MobileNet, by the clock", heads, rows), *_verdicts(ratios, promised)]


def _ratio_row(report: Report, ratio: TimeRatio, promised: float) -> Row:
    cells = [ratio.mode, str(ratio.batch)]
    for name in (MUXCONV, MOBILENET):
        timing = report.subject(name).timing
        whole = None if timing is None else timing.whole(ratio.batch, ratio.mode)
        cells.append("" if whole is None or whole.samples is None else _times(whole.samples)[0])
    cells += [f"{value:.3f}" for value in (ratio.median, ratio.p10, ratio.p90, promised)]
    return Row((*cells, _VERDICTS[ratio.verdict(promised)][0]))


def _verdicts(ratios: tuple[TimeRatio, ...], promised: float) -> Iterator[Text]:
    """A sentence for every verdict, with all that it holds for."""
    for verdict, (_, words, emphasis) in _VERDICTS.items():
        found = [ratio for ratio in ratios if ratio.verdict(promised) == verdict]
        if found:
            everywhere = "" if len(found) == len(ratios) else f" ({', '.join(f'{r.mode} {r.batch}' for r in found)})"
            low, high = (share_text(end(ratio.median for ratio in found)) for end in (min, max))
            time = low if low == high else f"{low} to {high}"
            yield Text(
                f"{share_text(promised)} of MobileNet's MAdds take {time} of its time{everywhere}: {words}.",
                "promise and clock",
                emphasis,
            )
