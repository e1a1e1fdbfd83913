"""From modules and a setting to timings: every batch size in every mode, then the parts, then the kernels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import torch
from torch import nn

from muxprof.measurements import (
    ITEM_BYTES,
    MODES,
    Conditions,
    Measurement,
    Mode,
    Part,
    Parts,
    Samples,
    Setting,
    Timing,
)
from muxprof.records import Shape
from muxprof.timing import memory
from muxprof.timing.bench import Bench
from muxprof.timing.clocks import ClockError
from muxprof.timing.conditions import device_name, state, versions
from muxprof.timing.graphs import CaptureError
from muxprof.timing.harness import Call, Plan, measure
from muxprof.timing.kernels import kernels_of
from muxprof.timing.parts import alone, in_place, leaves
from muxprof.timing.prepare import inputs, ready
from muxprof.timing.switches import switched

#: What is being done, and the share of the budget that is used up.
Progress: TypeAlias = Callable[[str, float], None]

#: The share of the budget that the parts have.
_PARTS_SHARE = 0.4
#: How long a sample is at least: so long that reading the clock, or launching a graph, does not count.
_EAGER_SAMPLE_NS = 50_000
_GRAPH_SAMPLE_NS = 2_000_000
#: A leaf whose run is shorter than this is captured many times over in one graph.
_SHORT_NS = 200_000
_UNROLLED = 20


@dataclass(frozen=True)
class Target:
    """A module to time, and what it takes: ``image`` is [C, H, W]; ``least_bytes`` it needs for one image in fp32."""

    name: str
    module: nn.Module
    image: Shape
    least_bytes: int = 0


class _TooLargeError(Exception):
    """A batch that does not fit into memory."""


class Stopped(KeyboardInterrupt):
    """An interruption that keeps what was measured before it: timings by name, marked partial."""

    def __init__(self, timings: dict[str, Timing]) -> None:
        """``timings`` as :func:`profile` gives them."""
        super().__init__()
        self.timings = timings


def profile(
    targets: Sequence[Target],
    setting: Setting,
    progress: Progress = lambda _what, _share: None,
    bench: Callable[[torch.device], Bench] = Bench,
    now: Callable[[], int] = time.perf_counter_ns,
) -> dict[str, Timing]:
    """Timings by name; targets are sampled in turns wherever they are timed as a whole.

    Whatever fails, such as a batch size that does not fit into memory, is recorded with its reason and the rest goes
    on. Raises :class:`Stopped` on Ctrl-C.
    """
    used = bench(torch.device(setting.device))
    with switched(setting) as switches, torch.inference_mode():
        device = used.device
        conditions = Conditions(device_name(device), versions(device), switches, state(device))
        work = _Profiler(targets, setting, progress, used, now, {t.name: Timing(setting, conditions) for t in targets})
        stopped = False
        try:
            work.run()
        except KeyboardInterrupt:
            stopped = True
        conditions = replace(conditions, after=state(device))
    timings = {name: replace(made, conditions=conditions, partial=stopped) for name, made in work.timings.items()}
    if stopped:
        raise Stopped(timings)
    return timings


@dataclass
class _Profiler:
    """A profile at work: the timings so far, by name, and the seconds of the budget that finished steps had."""

    targets: Sequence[Target]
    setting: Setting
    progress: Progress
    bench: Bench
    now: Callable[[], int]
    timings: dict[str, Timing]
    done: float = 0.0

    def run(self) -> None:
        """Time everything that the setting asks for."""
        self.progress("preparing", 0.0)
        setting = self.setting
        modules: dict[str, nn.Module] = {}
        failures: dict[str, str] = {}
        for target in self.targets:
            with self._failing(failures, target.name):
                modules[target.name] = ready(target.module, target.image, setting)
        parts = setting.budget * _PARTS_SHARE if setting.parts else 0.0
        each = (setting.budget - parts) / (len(setting.batches) * len(setting.modes))
        for batch in setting.batches:
            self._wholes(batch, modules, dict(failures), each)
            memory.release(self.bench.device)
        for target in self.targets:
            if setting.parts and target.name in modules:
                self._parts(target, modules[target.name], parts / len(self.targets))
                memory.release(self.bench.device)

    def _wholes(self, batch: int, modules: dict[str, nn.Module], failures: dict[str, str], seconds: float) -> None:
        """The wholes at one batch size in every mode."""
        forwards: dict[str, Call] = {}
        for target in self.targets:
            if target.name in modules:
                with self._failing(failures, target.name):
                    forward = self._forward(target, modules[target.name], batch)
                    forward()
                    forwards[target.name] = forward
        for mode in self.setting.modes:
            found, failed = self._samples(batch, mode, forwards, seconds)
            for name, timing in self.timings.items():
                whole = Measurement(batch, mode, found.get(name), {**failures, **failed}.get(name))
                self.timings[name] = replace(timing, wholes=(*timing.wholes, whole))

    def _samples(
        self, batch: int, mode: Mode, forwards: dict[str, Call], seconds: float
    ) -> tuple[dict[str, Samples], dict[str, str]]:
        """Samples by name, and the reasons why others have none."""
        calls: dict[str, Call] = {}
        failures: dict[str, str] = {}
        for name, forward in forwards.items():
            with self._failing(failures, name):
                calls[name] = self.bench.captured(forward) if mode == "graph" else forward
        if calls:
            with self._failing(failures, *calls), self._step(f"{mode}, batch {batch}", seconds) as tick:
                found = self._measured(list(calls.values()), mode, self._plan(mode, seconds), tick)
                return dict(zip(calls, found, strict=True)), failures
        return {}, failures

    def _parts(self, target: Target, module: nn.Module, seconds: float) -> None:
        """Every leaf of a target at the first batch size, in the mode that shows most of the device."""
        name, batch = target.name, self.setting.batches[0]
        timed = [whole.mode for whole in self.timings[name].wholes if whole.batch == batch and whole.samples]
        if not timed:
            return  # the whole says why
        mode = max(timed, key=MODES.index)
        forward = partial(module, inputs(target.image, batch, self.setting))

        failures: dict[str, str] = {}
        with self._failing(failures, name), self._step(f"the parts of {name}", seconds) as tick:
            if mode == "eager":
                found = in_place(module, forward, self.bench.clock(mode), Plan(seconds, now=self.now), tick)
                self._set_parts(name, Parts(batch, mode, "in place", *found))
            else:
                self._alone(name, module, forward, mode, seconds, tick)
        if failures:
            note = f"The parts were not timed to the end: {failures[name]}."
            self.timings[name] = replace(self.timings[name], notes=(note,))
        parts = self.timings[name].parts
        if parts is not None and self.setting.kernels and self.bench.device.type == "cuda":
            self.progress(f"the kernels of {name}", self.done / self.setting.budget)
            kernels = kernels_of(module, forward, self.bench.device)
            with_kernels = (replace(part, kernels=kernels.get(part.path, ())) for part in parts.parts)
            self._set_parts(name, replace(parts, parts=tuple(with_kernels)))

    def _alone(self, name: str, module: nn.Module, forward: Call, mode: Mode, seconds: float, tick: Call) -> None:
        """Leaf after leaf; what is there is kept when the rest is interrupted."""
        parts = Parts(self.setting.batches[0], mode, "alone", ())
        each = seconds / len(list(leaves(module)))

        def time_one(path: str, call: Call) -> None:
            nonlocal parts
            failures: dict[str, str] = {}
            samples = None
            with self._failing(failures, path):
                samples = self._leaf(call, mode, each)
            tick()
            parts = replace(parts, parts=(*parts.parts, Part(path, samples, failures.get(path))))
            self._set_parts(name, parts)

        alone(module, forward, time_one)

    def _set_parts(self, name: str, parts: Parts) -> None:
        self.timings[name] = replace(self.timings[name], parts=parts)

    def _leaf(self, call: Call, mode: Mode, seconds: float) -> Samples:
        if mode != "graph":
            return self._measured([call], mode, self._plan(mode, seconds))[0]
        clock = self.bench.clock(mode)
        call()
        start = clock.mark()
        call()
        end = clock.mark()
        clock.settle()
        times = _UNROLLED if clock.elapsed_ns(start, end) < _SHORT_NS else 1
        plan = Plan(seconds, _SHORT_NS, most=100, now=self.now)
        made = self._measured([self.bench.captured(call, times)], mode, plan)[0]
        return replace(made, runs=made.runs * times)

    def _measured(
        self, calls: Sequence[Call], mode: Mode, plan: Plan, tick: Call = lambda: None
    ) -> tuple[Samples, ...]:
        return measure(calls, self.bench.clock(mode), plan, self.bench.flush() if mode == "cold" else None, tick)

    def _forward(self, target: Target, module: nn.Module, batch: int) -> Call:
        """The forward pass of a batch."""
        if self.bench.device.type == "cpu":  # where the system ends a process that takes too much without a word
            too_large = memory.too_large(target.least_bytes * batch * ITEM_BYTES[self.setting.dtype] // 4)
            if too_large is not None:
                raise _TooLargeError(too_large)
        given = inputs(target.image, batch, self.setting)
        if self.setting.compile:
            self.progress(f"compiling {target.name} for batch {batch}", self.done / self.setting.budget)
            return partial(torch.compile(module, dynamic=False), given)
        return partial(module, given)

    def _plan(self, mode: Mode, seconds: float) -> Plan:
        on_cpu = mode == "eager" and self.bench.device.type == "cpu"
        return Plan(seconds, _GRAPH_SAMPLE_NS if mode == "graph" else _EAGER_SAMPLE_NS if on_cpu else 0, now=self.now)

    @contextmanager
    def _failing(self, failures: dict[str, str], *names: str) -> Iterator[None]:
        """Catch what a module raises, and put it into ``failures`` as the reason why ``names`` have no samples."""
        try:
            yield
            return
        except (ClockError, CaptureError, _TooLargeError) as error:
            reason = str(error)
        except Exception as error:  # whatever a module raises: it is reported with the row, never passed over
            lines = str(error).strip().splitlines()
            said = lines[0] if lines else "no message"
            reason = memory.out_of_memory(error, self.bench.device) or f"it raises {type(error).__name__}: {said}"
        memory.release(self.bench.device)
        failures.update(dict.fromkeys(names, reason))

    @contextmanager
    def _step(self, what: str, seconds: float) -> Iterator[Call]:
        """A step that has ``seconds`` of the budget; yields what is to be called now and then."""
        started, base = self.now(), self.done

        def tick() -> None:
            used = min((self.now() - started) / 1e9, seconds)
            self.progress(what, min(1.0, (base + used) / self.setting.budget))

        tick()
        try:
            yield tick
        finally:
            self.done = base + seconds
