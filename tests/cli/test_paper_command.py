"""``muxprof paper`` as a command, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest
from printed import written
from typer.testing import CliRunner

import muxprof
from muxprof.answers import saved
from muxprof.answers.paper.types import VERDICTS
from muxprof.answers.report import Report
from muxprof.cli.main import app


@pytest.fixture(scope="module")
def report() -> Report:
    return muxprof.paper()


def test_the_answer_in_words(report: Report) -> None:
    done = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["paper"])
    assert done.exit_code == 0
    assert done.stderr == ""
    text = " ".join(done.stdout.split())
    for claim in report.claims:
        assert " ".join(claim.says.split()) in text
        assert claim.command in text
    assert sum(text.count(f"verdict {verdict}") for verdict in VERDICTS) == len(report.claims)
    assert "31; 7 reproduced, 6 rounds to it, 4 differs, 8 holds only under a condition, 6 needs training" in text


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_it_fits_the_terminal(columns: str) -> None:
    done = CliRunner(env={"COLUMNS": columns}).invoke(app, ["paper", "--quiet"])
    assert max(map(len, done.stdout.splitlines())) <= int(columns)


def test_json_is_the_report(report: Report) -> None:
    done = CliRunner().invoke(app, ["paper", "--json"])
    assert done.exit_code == 0
    assert saved.from_json(done.stdout) == report


@pytest.mark.parametrize("name", ["paper.svg", "paper.png", "paper.docx", "paper"])
def test_an_output_that_does_not_suit(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["paper", "--out", str(tmp_path / name)])
    assert done.exit_code == 2
    assert ".html, .json, .csv, .md" in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


class Seen(HTMLParser):
    """Text of every badge and code, and whatever would be asked of a server."""

    def __init__(self) -> None:
        super().__init__()
        self.badges: list[str] = []
        self.codes: list[str] = []
        self.asked: list[str] = []
        self.identifiers: list[str] = []
        self._into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.asked += [value or "" for name, value in attrs if name in ("src", "href") and value != "data:,"]
        if "id" in given:
            self.identifiers.append(given["id"] or "")
        self._into = None
        if (given.get("class") or "").startswith("badge"):
            self._into = self.badges
        elif tag == "code":
            self._into = self.codes

    def handle_endtag(self, _tag: str) -> None:
        self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)


def test_the_page(report: Report, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["paper", "--out", str(tmp_path / "paper.html"), "--quiet"])
    assert done.exit_code == 0
    page = (tmp_path / "paper.html").read_text(encoding="utf-8")
    assert "@@" not in page.split("<script>")[0]
    seen = Seen()
    seen.feed(page)
    kinds = [verdict for verdict in VERDICTS if verdict in {claim.verdict for claim in report.claims}]
    assert seen.badges == [*kinds, *(claim.verdict for claim in report.claims)]
    assert [claim.command for claim in report.claims if claim.command] == [
        code for code in seen.codes if code.startswith("muxprof ") and "--out paper.html" not in code
    ]
    assert seen.asked == []
    assert len(seen.identifiers) == len(set(seen.identifiers))
    assert {"heatmap", "c-slider", "metric", "break-even", "in-the-box", "claim-31"} <= set(seen.identifiers)
    assert "window.muxprof = {" in page
    assert "default-src 'none'" in page


def test_saved_and_shown_again(report: Report, tmp_path: Path) -> None:
    saved = report.save(tmp_path / "paper.json")
    for suffix in ("html", "md", "csv"):
        again = tmp_path / f"again.{suffix}"
        done = CliRunner().invoke(app, ["show", str(saved), "--out", str(again), "--quiet"])
        assert done.exit_code == 0
        assert again.read_bytes() == report.save(tmp_path / f"first.{suffix}").read_bytes()


def test_markdown_and_csv(report: Report, tmp_path: Path) -> None:
    text = report.save(tmp_path / "paper.md").read_text(encoding="utf-8")
    assert text.count("\n## ") == len(report.claims)
    assert "| verdict | holds only under a condition |" in text
    rows = list(csv.reader(io.StringIO(report.save(tmp_path / "paper.csv").read_text(encoding="utf-8"))))
    assert rows[0] == ["place", "says", "computed", "verdict", "why", "command"]
    assert len(rows) == 1 + len(report.claims)


def test_in_a_notebook(report: Report) -> None:
    piece = report._repr_html_()
    assert piece.count('<span class="badge') == len(report.claims)


def test_what_a_claim_says_cannot_become_markup(report: Report) -> None:
    document = json.loads(report.to_json())
    document["claims"][0] |= {"says": "<script>x</script>", "command": "</code><img src=x>"}
    page = written(saved.from_dict(document), ".html")
    assert "<script>x" not in page
    assert "<img src=x" not in page


def test_every_row_can_be_repeated(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = {function.callback.__name__ for function in app.registered_commands if function.callback}
    for line in sorted({claim.command for claim in report.claims if claim.command}):
        words = shlex.split(line)
        assert words[0] == "muxprof"
        if words[1] not in known:
            continue
        if words[1] in ("block", "model", "compare") and "--no-check" not in words:
            words.append("--no-check")
        done = CliRunner().invoke(app, words[1:])
        assert done.exit_code == 0, (line, done.stderr)


def test_claims_without_a_command_are_those_that_need_training(report: Report) -> None:
    for claim in report.claims:
        assert bool(claim.command) != claim.verdict.startswith("needs training")


def test_no_sentence_is_the_supplements() -> None:
    """Runs of eight words that the supplement's claims are written in do not stand in ours."""
    phrases = (
        "The total volume of the search space is approximately",
        "setting G equal to 1 is equivalent as using a depth-wise separable convolution",
        "corresponds to computational complexity that is less than the Mobilenet block",
        "In each stage spatial resolution does not change",
        "MUXNet-m performs comparably with MobileNetV2 when paired with PPM",
    )
    text = " ".join(f"{claim.says} {claim.why}" for claim in muxprof.paper().claims)
    for phrase in phrases:
        assert not re.search(re.escape(phrase), text, re.IGNORECASE)
