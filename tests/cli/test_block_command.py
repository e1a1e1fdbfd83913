"""``muxprof block`` through the real entry point; numbers are the issue's, or worked out from the paper's formulas."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from processes import Run

EXAMPLE = ("block", "--C", "64", "--E", "6", "--G", "2", "--L", "0.25", "--H", "56", "--W", "56", "--K", "3")


def test_the_example_proven(muxprof_process: Run) -> None:
    done = muxprof_process(*EXAMPLE, cold=True)
    assert done.returncode == 0, done.stderr
    for number in ("13,824", "5,184", "32,832", "102,961,152", "52,608", "164,978,688", "0.6241", "0.0334"):
        assert number in done.stdout
    assert "agree as integers, layer by layer" in done.stdout
    assert done.stdout.index("32,832") < done.stdout.index("Cross-check")


def test_json_is_one_document_and_nothing_else(muxprof_process: Run) -> None:
    done = muxprof_process(*EXAMPLE, "--json")
    document = json.loads(done.stdout)
    mux, mobilenet = document["subjects"]
    assert (mux["name"], mobilenet["name"]) == ("muxconv", "mobilenet")
    assert (mux["totals"]["params"], mux["totals"]["madds"]) == (32_832, 102_961_152)
    assert (mobilenet["totals"]["params"], mobilenet["totals"]["madds"]) == (52_608, 164_978_688)
    assert Fraction(document["ratios"]["exact"]["params"]) == Fraction(32_832, 52_608)
    assert mux["check"]["status"] == mobilenet["check"]["status"] == "agree"
    counters = {counter["name"]: counter for counter in mux["check"]["counters"]}
    assert counters["fvcore"]["madds"] == counters["FlopCounterMode"]["madds"] == 102_961_152
    assert counters["parameters"]["params"] == 32_832
    convs = {layer["path"]: layer for layer in mux["layers"] if layer["op"] == "conv2d"}
    assert {path: layer["params"] for path, layer in convs.items()} == {
        "expand": 13_824, "conv": 5_184, "project": 13_824
    }  # fmt: skip
    conv = convs["conv"]
    assert (conv["kernel"], conv["stride"], conv["groups"]) == ([3, 3], [1, 1], 144)
    assert conv["in_shape"] == conv["out_shape"] == [1, 288, 56, 56]


def test_spelled_out_options_are_the_same(muxprof_process: Run) -> None:
    short = muxprof_process("block", "--C", "32", "--E", "4", "--G", "4", "--L", ".5", "--K", "5", "--no-check")
    words = ("--channels", "32", "--expansion", "4", "--group", "4", "--leave-out", "0.50", "--kernel", "5")
    assert muxprof_process("block", *words, "--no-check").stdout == short.stdout
    assert f"{2 * 16 * 64 + 4 * 64 * 25:,}" in short.stdout  # 16 of 32 channels, 64 in the middle


def test_flops_are_twice_the_madds_and_say_so(muxprof_process: Run) -> None:
    done = muxprof_process(*EXAMPLE, "--unit", "flops", "--no-check")
    assert f"{2 * 102_961_152:,}" in done.stdout
    assert "FLOPs" in done.stdout
    assert (
        json.loads(muxprof_process(*EXAMPLE, "--unit", "flops", "--no-check", "--json").stdout)["subjects"][0][
            "totals"
        ]["madds"]
        == 102_961_152
    )


def test_symbolic_and_latex(muxprof_process: Run) -> None:
    done = muxprof_process(*EXAMPLE, "--symbolic", "--no-check")
    assert "(1 - L)*(2*C*(1 - L) + 9*G)/(2*C + 9)" in done.stdout
    assert "(1 - L)*(2*C*(1 - L) + G*K**2)/(2*C + K**2)" in done.stdout
    latex = muxprof_process("block", "--latex").stdout
    assert latex.count("\\[") == latex.count("\\]") == latex.count("% ") == 16
    assert r"\frac" in latex


def test_norm_se_and_spatial(muxprof_process: Run) -> None:
    # 16 channels, none left out, E = 4: 64 in the middle, two depthwise branches of 32: plain, and superpixel on 8.
    arguments = ("--C", "16", "--E", "4", "--G", "1", "--L", "0", "--S", "0,1", "--H", "6", "--W", "4")
    done = muxprof_process("block", *arguments, "--norm", "--se", "0.25", "--json")
    mux = json.loads(done.stdout)["subjects"][0]
    kinds = mux["totals"]["params_by_kind"]
    assert kinds["conv"] == 2 * 16 * 64 + 32 * 9 + 8 * 9 + 2 * 64 * 4  # the last: SE through int(16 * 0.25) = 4
    assert kinds["norm"] == 2 * (64 + 64 + 16)
    assert kinds["bias"] == 4 + 64
    assert mux["totals"]["madds"] == 24 * (2 * 16 * 64 + 32 * 9) + 96 * 8 * 9 + 2 * 64 * 4
    assert mux["check"]["status"] == "agree"


def test_batch_changes_shapes_and_traffic_alone(muxprof_process: Run) -> None:
    one, many = (json.loads(muxprof_process("block", "--json", "--batch", n).stdout)["subjects"][0] for n in ("1", "8"))
    assert many["input_shape"] == [8, 64, 56, 56]
    assert {k: v for k, v in one["totals"].items() if k != "traffic_bytes"} == {
        k: v for k, v in many["totals"].items() if k != "traffic_bytes"
    }
    weights = 4 * one["totals"]["params"]
    assert many["totals"]["traffic_bytes"] == 8 * (one["totals"]["traffic_bytes"] - weights) + weights
    assert many["check"]["status"] == "agree"


@pytest.mark.parametrize("suffix", ["json", "csv", "md", "html", "svg"])
def test_every_format_holds_the_totals(muxprof_process: Run, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"report.{suffix}"
    done = muxprof_process(*EXAMPLE, "--no-check", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"wrote {out}\n"
    text = out.read_text(encoding="utf-8").replace("&#160;", " ")
    assert "43352064" in text if suffix in ("csv", "json") else "102,961,152" in text
    assert "url(http" not in text
    assert "@font-face" not in text
    assert 'src="http' not in text
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_show_renders_a_saved_report_alike(muxprof_process: Run, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    first = muxprof_process(*EXAMPLE, "--out", str(saved))
    again = muxprof_process("show", str(saved))
    assert again.stdout == first.stdout
    assert muxprof_process("show", str(saved), "--json").stdout == saved.read_text(encoding="utf-8")


def test_show_at_another_depth_and_in_another_unit(muxprof_process: Run, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    muxprof_process("model", "resnet18", "--no-check", "--depth", "stage", "--out", str(saved))
    shown = muxprof_process("show", str(saved), "--depth", "layer", "--unit", "flops").stdout
    assert "stage2.0.down" not in muxprof_process("show", str(saved)).stdout
    assert "down_norm" in shown
    assert f"{2 * 1_814_073_344:,}" in shown
    block = tmp_path / "block.json"
    muxprof_process(*EXAMPLE, "--no-check", "--out", str(block))
    refused = muxprof_process("show", str(block), "--depth", "layer")
    assert (refused.returncode, refused.stdout) == (2, "")


def test_quiet_says_nothing_on_stderr(muxprof_process: Run, tmp_path: Path) -> None:
    done = muxprof_process(*EXAMPLE, "--no-check", "--quiet", "--out", str(tmp_path / "r.csv"))
    assert done.stderr == ""


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_numbers_are_never_cut(muxprof_process: Run, columns: str) -> None:
    done = muxprof_process(*EXAMPLE, "--no-check", env={"COLUMNS": columns})
    for number in ("13,824", "102,961,152", "164,978,688", "0.6241", "4,515,840", "40.8 MiB"):
        assert number in done.stdout
    if columns != "40":
        assert max(map(len, done.stdout.splitlines())) <= int(columns)


def test_no_colour_without_a_terminal_or_under_NO_COLOR(muxprof_process: Run) -> None:
    assert "\x1b[" not in muxprof_process(*EXAMPLE, "--no-check").stdout
    forced = muxprof_process(*EXAMPLE, "--no-check", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    assert "\x1b[3" not in forced


def test_the_check_can_be_switched_off_by_the_environment(muxprof_process: Run) -> None:
    assert "Cross-check" not in muxprof_process(*EXAMPLE, env={"MUXPROF_CHECK": "0"}).stdout


def test_without_torch_the_answer_stands_and_the_exit_code_tells(muxprof_process: Run, tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('no torch on this machine')\n")
    environment = {"PYTHONPATH": str(tmp_path)}
    done = muxprof_process(*EXAMPLE, env=environment)
    assert done.returncode == 3
    assert "102,961,152" in done.stdout
    assert "no torch on this machine" in done.stderr
    assert "Traceback" not in done.stderr
    document = json.loads(muxprof_process(*EXAMPLE, "--json", env=environment).stdout)
    assert [subject["check"]["status"] for subject in document["subjects"]] == ["skipped", "skipped"]
    assert muxprof_process(*EXAMPLE, "--no-check", env=environment).returncode == 0


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m muxprof model muxnet-l --no-check --depth layer | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_reader_that_leaves_early_does_not_cost_the_file(tmp_path: Path) -> None:
    command = f"{sys.executable} -m muxprof model muxnet-l --no-check --depth layer --out net.csv | head -1"
    subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "net.csv").read_text(encoding="utf-8").startswith("subject,path")
