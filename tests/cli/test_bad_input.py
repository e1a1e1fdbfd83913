"""Bad input ends in one line on stderr, exit code 2, nothing on stdout, no traceback and no file."""

from __future__ import annotations

import os
import random
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from processes import Run
from typer.testing import CliRunner

from muxprof.cli.main import app

BAD: list[tuple[str, str]] = [
    ("block --C 64 --L 0.3", "L = 0.296875 or L = 0.3125"),
    ("block --G 5", "1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 36, 48, 72, 96, 144, 288"),
    ("block --C 10 --L 0 --G 1 --S 0,1", "superpixel"),
    ("block --S -1 --H 7", "H = 7 is odd"),
    ("block --C -64", "C = -64"),
    ("block --C 0", "C = 0"),
    ("block --C 1000000000", "C = 1000000000 is out of range"),
    ("block --L nan", "L = nan is not a number"),
    ("block --E inf", "E = inf is not a number"),
    ("block --L 1e999999999", "L = 1e999999999 is not a number"),
    ("block --L 1", "below 1"),
    ("block --K 4", "K = 4 is even"),
    ("block --se -1", "SE = -1"),
    ("block --S 2,0", "entry 2"),
    ("block --batch 0", "batch = 0"),
    ("block --H 1000000", "H = 1000000"),
    ("model muxnet-xl", "did you mean muxnet-"),
    ("model muxnet-l --res 0", "H = 0"),
    ("model muxnet-l --res abc", "'abc' is not a size"),
    ("model muxnet-l --classes 0", "classes = 0"),
    ("heatmap --C 7", "C = 7"),
    ("heatmap --L 0,1", "L = 1"),
    ("heatmap --G 0,1", "G = 0"),
    ("heatmap --G a", "G = 'a' is no list of integers"),
    ("show nowhere.json", "nowhere.json: No such file"),
    ("block --out report.docx", ".html, .json, .csv, .md, .svg"),
    ("block --out report", "extension"),
    ("block --out nowhere/report.json", "nowhere does not exist"),
    ("heatmap --out ratio.xyz", ".html, .json, .csv, .md, .svg, .png, .pdf"),
]


@pytest.mark.parametrize(("line", "words"), BAD, ids=[line for line, _ in BAD])
def test_bad_input(line: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, line.split())
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line", ["block --C abc", "block --nope", "nope", "model", "block --unit x", "model m --depth x"]
)
def test_usage_errors(muxprof_process: Run, line: str) -> None:
    done = muxprof_process(*line.split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_through_the_real_entry_point(muxprof_process: Run) -> None:
    done = muxprof_process("block", "--C", "64", "--L", "0.3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: C = 64 with L = 0.3 leaves 44.8 channels")


def test_debug_shows_the_traceback(muxprof_process: Run) -> None:
    done = muxprof_process("block", "--L", "0.3", "--debug")
    assert "Traceback" in done.stderr


def test_a_broken_report_names_the_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    for content in (b"{", b"\xff\xfe", b"[]", b""):
        broken.write_bytes(content)
        done = CliRunner().invoke(app, ["show", str(broken)])
        assert done.exit_code == 2
        assert str(broken) in done.stderr


def test_an_existing_file_is_replaced_only_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    out.write_text("old")
    monkeypatch.setattr("muxprof.answers.written.text", lambda _: 1 / 0)
    done = CliRunner().invoke(app, ["block", "--no-check", "--out", str(out)])
    assert done.exit_code == 1
    assert "internal error: ZeroDivisionError" in done.stderr
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("muxprof.api.block", interrupted)
    done = CliRunner().invoke(app, ["block"])
    assert done.exit_code == 130


VALUES = [
    "0", "1", "2", "3", "4", "6", "7", "8", "16", "24", "56", "64", "-1", "0.25", ".5", "0.3", "1/3", "7/24", "1e9",
    "nan", "inf", "", " ", "abc", "-1,0,1", "0,1", "[-1,1]", "1,,2", "99999999999999999999", "224x192", "٣", "\x00x",
    "muxnet-l", "madds", "flops", "layer", "x" * 300, "--C", "1_000", "0x10", "½", "1e-400", "1/0",
]  # fmt: skip
FLAGS = [
    "--C", "--E", "--G", "--L", "--K", "--S", "--H", "--W", "--norm", "--se", "--batch", "--symbolic", "--json",
    "--unit", "--no-check", "--quiet", "--res", "--classes", "--depth", "--metric", "--C-values", "--channels",
    "--help", "--nope", "--version",
]  # fmt: skip
COMMANDS = ["block", "block", "block", "model", "heatmap", "show", "nope"]


def random_arguments(source: random.Random) -> list[str]:
    words = [source.choice(COMMANDS)]
    if words[0] == "model":
        words.append(source.choice(["muxnet-m", "muxnet-l", "mobilenetv2", "mobilenet", source.choice(VALUES)]))
    for _ in range(source.randrange(7)):
        flag = source.choice(FLAGS)
        words.append(flag)
        if source.random() < 0.8 and flag not in ("--norm", "--json", "--no-check", "--quiet", "--symbolic"):
            words.append(source.choice(VALUES))
    return words


@pytest.mark.parametrize("lists", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_random_argument_lists(lists: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUXPROF_CHECK", "0")
    monkeypatch.chdir(tmp_path)
    source, runner = random.Random(20201122), CliRunner()
    codes: dict[int, int] = {}
    for _ in range(lists):
        arguments = random_arguments(source)
        done = runner.invoke(app, arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
        assert done.exit_code in (0, 1, 2, 3), arguments
        assert "internal error" not in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr, arguments
        codes[done.exit_code] = codes.get(done.exit_code, 0) + 1
    assert codes[0] > lists // 20
    assert codes[2] > lists // 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("redirection", "code", "words"),
    [
        (">&-", 2, "no standard output"),
        (">/dev/full", 2, "cannot be written: No space left on device"),
        ("2>&-", 0, ""),
        ("--L 0.3 2>&-", 2, ""),
        ("--out loop.csv", 2, "loop.csv cannot be written"),
        ("--out pipe.csv", 2, "pipe.csv is no regular file"),
    ],
)
def test_outputs_that_cannot_be_written(redirection: str, code: int, words: str, tmp_path: Path) -> None:
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    command = f"{shlex.quote(sys.executable)} -m muxprof block --no-check {redirection}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loop.csv", "pipe.csv"]


def test_ctrl_c_while_the_command_line_is_being_imported() -> None:
    code = (
        "import builtins, muxprof.start\n"
        "real = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name.startswith('muxprof.cli'):\n"
        "        raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "muxprof.start.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted.\n")


def test_latex_stands_alone() -> None:
    for other in (["--json"], ["--out", "formulas.html"]):
        done = CliRunner().invoke(app, ["block", "--latex", *other])
        assert done.exit_code == 2
        assert "--latex prints LaTeX and nothing else" in done.stderr
