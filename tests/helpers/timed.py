"""Reports with times made by hand: round numbers, so that whatever follows from them can be worked out on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import muxprof
from muxprof.answers.report import Report
from muxprof.document.types import Unit
from muxprof.measurements import Conditions, Kernel, Measurement, Part, Parts, Samples, Setting, Timing

MS = 1_000_000

#: Milliseconds of every part: MUXConv takes 10 of them, 4 without MAdds; MobileNet 20, 7 without.
MUXCONV = {
    "split": 0.2, "expand": 2, "expand_act": 1, "conv": 2, "conv_act": 1, "project": 2, "add": 0.8, "concat": 0.6,
    "shuffle": 0.4,
}  # fmt: skip
MOBILENET = {"expand": 5, "expand_act": 3, "conv": 3, "conv_act": 3, "project": 5, "add": 1}

CONDITIONS = Conditions(
    "Testing Device 9000",
    {"torch": "2.13.0", "cuda": "13.0", "cudnn": "91002"},
    {"tf32": False, "cudnn_benchmark": True, "memory_format": "channels_last", "threads": 2, "fusion": None},
    {"sm_clock_mhz": 1980.0, "power_w": 121.5},
    {"sm_clock_mhz": 1755.0, "power_w": 640.25, "temperature_c": 58},
)
SETTING = Setting("cuda:1", (2, 16), ("eager", "graph"))


def around(ms: float, runs: int = 1) -> Samples:
    """Five samples from 2 % below to 2 % above: the median is ``ms``, p10 and p90 are 1.6 % from it."""
    return Samples(tuple(round(ms * MS * runs * step / 100) for step in (98, 102, 100, 99, 101)), runs)


def parts(times: Mapping[str, float]) -> tuple[Part, ...]:
    return tuple(Part(path, around(ms)) for path, ms in times.items())


def timing(times: Mapping[str, float], whole: float, passes: float | None, larger: float) -> Timing:
    """In place and eager at batch 2, where the whole takes ``whole``; at batch 16 it takes ``larger``."""
    found = Parts(2, "eager", "in place", parts(times), None if passes is None else around(passes))
    wholes = (
        Measurement(2, "eager", around(whole)),
        Measurement(2, "graph", failed="an op cannot be captured"),
        Measurement(16, "eager", Samples((*[round(larger * MS)] * 10, round(3 * larger * MS)))),
    )
    return Timing(SETTING, CONDITIONS, wholes, found, notes=("made by hand",))


def block(unit: Unit = "madds") -> Report:
    """Both blocks at batch 2: the clock agrees with the MAdds there, and contradicts them at batch 16."""
    report = muxprof.block(batch=2, unit=unit)
    mux, mobilenet = report.subjects
    return replace(
        report,
        subjects=(
            mux.having(timing=timing(MUXCONV, 12.5, 13, 130)),
            mobilenet.having(timing=timing(MOBILENET, 20, 21, 100)),
        ),
    )


def with_timing(report: Report, index: int, made: Timing) -> Report:
    subjects = list(report.subjects)
    subjects[index] = subjects[index].having(timing=made)
    return replace(report, subjects=tuple(subjects))


def network(name: str = "mobilenetv2", depth: str = "block", kernels: bool = False, reached: float = 1) -> Report:
    """A network at 64x64 whose every layer takes 1 ms, measured alone up to a share of its layers."""
    report = muxprof.model(name, 64, classes=10, depth=depth)
    subject = report.subjects[0]
    count = round(len(subject.layers) * reached)
    behind = (
        Kernel("void at::(anonymous namespace)::first<4, a<b>>(int, c<d>)", 2, 600_000),
        Kernel("gemm", 1, MS // 10),
    )
    found = tuple(Part(layer.path, around(1), None, behind * kernels) for layer in subject.layers[:count])
    made = Timing(
        Setting("cuda", (1,), ("graph",), "fp16", kernels=kernels),
        CONDITIONS,
        (Measurement(1, "graph", around(count / 2)),),
        Parts(1, "graph", "alone", found),
        partial=reached < 1,
    )
    return replace(report, subjects=(subject.having(timing=made),))
