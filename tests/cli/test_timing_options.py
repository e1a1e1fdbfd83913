"""``--profile-cpu``, ``--profile-gpu`` and what goes with them, through the real entry point."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from processes import Run
from typer.testing import CliRunner, Result

import muxprof
from muxprof.cli.main import app
from muxprof.timing.bench import Bench
from muxprof.timing.clocks import HostClock

SMALL = ["block", "--C", "8", "--H", "8", "--W", "8", "--budget", "0.5", "--no-check"]

needs_no_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120"})


@needs_no_cuda
@pytest.mark.parametrize("command", [["model", "muxnet-l"], ["block"]])
def test_without_cuda_the_answer_comes_first_then_what_is_missing_and_what_helps(
    muxprof_process: Run, command: list[str]
) -> None:
    done = muxprof_process(*command, "--profile-gpu", cold=True)
    assert done.returncode == 3
    assert ("316,454,832" if command[0] == "model" else "102,961,152") in done.stdout
    assert "Traceback" not in done.stderr
    for said in ("CUDA", "--profile-cpu", "muxprof show"):
        assert said in done.stderr


@needs_no_cuda
def test_without_cuda_json_is_still_one_document(muxprof_process: Run, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    done = muxprof_process("block", "--profile-gpu", "--json", "--out", str(out))
    assert done.returncode == 3
    assert json.loads(done.stdout)["subjects"][0]["timing"] is None
    assert muxprof.load(out).subjects[0].totals.madds == 102961152


def test_a_block_is_timed_beside_mobilenet(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    done = invoke(*SMALL, "--profile-cpu", "--threads", "1", "--batch", "2,4", "--dtype", "bf16", "--out", str(out))
    assert done.exit_code == 0, done.output
    document = json.loads(out.read_text())
    assert document["convention"]["batch"] == 2
    for subject in document["subjects"]:
        timing = subject["timing"]
        assert [(whole["batch"], whole["mode"]) for whole in timing["wholes"]] == [(2, "eager"), (4, "eager")]
        assert {part["path"] for part in timing["parts"]["parts"]} == {layer["path"] for layer in subject["layers"]}
        assert timing["conditions"]["switches"]["threads"] == 1
        assert timing["conditions"]["switches"]["dtype"] == "bf16"
        assert not timing["partial"]
    mux, mobilenet = (subject["timing"]["wholes"] for subject in document["subjects"])
    assert [len(whole["samples"]["ns"]) for whole in mux] == [len(whole["samples"]["ns"]) for whole in mobilenet]
    shown = invoke("show", str(out))
    assert shown.exit_code == 0
    assert "ops without any MAdds" in shown.output


def test_a_network_is_timed_layer_by_layer(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    done = invoke(
        "model", "shufflenetv2-x0.5", "--res", "64", "--profile-cpu", "--budget", "1", "--no-check", "--out", str(out)
    )
    assert done.exit_code == 0, done.output
    [subject] = muxprof.load(out).subjects
    assert subject.timing is not None
    assert subject.timing.parts is not None
    assert subject.timing.parts.whole is not None
    times = {part.path: part.samples.median for part in subject.timing.parts.parts if part.samples is not None}
    assert times.keys() == {layer.path for layer in subject.layers}
    assert 0 < sum(times.values()) <= 1.05 * subject.timing.parts.whole.median
    assert "the parts sum to" in done.output


def test_json_with_timing_is_one_document() -> None:
    done = invoke(*SMALL, "--profile-cpu", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["timing_ratios"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["block", "--dtype", "fp16"], "--dtype is about timing"),
        (["block", "--channels-last"], "--channels-last is about timing"),
        (["model", "muxnet-m", "--batch", "1,8"], "a list is for timing"),
        (["block", "--batch", "one"], "batch = 'one' is no list of integers"),
        (["block", "--profile-cpu", "--profile-gpu"], "exclude one another"),
        (["block", "--profile-cpu", "--device", "cuda:1"], "goes with --profile-gpu"),
        (["block", "--profile-gpu", "--device", "cpu"], "goes with --profile-cpu"),
        (["block", "--profile-gpu", "--device", "tpu"], "device = 'tpu' is unknown"),
        (["block", "--profile-cpu", "--modes", "graph"], "needs a CUDA device"),
        (["block", "--profile-cpu", "--modes", "slow"], "mode 'slow' is unknown"),
        (["block", "--profile-cpu", "--dtype", "tf32"], "on the CPU it is fp32, fp16 or bf16"),
        (["block", "--profile-cpu", "--budget", "-1"], "budget = -1 is out of range"),
        (["block", "--profile-cpu", "--threads", "0"], "threads = 0 is out of range"),
        (["block", "--profile-cpu", "--kernels"], "kernels are those of a GPU"),
        (["heatmap", "--metric", "latency"], "--device cpu or --device cuda"),
        (["heatmap", "--device", "cpu"], "it goes with --metric latency"),
        (["heatmap", "--metric", "latency", "--device", "cpu", "--modes", "cold"], "needs a CUDA device"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_done(arguments: list[str], said: str) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


class Impatient(HostClock):
    """Ctrl-C at the ``count``-th mark."""

    count = 0

    def mark(self) -> int:
        type(self).count -= 1
        if type(self).count < 0:
            raise KeyboardInterrupt
        return super().mark()


@pytest.mark.parametrize("json_too", [False, True])
@pytest.mark.parametrize("marks", [0, 300])
def test_ctrl_c_keeps_what_was_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, marks: int, json_too: bool
) -> None:
    monkeypatch.setattr(Impatient, "count", marks)
    monkeypatch.setattr(Bench, "clock", lambda *_: Impatient())
    out = tmp_path / "report.json"
    arguments = [*SMALL, "--profile-cpu", "--batch", "1,2,4", "--budget", "600", "--out", str(out)]
    started = time.monotonic()
    done = invoke(*arguments, *(["--json"] if json_too else []))
    assert time.monotonic() - started < 300
    assert done.exit_code == 130
    assert "interrupted" in done.stderr
    report = muxprof.load(out)
    assert report.partial
    assert all(subject.timing is not None and subject.timing.partial for subject in report.subjects)
    if json_too:
        assert json.loads(done.stdout) == json.loads(out.read_text())
    shown = invoke("show", str(out))
    assert shown.exit_code == 0
    assert "interrupted" in shown.output


def test_out_of_memory_at_one_batch_is_a_row_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from muxprof.timing import memory

    # An image of this block takes 2 * 48 * 8 * 8 * 4 bytes in its largest op: 24,576; sixteen of them do not fit.
    monkeypatch.setattr(memory, "free_bytes", lambda _: 300_000)
    out = tmp_path / "report.json"
    done = invoke(*SMALL, "--profile-cpu", "--batch", "1,16", "--out", str(out))
    assert done.exit_code == 0, done.output
    one, many = json.loads(out.read_text())["subjects"][1]["timing"]["wholes"]
    assert one["failed"] is None
    assert many["failed"].startswith("out of memory: it needs at least 0.00 GiB (393,216 bytes)")
    assert "out of memory" in done.output


def test_a_module_of_one_s_own_may_be_timed_instead() -> None:
    from torch import nn

    from muxprof.nets import build

    report = muxprof.block(C=8, H=8, W=8)
    own = nn.Sequential(build(report.subject("mobilenet").spec))
    made = muxprof.profile(report, budget=0.3, modules={"mobilenet": own})
    timing = made.subject("mobilenet").timing
    assert timing is not None
    assert timing.parts is not None
    assert timing.parts.parts == ()  # its paths are its own
    assert "0.expand" in timing.notes[0]
    with pytest.raises(muxprof.BadInput, match="no subject 'other'"):
        muxprof.profile(report, modules={"other": own})


def test_progress_is_told_to_whoever_asks() -> None:
    told: list[tuple[str, float]] = []

    def progress(*step: Any) -> None:
        told.append(step)

    muxprof.profile(muxprof.block(C=8, H=8, W=8), budget=0.3, progress=progress)
    assert told[0] == ("preparing", 0.0)
    assert {what for what, _ in told} >= {"eager, batch 1", "the parts of muxconv", "the parts of mobilenet"}
    assert all(0 <= share <= 1 for _, share in told)
