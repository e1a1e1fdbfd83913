"""The heatmap as figure, page, image and text, against the paper's formula in fractions."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import json
import math
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from printed import fragment, written

from muxprof import api
from muxprof.answers.heatmap import figure as heatmap_figure
from muxprof.answers.heatmap import page as heatmap_page
from muxprof.answers.heatmap.types import Heatmap
from muxprof.answers.report import Report
from muxprof.errors import BadInput, Unavailable
from muxprof.units import three_decimals

METRICS = ("params", "madds", "activations", "traffic")
GROUPS = (1, 2, 4, 8, 16, 32)
LEAVE_OUTS = (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
CELLS = tuple(itertools.product(GROUPS, LEAVE_OUTS))


def expected(metric: str, C: int, G: int, L: Fraction, E: int = 6, K: int = 3, H: int = 56, W: int = 56) -> Fraction:
    """MUXConv over MobileNet: the closed form for params and MAdds, the maps of Figure 3 for the others."""
    x = 1 - L
    if metric in ("params", "madds"):
        return x * (2 * C * x + K * K * G) / (2 * C + K * K)
    moved = 2 if L else 0
    if metric == "activations":
        return (4 * E * x + 2 * x + 1 + moved) / (4 * E + 2)
    mux = H * W * (8 * E * x + 5 * x + 2 + 2 * moved) * C + E * C * x * (2 * C * x + K * K * G)
    return mux / (H * W * (8 * E + 5) * C + E * C * (2 * C + K * K))


def exists(C: int, G: int, L: Fraction, E: int = 6) -> bool:
    kept = (1 - L) * C
    return kept.denominator == 1 and (E * kept) % G == 0


def expected_texts(metric: str, C: int) -> list[str]:
    """What the cells say, row by row: three decimals, in parentheses where no block exists."""
    texts = []
    for G, L in CELLS:
        thousandths = math.floor(1000 * expected(metric, C, G, L) + Fraction(1, 2))
        text = f"{thousandths // 1000}.{thousandths % 1000:03d}"
        texts.append(text if exists(C, G, L) else f"({text})")
    return texts


def trace(figure: Any, role: str) -> Any:
    (found,) = (made for made in figure.data if made.meta == role)
    return found


def heat_of(report: Report) -> Heatmap:
    assert report.heatmap is not None
    return report.heatmap


@pytest.fixture(scope="module")
def report() -> Report:
    return api.heatmap(C=64)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("C", [16, 40, 64, 512])
def test_the_figures_cells_are_the_formula(report: Report, metric: str, C: int) -> None:
    figure = heatmap_figure.figure(heat_of(report), C, metric)
    cells = trace(figure, "cells")
    for g, G in enumerate(GROUPS):
        for column, L in enumerate(LEAVE_OUTS):
            exact = expected(metric, C, G, L)
            assert cells.z[g][column] == pytest.approx(float(exact), rel=1e-14)
            shown = cells.customdata[g][column]
            assert [Fraction(str(value)) for value in shown[:4]] == [C, G, L, (1 - L) * C]
            assert (shown[4] == "") == exists(C, G, L)
    assert list(trace(figure, "numbers").text) == expected_texts(metric, C)
    assert f"C = {C}" in figure.layout.title.text


@pytest.mark.parametrize(("E", "C", "G", "L", "why"), [
    ("6", 40, 32, "0.5", "G = 32 does not divide E · C_hat = 120"),
    ("6", 40, 1, "0.33", "C_hat = 26.8 is no whole number"),
    ("2.5", 10, 1, "0.5", "E · C_hat = 12.5 is no whole number"),
    ("2.3", 64, 1, "0", "E · C = 147.2 is no whole number"),
    ("6", 64, 2, "0.5", ""),
])  # fmt: skip
def test_the_reason_that_no_block_exists(E: str, C: int, G: int, L: str, why: str) -> None:
    heat = heat_of(api.heatmap(C=C, C_values=(C,), G_values=(G,), L_values=(L,), E=E))
    figure = heatmap_figure.figure(heat)
    ((shown,),) = trace(figure, "cells").customdata
    assert why in shown[4]
    assert (shown[4] == "") == (why == "")
    assert trace(figure, "note").visible == (why != "")
    assert trace(figure, "numbers").text[0].startswith("(") == (why != "")


def test_reasons_are_given_exactly_where_cells_are_invalid() -> None:
    heat = heat_of(api.heatmap(C=64, G_values=range(1, 17), L_values=[Fraction(n, 12) for n in range(12)], E="7/2"))
    for c in range(len(heat.C_values)):
        reasons = heatmap_figure.notes(heat, c)
        assert [[reason == "" for reason in row] for row in reasons] == [list(row) for row in heat.valid[c]]
        for G, row in zip(heat.G_values, reasons, strict=True):
            for L, reason in zip(heat.L_values, row, strict=True):
                C_hat = (1 - L) * heat.C_values[c]
                because = heatmap_figure.lost_channels(heat.C_values[c], L, heat.E)
                because = because or heatmap_figure.undivided(G, heat.E * C_hat)
                assert (because == "") == (reason == "")
                assert because in reason


def test_small_cells_have_a_mark_instead_of_a_number_where_no_block_exists() -> None:
    heat = heat_of(api.heatmap(C=64, C_values=(64,), L_values=[Fraction(n, 24) for n in range(24)]))
    figure = heatmap_figure.figure(heat)
    valid = [there for row in heat.valid[0] for there in row]
    assert list(trace(figure, "numbers").text) == ["" if there else "×" for there in valid]
    assert trace(figure, "note").name.startswith("×:")


def colour(figure: Any, ratio: float) -> tuple[float, ...]:
    """The colour of a ratio on the cells' scale, in the order red, green, blue."""
    cells = trace(figure, "cells")
    at = (min(max(ratio, cells.zmin), cells.zmax) - cells.zmin) / (cells.zmax - cells.zmin)
    stops = [(stop, tuple(map(int, re.findall(r"\d+", text)))) for stop, text in cells.colorscale]
    for (low, first), (high, last) in itertools.pairwise(stops):
        if low <= at <= high:
            return tuple(a + (b - a) * (at - low) / (high - low) for a, b in zip(first, last, strict=True))
    raise AssertionError(ratio)


def is_red(rgb: tuple[float, ...]) -> bool:
    return rgb[0] > rgb[2] + 40


def is_blue(rgb: tuple[float, ...]) -> bool:
    return rgb[2] > rgb[0] + 30


def test_at_most_one_is_red_and_more_is_blue(report: Report) -> None:
    figure = heatmap_figure.figure(heat_of(report))
    cells = trace(figure, "cells")
    assert (cells.zmin + cells.zmax) / 2 == cells.zmid == 1
    assert all(is_red(colour(figure, ratio)) for ratio in (0, 0.3, 0.9999, 1.0))
    assert all(is_blue(colour(figure, ratio)) for ratio in (1 + 1e-9, 1.0001, 1.7, 2.0, 30.0))


def test_numbers_are_read_well_on_their_cells(report: Report) -> None:
    def luminance(rgb: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    figure = heatmap_figure.figure(heat_of(report))
    for ratio in (n / 100 for n in range(301)):
        text = heatmap_figure.number_colour(ratio)
        ink = (255.0, 255.0, 255.0) if text == "white" else tuple(float(int(text[i : i + 2], 16)) for i in (1, 3, 5))
        light, dark = sorted((luminance(ink), luminance(colour(figure, ratio))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 4.2


@pytest.mark.parametrize(("G", "L", "rectangles"), [
    (GROUPS, LEAVE_OUTS, [(0, 2, 0, 2)]),
    ((1, 2, 3, 4), ("0", "0.25", "0.5"), [(0, 1, 0, 2), (3, 3, 0, 2)]),
    ((2, 4, 8), ("0.25", "0.4", "0.5"), [(0, 1, 0, 0), (0, 1, 2, 2)]),
    ((8, 4), ("0.5", "0.75"), [(0, 0, 0, 0)]),
    ((8, 16), LEAVE_OUTS, []),
])  # fmt: skip
def test_the_box_holds_the_search_space_and_nothing_else(
    G: tuple[int, ...], L: tuple[str, ...], rectangles: list[tuple[int, int, int, int]]
) -> None:
    heat = heat_of(api.heatmap(C=64, G_values=G, L_values=L))
    assert heatmap_figure.boxes(heat.G_values, heat.L_values) == rectangles
    figure = heatmap_figure.figure(heat)
    box = trace(figure, "box")
    assert box.line.color == "black"
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(box.x, box.y, strict=True):
        if x is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    assert len(pieces) == len(rectangles) + 1
    for (top, bottom, left, right), corners in zip(rectangles, pieces[:-1], strict=True):
        assert corners[0] == corners[-1]
        xs, ys = zip(*corners, strict=True)
        assert (min(xs), max(xs), min(ys), max(ys)) == (left - 0.5, right + 0.5, top - 0.5, bottom + 0.5)
    for row, column in itertools.product(range(len(heat.G_values)), range(len(heat.L_values))):
        inside = any(top <= row <= bottom and left <= column <= right for top, bottom, left, right in rectangles)
        searched = heat.G_values[row] in (1, 2, 4) and heat.L_values[column] in LEAVE_OUTS[:3]
        assert inside == searched


def root(C: int, G: float, K: int = 3) -> float:
    """The L at which both blocks have the same params: x (2Cx + K^2 G) = 2C + K^2 for x = 1 - L."""
    a, b, c = 2 * C, K * K * G, -(2 * C + K * K)
    return 1 + 2 * c / (b + math.sqrt(b * b - 4 * a * c))


@pytest.mark.parametrize("metric", ["params", "madds"])
@pytest.mark.parametrize("C", [40, 64, 512])
def test_the_line_is_the_closed_form_in_positions(report: Report, metric: str, C: int) -> None:
    figure = heatmap_figure.figure(heat_of(report), C, metric)
    line, halo = trace(figure, "line"), trace(figure, "halo")
    assert (line.x, line.y) == (halo.x, halo.y)
    assert (line.x[0], line.y[0]) == (0, 0)
    assert line.y[-1] == pytest.approx(5, abs=1e-12)
    assert len(line.x) > 40
    for x, y in zip(line.x, line.y, strict=True):
        # Rows are powers of two and columns multiples of a quarter.
        assert x == pytest.approx(4 * root(C, 2**y), abs=1e-9)


def test_the_line_separates_red_from_blue(report: Report) -> None:
    heat = heat_of(report)
    for c, metric in itertools.product(range(len(heat.C_values)), METRICS):
        xs, ys = heatmap_figure.line_points(heat, c, metric)
        for g, row in enumerate(heat.ratios[metric][c]):
            crossing = [x for x, y in zip(xs, ys, strict=True) if abs(y - g) < 1e-9]
            for column, ratio in enumerate(row):
                if crossing and column != crossing[0]:
                    assert (column > crossing[0]) == (ratio < 1)


def test_the_line_ends_on_the_edge_of_the_figure() -> None:
    heat = heat_of(api.heatmap(C=16, C_values=(16,), L_values=("0", "0.25", "0.5"), G_values=(1, 8, 64)))
    xs, ys = heatmap_figure.line_points(heat, 0, "params")
    assert max(xs) == xs[-1] == 2.5
    # The edge is L = 0.625; G there from the closed form, linear in G; rows are powers of eight.
    G = ((2 * 16 + 9) / 0.375 - 2 * 16 * 0.375) / 9
    assert ys[-1] == pytest.approx(math.log(G, 8), abs=2e-3)


def test_one_row_or_column_has_no_line_but_a_figure() -> None:
    for arguments in ({"G_values": (4,)}, {"L_values": ("0.5",)}):
        figure = heatmap_figure.figure(heat_of(api.heatmap(C=64, **arguments)))
        assert not trace(figure, "line").x
        assert trace(figure, "cells").z


def test_a_figure_is_refused_for_what_the_heatmap_lacks(report: Report) -> None:
    with pytest.raises(BadInput, match=r"C = 48 .* 64"):
        heatmap_figure.figure(heat_of(report), C=48)
    with pytest.raises(BadInput, match=r"flops .* madds"):
        heatmap_figure.figure(heat_of(report), metric="flops")


@pytest.mark.parametrize(("ratio", "text"), [(1.0, "1.000"), (0.0625, "0.063"), (0.0005, "0.001"), (12.3456, "12.346")])
def test_numbers_are_rounded_half_up(ratio: float, text: str) -> None:
    assert three_decimals(ratio) == text


class Elements(HTMLParser):
    """The start tags of a page with their attributes, and the text of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
            self.in_script = True

    def handle_endtag(self, tag: str) -> None:
        self.in_script = self.in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self.in_script:
            self.scripts[-1] += data


def parsed(page: str) -> Elements:
    elements = Elements()
    elements.feed(page)
    elements.close()
    return elements


def test_the_page_holds_everything_that_it_needs(report: Report) -> None:
    elements = parsed(written(report, ".html"))
    kept = {attributes["id"]: tag for tag, attributes in elements.tags if "id" in attributes}
    assert {"c-slider": "input", "c-value": "output", "metric": "select", "heatmap": "div"}.items() <= kept.items()
    assert ("link", {"rel": "icon", "href": "data:,"}) in elements.tags
    for tag, attributes in elements.tags:
        assert "src" not in attributes, tag
        assert (attributes.get("href") or "data:").startswith(("data:", "#"))
    assert sum("plotly.js v" in script[:200] for script in elements.scripts) == 1
    data = json.loads(elements.scripts[1].removeprefix("window.muxprof = ").removesuffix(";"))
    assert data["ratios"]["params"] == [[list(row) for row in rows] for rows in heat_of(report).ratios["params"]]


def test_the_page_says_what_is_seen(report: Report) -> None:
    page = re.sub(r"\s+", " ", written(report, ".html"))
    assert report.convention.text in page.replace("&#x27;", "'")
    assert "cancel" in page
    assert "E = 6, K = 3, H = 56, W = 56" in page
    assert "at G = 2 for L > 0.033;" in page.replace("&gt;", ">")
    assert "at most 1 in 7 of 9 cells" in page
    assert "<code>muxprof heatmap --metric params --C 64 --E 6 --K 3 --H 56 --W 56</code>" in page


def test_nothing_in_a_report_becomes_markup() -> None:
    report = api.heatmap(C=64)
    evil = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&\u2028"
    report = dataclasses.replace(
        report,
        arguments={"metric": evil, evil: [evil, None]},
        version=evil,
        convention=dataclasses.replace(report.convention, text=evil),
    )
    plain, attacked = parsed(written(api.heatmap(C=64), ".html")), parsed(written(report, ".html"))
    assert attacked.tags == plain.tags
    assert attacked.scripts == plain.scripts


def test_the_command_makes_the_same_heatmap_again() -> None:
    made = api.heatmap("traffic", 48, C_values=(16, 32), G_values=(1, 3), L_values=("0", "1/3"), E="2.5", K=5, H=7, W=9)
    words = shlex.split(heatmap_page.command_text(made))
    assert words[:2] == ["muxprof", "heatmap"]
    options = dict(zip(words[2::2], words[3::2], strict=True))
    again = api.heatmap(
        options["--metric"],
        int(options["--C"]),
        C_values=map(int, options["--C-values"].split(",")),
        G_values=map(int, options["--G"].split(",")),
        L_values=options["--L"].split(","),
        E=options["--E"],
        K=int(options["--K"]),
        H=int(options["--H"]),
        W=int(options["--W"]),
    )
    assert again.heatmap == made.heatmap


def test_break_even_in_words() -> None:
    heat = heat_of(api.heatmap(C=64, G_values=(1, 4)))
    at = heat.C_values.index(64)
    said = {metric: heatmap_page.break_even_text(heat, at, metric).replace("\u00a0", " ") for metric in METRICS}
    four = root(64, 4)
    assert said["params"] == f"Params at C = 64: MUXConv is cheaper at G = 1 for L > 0; at G = 4 for L > {four:.3f}."
    assert said["activations"] == f"Activations at C = 64: MUXConv is cheaper for L > {3 / 26:.3f}, at every G."
    small = heat_of(api.heatmap(C=16, E="1/16"))
    assert heatmap_page.break_even_text(small, 0, "activations").endswith("is cheaper for no L, at every G.")


def test_the_fragment_brings_plotly_once(report: Report) -> None:
    made = fragment(report)
    elements = parsed(made)
    assert sum("plotly.js v" in script[:200] for script in elements.scripts) == 1
    assert not any("src" in attributes or "href" in attributes for _, attributes in elements.tags)
    assert "<html" not in made[:200]


def test_csv_has_every_cell() -> None:
    made = api.heatmap(C=40, L_values=("0", "0.25", "1/3"))
    rows = list(csv.DictReader(io.StringIO(written(made, ".csv"))))
    heat = heat_of(made)
    assert list(rows[0]) == ["C", "G", "L", "valid", *METRICS]
    cells = list(itertools.product(heat.C_values, heat.G_values, heat.L_values))
    assert len(rows) == len(cells)
    for row, (C, G, L) in zip(rows, cells, strict=True):
        assert (int(row["C"]), int(row["G"]), float(row["L"])) == (C, G, float(L))
        assert row["valid"] == ("true" if exists(C, G, L) else "false")
        for metric in METRICS:
            assert float(row[metric]) == pytest.approx(float(expected(metric, C, G, L)), rel=1e-14)


def test_markdown_shows_the_chosen_cells() -> None:
    text = written(api.heatmap("madds", 40), ".md")
    assert text.startswith("# MUXConv / MobileNet: ratio of madds at C = 40, K = 3\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == ["G \\\\ L", "0", "0.25", "0.5", "0.75"]
    assert [int(row[0]) for row in rows[2:]] == list(GROUPS)
    found = [cell for row in rows[2:] for cell in row[1:]]
    bold = [expected("madds", 40, G, L) <= 1 for G, L in CELLS]
    searched = [G in (1, 2, 4) and L in LEAVE_OUTS[:3] for G, L in CELLS]
    texts = [
        f"[{text}]" if framed else text for text, framed in zip(expected_texts("madds", 40), searched, strict=True)
    ]
    assert found == [f"**{text}**" if cheap else text for text, cheap in zip(texts, bold, strict=True)]
    assert "Bold: ratio \\<= 1, MUXConv costs no more. [ ]: the search space of the supplement's Table 1." in text
    assert "( ): no such block exists" in text
    assert "( ): no such block exists" not in written(api.heatmap("madds", 64), ".md")


def test_an_image_of_another_kind_is_refused(report: Report, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.svg, \.png, \.pdf"):
        report.save(tmp_path / "figure.gif")


def test_without_kaleido_an_image_says_how_to_get_it(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(Unavailable, match=r"muxprof\[image\]"):
        report.save(tmp_path / "figure.svg")
    assert not list(tmp_path.iterdir())


def test_without_a_browser_an_image_says_what_it_needs(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kaleido")
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(Unavailable, match=r"Chromium.*BROWSER_PATH"):
        report.save(tmp_path / "figure.svg")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for a browser is a shell script")
def test_a_browser_that_does_not_start_is_named(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kaleido")
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\nexit 1\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(browser))
    with pytest.raises(Unavailable, match="check that it starts"):
        report.save(tmp_path / "figure.svg")
    assert list(tmp_path.iterdir()) == [browser]


def found_browser() -> str:
    """A Chromium, or the test is skipped."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        path = shutil.which(name)
        if path:
            return path
    pytest.skip("no Chromium was found")


@pytest.mark.browser
@pytest.mark.parametrize(("kind", "start"), [("svg", b"<svg"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_images_are_written(report: Report, tmp_path: Path, kind: str, start: bytes) -> None:
    pytest.importorskip("kaleido", reason="kaleido (muxprof[image]) is not installed")
    found_browser()
    path = tmp_path / f"figure.{kind}"
    report.save(path)
    image = path.read_bytes()
    assert image.startswith(start)
    assert list(tmp_path.iterdir()) == [path]
    if kind == "svg":
        texts = re.findall(r">\(?(\d\.\d{3})\)?<", image.decode())
        assert texts == expected_texts("params", 64)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = found_browser(), shutil.which("chromedriver")
    if driver is None:
        pytest.skip("no chromedriver was found")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--window-size=1200,1000",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield started
    finally:
        started.quit()


class Opened:
    """A page in a browser."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.browser = browser
        browser.get("about:blank")
        for kind in ("browser", "performance"):
            browser.get_log(kind)
        browser.get(path.as_uri())

    def js(self, expression: str) -> Any:
        return self.browser.execute_script(f"return {expression};")

    def find(self, name: str) -> Any:
        return self.browser.find_element("id", name)

    def ratios(self) -> list[float]:
        """From the data that plotly drew."""
        return [float(z) for row in self.js("heatmap.data.find(trace => trace.meta === 'cells').z") for z in row]

    def texts(self) -> list[str]:
        """From the drawing itself."""
        found: list[str] = self.js(
            "[...document.querySelectorAll('#heatmap .textpoint text')].map(text => text.textContent)"
        )
        return found

    def resize(self, width: int) -> None:
        """Give the page that width; the figure follows a moment later."""
        from selenium.webdriver.support.wait import WebDriverWait

        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
        )
        WebDriverWait(self.browser, 10).until(lambda _: self.js("heatmap._fullLayout.width") < width)

    def check(self, metric: str, C: int) -> None:
        """Everything that is shown is that of this metric and C."""
        exact = [float(expected(metric, C, G, L)) for G, L in CELLS]
        assert self.ratios() == pytest.approx(exact, rel=1e-14)
        assert self.texts() == expected_texts(metric, C)
        assert self.find("c-value").text == str(C)
        assert f"C = {C}" in self.browser.find_element("css selector", "#heatmap .gtitle").text
        assert f"at C = {C}:" in self.find("break-even").text.replace("\u00a0", " ")
        notes = self.js("heatmap.data.find(trace => trace.meta === 'cells').customdata.flat().map(cell => cell[4])")
        assert [note == "" for note in notes] == [exists(C, G, L) for G, L in CELLS]
        assert self.js("heatmap.data.find(trace => trace.meta === 'note').visible") == any(notes)

    def check_quiet(self, path: Path) -> None:
        """No message on the console, and no request but for the page itself and what is inside it."""
        assert self.browser.get_log("browser") == []
        messages = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        assert path.as_uri() in urls
        assert [url[:80] for url in urls if url != path.as_uri() and not url.startswith(("data:", "blob:"))] == []


@pytest.fixture
def opened(browser: Any, report: Report, tmp_path: Path) -> Iterator[Opened]:
    path = tmp_path / "ratio.html"
    path.write_text(written(report, ".html"), encoding="utf-8")
    shown = Opened(browser, path)
    yield shown
    shown.check_quiet(path)


@pytest.mark.browser
def test_the_page_opens_with_the_formulas_values(opened: Opened) -> None:
    opened.check("params", 64)


@pytest.mark.browser
def test_the_slider_moves_to_the_next_channels(opened: Opened) -> None:
    from selenium.webdriver.common.keys import Keys

    slider = opened.find("c-slider")
    for C in (80, 112):
        slider.send_keys(Keys.ARROW_RIGHT)
        opened.check("params", C)
        assert slider.get_attribute("aria-valuetext") == f"C = {C}"
    slider.send_keys(Keys.HOME)
    opened.check("params", 16)
    line = opened.js("heatmap.data.find(trace => trace.meta === 'line')")
    assert [x / 4 for x in line["x"]] == pytest.approx([root(16, 2**y) for y in line["y"]], abs=1e-5)


@pytest.mark.browser
def test_every_metric_can_be_chosen_and_goes_with_the_slider(opened: Opened) -> None:
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select

    choice = Select(opened.find("metric"))
    for metric in (*METRICS[1:], METRICS[0]):
        choice.select_by_value(metric)
        opened.check(metric, 64)
    choice.select_by_value("traffic")
    opened.find("c-slider").send_keys(Keys.ARROW_LEFT)
    opened.check("traffic", 40)


@pytest.mark.browser
def test_the_box_is_drawn_around_the_search_space(opened: Opened) -> None:
    drawn = opened.js(
        "(() => { const box = [...document.querySelectorAll('#heatmap .scatterlayer .js-line')]"
        ".map(path => [getComputedStyle(path).stroke, path.getBoundingClientRect()]).filter(([stroke, area]) =>"
        " stroke === 'rgb(0, 0, 0)' && area.width > 0).map(([, area]) => area.toJSON())"
        ".sort((a, b) => b.width - a.width)[0];"
        "const cells = [...document.querySelectorAll('#heatmap .textpoint text')].map(text => {"
        " const area = text.getBoundingClientRect();"
        " return [area.x + area.width / 2, area.y + area.height / 2]; });"
        "return cells.map(([x, y]) => box.left < x && x < box.right && box.top < y && y < box.bottom); })()"
    )
    assert drawn == [G in (1, 2, 4) and L in LEAVE_OUTS[:3] for G, L in CELLS]


@pytest.mark.browser
def test_the_page_fits_narrow_windows(opened: Opened) -> None:
    try:
        for width in (1200, 700, 400):
            opened.resize(width)
            assert opened.js("document.documentElement.scrollWidth") <= width
    finally:
        opened.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.browser
def test_exactly_one_is_drawn_red_and_a_little_more_blue(browser: Any, tmp_path: Path) -> None:
    made = api.heatmap(C=64, C_values=(64,), G_values=(1, 2), L_values=("0", "0.25", "0.5"))
    cells = ((1.0, 1.0001, 1 + 1e-9), (0.9999, 0.2, 3.0))
    heat = dataclasses.replace(heat_of(made), ratios=dict.fromkeys(METRICS, (cells,)))
    path = tmp_path / "one.html"
    path.write_text(written(made.having(heatmap=heat), ".html"), encoding="utf-8")
    opened = Opened(browser, path)
    drawn = browser.execute_async_script(
        "const done = arguments[0], source = document.querySelector('#heatmap .hm image');"
        "const image = new Image();"
        "image.onload = () => { const canvas = document.createElement('canvas');"
        " canvas.width = image.width; canvas.height = image.height;"
        " const pen = canvas.getContext('2d', {willReadFrequently: true}); pen.drawImage(image, 0, 0);"
        " done([0, 1].map(row => [0, 1, 2].map(column => [...pen.getImageData("
        "  image.width * (column + .5) / 3, image.height * (row + .5) / 2, 1, 1).data]))); };"
        "image.src = source.getAttribute('href') || source.getAttribute('xlink:href');"
    )
    colours = [tuple(pixel[:3]) for row in drawn for pixel in row]
    assert [is_red(rgb) for rgb in colours] == [True, False, False, True, True, False]
    assert [is_blue(rgb) for rgb in colours] == [False, True, True, False, False, True]
    opened.check_quiet(path)
