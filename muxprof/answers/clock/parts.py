"""What the clock found, as tables and paragraphs: conditions, the whole, MUXConv beside MobileNet, the parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from muxprof.answers.block.answer import MOBILENET, MUXCONV
from muxprof.answers.clock.layers import layers_parts, rates_text
from muxprof.answers.clock.views import Ratio, Verdict, part_times, timing_ratios
from muxprof.answers.report import Report
from muxprof.document.metrics import madds_in
from muxprof.document.parts import Column, Emphasis, Part, Row, Table, Text
from muxprof.document.types import Subject
from muxprof.measurements import Conditions, Measurement, Mode, Samples, Setting, Timing
from muxprof.units import duration, share_text, three_digits

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
    timed = [Timed(subject, subject.timing) for subject in report.subjects if subject.timing is not None]
    made: list[Part] = []
    if report.partial:
        made.append(Text("what follows is incomplete.", "interrupted", "bad"))
    made += _conditions(timed)
    if any(found.timing.wholes for found in timed):
        made += [_whole_table(report, timed), *_remarks(timed), *_legend(timed)]
    made += _block_parts(report)
    for found in timed:
        times = part_times(found.subject)
        if times is not None:
            made += layers_parts(report, times)
        made += [Text(note, f"{found.subject.name}: clock") for note in found.timing.notes]
    if any(found.timing.parts is not None for found in timed):
        made.append(rates_text(report, timed[0].timing.setting.dtype))
    return made


@dataclass(frozen=True)
class Timed:
    """A subject that has times."""

    subject: Subject
    timing: Timing


def _conditions(timed: list[Timed]) -> Iterator[Text]:
    """Where and how it was timed, once where that is the same for all, and the state of the device around it."""
    settings = {found.subject.name: setting_text(found.timing.setting, found.timing.conditions) for found in timed}
    same = len(set(settings.values())) == 1
    for name, text in list(settings.items())[: 1 if same else None]:
        yield Text(text, "timed on" if same else f"{name} timed on")
    first, last = timed[0].timing.conditions, timed[-1].timing.conditions
    if same:
        state = state_text(first.before, last.after)
        if state:
            yield Text(state, "device before -> after")
    else:
        for found in timed:
            state = state_text(found.timing.conditions.before, found.timing.conditions.after)
            if state:
                yield Text(state, f"{found.subject.name} before -> after")


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
    words = {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return f"{_SWITCHES.get(name, name.replace('_', ' '))} {words.replace('_', ' ')}"


def state_text(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """What could be read of the device, before and after; empty where nothing could."""
    return ", ".join(_reading_text(name, before, after) for name in dict.fromkeys((*before, *after)))


def _reading_text(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """``sm_clock_mhz`` of 1980 and 1755 as ``SM clock 1980 -> 1755 MHz``."""
    *words, last = name.split("_")
    unit = _UNITS.get(last)
    what = words if unit and words else [*words, last]
    values = " -> ".join(f"{where[name]:.6g}" if name in where else "?" for where in (before, after))
    return f"{' '.join(_NAMES.get(word, word) for word in what)} {values}{f' {unit}' if unit and words else ''}"


def _whole_table(report: Report, timed: list[Timed]) -> Table:
    columns = (
        Column("mode", numeric=False),
        Column("batch"),
        Column("median"),
        Column("p10"),
        Column("p90"),
        Column("n"),
        Column("images/s"),
        Column(f"G{madds_in(report.convention.unit).heading}/s"),
        Column("", numeric=False),
    )
    rows: list[Row] = []
    for found in timed:
        if len(timed) > 1:
            rows.append(Row((found.subject.name, *[""] * (len(columns) - 1)), emphasis="group"))
        rows += [_whole_row(report, found.subject, whole, int(len(timed) > 1)) for whole in found.timing.wholes]
    return Table("The whole" if len(timed) > 1 else f"The whole of {timed[0].subject.name}", columns, tuple(rows))


def _whole_row(report: Report, subject: Subject, whole: Measurement, indent: int) -> Row:
    samples = whole.samples
    if samples is None:
        return Row((whole.mode, str(whole.batch), "failed", "", "", "", "", "", "!"), indent, "bad")
    madds = madds_in(report.convention.unit).read(subject.totals) * whole.batch / samples.median
    cells = (
        whole.mode,
        str(whole.batch),
        *_times(samples),
        str(samples.n),
        three_digits(whole.batch / samples.median),
        three_digits(madds / 1e9),
        "!" if samples.warnings else "",
    )
    return Row(cells, indent)


def _times(samples: Samples) -> tuple[str, str, str]:
    """Median, p10 and p90 with as many digits as their distance makes sense of."""
    scatter = samples.p90 - samples.p10
    return duration(samples.median, scatter), duration(samples.p10, scatter), duration(samples.p90, scatter)


def _remarks(timed: list[Timed]) -> Iterator[Text]:
    """Why there is no time, and what is to be held against a time."""
    for found in timed:
        name = f"{found.subject.name}, " if len(timed) > 1 else ""
        for whole in found.timing.wholes:
            label = f"! {name}{whole.mode}, batch {whole.batch}"
            if whole.failed is not None:
                yield Text(f"{whole.failed.rstrip('.')}.", label, "bad")
            elif whole.samples is not None and whole.samples.warnings:
                yield Text(f"{'; '.join(whole.samples.warnings)}.", label, "bad")


def _legend(timed: list[Timed]) -> Iterator[Text]:
    used = {whole.mode for found in timed for whole in found.timing.wholes}
    for mode, text in MODE_TEXTS.items():
        if mode in used:
            yield Text(text, mode)


def _block_parts(report: Report) -> list[Part]:
    """Both blocks side by side, and what the clock says of the promise; nothing where they have no times in common."""
    ratios = timing_ratios(report)
    if not ratios or report.ratios is None:
        return []
    promised = report.ratios.madds
    columns = (
        Column("mode", numeric=False),
        Column("batch"),
        Column("MUXConv"),
        Column("MobileNet"),
        Column("ratio\ntime"),
        Column("p10"),
        Column("p90"),
        Column(f"ratio\n{madds_in(report.convention.unit).heading}"),
        Column("clock and MAdds", numeric=False),
    )
    rows = tuple(_ratio_row(report, ratio, float(promised)) for ratio in ratios)
    verdicts = _verdicts(ratios, float(promised))
    return [Table("MUXConv beside MobileNet, by the clock", columns, rows), *verdicts]


def _ratio_row(report: Report, ratio: Ratio, promised: float) -> Row:
    cells = [ratio.mode, str(ratio.batch)]
    for name in (MUXCONV, MOBILENET):
        timing = report.subject(name).timing
        whole = None if timing is None else timing.whole(ratio.batch, ratio.mode)
        cells.append("" if whole is None or whole.samples is None else _times(whole.samples)[0])
    cells += [f"{value:.3f}" for value in (ratio.median, ratio.p10, ratio.p90, promised)]
    cells.append(_VERDICTS[ratio.verdict(promised)][0])
    return Row(tuple(cells))


def _verdicts(ratios: tuple[Ratio, ...], promised: float) -> Iterator[Text]:
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
