"""``muxprof model --head``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from processes import Run
from typer.testing import CliRunner, Result

import muxprof
from muxprof.answers import saved
from muxprof.cli.main import app
from muxprof.spec import files, zoo
from muxprof.spec.dilate import segmented


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments], env={"COLUMNS": "120"})


def test_a_head_is_counted_and_proven(muxprof_process: Run) -> None:
    done = muxprof_process("model", "resnet18", "--head", "c1", "--res", "65x48", "--classes", "21", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    subject = document["subjects"][0]
    assert (subject["name"], subject["published"]) == ("resnet18+c1", None)
    head = 512 * 128 * 9 + 2 * 128 + 128 * 21 + 21
    assert subject["totals"]["params"] == 11_689_512 - 513_000 + head
    assert subject["layers"][-1]["out_shape"] == [1, 21, 9, 6]
    assert {counter["status"] for counter in subject["check"]["counters"]} == {"agree"}
    assert document["arguments"]["classes"] == 21
    assert any("the map stays at 1/8" in note for note in document["notes"])
    assert saved.from_dict(document).subjects[0].spec == segmented(zoo.network("resnet18"), "c1", 21)


def test_what_fvcore_adds_for_a_pyramid_has_names(muxprof_process: Run) -> None:
    done = muxprof_process("model", "shufflenetv2-x0.5", "--head", "ppm", "--res", "64")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    # Four poolings of 192 channels, and 4 for each of four times 512 channels, on 8 x 8.
    assert f"adaptive_avg_pool2d {4 * 192 * 64:,}" in text
    assert f"upsample_bilinear2d {4 * 4 * 512 * 64:,}" in text
    assert "agree as integers, layer by layer" in text


@pytest.mark.parametrize("columns", ["80", "120"])
@pytest.mark.parametrize("head", ["c1", "ppm"])
def test_it_fits_the_terminal(muxprof_process: Run, columns: str, head: str) -> None:
    words = ("model", "muxnet-m", "--head", head, "--no-check", "--depth", "layer")
    done = muxprof_process(*words, env={"COLUMNS": columns})
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= int(columns)
    named = [line.split()[0] for line in lines if line.startswith("    ") and line[4:5].isalpha()]
    assert named[-1] == "classifier"
    assert ("upsample3" in named) == (head == "ppm")
    if columns == "120":
        assert any("c1 K3 200-50-150" in line or "ppm [1,2,3,6] K3 200-512-150" in line for line in lines)
        assert any("mux K5 d4 E6 160 " in line for line in lines)


@pytest.mark.parametrize("extension", ["html", "md", "svg", "csv"])
def test_every_format_takes_it(extension: str, tmp_path: Path) -> None:
    path = muxprof.model("resnet18", 64, head="ppm").save(tmp_path / f"seg.{extension}")
    text = path.read_text(encoding="utf-8").replace("&gt;", ">").replace("&#45;", "-").replace("&#62;", ">")
    assert "resnet18+ppm" in text
    if extension in ("html", "md"):
        assert "s2->1 d1,2" in text.replace("\\", "")


@pytest.mark.parametrize("head", ["c1", "ppm"])
def test_an_export_is_the_same_network(head: str, tmp_path: Path) -> None:
    path = tmp_path / "seg.toml"
    done = run("model", "mobilenetv2", "--head", head, "--classes", "19", "--res", "512x1024", "--export", str(path))
    assert (done.exit_code, done.stdout) == (0, ""), done.stderr
    network = files.read(path)
    assert (network.head.classes, network.resolution) == (19, (512, 1024))
    assert network.stages == segmented(zoo.network("mobilenetv2"), head).stages
    mine, zoos = muxprof.model(path, 64), muxprof.model("mobilenetv2", 64, head=head, classes=19)
    assert mine.subjects[0].layers == zoos.subjects[0].layers
    assert mine.notes == zoos.notes
    again = tmp_path / "again.toml"
    assert run("model", str(path), "--export", str(again)).exit_code == 0
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("alexnet --head c1", "alexnet cannot be the backbone of a segmentation head: stage2.0 is a max pooling"),
        ("darts --head ppm", "darts cannot be the backbone of a segmentation head: stage1.0 is a stack of cells"),
        ("resnet18 --head c1 --classes 0", "classes = 0"),
        ("resnet19 --head c1", "did you mean resnet18?"),
        ("seg.toml --head c1", "seg.toml: resnet18+ppm has a segmentation head already"),
        ("alexnet --head c1 --export new.toml", "alexnet cannot be the backbone"),
    ],
)
def test_bad_input(arguments: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seg.toml").write_text(files.text(segmented(zoo.network("resnet18"), "ppm")), encoding="utf-8")
    done = run("model", *arguments.split())
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr
    assert not Path("new.toml").exists()


def test_an_unknown_head() -> None:
    done = run("model", "resnet18", "--head", "c2")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'c1', 'ppm'" in done.stderr
    with pytest.raises(muxprof.BadInput, match="head = 'c2' is unknown; it is one of c1, ppm"):
        muxprof.model("resnet18", head="c2")
