"""The clock on a CUDA device; nothing here runs without one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

import muxprof
from muxprof.answers.report import Report
from muxprof.measurements import MODES, Samples, Setting
from muxprof.timing import memory
from muxprof.timing.clocks import EventClock, HostClock
from muxprof.timing.conditions import device_name, state, versions
from muxprof.timing.graphs import CaptureError, captured
from muxprof.timing.harness import Plan, measure
from muxprof.timing.prepare import inputs, ready
from muxprof.timing.profile import Target, profile
from muxprof.timing.switches import switched

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is visible"),
]

DEVICE = torch.device("cuda")


@pytest.fixture(autouse=True)
def _no_grad() -> Iterator[None]:
    with torch.inference_mode():
        yield
    torch.cuda.empty_cache()


def sleeping(cycles: int) -> Any:
    return lambda: torch.cuda._sleep(cycles)  # type: ignore[no-untyped-call]  # torch's own tests use it


@pytest.mark.parametrize("clock", [EventClock(DEVICE), HostClock(torch.cuda.synchronize)], ids=["events", "host"])
def test_twice_the_work_takes_twice_the_time(clock: Any) -> None:
    once, twice = measure([sleeping(10_000_000), sleeping(20_000_000)], clock, Plan(1.0))
    assert twice.median / once.median == pytest.approx(2, rel=0.05)


def test_events_and_host_agree_on_long_work() -> None:
    [events] = measure([sleeping(20_000_000)], EventClock(DEVICE), Plan(0.5))
    [host] = measure([sleeping(20_000_000)], HostClock(torch.cuda.synchronize), Plan(0.5))
    assert events.median == pytest.approx(host.median, rel=0.05)


def test_a_replayed_graph_computes_what_the_module_computes() -> None:
    spec = muxprof.model("muxnet-m").subjects[0].spec
    from muxprof.nets import build

    setting = Setting(device="cuda", dtype="fp32")
    with switched(setting):
        module = ready(build(spec), (3, 64, 64), setting)
        x = inputs((3, 64, 64), 2, setting)
        wanted = module(x)
        made: list[torch.Tensor] = []
        replay = captured(lambda: made.append(module(x)), DEVICE)
        made[-1].zero_()
        replay()
        torch.cuda.synchronize()
    torch.testing.assert_close(made[-1], wanted, rtol=1e-4, atol=1e-4)


class Syncing(nn.Module):
    """It asks the device for a value on the way, which no graph can hold."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2 if x.sum().item() > -1e30 else x


def test_what_cannot_be_captured_says_so_and_the_other_modes_go_on() -> None:
    with pytest.raises(CaptureError, match="cannot be captured as a CUDA graph"):
        captured(lambda: Syncing()(torch.ones(4, device="cuda")), DEVICE)
    timing = profile([Target("net", Syncing(), (3, 8, 8))], Setting("cuda", (1,), MODES, budget=0.6))["net"]
    eager, cold, graph = timing.wholes
    assert eager.samples is not None
    assert cold.samples is not None
    assert graph.failed is not None
    assert "cannot be captured" in graph.failed
    assert torch.ones(1, device="cuda").item() == 1  # the device still works


class Hungry(nn.Module):
    """It wants a hundred TiB for more than four images."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > 4:
            torch.empty(100 << 40, dtype=torch.int8, device=x.device)
        return self.act(x)  # type: ignore[no-any-return]


def test_out_of_memory_names_bytes_asked_and_free_and_releases_what_it_held() -> None:
    before = torch.cuda.memory_allocated()
    setting = Setting("cuda", (1, 8, 4), ("eager", "graph"), budget=1.0)
    timing = profile([Target("net", Hungry(), (3, 64, 64))], setting)["net"]
    by_batch = {(found.batch, found.mode): found for found in timing.wholes}
    for mode in ("eager", "graph"):
        failed = by_batch[8, mode].failed
        assert failed is not None
        assert failed.startswith("out of memory: asked for 102,400.00 GiB"), failed
        assert failed.endswith("free")
        assert by_batch[1, mode].samples is not None
        assert by_batch[4, mode].samples is not None
    assert torch.cuda.memory_allocated() == before
    assert memory.free_bytes(DEVICE) is not None


def test_a_cold_cache_costs_time() -> None:
    """A copy whose 8 MiB stay in the cache when warm; cold has to fetch them."""
    module = nn.Hardtanh()
    setting = Setting("cuda", (1,), ("cold", "graph"), budget=1.0, parts=False)
    cold, graph = profile([Target("net", module, (8, 512, 512))], setting)["net"].wholes
    assert cold.samples is not None
    assert graph.samples is not None
    assert cold.samples.median > 1.2 * graph.samples.median


def test_tf32_is_on_only_where_it_is_asked_for() -> None:
    a = torch.randn(512, 512, device="cuda", dtype=torch.float64)
    exact = a @ a

    def error() -> float:
        return float((a.float() @ a.float() - exact).abs().max())

    with switched(Setting("cuda", dtype="fp32")) as off:
        full = error()
    with switched(Setting("cuda", dtype="tf32")) as on:
        short = error()
    assert (off["tf32"], on["tf32"]) == (False, True)
    assert short >= full
    if torch.cuda.get_device_capability() >= (8, 0):
        assert short > 10 * full


@pytest.fixture(scope="module")
def profiled() -> Report:
    report = muxprof.model("muxnet-l", batch=8)
    return muxprof.profile(report, "cuda", batches=(8, 1), budget=30, kernels=True)


def test_every_mode_and_every_layer_is_there(profiled: Report) -> None:
    [subject] = profiled.subjects
    timing = subject.timing
    assert timing is not None
    assert [(found.batch, found.mode) for found in timing.wholes] == [(b, mode) for b in (8, 1) for mode in MODES]
    assert all(found.samples is not None for found in timing.wholes)
    assert timing.parts is not None
    assert (timing.parts.mode, timing.parts.method) == ("graph", "alone")
    assert {part.path for part in timing.parts.parts} == {layer.path for layer in subject.layers}
    assert all(part.samples is not None for part in timing.parts.parts)


def test_every_convolution_has_its_kernels(profiled: Report) -> None:
    [subject] = profiled.subjects
    assert subject.timing is not None
    assert subject.timing.parts is not None
    kernels = {part.path: part.kernels for part in subject.timing.parts.parts}
    for layer in subject.layers:
        if layer.op in ("conv2d", "linear"):
            assert kernels[layer.path], layer.path
            assert sum(kernel.ns for kernel in kernels[layer.path]) > 0


def test_the_modes_are_in_their_order(profiled: Report) -> None:
    """A graph has no launch gaps, so that it is never slower than a caller who waits."""
    [subject] = profiled.subjects
    assert subject.timing is not None

    def median(mode: str) -> float:
        found = subject.timing.whole(1, mode) if subject.timing else None
        assert found is not None
        assert isinstance(found.samples, Samples)
        return found.samples.median

    assert median("graph") < median("eager")


def test_the_report_survives_being_saved(profiled: Report, tmp_path: Any) -> None:
    path = profiled.save(tmp_path / "report.json")
    assert muxprof.load(path) == profiled
    document = json.loads(path.read_text())
    conditions = document["subjects"][0]["timing"]["conditions"]
    assert conditions["device"] == device_name(DEVICE)
    assert conditions["versions"]["cuda"] == torch.version.cuda


def test_the_device_says_what_it_is() -> None:
    assert device_name(DEVICE)
    assert {"torch", "cuda", "cudnn"} <= versions(DEVICE).keys()
    pytest.importorskip("pynvml")
    found = state(DEVICE)
    assert found["sm_clock_mhz"] > 0
    assert 0 < found["temperature_c"] < 120


def test_a_compiled_block_runs_in_every_mode() -> None:
    pytest.importorskip("triton")
    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        pytest.skip("torch.compile needs a C compiler")
    report = muxprof.block(C=32, H=16, W=16)
    made = muxprof.profile(report, "cuda", compile=True, budget=2.0, parts=False)
    assert [subject.name for subject in made.subjects] == ["muxconv", "mobilenet"]
    for subject in made.subjects:
        assert subject.timing is not None
        assert {found.mode: found.failed for found in subject.timing.wholes} == dict.fromkeys(MODES)
        assert subject.timing.conditions.switches["compile"] is True
