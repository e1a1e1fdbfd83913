"""``muxprof space`` through the command line: what it prints, its documents, its exit codes."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from processes import Run
from typer.testing import CliRunner

import muxprof
from muxprof.answers.space.json import schema
from muxprof.cli.main import app
from muxprof.spec import files

SMALL = str(Path(__file__).parents[2] / "examples" / "spaces" / "small.toml")
PAPER = str(Path(__file__).parents[2] / "examples" / "spaces" / "paper.toml")


def space(*arguments: str, columns: int = 100) -> Any:
    return CliRunner().invoke(app, ["space", *arguments], env={"COLUMNS": str(columns)})


def document(*arguments: str) -> dict[str, Any]:
    done = space(*arguments, "--json")
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(found, schema(), cls=jsonschema.Draft202012Validator)
    assert found["muxprof"] == muxprof.__version__
    return found


def read_table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def write(path: Path, *stages: str, resolution: int = 32) -> str:
    """A space of these searched stages."""
    tables = "".join(f"[[stage]]\n{stage}\n" for stage in stages)
    head = f'name = "mine"\nresolution = {resolution}\n[stem]\nout = 8\n'
    path.write_text(f"{head}{tables}[head]\nclasses = 10\n", encoding="utf-8")
    return str(path)


ONE = "reduction = { out = 8 }\nnormal = { N = 1 }"
NONE = "reduction = { out = 7 }\nnormal = { N = [1, 2] }"  # the shuffle needs an even number of channels


def test_info_says_what_the_counts_are() -> None:
    found = document("info")
    assert found["space"]["encodings"] == 864**2 * 4320**2
    assert [stage["encodings"] for stage in found["stages"]] == [864, 4320, 4320, 864]
    printed = space("info").stdout
    assert "13,931,406,950,400" in printed
    assert "different networks: two encodings are one network when no built layer differs" in " ".join(printed.split())
    assert "encodings that a real module exists for" in printed


def test_the_file_of_the_default_space_is_the_default_space() -> None:
    assert document("info", "--space", PAPER) == document("info")


def test_count() -> None:
    found = document("count", "--madds", "<=120M")
    assert found["budget"] == {"madds": {"low": None, "high": 120_000_000}}
    assert f"{found['count']['distinct']:,}" in space("count", "--madds", "120M").stdout
    assert document("count", "--madds", ">0")["count"] == {
        "valid": found["space"]["valid"],
        "distinct": found["space"]["distinct"],
    }


@pytest.mark.parametrize("budget", [["--madds", "1M:2M"], ["--params", "<=1K"], ["--params", ">=1M", "--madds", "<3M"]])
def test_an_empty_budget_is_an_answer(budget: list[str]) -> None:
    found = document("count", "--space", SMALL, *budget)
    assert found["count"] == {"valid": 0, "distinct": 0}
    done = space("count", "--space", SMALL, *budget)
    assert done.exit_code == 0
    assert "no network lies within the budget" in done.stdout
    drawn = space("sample", "--space", SMALL, *budget)
    assert (drawn.exit_code, drawn.stdout) == (2, "")
    assert "no network of small lies within" in drawn.stderr
    reach = found["space"]["extent"]["params"]
    assert f"its networks have params {reach['low']:,} to {reach['high']:,}" in drawn.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("count --madds 70M:60M", "its lower end lies above its upper one"),
        ("count --madds >=70M --madds <=60M", "contradicts the bound before it, at least 70,000,000"),
        ("count --madds abc", "madds = 'abc' is no budget; write it like 218M"),
        ("count --madds <=", "madds = '' is no amount"),
        ("count --params -5", "params = '-5' is no budget"),
        ("count --params 1e9", "is no budget"),
        ("count --params =1.5", "is no whole number"),
        ("count --params 99999999T", "must be below 2^61"),
        ("count --madds :", "has no bound"),
        ("count --space nope", "there is no search space 'nope'"),
        ("count --space nope.toml", "nope.toml: No such file"),
        ("sample -n 0", "n = 0"),
        ("find -k 0 --params 3M", "k = 0"),
        ("find", "nothing is asked for"),
        ("find --params 0", "a wish is above 0"),
        ("find --params <=3M", "is no amount"),
        ("hist --madds-bin 0", "madds_bin = 0 is out of range"),
        ("hist --madds-bin 1", "at most 512 are counted"),
        ("hist --out space.docx", "a space hist report cannot be written as .docx"),
        ("count --out count.png", "extensions that can: .html, .json, .csv, .md, .svg"),
        ("contains muxnet-xl", "did you mean muxnet-"),
        ("sample --toml nowhere/nets", "nowhere does not exist"),
    ],
)
def test_bad_input(line: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    done = space(*line.split())
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_space_of_one_network(tmp_path: Path) -> None:
    path = write(tmp_path / "one.toml", ONE)
    found = document("count", "--space", path)
    assert found["space"]["encodings"] == found["count"]["valid"] == found["count"]["distinct"] == 1
    drawn = document("sample", "--space", path, "-n", "3")["networks"]
    assert drawn[0] == drawn[1] == drawn[2]
    (near,) = document("find", "--space", path, "--params", "1K", "-k", "5")["networks"]
    assert near["params"] == drawn[0]["params"]
    assert document("hist", "--space", path)["total"] == 1
    assert all(each["count"] == 1 for each in document("options", "--space", path)["options"])


def test_a_space_without_valid_networks(tmp_path: Path) -> None:
    path = write(tmp_path / "none.toml", NONE)
    found = document("info", "--space", path)
    assert (found["space"]["encodings"], found["space"]["valid"], found["space"]["extent"]) == (2, 0, None)
    assert document("count", "--space", path, "--params", "1M")["count"] == {"valid": 0, "distinct": 0}
    assert "the space has no valid network at all" in space("count", "--space", path).stdout
    for command in (["sample"], ["hist"], ["options"], ["find", "--params", "1M"]):
        done = space(*command, "--space", path)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "mine has no valid network: of 2 encodings, none has a module" in done.stderr


def test_an_option_that_no_block_uses_makes_nothing_invalid(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.toml", NONE.replace("[1, 2]", "[0, 1]"))
    totals = document("info", "--space", path)["space"]
    assert (totals["encodings"], totals["valid"], totals["distinct"]) == (2, 1, 1)


def test_samples_are_networks_that_can_be_used(tmp_path: Path) -> None:
    nets, table = tmp_path / "nets", tmp_path / "sample.csv"
    options = ["--space", SMALL, "-n", "4", "--seed", "3", "--madds", "<=10M"]
    done = space("sample", *options, "--toml", str(nets), "--out", str(table))
    assert done.exit_code == 0, done.stderr
    found = document("sample", *options)
    assert sorted(path.name for path in nets.iterdir()) == [f"network-{number}.toml" for number in range(1, 5)]
    for number, each in enumerate(found["networks"], start=1):
        network = files.read(nets / f"network-{number}.toml")
        total = muxprof.model(nets / f"network-{number}.toml").subjects[0].totals
        assert (total.params.total, total.madds) == (each["params"], each["madds"])
        assert each["madds"] <= 10_000_000
        assert each["encoding"] in done.stdout
        member = document("contains", str(nets / f"network-{number}.toml"), "--space", SMALL)
        assert member["contains"]
        assert member["encoding"] == each["encoding"]
        assert network.provenance == "search space small"
    rows = read_table(table)
    assert [row["encoding"] for row in rows] == [each["encoding"] for each in found["networks"]]


def test_the_nearest_are_nearest() -> None:
    found = document("find", "--space", SMALL, "--params", "300K", "--madds", "7M", "-k", "25")
    everything = document("sample", "--space", SMALL, "-n", "3000", "--seed", "1")["networks"]

    def far(each: dict[str, Any]) -> float:
        deviations = abs(each["params"] - 300_000) / 300_000, abs(each["madds"] - 7_000_000) / 7_000_000
        return float(max(deviations))

    distances = [far(each) for each in found["networks"]]
    assert distances == sorted(distances) == pytest.approx([each["distance"] for each in found["networks"]])
    assert len({each["encoding"] for each in found["networks"]}) == 25 <= found["as_near"]
    names = {each["encoding"] for each in found["networks"]}
    assert all(far(each) >= distances[-1] for each in everything if each["encoding"] not in names)


def test_muxnet_m_is_no_network_of_the_space_and_why() -> None:
    found = document("contains", "muxnet-m")
    assert not found["contains"]
    assert {(each["where"], each["found"].split()[0]) for each in found["differences"]} == {
        ("stage3.3", "ir"),
        ("stage3.4-5", "2"),
        ("stage4.0", "channels"),
        ("stage4.0", "K"),
    }
    done = space("contains", "muxnet-m")
    assert done.exit_code == 0
    assert "K = [3,5,7,9,11]" in done.stdout
    assert re.search(r"^no: the space lacks 4 things", done.stdout, re.MULTILINE)


def test_options_add_up_in_every_format(tmp_path: Path) -> None:
    page, table = tmp_path / "options.html", tmp_path / "options.csv"
    arguments = ["options", "--space", SMALL, "--madds", "<=12M"]
    found = document(*arguments)
    assert space(*arguments, "--out", str(page)).exit_code == 0
    assert space(*arguments, "--out", str(table)).exit_code == 0
    sums: dict[tuple[str, str], int] = {}
    for each in found["options"]:
        key = each["stage"], each["letter"]
        sums[key] = sums.get(key, 0) + each["count"]
    assert set(sums.values()) == {found["within"]}
    assert found["within"] == document("count", "--space", SMALL, "--madds", "<=12M")["count"]["distinct"]
    rows = read_table(table)
    assert [int(row["count"]) for row in rows] == [each["count"] for each in found["options"]]
    text = page.read_text(encoding="utf-8")
    assert f"{found['within']:,}" in text
    assert "<script src" not in text
    assert "://" not in text


def test_the_histogram_in_every_format(tmp_path: Path) -> None:
    page, table = tmp_path / "hist.html", tmp_path / "hist.csv"
    arguments = ["hist", "--space", SMALL, "--madds", "<=12M", "--params-bin", "20K", "--madds-bin", "500K"]
    found = document(*arguments)
    assert sum(map(sum, found["counts"])) == found["total"] == found["space"]["distinct"]
    assert found["within"] == document("count", "--space", SMALL, "--madds", "<=12M")["count"]["distinct"]
    assert {mark["name"] for mark in found["marks"]} == {"muxnet-xs", "muxnet-s", "muxnet-m", "muxnet-l"}
    assert [mark["provenance"] for mark in found["marks"][:2]] == ["reconstruction"] * 2
    assert space(*arguments, "--out", str(page)).exit_code == 0
    assert space(*arguments, "--out", str(table)).exit_code == 0
    rows = read_table(table)
    assert sum(int(row["count"]) for row in rows) == found["total"]
    text = page.read_text(encoding="utf-8")
    assert "<script src" not in text
    assert "connect-src" not in text
    assert f"{found['total']:,}" in text


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize(
    "arguments",
    [
        ["info", "--space", SMALL],
        ["hist", "--space", SMALL],
        ["options", "--space", SMALL, "--madds", "<=12M"],
        ["count"],
    ],
)
def test_a_terminal_of_any_width(muxprof_process: Run, arguments: list[str], columns: int) -> None:
    done = muxprof_process("space", *arguments, env={"COLUMNS": str(columns), "NO_COLOR": "1"})
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= columns


def test_progress_is_for_terminals_only(muxprof_process: Run) -> None:
    done = muxprof_process("space", "count", "--space", SMALL, "--json", cold=True)
    assert (done.returncode, done.stderr) == (0, "")
    json.loads(done.stdout)
