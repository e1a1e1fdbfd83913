"""``muxprof model`` on files, and ``--export``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from processes import Run
from typer.testing import CliRunner, Result

import muxprof
from muxprof.cli.main import app
from muxprof.spec import files, zoo

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "networks").glob("*.toml"))

NET = """\
name = "net"
resolution = 64

[stem]
out = 16

[[stage]]
blocks = [
  { type = "mux", spatial = [-1, 0] },
]

[head]
classes = 10
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments], env={"COLUMNS": "120"})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_counted_and_proven(path: Path) -> None:
    done = run("model", str(path), "--json")
    assert done.exit_code == 0, done.stderr
    subject = json.loads(done.stdout)["subjects"][0]
    assert subject["check"]["status"] == "agree"
    assert {c["status"] for c in subject["check"]["counters"]} == {"agree"}
    assert subject["provenance"] == files.read(path).provenance
    assert tuple(subject["input_shape"]) == (1, 3, *files.read(path).resolution)


def test_a_file_through_the_real_process(muxprof_process: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(NET, encoding="utf-8")
    done = muxprof_process("model", str(path))
    assert done.returncode == 0, done.stderr
    assert "net on 1 x 3 x 64 x 64, from: file." in done.stdout
    assert "agree as integers, layer by layer" in done.stdout
    path.write_text(NET.replace("spatial", "spacial"), encoding="utf-8")
    done = muxprof_process("model", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {path}:9: stage.blocks.spacial: unknown in a block of type mux; did you mean spatial? known: type, "
        "repeat, kernel, dilation, expansion, group, leave_out, spatial, se, act, norm, squeeze.\n"
    )


def test_a_file_keeps_its_classes_and_size_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(NET, encoding="utf-8")
    own, told = (
        json.loads(run("model", str(path), "--no-check", "--json", *more).stdout)["subjects"][0]
        for more in ([], ["--classes", "7", "--res", "32x48"])
    )
    assert (own["layers"][-1]["out_shape"], own["input_shape"]) == ([1, 10], [1, 3, 64, 64])
    assert (told["layers"][-1]["out_shape"], told["input_shape"]) == ([1, 7], [1, 3, 32, 48])
    zoo_own = json.loads(run("model", "muxnet-m", "--no-check", "--json").stdout)["subjects"][0]
    assert zoo_own["layers"][-1]["out_shape"] == [1, 1000]


def test_what_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.toml").write_text(NET, encoding="utf-8")
    Path("net").write_text(NET, encoding="utf-8")
    for name in ("net.toml", "./net", str(tmp_path / "net.toml")):
        assert run("model", name, "--no-check").exit_code == 0
    for name, words in (
        ("net", "there is no network 'net' in the zoo"),
        ("NONE.TOML", "NONE.TOML: No such file"),
        ("no/net", "no/net: No such file"),
        (".", "there is no network '.'"),
        ("./", "./: Is a directory"),
    ):
        done = run("model", name)
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert words in done.stderr


def test_a_size_that_a_block_cannot_work_on_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(NET, encoding="utf-8")
    done = run("model", str(path), "--res", "62")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {path}: stage1.0: H = 31 is odd")


@pytest.mark.parametrize("name", [name for name in zoo.names() if name != "darts"])
def test_an_exported_network_is_the_same(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    done = run("model", name, "--export", str(path))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"wrote {path}\n")
    assert files.read(path) == zoo.network(name)
    again = tmp_path / "again.toml"
    assert run("model", str(path), "--export", str(again), "--quiet").stderr == ""
    assert again.read_bytes() == path.read_bytes()


def test_an_exported_network_is_proven_and_compared(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    run("model", "muxnet-m", "--export", str(path))
    path.write_text(path.read_text(encoding="utf-8").replace('"muxnet-m"', '"mine"', 1), encoding="utf-8")
    mine, zoos = muxprof.model(path, check=True), muxprof.model("muxnet-m")
    assert mine.agrees
    assert mine.subjects[0].layers == zoos.subjects[0].layers
    done = run("compare", "muxnet-m", str(path), "--no-check")
    assert done.exit_code == 0, done.stderr
    assert "mine" in done.stdout


def test_export_at_another_size_and_number_of_classes(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    assert run("model", "muxnet-m", "--export", str(path), "--classes", "10", "--res", "160x96").exit_code == 0
    network = files.read(path)
    assert (network.head.classes, network.resolution, network.published) == (10, (160, 96), None)
    assert network.stages == zoo.network("muxnet-m").stages


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("muxnet-m --export net.json", "net.json: a network is written to a file whose name ends in .toml"),
        ("muxnet-m --export nowhere/net.toml", "nowhere/net.toml cannot be written: No such file"),
        ("muxnet-m --export folder.toml", "folder.toml is a directory"),
        ("muxnet-m --export net.toml --json", "--export writes the network and no report; leave --json out"),
        ("muxnet-m --export net.toml --out a.html", "leave --out out"),
        ("muxnet-m --export net.toml --classes 0", "classes = 0"),
        ("muxnet-m --export net.toml --res 0", "H = 0"),
        ("muxnet-xx --export net.toml", "there is no network 'muxnet-xx'"),
        ("darts --export net.toml", "darts cannot be written as TOML"),
        ("own.toml --export own.toml", "own.toml is the file that is read"),
        ("own.toml --export ./folder.toml/../own.toml", "is the file that is read"),
    ],
)
def test_an_export_that_cannot_be(arguments: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.toml").mkdir()
    Path("own.toml").write_text(NET, encoding="utf-8")
    done = run("model", *arguments.split())
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.toml", "own.toml"]
    assert Path("own.toml").read_text(encoding="utf-8") == NET


def test_an_export_is_written_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: 1 / 0)
    assert run("model", "muxnet-m", "--export", str(path)).exit_code == 1
    assert [found.name for found in tmp_path.iterdir()] == ["net.toml"]
    assert path.read_text(encoding="utf-8") == "old"


def test_the_zoo_is_read_without_the_file_format() -> None:
    code = "import sys, muxprof; muxprof.model('muxnet-l'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "muxprof.spec.zoo.muxnet" in loaded
    assert not loaded & {"muxprof.spec.files", "tomllib"}
