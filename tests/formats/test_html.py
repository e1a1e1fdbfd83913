"""Pages and pieces of pages: nothing of a report becomes markup, and nothing is asked of any server."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import gridded
import pytest
import timed
from asked import asked
from printed import fragment, written

import muxprof
from muxprof.answers.view import view
from muxprof.document.parts import Bars, Column, Grid, GridCell, Listing, Part, Row, Table, Text
from muxprof.formats import html

EVIL = "</style></script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&\"'\u2028"

PARTS: dict[str, Callable[[str], Part]] = {
    "text": lambda text: Text(text, text),
    "listing": lambda text: Listing(text, ((text, text), (text, text))),
    "table": lambda text: Table(
        text,
        (Column(text, numeric=False), Column(text)),
        (Row((text, text), indent=1), Row((text, text), emphasis="total", apart=True, tones=("plain", "bad"))),
        Bars((text, text), ((0.5, 0.25), None)),
    ),
    "grid": lambda text: Grid(text, text, (text,), (text,), ((GridCell(text, "low", framed=True),),), (text,)),
}


class Elements(HTMLParser):
    """The start tags with their attributes, the texts between them, and the texts of styles and scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.texts: list[str] = []
        self.raw: list[str] = []
        self._last = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))
        self._last = tag

    def handle_endtag(self, _tag: str) -> None:
        self._last = ""

    def handle_data(self, data: str) -> None:
        (self.raw if self._last in ("style", "script") else self.texts).append(data)


def page_of(part: Part, title: str) -> str:
    shown = replace(
        view(muxprof.models()), title=title, parts=lambda phase: [part] if phase == "answer" else [], figures=list
    )
    return html.page(shown)


@pytest.mark.parametrize("kind", PARTS)
def test_nothing_of_a_part_becomes_markup(kind: str) -> None:
    plain, attacked = (Elements(page_of(PARTS[kind](text), text)) for text in ("plain", EVIL))
    assert attacked.tags == plain.tags
    assert attacked.raw == plain.raw
    assert [text.replace(EVIL, "plain") for text in attacked.texts] == plain.texts
    assert sum(text.count("plain") for text in plain.texts) >= 4  # twice as a title, and in the part


def test_a_table() -> None:
    page = Elements(page_of(PARTS["table"]("a\nb"), ""))
    assert [attributes for tag, attributes in page.tags if tag == "th"] == [[], [("class", "n")], []]
    assert next(dict(attributes).get("style") for tag, attributes in page.tags if tag == "td") == "padding-left:2rem"
    assert [dict(attributes)["class"] for tag, attributes in page.tags if tag == "tr" and attributes] == [
        "plain", "total apart"
    ]  # fmt: skip
    assert [dict(attributes).get("class") for tag, attributes in page.tags if tag == "td"] == [
        None, "n", "bars", None, "n bad", None
    ]  # fmt: skip
    # Both headings and both numbers have a line break in them, the names of the bars one between them.
    assert [tag for tag, _ in page.tags].count("br") == 2 + 2 + 1
    # The longest bar fills its cell; the second row has none.
    bars = [dict(attributes) for tag, attributes in page.tags if tag == "i" and "style" in dict(attributes)]
    assert [bar["style"] for bar in bars] == ["width:100.0%", "width:50.0%"]


def test_a_grid() -> None:
    legend = ("{low}: cheap. {frame}: chosen.",)
    cells = ((GridCell("1", "low", framed=True), GridCell("2", "high"), GridCell("-")),)
    page = Elements(page_of(Grid("", "a", ("x", "y", "z"), ("r",), cells, legend), "title"))
    assert [(dict(attributes)["class"] or "").split() for tag, attributes in page.tags if tag == "td"] == [
        ["n", "low", "framed"], ["n", "high"], ["n"]
    ]  # fmt: skip
    assert "Red: cheap. Framed: chosen." in page.texts
    assert [text for text in page.texts if text.strip()][1:9] == ["title", "a", "x", "y", "z", "r", "1", "2"]
    assert "h2" not in [tag for tag, _ in page.tags]


MAKE: dict[str, Callable[[], muxprof.Report]] = {
    "block": muxprof.block,
    "timed": timed.block,
    "heatmap": muxprof.heatmap,
    "measured": gridded.report,
    "paper": muxprof.paper,
    "hist": lambda: asked("hist"),
    "options": lambda: asked("options"),
}


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_every_page_is_built_on_the_base(make: Callable[[], muxprof.Report]) -> None:
    report = make()
    page = Elements(written(report, ".html"))
    names = [tag for tag, _ in page.tags]
    assert [names.count(name) for name in ("html", "head", "title", "main", "h1", "footer")] == [1] * 6
    metas = [dict(attributes) for tag, attributes in page.tags if tag == "meta"]
    (policy,) = [meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert ("link", [("rel", "icon"), ("href", "data:,")]) in page.tags
    assert [name for _, attributes in page.tags for name, _ in attributes].count("href") == 1
    assert "src" not in {name for _, attributes in page.tags for name, _ in attributes}
    assert any(f"Made by muxprof {report.version}" in text for text in page.texts)
    assert "url(" not in page.raw[0]
    assert "@import" not in page.raw[0]


def test_a_piece_for_notebooks_styles_nothing_but_itself() -> None:
    piece = Elements(fragment(muxprof.models()))
    assert [tag for tag, _ in piece.tags][:3] == ["style", "div", "h1"]
    selectors = [line.split("{")[0] for line in "".join(piece.raw).splitlines() if "{" in line]
    assert selectors
    assert all(each.strip().startswith(".muxprof") for line in selectors for each in line.split(","))


def test_json_inside_a_script_cannot_end_it() -> None:
    value = {"</script>": "<!-- <script> & \u2028\u2029 ]]>"}
    text = html.embedded(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value
    with pytest.raises(ValueError, match="JSON"):
        html.embedded(math.nan)
