from __future__ import annotations

import csv
import io
import json

import pytest
from processes import Run

#: Exact totals at 224x224, 1000 classes: MUXNets from the authors' released code, MobileNetV2 as everybody knows it.
TOTALS = {
    "muxnet-m": (3_354_276, 216_808_112),
    "muxnet-l": (4_041_178, 316_454_832),
    "mobilenetv2": (3_504_872, 300_774_272),
}


@pytest.mark.parametrize("name", TOTALS)
def test_totals_proven(muxprof_process: Run, name: str) -> None:
    done = muxprof_process("model", name, "--json", cold=name == "muxnet-l")
    assert done.returncode == 0, done.stderr
    subject = json.loads(done.stdout)["subjects"][0]
    params, madds = TOTALS[name]
    assert (subject["totals"]["params"], subject["totals"]["madds"]) == (params, madds)
    counters = {counter["name"]: counter for counter in subject["check"]["counters"]}
    assert {counter["status"] for counter in counters.values()} == {"agree"}
    assert counters["fvcore"]["madds"] == counters["FlopCounterMode"]["madds"] == madds
    assert counters["parameters"]["params"] == params


def test_what_fvcore_adds_is_named_and_adds_up(muxprof_process: Run) -> None:
    done = muxprof_process("model", "muxnet-m", "--json")
    counters = {c["name"]: c for c in json.loads(done.stdout)["subjects"][0]["check"]["counters"]}
    added = {extra["op"]: extra["madds"] for extra in counters["fvcore"]["extras"] if extra["madds"] is not None}
    assert added["adaptive_avg_pool2d"] == 1280 * 7 * 7
    # The total that fvcore itself prints for this network, 227.4 M.
    assert round((216_808_112 + sum(added.values())) / 1e6, 1) == 227.4
    unseen = {extra["op"] for extra in counters["fvcore"]["extras"] if extra["madds"] is None}
    assert {"silu", "sigmoid", "mul", "add", "mean"} <= unseen


def test_depths(muxprof_process: Run) -> None:
    lines = {
        depth: muxprof_process("model", "muxnet-l", "--no-check", "--depth", depth).stdout
        for depth in ("stage", "block", "layer")
    }
    assert "stage3" in lines["stage"]
    assert "stage3.4" not in lines["stage"]
    assert "stage3.4" in lines["block"]
    assert "ir K5 s1 E6 80-120 SE.75 swish" in lines["block"]
    assert "se.reduce" not in lines["block"]
    assert "se.reduce" in lines["layer"]
    assert "conv.branch4" in lines["layer"]


def test_published_figures_stand_beside_ours(muxprof_process: Run) -> None:
    text = " ".join(muxprof_process("model", "muxnet-m", "--no-check").stdout.split())
    assert "3,354,276 params rounds to 3.4 M; 216,808,112 MAdds is -0.55 % from 218 M" in text
    text = " ".join(muxprof_process("model", "mobilenetv2", "--no-check").stdout.split())
    assert "300,774,272 MAdds rounds to 0.3 B" in text
    text = " ".join(muxprof_process("model", "muxnet-m", "--no-check", "--res", "160").stdout.split())
    assert "not comparable with this input" in text


def test_resolution_classes_and_batch(muxprof_process: Run) -> None:
    done = muxprof_process("model", "mobilenetv2", "--res", "193x97", "--classes", "10", "--batch", "4", "--json")
    subject = json.loads(done.stdout)["subjects"][0]
    assert subject["input_shape"] == [4, 3, 193, 97]
    assert subject["totals"]["params"] == 3_504_872 - 990 * 1281
    first = subject["layers"][0]
    assert first["out_shape"] == [4, 32, 97, 49]  # (193 + 1) / 2 and (97 + 1) / 2
    assert first["madds"] == 3 * 32 * 9 * 97 * 49
    assert subject["check"]["status"] == "agree"


def test_csv_has_every_layer(muxprof_process: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("csv") / "net.csv"
    muxprof_process("model", "muxnet-l", "--no-check", "--depth", "stage", "--out", str(out))
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert sum(int(row["madds"]) for row in rows) == 316_454_832
    assert sum(int(row["params"]) for row in rows) == 4_041_178
    assert {row["subject"] for row in rows} == {"muxnet-l"}


@pytest.mark.parametrize("columns", ["80", "120"])
def test_it_fits_the_terminal(muxprof_process: Run, columns: str) -> None:
    done = muxprof_process("model", "muxnet-l", "--no-check", "--depth", "layer", env={"COLUMNS": columns})
    assert max(map(len, done.stdout.splitlines())) <= int(columns)
    assert "316,454,832" in done.stdout


def test_env(muxprof_process: Run) -> None:
    done = muxprof_process("env", cold=True)
    assert done.returncode == 0
    assert "torch" in done.stdout
    assert "device: cpu" in done.stdout
    document = json.loads(muxprof_process("env", "--json").stdout)
    assert document["items"]["torch"].startswith("2.")
