"""Whoever adds an answer, a section, a metric or a format adds a row: everything else takes it up."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import toys.answer
import toys.format
import toys.metric
import toys.section
from printed import printed, written
from typer.testing import CliRunner

import muxprof
from muxprof.answers.report import Report
from muxprof.answers.table import ANSWERS, SECTIONS
from muxprof.cli.main import app
from muxprof.document import json as documents
from muxprof.document.metrics import METRICS
from muxprof.formats.table import FORMATS

#: MobileNetV2 has 3,504,872 params (torchvision's model table).
PARAMS = 3_504_872


@contextmanager
def added(table: Any, row: Any) -> Iterator[None]:
    table.add(row)
    try:
        yield
    finally:
        table.remove(row.key)


def shown(report: Report, folder: Path, *options: str) -> str:
    """What ``muxprof show`` prints of the report, saved as JSON."""
    path = report.save(folder / "saved.json")
    done = CliRunner().invoke(app, ["show", str(path), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def everywhere(report: Report, folder: Path) -> dict[str, str]:
    """The report in every place where a reader meets it."""
    files = {name: written(report, name) for name in (".html", ".md", ".csv", ".json")}
    return {**files, "terminal": printed(report), "show": shown(report, folder)}


def test_a_section_is_everywhere(tmp_path: Path) -> None:
    with added(SECTIONS, toys.section.ROW):
        report = toys.section.weighed(muxprof.model("mobilenetv2"))
        found = everywhere(report, tmp_path)
        assert all("3,504 g" in found[place] for place in ("terminal", "show", ".html", ".md"))
        assert json.loads(found[".json"])["subjects"][0]["weight"] == {"grams": 3504}
        rows = list(csv.DictReader(io.StringIO(found[".csv"])))
        assert [int(row["grams"]) for row in rows] == [int(row["params"]) // 1000 for row in rows]
        assert muxprof.load(tmp_path / "saved.json") == report
        assert "weight" in documents.schema(SECTIONS)["$defs"]["SubjectJson"]["properties"]


def test_a_section_that_contradicts_the_rest_is_refused(tmp_path: Path) -> None:
    with added(SECTIONS, toys.section.ROW):
        document = toys.section.weighed(muxprof.model("mobilenetv2")).to_dict()
        document["subjects"][0]["weight"]["grams"] += 1
        path = tmp_path / "heavier.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(muxprof.BadInput, match="mobilenetv2 weighs something else"):
            muxprof.load(path)


def test_an_answer_is_everywhere(tmp_path: Path) -> None:
    with added(ANSWERS, toys.answer.ROW):
        found = everywhere(toys.answer.report("resnet18"), tmp_path)
        # The norms of the blocks have the longest paths in ResNet-18; this is the first of them.
        assert [place for place in found if "conv1_norm" not in found[place].replace("\\", "")] == []
        assert all("The longest path in resnet18" in found[place] for place in ("terminal", "show", ".html", ".md"))
        assert json.loads(found[".json"])["command"] == "longest"


def test_a_metric_is_everywhere(tmp_path: Path) -> None:
    with added(METRICS, toys.metric.ROW):
        found = everywhere(muxprof.model("mobilenetv2"), tmp_path)
        # 7,009,744 bytes are 6.69 MiB.
        assert all(
            "half" in found[place] and "6.69 MiB" in found[place] for place in ("terminal", "show", ".html", ".md")
        )
        subject = json.loads(found[".json"])["subjects"][0]
        assert subject["totals"]["half_bytes"] == 2 * PARAMS
        assert sum(layer["half_bytes"] for layer in subject["layers"]) == 2 * PARAMS
        rows = csv.DictReader(io.StringIO(found[".csv"]))
        assert sum(int(row["half_bytes"]) for row in rows) == 2 * PARAMS


@pytest.mark.parametrize("make", [muxprof.block, lambda: muxprof.compare("resnet18", "alexnet"), muxprof.heatmap])
def test_a_metric_is_in_the_other_answers(make: Callable[[], Report], tmp_path: Path) -> None:
    with added(METRICS, toys.metric.ROW):
        found = everywhere(make(), tmp_path)
        assert all("half" in text for text in (found[".csv"], found[".json"], found[".html"]))


def test_a_format_is_everywhere(tmp_path: Path) -> None:
    with added(FORMATS, toys.format.ROW):
        for report in (muxprof.block(), muxprof.model("resnet18"), muxprof.heatmap(), muxprof.paper()):
            shown(report, tmp_path, "--out", str(tmp_path / "report.toy"))
            assert (tmp_path / "report.toy").read_text(encoding="utf-8").startswith(("Text\n", "Grid\n", "Table\n"))
    with pytest.raises(muxprof.BadInput, match=r"\.toy"):
        muxprof.block().save(tmp_path / "report.toy")


@pytest.mark.parametrize(
    ("table", "row"),
    [(SECTIONS, toys.section.ROW), (ANSWERS, toys.answer.ROW), (METRICS, toys.metric.ROW), (FORMATS, toys.format.ROW)],
)
def test_two_rows_cannot_have_one_key(table: Any, row: Any) -> None:
    with added(table, row), pytest.raises(ValueError, match="already"):
        table.add(row)
