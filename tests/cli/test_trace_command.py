"""``muxprof trace`` as a process of its own: targets, inputs, output in every format, and what goes wrong."""

from __future__ import annotations

import csv
import importlib.resources
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from processes import HELPERS, Run
from typer.testing import CliRunner

import muxprof
from muxprof.cli.main import app

NETS = HELPERS
TRAPS = str(NETS / "trap_nets.py")
SCHEMA = json.loads((importlib.resources.files("muxprof.document") / "schema.json").read_text(encoding="utf-8"))


def test_a_class_in_a_file(muxprof_process: Run) -> None:
    done = muxprof_process("trace", f"{TRAPS}:Twice", "--input", "1x4x8x8", "--json", cold=True)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    (subject,) = document["subjects"]
    assert subject["totals"]["madds"] == (64 + 16) * 4 * 4 * 9
    assert subject["totals"]["params"] == 144
    assert subject["spec"] is None
    assert subject["provenance"] == f"traced from {TRAPS}:Twice"
    assert (subject["name"], subject["input_shape"], subject["unknown"], subject["unused"]) == (
        "Twice",
        [1, 4, 8, 8],
        [],
        [],
    )
    assert {each["name"]: each["status"] for each in subject["check"]["counters"]} == {
        "parameters": "agree", "FlopCounterMode": "agree", "fvcore": "agree"
    }  # fmt: skip


def test_a_factory_in_a_package_with_arguments(muxprof_process: Run) -> None:
    done = muxprof_process(
        "trace", "trap_nets:factory", "-i", "1x6x5x5", "--arg", "width=6", "--arg", "kind=conv", "--no-check", "--json",
        env={"PYTHONPATH": str(NETS)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["subjects"][0]["totals"]["madds"] == 25 * 36
    assert json.loads(done.stdout)["arguments"]["arguments"] == {"width": "6", "kind": "'conv'"}


def test_an_instance_named_inputs_and_prints(muxprof_process: Run) -> None:
    done = muxprof_process("trace", f"{TRAPS}:instance", "--input", "2x3", "--no-check", "--json")
    assert json.loads(done.stdout)["subjects"][0]["totals"]["madds"] == 2 * 15
    done = muxprof_process(
        "trace", f"{TRAPS}:Named", "--input", "ids=2x3:int64", "--input", "scale=1x1x4", "--json", "--no-check"
    )
    assert json.loads(done.stdout)["subjects"][0]["totals"]["madds"] == 48
    # What the model prints is not part of the document.
    done = muxprof_process("trace", f"{TRAPS}:Values", "--input", "1x4", "--json")
    assert json.loads(done.stdout)["subjects"][0]["totals"]["madds"] == 12
    assert "looking at the values" in done.stderr


def test_the_terminal_says_what_matters(muxprof_process: Run) -> None:
    done = muxprof_process("trace", f"{TRAPS}:Branch", "--input", "1x8")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "Never used in this pass, but in the params: large.weight (800), large.bias (100)" in text
    assert "counted in eval mode" in text
    assert "960 params" in text
    assert "56 MAdds" in text
    assert "the trace and 3 counters agree as integers, module by module, but for what a counter cannot see." in text
    assert "convolutions and matrix products" in text


def test_unknown_ops_are_no_zeros_in_any_format(muxprof_process: Run, tmp_path: Path) -> None:
    saved = tmp_path / "spectrum.json"
    done = muxprof_process("trace", f"{TRAPS}:Spectrum", "--input", "4x4", "--out", str(saved))
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "at least 64 MAdds" in text
    assert "Not counted, because nothing is known of them: aten._fft_r2c x1, aten._cdist_forward x1" in text
    jsonschema.validate(json.loads(saved.read_text(encoding="utf-8")), SCHEMA)
    for suffix in (".csv", ".md", ".html", ".svg"):
        out = tmp_path / f"again{suffix}"
        done = muxprof_process("show", str(saved), "--out", str(out))
        assert done.returncode == 0, done.stderr
        assert "at least 64 MAdds" in " ".join(done.stdout.split())
        assert out.stat().st_size
    rows = list(csv.DictReader(io.StringIO((tmp_path / "again.csv").read_text(encoding="utf-8"))))
    assert {row["op"]: row["madds"] for row in rows} == {"linear": "64", "unknown": "", "add": "0"}
    shown = [line for line in done.stdout.splitlines() if line.startswith("unknown")]
    assert shown
    assert all("?" in line for line in shown)


def test_depths_and_units(muxprof_process: Run, tmp_path: Path) -> None:
    saved = tmp_path / "lenet.json"
    target = f"{NETS / 'tutorial_nets.py'}:ResNet"
    muxprof_process(
        "trace", target, "--input", "1x3x64x64", "--no-check", "--depth", "1", "--out", str(saved), "--quiet"
    )
    whole = muxprof_process("show", str(saved), "--depth", "layer", "--unit", "flops").stdout
    top = muxprof_process("show", str(saved)).stdout
    assert "downsample" in whole
    assert "downsample" not in top
    assert "MFLOPs" in whole or "FLOPs" in whole
    assert "layer1" in top
    assert muxprof_process("show", str(saved), "--depth", "0").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no_such_package_at_all:Net", "-i", "1x3"], "importing no_such_package_at_all raises ModuleNotFoundError"),
        (["nowhere.py:Net", "-i", "1x3"], "there is no file nowhere.py"),
        (["Net", "-i", "1x3"], "names no callable; write it like package.module:callable"),
        ([f"{TRAPS}:Twise", "-i", "1x3"], "has no Twise; did you mean Twice?\n"),
        ([f"{TRAPS}:xyzzy", "-i", "1x3"], "has no xyzzy; its models are Branch, Chosen, Cloned, Endless, Experts and "),
        ([f"{TRAPS}:number", "-i", "1x3"], "is a int; it must be a class, a factory or a module"),
        ([f"{TRAPS}:no_module", "-i", "1x3"], "no_module gives a int; it must give a torch.nn.Module"),
        ([f"{TRAPS}:failing", "-i", "1x3"], "failing() raises RuntimeError: the weights are not here."),
        ([f"{TRAPS}:leaving", "-i", "1x3"], "leaving() exits with 5"),
        ([f"{TRAPS}:Twice", "-i", "1x4x8x8", "--arg", "depth=3"], "Twice(depth=3) raises TypeError"),
        (
            [f"{TRAPS}:Twice", "-i", "1x3x8x8"],
            "the forward pass raises, in conv (Conv2d), RuntimeError: Given groups=1",
        ),
        ([f"{TRAPS}:Twice"], "there is no input"),
        ([f"{TRAPS}:Twice", "-i", "1x0x8"], "has a size that is no integer from 1 on"),
        ([f"{TRAPS}:Twice", "-i", "1,4,8,8"], "is no shape; write it like 1x3x224x224"),
        ([f"{TRAPS}:Twice", "-i", "1x4:int65"], "'int65', which is none of float32"),
        ([f"{TRAPS}:Twice", "-i", "1x4", "--arg", "depth"], "is not KEY=VALUE"),
        ([f"{TRAPS}:Twice", "-i", "1x4", "--arg", "a=1", "--arg", "a=2"], "a is given twice"),
        ([f"{TRAPS}:Twice", "-i", "x=1x4", "-i", "x=1x4"], "two inputs are called x"),
        ([f"{TRAPS}:Twice", "-i", "1x4x8x8", "--depth", "deep"], "depth 'deep' is unknown"),
        ([f"{TRAPS}:Twice", "-i", "1x4x8x8", "--out", "x.pdf"], "cannot be written as .pdf"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_bad_targets_end_in_one_clear_line(muxprof_process: Run, arguments: list[str], says: str) -> None:
    done = muxprof_process("trace", *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("error:")]) == 1


def test_a_file_that_does_not_import(muxprof_process: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken_net.py"
    broken.write_text("import torch\n\ndef net():\n    return torch.nn.Linear(1, 1\n")
    done = muxprof_process("trace", f"{broken}:net", "--input", "1x1")
    assert done.returncode == 2
    assert "importing broken_net.py raises SyntaxError" in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_users_own_traceback(muxprof_process: Run) -> None:
    done = muxprof_process("trace", f"{TRAPS}:failing", "--input", "1x3", "--debug")
    assert done.returncode != 0
    assert 'raise RuntimeError("the weights are not here")' in done.stderr


#: As in a terminal, also where whoever runs the tests has interrupts ignored.
INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from muxprof.start import main
main()
"""


def test_an_endless_model_can_be_interrupted() -> None:
    command = [sys.executable, "-c", INTERRUPTIBLE, "trace", f"{TRAPS}:Endless", "--input", "1x3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            while "on and on" not in process.stderr.readline():
                assert process.poll() is None
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert out == ""
    assert "interrupted." in err
    assert "Traceback" not in err


def test_the_help_warns(muxprof_process: Run) -> None:
    text = " ".join(muxprof_process("trace", "--help", env={"COLUMNS": "200"}).stdout.split())
    assert "Its code is EXECUTED" in text
    assert "TARGET's code is executed" in text


TIMED = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.drop = nn.Dropout()
        self.head = nn.Linear(width, 5)

    def forward(self, x):
        return self.head(self.drop(self.conv(x).relu().mean((2, 3))))
"""


def test_a_traced_model_is_timed_like_a_network(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TIMED)
    out = tmp_path / "report.json"
    arguments = ["trace", f"{tmp_path / 'mine.py'}:Net", "--arg", "width=4", "--no-check", "--budget", "0.4"]
    done = CliRunner().invoke(
        app, [*arguments, "--input", "1x3x16x16", "--profile-cpu", "--batch", "1,2", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    [subject] = muxprof.load(out).subjects
    assert subject.timing is not None
    assert [found.batch for found in subject.timing.wholes] == [1, 2]
    assert all(found.samples is not None for found in subject.timing.wholes)
    assert subject.timing.parts is not None
    assert {part.path for part in subject.timing.parts.parts} == {"conv", "head"}
    assert "drop" in subject.timing.notes[0]
    for given in ("2x3x16x16", "x=1x3x16x16", "1x3x16x16:int64"):
        refused = CliRunner().invoke(app, [*arguments, "--input", given, "--profile-cpu"])
        assert refused.exit_code == 2, refused.output
    idle = CliRunner().invoke(app, [*arguments, "--input", "1x3x16x16"])
    assert idle.exit_code == 2
    assert "--budget is about timing" in idle.stderr
