"""From modules and a setting to timings: every batch size in every mode, then the parts, then the kernels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch
from torch import nn

from muxprof.measurements import Conditions, Measurement, Mode, Part, Parts, Samples, Setting, Timing
from muxprof.records import Shape
from muxprof.timing import memory
from muxprof.timing.bench import Bench
from muxprof.timing.clocks import ClockError
from muxprof.timing.conditions import device_name, state, versions
from muxprof.timing.graphs import CaptureError
from muxprof.timing.harness import Plan, Work, measure
from muxprof.timing.kernels import kernels_of
from muxprof.timing.parts import Forward, alone, in_place
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
    work = _Work(targets, setting, progress, bench, now)
    with switched(setting) as switches, torch.inference_mode():
        before = state(work.device)
        partial = False
        try:
            work.run()
        except KeyboardInterrupt:
            partial = True
        conditions = Conditions(device_name(work.device), versions(work.device), switches, before, state(work.device))
    timings = {
        target.name: Timing(
            setting,
            conditions,
            tuple(work.wholes[target.name]),
            work.parts.get(target.name),
            partial,
            tuple(work.notes.get(target.name, ())),
        )
        for target in targets
    }
    if partial:
        raise Stopped(timings)
    return timings


class _Work:
    """What a profile has done so far."""

    def __init__(
        self,
        targets: Sequence[Target],
        setting: Setting,
        progress: Progress,
        bench: Callable[[torch.device], Bench],
        now: Callable[[], int],
    ) -> None:
        self.targets, self.setting, self.progress, self.now = targets, setting, progress, now
        self.device = torch.device(setting.device)
        self.bench = bench(self.device)
        self.wholes: dict[str, list[Measurement]] = {target.name: [] for target in targets}
        self.parts: dict[str, Parts] = {}
        self.notes: dict[str, list[str]] = {}
        self.unready: dict[str, str] = {}
        self.done = 0.0  # seconds of the budget that finished steps had

    def run(self) -> None:
        """Everything that the setting asks for."""
        self.progress("preparing", 0.0)
        modules = {}
        for target in self.targets:
            with self._failing(target.name, self.unready):
                modules[target.name] = ready(target.module, target.image, self.setting)
        wholes = self.setting.budget * ((1 - _PARTS_SHARE) if self.setting.parts else 1)
        each = wholes / (len(self.setting.batches) * len(self.setting.modes))
        for batch in self.setting.batches:
            self._batch(batch, modules, each)
        if self.setting.parts:
            for target in (target for target in self.targets if target.name in modules):
                self._parts(target, modules[target.name], self.setting.budget * _PARTS_SHARE / len(self.targets))

    def _batch(self, batch: int, modules: dict[str, nn.Module], seconds: float) -> None:
        """The wholes at one batch size in every mode; the memory it took is given back."""
        forwards: dict[str, Forward] = {}
        failures = dict(self.unready)
        for target in self.targets:
            if target.name in failures:
                continue
            lacking = self._lacking(target, batch)
            if lacking is not None:
                failures[target.name] = lacking
                continue
            with self._failing(target.name, failures):
                forwards[target.name] = self._forward(target, modules[target.name], batch)
                forwards[target.name]()
        for mode in self.setting.modes:
            self._mode(batch, mode, {n: f for n, f in forwards.items() if n not in failures}, dict(failures), seconds)
        forwards.clear()
        memory.release(self.device)

    def _mode(
        self, batch: int, mode: Mode, forwards: dict[str, Forward], failures: dict[str, str], seconds: float
    ) -> None:
        works: dict[str, Work] = {}
        samples: dict[str, Samples] = {}
        for name, forward in forwards.items():
            with self._failing(name, failures):
                works[name] = self.bench.captured(forward) if mode == "graph" else forward
        if works:
            with self._failing(tuple(works), failures), self._step(f"{mode}, batch {batch}", seconds) as tick:
                found = measure(
                    list(works.values()), self.bench.clock(mode), self._plan(mode, seconds),
                    self.bench.flush() if mode == "cold" else None, tick,
                )  # fmt: skip
                samples = dict(zip(works, found, strict=True))
        for target in self.targets:
            made = samples.get(target.name)
            self.wholes[target.name].append(
                Measurement(batch, mode, made, None if made is not None else failures[target.name])
            )

    def _parts(self, target: Target, module: nn.Module, seconds: float) -> None:
        """Every leaf of a target at the first batch size, in the mode that shows most of the device."""
        batch = self.setting.batches[0]
        fine = [found.mode for found in self.wholes[target.name] if found.batch == batch and found.samples]
        mode = next((mode for mode in ("graph", "cold", "eager") if mode in fine), None)
        if mode is None:
            return  # the whole says why
        given = inputs(target.image, batch, self.setting)

        def forward() -> object:
            return module(given)

        failures: dict[str, str] = {}
        with self._failing(target.name, failures), self._step(f"the parts of {target.name}", seconds) as tick:
            if mode == "eager":
                plan = Plan(seconds, now=self.now)
                parts, whole = in_place(module, forward, self.bench.clock(mode), plan, tick)
                self.parts[target.name] = Parts(batch, mode, "in place", parts, whole)
            else:
                self._alone(target.name, module, forward, batch, mode, seconds, tick)
        if failures:
            said = f"The parts were not timed to the end: {failures[target.name]}."
            self.notes.setdefault(target.name, []).append(said)
        if target.name in self.parts and self.setting.kernels and self.device.type == "cuda":
            self.progress(f"the kernels of {target.name}", self.done / self.setting.budget)
            kernels = kernels_of(module, forward, self.device)
            parts_now = self.parts[target.name]
            self.parts[target.name] = replace(
                parts_now,
                parts=tuple(replace(part, kernels=kernels.get(part.path, ())) for part in parts_now.parts),
            )
        memory.release(self.device)

    def _alone(
        self,
        name: str,
        module: nn.Module,
        forward: Forward,
        batch: int,
        mode: Mode,
        seconds: float,
        tick: Callable[[], object],
    ) -> None:
        """Leaf after leaf; what is there is kept when the rest is interrupted."""
        found: list[Part] = []
        count = sum(next(part.children(), None) is None for part in module.modules())

        def time_one(path: str, run: Forward) -> Part:
            failures: dict[str, str] = {}
            samples = None
            with self._failing(path, failures):
                samples = self._leaf(run, mode, seconds / count)
            tick()
            found.append(Part(path, samples, failures.get(path)))
            self.parts[name] = Parts(batch, mode, "alone", tuple(found))
            return found[-1]

        alone(module, forward, time_one)

    def _leaf(self, run: Forward, mode: Mode, seconds: float) -> Samples:
        clock = self.bench.clock(mode)
        if mode != "graph":
            return measure([run], clock, self._plan(mode, seconds), self.bench.flush() if mode == "cold" else None)[0]
        run()
        start = clock.mark()
        run()
        end = clock.mark()
        clock.settle()
        times = _UNROLLED if clock.elapsed_ns(start, end) < _SHORT_NS else 1
        plan = Plan(seconds, _SHORT_NS, most=100, now=self.now)
        made = measure([self.bench.captured(run, times)], clock, plan)[0]
        return replace(made, runs=made.runs * times)

    def _forward(self, target: Target, module: nn.Module, batch: int) -> Forward:
        given = inputs(target.image, batch, self.setting)
        if not self.setting.compile:
            return lambda: module(given)
        self.progress(f"compiling {target.name} for batch {batch}", self.done / self.setting.budget)
        compiled = torch.compile(module, dynamic=False)
        return lambda: compiled(given)

    def _lacking(self, target: Target, batch: int) -> str | None:
        """Why a batch is not tried on the CPU, where a process that takes too much is ended without a word."""
        if self.device.type != "cpu":
            return None
        item = 2 if self.setting.dtype in ("fp16", "bf16") else 4
        return memory.too_large(target.least_bytes * batch * item // 4, self.device)

    def _plan(self, mode: Mode, seconds: float) -> Plan:
        if mode == "graph":
            return Plan(seconds, _GRAPH_SAMPLE_NS, now=self.now)
        on_cpu = mode == "eager" and self.device.type == "cpu"
        return Plan(seconds, _EAGER_SAMPLE_NS if on_cpu else 0, now=self.now)

    @contextmanager
    def _failing(self, names: str | tuple[str, ...], failures: dict[str, str]) -> Iterator[None]:
        """Turn what a module raises into the reason why it has no samples."""
        reason = None
        try:
            yield
        except (ClockError, CaptureError) as error:
            reason = str(error)
        except Exception as error:  # whatever a module raises: it is reported with the row, never passed over
            lines = str(error).strip().splitlines()
            said = lines[0] if lines else "no message"
            reason = memory.out_of_memory(error, self.device) or f"it raises {type(error).__name__}: {said}"
        if reason is not None:
            memory.release(self.device)
            failures.update(dict.fromkeys((names,) if isinstance(names, str) else names, reason))

    @contextmanager
    def _step(self, what: str, seconds: float) -> Iterator[Callable[[], None]]:
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
