"""Profiles of small modules by clocks whose every tick is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from fake import FakeBench, FakeClock, FrozenClock
from torch import nn

from muxprof.measurements import MODES, Setting, Timing
from muxprof.timing import memory
from muxprof.timing.graphs import CaptureError
from muxprof.timing.harness import Plan
from muxprof.timing.parts import alone, in_place
from muxprof.timing.prepare import inputs, ready
from muxprof.timing.profile import Stopped, Target, profile

MS = 1_000_000


class Taking(nn.Module):
    """A layer that takes so many nanoseconds of a fake clock."""

    def __init__(self, clock: FakeClock, ns: int) -> None:
        super().__init__()
        self.clock, self.ns = clock, ns

    def __deepcopy__(self, memo: Any) -> Taking:
        return Taking(self.clock, self.ns)  # the clock is one

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.clock.time += self.ns
        return x


class Net(nn.Module):
    """Two layers, one of them called twice, and 1 ms of the module's own between them."""

    def __init__(self, clock: FakeClock, scale: int = 1) -> None:
        super().__init__()
        self.clock = clock
        self.first = Taking(clock, 2 * MS * scale)
        self.inner = nn.Sequential(Taking(clock, 3 * MS * scale))
        self.never = Taking(clock, MS)

    def __deepcopy__(self, memo: Any) -> Net:
        made = Net(self.clock)
        made.first.ns, made.inner[0].ns = self.first.ns, self.inner[0].ns
        return made

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.inner(self.first(x))
        self.clock.time += MS
        return self.inner(y)  # type: ignore[no-any-return]


def target(name: str, module: nn.Module, least_bytes: int = 0) -> Target:
    return Target(name, module, (3, 4, 4), least_bytes)


def run(clock: FakeClock, *targets: Target, **keywords: Any) -> dict[str, Any]:
    setting = Setting(**{"budget": 1.0, **keywords})
    return profile(targets, setting, bench=lambda _: FakeBench(clock), now=clock.now)


def test_the_whole_and_its_parts_come_back_exactly() -> None:
    clock = FakeClock()
    timing = run(clock, target("net", Net(clock)))["net"]
    whole = timing.whole(1, "eager")
    assert whole is not None
    assert set(whole.samples.ns) == {9 * MS}  # 2 + 3 + 1 + 3
    assert timing.parts.method == "in place"
    assert {part.path: set(part.samples.ns) for part in timing.parts.parts} == {
        "first": {2 * MS},
        "inner.0": {6 * MS},  # both calls
    }
    assert set(timing.parts.whole.ns) == {9 * MS}
    assert not timing.partial


def test_the_budget_is_kept() -> None:
    clock = FakeClock()
    run(clock, target("net", Net(clock)), batches=(1, 2, 4), budget=2.0)
    # Each of three wholes has 0.4 s, the parts 0.8 s; what is over is a run or two of 9 ms of each.
    assert 1.9e9 < clock.time < 2.1e9


def test_several_targets_are_sampled_in_turns_and_keep_their_ratio() -> None:
    clock = FakeClock()
    timings = run(clock, target("double", Net(clock, 2)), target("single", Net(clock)), parts=False)
    double, single = timings["double"].wholes[0].samples, timings["single"].wholes[0].samples
    assert (set(double.ns), set(single.ns)) == ({17 * MS}, {9 * MS})
    assert double.n == single.n
    assert timings["double"].parts is None


def test_every_batch_and_the_conditions_are_recorded() -> None:
    clock = FakeClock()
    timing = run(clock, target("net", Net(clock)), batches=(1, 8), threads=1, dtype="bf16")["net"]
    assert [(found.batch, found.mode) for found in timing.wholes] == [(1, "eager"), (8, "eager")]
    assert timing.parts.batch == 1
    switches = timing.conditions.switches
    assert (switches["threads"], switches["dtype"], switches["tf32"]) == (1, "bf16", None)
    assert timing.conditions.versions["torch"] == str(torch.__version__)
    assert timing.conditions.device


class Failing(nn.Module):
    """It fails with ``error`` for more than ``most`` images."""

    def __init__(self, error: Exception, most: int) -> None:
        super().__init__()
        self.error, self.most = error, most
        self.layer = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > self.most:
            raise self.error
        return self.layer(x)  # type: ignore[no-any-return]


def test_out_of_memory_at_one_size_is_said_there_and_the_rest_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda _: 3 << 28)
    error = torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 79.11 GiB of which 1 GiB is "
        "free."
    )
    released: list[object] = []
    monkeypatch.setattr(memory, "release", released.append)
    setting = Setting(budget=0.2, batches=(1, 64, 2))
    timing = profile([target("net", Failing(error, 8))], setting)["net"]
    one, many, two = timing.wholes
    assert one.samples is not None
    assert two.samples is not None
    assert many.samples is None
    assert many.failed == ("out of memory: asked for 2.50 GiB (2,684,354,560 bytes), 0.75 GiB (805,306,368 bytes) free")
    assert len(released) >= 4  # after the failure and after every size
    assert timing.parts is not None


def test_a_batch_that_cannot_fit_is_not_tried_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda _: 1 << 20)
    clock = FakeClock()
    timing = run(clock, target("net", Net(clock), least_bytes=1 << 18), batches=(4, 8))["net"]
    fits, does_not = timing.wholes
    assert fits.samples is not None
    assert does_not.failed is not None
    assert does_not.failed.startswith("out of memory: it needs at least 0.00 GiB (2,097,152 bytes)")


def test_the_cpu_allocator_s_refusal_is_out_of_memory() -> None:
    asked = 1 << 55
    with pytest.raises(RuntimeError) as caught:
        torch.empty(asked, dtype=torch.int8)
    said = memory.out_of_memory(caught.value, torch.device("cpu"))
    assert said is not None
    assert said.startswith(f"out of memory: asked for {asked / 2**30:,.2f} GiB ({asked:,} bytes), ")
    assert memory.out_of_memory(RuntimeError("something else"), torch.device("cpu")) is None


def test_an_error_of_the_module_is_the_reason_in_its_row() -> None:
    timing = profile([target("net", Failing(ValueError("no such thing\nand more"), 0))], Setting(budget=0.1))["net"]
    assert timing.wholes[0].failed == "it raises ValueError: no such thing"
    assert timing.parts is None


def test_a_module_that_cannot_be_made_ready_says_so_in_every_row() -> None:
    class Stubborn(nn.Module):
        def __deepcopy__(self, memo: Any) -> Stubborn:
            raise RuntimeError("not copied")

    clock = FakeClock()
    timings = run(clock, target("bad", Stubborn()), target("good", Net(clock)), batches=(1, 2))
    assert [found.failed for found in timings["bad"].wholes] == ["it raises RuntimeError: not copied"] * 2
    assert all(found.samples is not None for found in timings["good"].wholes)


def test_parts_that_fail_leave_a_note() -> None:
    class Late(Failing):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if any(part._forward_hooks for part in self.modules()):
                raise ValueError("no hooks, please")
            return self.layer(x)  # type: ignore[no-any-return]

    timing = profile([target("net", Late(ValueError("x"), 99))], Setting(budget=0.1))["net"]
    assert timing.wholes[0].samples is not None
    assert timing.parts is None
    assert timing.notes == ("The parts were not timed to the end: it raises ValueError: no hooks, please.",)


def test_a_clock_that_stands_still_is_the_reason_too() -> None:
    clock = FrozenClock()
    timing = run(clock, target("net", Net(clock)))["net"]
    assert "the clock" in timing.wholes[0].failed


def test_an_interruption_keeps_what_was_measured_and_marks_it() -> None:
    clock = FakeClock()

    class Impatient(FakeClock):
        def mark(self) -> int:
            if self.time > 700 * MS:
                raise KeyboardInterrupt
            return super().mark()

    clock = Impatient()
    with pytest.raises(Stopped) as stopped:
        run(clock, target("net", Net(clock)), batches=(1, 2))
    timing = stopped.value.timings["net"]
    assert timing.partial
    assert [found.batch for found in timing.wholes] == [1, 2]
    assert timing.parts is None


def test_switches_are_put_back_whatever_happens() -> None:
    before = (torch.get_num_threads(), torch.backends.cudnn.benchmark, torch.is_inference_mode_enabled())
    module = Failing(ValueError("x"), 0)
    profile([target("net", module)], Setting(budget=0.1, threads=1, cudnn_benchmark=True))
    assert (torch.get_num_threads(), torch.backends.cudnn.benchmark, torch.is_inference_mode_enabled()) == before


def test_the_caller_s_module_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).train()
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    profile([target("net", module)], Setting(budget=0.2, dtype="bf16", channels_last=True))
    assert module.training
    assert all(torch.equal(tensor, state[name]) for name, tensor in module.state_dict().items())
    assert all(not part._forward_hooks and not part._forward_pre_hooks for part in module.modules())


def test_progress_names_the_step_and_never_runs_backwards() -> None:
    clock = FakeClock()
    told: list[tuple[str, float]] = []
    profile(
        [target("net", Net(clock))],
        Setting(budget=1.0, batches=(1, 8)),
        lambda what, share: told.append((what, share)),
        lambda _: FakeBench(clock),
        clock.now,
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1.0
    names = list(dict.fromkeys(what for what, _ in told))
    assert names == ["preparing", "eager, batch 1", "eager, batch 8", "the parts of net"]


def test_parts_alone_are_run_on_the_input_of_their_first_call() -> None:
    seen: dict[str, Any] = {}

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.twice = nn.Linear(2, 2, bias=False)
            self.twice.weight.data = 2 * torch.eye(2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.twice(self.twice(x))  # type: ignore[no-any-return]

    module = Two()

    def time_one(path: str, forward: Callable[[], object]) -> None:
        assert path not in seen
        seen[path] = forward()

    alone(module, lambda: module(torch.ones(1, 2)), time_one)
    assert list(seen) == ["twice"]
    assert torch.equal(seen["twice"], torch.full((1, 2), 2.0))
    assert not module.twice._forward_hooks


def test_parts_in_place_drop_a_pass_with_a_bad_interval() -> None:
    # Eight marks a pass after six of the first, untimed one: 32 is behind the first layer of the fourth pass.
    clock = FakeClock(lambda index: -10 * MS if index == 32 else 0)
    module = Net(clock)
    parts, whole = in_place(module, lambda: module(torch.zeros(1)), clock, Plan(0.2, now=clock.now))
    assert whole.dropped == 1
    assert set(whole.ns) == {9 * MS}
    assert all(part.samples is not None and part.samples.dropped == 1 for part in parts)


def test_a_norm_that_saw_no_batch_is_given_one_so_that_activations_stay_in_range() -> None:
    torch.manual_seed(1)
    layers: list[nn.Module] = []
    for _ in range(60):
        layers += [nn.Conv2d(3, 3, 1, bias=False), nn.BatchNorm2d(3)]
    module = nn.Sequential(*layers)
    image = (3, 8, 8)
    with torch.no_grad():
        x = inputs(image, 2, Setting())
        assert module.eval()(x).std() < 1e-6  # what fresh weights do
        assert 0.3 < ready(module, image, Setting())(x).std() < 3
        trained = ready(module, image, Setting())
        assert torch.equal(ready(trained, (3, 2, 2), Setting())(x), trained(x))  # what was trained is kept


def test_inputs_are_the_same_every_time() -> None:
    a, b = (inputs((3, 8, 8), 4, Setting(dtype="fp16", channels_last=True)) for _ in range(2))
    assert torch.equal(a, b)
    assert (a.dtype, a.shape) == (torch.float16, (4, 3, 8, 8))
    assert a.is_contiguous(memory_format=torch.channels_last)


def on(bench: FakeBench, module: nn.Module, **keywords: Any) -> Timing:
    """What a GPU's modes do, on a device that only pretends."""
    setting = Setting(**{"budget": 4.0, "modes": MODES, **keywords})
    return profile([target("net", module)], setting, bench=lambda _: bench, now=bench.fake.now)["net"]


def test_every_mode_measures_the_same_work_and_cold_clears_the_cache_outside() -> None:
    clock = FakeClock()
    bench = FakeBench(clock)
    timing = on(bench, Net(clock), parts=False)
    assert [found.mode for found in timing.wholes] == list(MODES)
    for found in timing.wholes:
        assert found.samples is not None
        assert {ns / found.samples.runs for ns in found.samples.ns} == {9 * MS}
    assert bench.flushes > 50
    assert bench.captures == [1]


def test_parts_of_a_graph_are_alone_and_short_ones_are_captured_many_times_over() -> None:
    clock = FakeClock()
    net = Net(clock)
    net.first.ns = 50_000  # shorter than 200 us
    bench = FakeBench(clock)
    timing = on(bench, net)
    assert timing.parts is not None
    assert (timing.parts.mode, timing.parts.method, timing.parts.whole) == ("graph", "alone", None)
    first, inner = timing.parts.parts
    assert (first.path, inner.path) == ("first", "inner.0")
    assert first.samples is not None
    assert inner.samples is not None
    assert first.samples.median == pytest.approx(50e-6, rel=1e-12)
    assert first.samples.runs % 20 == 0
    assert (inner.samples.median, inner.samples.runs) == (0.003, 1)  # one call: alone, a leaf is timed once
    assert bench.captures == [1, 20, 1]


def test_parts_are_cold_where_no_graph_can_be_captured() -> None:
    class NoGraphs(FakeBench):
        def captured(self, work: Callable[[], object], times: int = 1) -> Callable[[], object]:  # noqa: ARG002 - refuses
            raise CaptureError("it cannot be captured as a CUDA graph: no")

    clock = FakeClock()
    timing = on(NoGraphs(clock), Net(clock))
    graph = timing.whole(1, "graph")
    assert graph is not None
    assert graph.failed == "it cannot be captured as a CUDA graph: no"
    assert timing.parts is not None
    assert timing.parts.mode == "cold"
    assert [set(part.samples.ns) for part in timing.parts.parts if part.samples] == [{2 * MS}, {3 * MS}]


def test_parts_that_were_timed_before_an_interruption_are_kept() -> None:
    class Impatient(FakeBench):
        def captured(self, work: Callable[[], object], times: int = 1) -> Callable[[], object]:
            if len(self.captures) == 2:
                raise KeyboardInterrupt
            return super().captured(work, times)

    clock = FakeClock()
    with pytest.raises(Stopped) as stopped:
        on(Impatient(clock), Net(clock))
    timing = stopped.value.timings["net"]
    assert timing.partial
    assert timing.parts is not None
    assert [part.path for part in timing.parts.parts] == ["first"]
