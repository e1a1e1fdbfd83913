"""The measured heatmap as it is shown: in words, in the terminal, as page, picture, CSV and Markdown."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import gridded
import pytest
from gridded import cell, heat_of
from printed import fragment, on, written
from printed import printed as printed_report
from processes import Run
from rich.console import Console
from timed import MS

import muxprof
from muxprof.answers.heatmap import figure as heatmap_figure
from muxprof.answers.heatmap import measured_figure as both
from muxprof.answers.heatmap import page as heatmap_page
from muxprof.answers.heatmap import words as heatmap_words
from muxprof.answers.heatmap.measured import Measured, measured
from muxprof.answers.report import Report
from muxprof.measurements import PairTimes, Samples

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def view_of(report: Report) -> Measured:
    found = measured(report.heatmap)
    assert found is not None
    return found


def changed(at: tuple[int, int], made: PairTimes) -> Report:
    return gridded.with_grid(gridded.grid({**gridded.cells(), at: made}))


def printed(report: Report, width: int = 120, **options: object) -> str:
    return printed_report(report, "times", width=width, **options)


def unwrapped(text: str) -> str:
    return re.sub(r"\s+", " ", text)


# Words


def test_where_they_disagree_most() -> None:
    view = view_of(gridded.report())
    assert heatmap_words.most_text(view) == (
        "They disagree most at G = 2, L = 0.5: 0.33 of MobileNet's MAdds take 0.90 of its time "
        "(2.7 times as long as the MAdds promise)."
    )
    assert heatmap_words.next_text(view) == " Next: G = 1, L = 0.5 (1.8 times); G = 4, L = 0 (0.60 times)."


def test_above_one_and_below_the_promise() -> None:
    # 1.333 of the MAdds take a tenth of the time: 0.075 of the promise.
    assert heatmap_words.most_text(view_of(changed((2, 0), cell(1)))) == (
        "They disagree most at G = 4, L = 0: 1.33 times MobileNet's MAdds take 0.10 of its time "
        "(0.075 of the time that the MAdds promise)."
    )
    assert "0.33 of MobileNet's MAdds take 50 times its time (150 times as long" in (
        heatmap_words.most_text(view_of(changed((1, 2), cell(500))))
    )


def test_noise_is_named_where_it_is_said() -> None:
    steps = Samples(tuple(9 * MS * step // 100 for step in (50, 75, 100, 125, 150)))
    # p10 and p90 of 0.9 times 0.6 to 1.4
    assert "(2.7 times as long as the MAdds promise; noisy, p10 to p90 is 0.54 to 1.26)." in (
        heatmap_words.most_text(view_of(changed((1, 2), PairTimes(steps, gridded.MOBILENET))))
    )


def test_a_clock_that_agrees() -> None:
    view = view_of(gridded.uniform(1.05))
    text = heatmap_words.most_text(view)
    assert text.startswith("They agree to within 10 %; they are furthest apart at ")
    assert "(1.05 times as long as the MAdds promise)." in text
    assert heatmap_words.next_text(view) == ""
    same = [text.text for text in heatmap_words.findings(view_of(gridded.uniform(1)))]
    assert same[0].endswith("(as long as the MAdds promise).")
    assert same[1:] == [
        "The median of 8 cells: MUXConv takes as long as the MAdds promise. 6 cells have no more MAdds than "
        "MobileNet; none of them takes more time.",
        "Nowhere does the clock reverse beyond doubt what the MAdds say.",
    ]


def test_on_the_whole() -> None:
    assert heatmap_words.whole_text(view_of(gridded.report())) == (
        "The median of 7 cells: MUXConv takes 1.2 times as long as the MAdds promise. 5 cells have no more MAdds than "
        "MobileNet; 1 of them takes more time."
    )
    # 1.01 times its time, with p10 to p90 from 0.994 to 1.026
    assert heatmap_words.whole_text(view_of(changed((0, 2), cell(10.1)))).endswith(
        "; 2 of them take more time (in 1 the clock cannot tell: 1 lies within p10 to p90)."
    )


def test_where_another_block_is_the_cheaper_one() -> None:
    assert heatmap_words.flips_text(view_of(gridded.report())) == (
        "The clock reverses the verdict of the MAdds in 2 of 7 cells. Fewer MAdds, yet more time: G = 2, L = 0.25 "
        "(0.67 -> 1.10). More MAdds, yet less time: G = 4, L = 0 (1.33 -> 0.80)."
    )


def test_many_flips_are_counted() -> None:
    values = [Fraction(n, 12) for n in range(1, 12)]
    report = muxprof.heatmap("madds", 36, C_values=(36,), G_values=(1,), L_values=values)
    row = (tuple(cell(20) for _ in values),)
    text = heatmap_words.flips_text(view_of(gridded.with_grid(replace(gridded.grid({}), cells=row), report)))
    assert text.startswith("The clock reverses the verdict of the MAdds in 11 of 11 cells.")
    assert text.count("->") == 8
    assert text.endswith(" and 3 more.")


def test_failures_stand_together_by_reason() -> None:
    told = {text.label: text.text for text in heatmap_words.caveats(view_of(changed((0, 0), gridded.FAILED)))}
    assert told["! G = 1, L = 0; G = 4, L = 0.5 failed"] == "it raises OutOfMemoryError: CUDA out of memory."
    assert told["~ noisy"].startswith("1 of 6 cells: p10 to p90 is more than 10 % of the median")
    assert "budget" not in told["~ noisy"]


def test_mostly_noise_comes_with_advice() -> None:
    few = PairTimes(Samples((MS,)), Samples((MS,)))
    report = gridded.with_grid(gridded.grid(dict.fromkeys(gridded.cells(), few)))
    told = {text.label: text.text for text in heatmap_words.caveats(view_of(report))}
    assert told["~ noisy"].startswith("8 of 8 cells: ")
    assert "A longer --budget" in told["~ noisy"]


def test_a_device_whose_speed_changed_is_named() -> None:
    slower = PairTimes(Samples((30 * MS,) * 5), Samples((30 * MS,) * 5))
    told = {text.label: text.text for text in heatmap_words.caveats(view_of(changed((0, 0), slower)))}
    assert told["! unsteady"].startswith(
        "MobileNet is the same block in every cell, but takes 10.0 ms in one and 30.0 ms in another: the device's speed"
    )
    assert "! unsteady" not in {text.label for text in heatmap_words.caveats(view_of(gridded.report()))}


def test_without_any_times() -> None:
    view = view_of(gridded.with_grid(gridded.grid({}, partial=True)))
    assert [text.text for text in heatmap_words.findings(view)] == ["no cell was timed."]
    (interrupted,) = heatmap_words.caveats(view)
    assert (interrupted.label, interrupted.text) == ("interrupted", "the clock did not come to 8 of 8 cells.")


# The terminal


def test_the_table() -> None:
    text = printed(gridded.report())
    assert (
        "MUXConv / MobileNet, measured: ratio of time at C = 36, E = 6, K = 3, H x W = 56 x 56, graph, batch 2" in text
    )
    rows = [line.split() for line in text.splitlines() if re.match(r" +[124] ", line)]
    assert rows == [
        ["1", "[1.000]", "[~0.700]", "[0.500]"],
        ["2", "[1.000]", "[1.100]", "[0.900]"],
        ["4", "[0.800]", "[-]", "[failed]"],
    ]
    said = unwrapped(text)
    assert "-: no such block exists." in said
    assert "! G = 4, L = 0.5 failed: it raises OutOfMemoryError: CUDA out of memory." in said
    assert "timed on: Testing Device 9000 (cuda:1); torch 2.13.0, CUDA 13.0, cuDNN 91002; dtype fp32, TF32 off" in said
    assert "device before -> after: SM clock 1980 -> 1755 MHz" in said
    assert "graph: device time of a CUDA graph's replay" in said
    assert "They disagree most at G = 2, L = 0.5" in said
    assert "interrupted" not in said


def test_an_interruption_is_marked() -> None:
    text = printed(gridded.interrupted())
    rows = [line.split() for line in text.splitlines() if re.match(r" +[124] ", line)]
    assert rows[1:] == [["2", "[?]", "[?]", "[?]"], ["4", "[?]", "[-]", "[?]"]]
    assert "(interrupted)" in text
    assert "?: not timed, the clock was interrupted before." in text
    assert "interrupted: the clock did not come to 5 of 8 cells." in text


def test_brackets_are_those_of_the_analytic_table() -> None:
    heat = muxprof.heatmap("madds", 36, C_values=(36,), G_values=(2, 12), L_values=("0.5", "0.75"))
    made = replace(gridded.grid({}), cells=((cell(5), cell(5)), (cell(5), None)))
    rows = [line for line in printed(gridded.with_grid(made, heat)).splitlines() if re.match(r" +(2|12) ", line)]
    assert [row.split() for row in rows] == [["2", "[0.500]", "0.500"], ["12", "0.500", "-"]]


def test_colours_follow_the_rule_of_the_analytic_table() -> None:
    report = changed((0, 1), cell(10.0001))
    red, blue = "48;2;244;165;150", "48;2;170;205;230"
    text = printed(report, force_terminal=True, color_system="truecolor", no_color=False)
    assert re.findall(r"(48;2;[0-9;]+)m *\[([0-9.]+)\]", text) == [
        (red, "1.000"), (blue, "1.000"), (red, "0.500"),
        (red, "1.000"), (blue, "1.100"), (red, "0.900"),
        (red, "0.800"),
    ]  # fmt: skip


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("made", [gridded.report, gridded.interrupted], ids=["whole", "interrupted"])
def test_it_fits(made: Any, width: int) -> None:
    text = printed(made(), width)
    assert max(map(len, text.splitlines())) <= width
    assert not ESCAPES.search(text)
    coloured = printed(made(), width, force_terminal=True, color_system="truecolor", no_color=False)
    assert ESCAPES.sub("", coloured) == text


def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "38;" not in printed(gridded.report(), force_terminal=True, color_system="truecolor")
    assert "48;" not in printed(gridded.report(), force_terminal=True, color_system="truecolor")


def test_many_columns_come_in_bands() -> None:
    values = [Fraction(n, 24) for n in range(24)]
    report = muxprof.heatmap("madds", 48, C_values=(48,), G_values=(1,), L_values=values)
    row = (tuple(cell(5 + n / 10) for n in range(24)),)
    text = printed(gridded.with_grid(replace(gridded.grid({}), C=48, cells=row), report), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert all(f"{0.5 + n / 100:.3f}" in text for n in range(24))


def test_a_terminal_without_unicode() -> None:
    class Ascii(io.StringIO):
        encoding = "ascii"

    sink = Ascii()
    on(Console(file=sink, width=80, highlight=False), gridded.report(), "times")
    assert "58 C" in sink.getvalue()


def test_reports_without_times_print_none() -> None:
    assert printed(gridded.analytic()) == ""
    assert printed(muxprof.block()) == ""


# Figures


def trace(figure: Any, role: str, axis: str | None = None) -> Any:
    (found,) = (made for made in figure.data if made.meta == role and axis in (None, made.xaxis or "x"))
    return found


def test_both_panels_are_drawn_alike() -> None:
    view = view_of(gridded.report())
    promised, timed = both.panels(view)
    analytic = heatmap_figure.figure(view.heat, metric="madds")
    assert trace(promised, "cells").z == trace(analytic, "cells").z
    for made in (promised, timed):
        for name in ("zmin", "zmid", "zmax", "colorscale"):
            assert getattr(trace(made, "cells"), name) == getattr(trace(analytic, "cells"), name)
        assert trace(made, "box") == trace(analytic, "box")
        assert made.layout.xaxis == analytic.layout.xaxis
        assert made.layout.yaxis == analytic.layout.yaxis
        assert made.layout.height == promised.layout.height
        # Around G = 2 and L = 0.5: the second row and the third column.
        assert {round(x) for x in trace(made, "most").x} == {2}
        assert {round(y) for y in trace(made, "most").y} == {1}
    assert len(trace(promised, "line").x) > 10
    assert len(trace(timed, "line").x) == 0


def test_what_stands_in_the_measured_cells() -> None:
    _, timed = both.panels(view_of(gridded.report()))
    assert [list(row) for row in trace(timed, "cells").z] == [
        [1.0, pytest.approx(0.7), 0.5], [1.0, pytest.approx(1.1), 0.9], [0.8, None, None]
    ]  # fmt: skip
    texts = [re.sub(r"<[^>]+>", " ", text).split("  ")[0].strip() for text in trace(timed, "numbers").text]
    assert [text.split()[0] for text in texts] == [
        "1.000", "~0.700", "0.500", "1.000", "1.100", "0.900", "0.800", "–", "failed"
    ]  # fmt: skip
    assert "2.7× promised" in trace(timed, "numbers").text[5]


def test_hover_says_all_about_a_cell() -> None:
    _, timed = both.panels(view_of(gridded.report()))
    hover = [[shown[0] for shown in row] for row in trace(timed, "cells").customdata]
    assert hover[1][2].split("<br>") == [
        "<b>ratio of time 0.9000</b>",
        "C = 36, G = 2, L = 0.5",
        "p10 to p90: 0.8856 to 0.9144, spread 3.2 %, n = 5",
        "MUXConv: 9.00 ms, spread 3.2 %",
        "MobileNet: 10.0 ms, spread 0.0 %",
        "ratio of MAdds 0.3333: 2.7 times as long as the MAdds promise",
    ]
    assert hover[0][1].startswith("<b>ratio of time 0.7000</b>, noisy<br>")
    assert "MUXConv: 7.0 ms; spread 32 %" in hover[0][1]
    assert "G = 4 does not divide E · C_hat = 162" in hover[2][1]
    assert "Failed: it raises OutOfMemoryError: CUDA out of memory." in hover[2][2]
    _, stopped = both.panels(view_of(gridded.interrupted()))
    assert "The clock was interrupted before." in trace(stopped, "cells").customdata[1][0][0]


def test_small_cells_have_marks() -> None:
    values = [Fraction(n, 24) for n in range(24)]
    report = muxprof.heatmap("madds", 48, C_values=(48,), G_values=(1, 5), L_values=values)
    heat = heat_of(report)
    rows = ((*[cell(5)] * 23, gridded.FAILED), tuple(cell(5) if there else None for there in heat.valid[0][1]))
    _, timed = both.panels(view_of(gridded.with_grid(replace(gridded.grid({}), C=48, cells=rows), report)))
    texts = list(trace(timed, "numbers").text)
    assert texts[:24] == [""] * 23 + ["!"]
    assert texts[24:] == ["" if there else "×" for there in heat.valid[0][1]]


def test_the_figure_with_both() -> None:
    made = both.figure(view_of(gridded.report()))
    assert [trace(made, "cells", axis).showscale for axis in ("x", "x2")] == [False, True]
    assert trace(made, "cells", "x").z != trace(made, "cells", "x2").z
    assert made.layout.xaxis.domain[1] < made.layout.xaxis2.domain[0]
    assert "They disagree most at G = 2, L = 0.5" in made.layout.title.text
    assert "Testing Device 9000, graph, fp32, batch 2" in made.layout.title.text
    assert "interrupted" in both.figure(view_of(gridded.interrupted())).layout.title.text
    names = [found.name for found in made.data if found.showlegend]
    assert sorted(names) == sorted(set(names))


def test_nothing_timed_makes_a_figure_too() -> None:
    view = view_of(gridded.with_grid(gridded.grid({}, partial=True)))
    assert not trace(both.panels(view)[1], "most").x
    assert "disagree" not in both.figure(view).layout.title.text


# The page, and other files


def test_the_page_says_it_all() -> None:
    page = unwrapped(written(gridded.report(), ".html"))
    assert page.count("plotly.js v") == 1
    assert "src=" not in re.sub(r"<script>.*?</script>", "", page)
    assert '<p class="most">They disagree most at G = 2, L = 0.5' in page
    for text in (
        "5 cells have no more MAdds than MobileNet; 1 of them takes more time.",
        "reverses the verdict of the MAdds in 2 of 7 cells",
        "Testing Device 9000 (cuda:1); torch 2.13.0",
        "! G = 4, L = 0.5 failed",
        "fewer MAdds, yet more time",
    ):
        assert text in page
    assert 'id="c-slider"' not in page


def test_nothing_in_a_measured_report_becomes_markup() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    grid = gridded.grid({**gridded.cells(), (2, 2): PairTimes(failed=evil)})
    conditions = replace(grid.conditions, device=evil, versions={evil: evil}, switches={evil: evil})
    report = replace(gridded.with_grid(replace(grid, conditions=conditions)), version=evil)
    page = written(report, ".html")
    assert "<script>alert" not in page
    assert "<img" not in page
    figure = fragment(report)
    assert "<script>alert" not in figure
    _, timed = both.panels(view_of(report))
    assert "<img" not in trace(timed, "cells").customdata[2][2][0]
    assert "<img" not in both.figure(view_of(report)).layout.title.text


def test_the_command_asks_for_the_same_again() -> None:
    words = shlex.split(heatmap_page.command_text(gridded.report()))
    assert words[:6] == ["muxprof", "heatmap", "--metric", "latency", "--C", "36"]
    assert words[words.index("--device") :] == [
        "--device", "cuda:1", "--batch", "2", "--modes", "graph", "--dtype", "fp32", "--budget", "30"
    ]  # fmt: skip
    setting = replace(gridded.SETTING, threads=3, compile=True, channels_last=True, cudnn_benchmark=True, budget=7.5)
    report = gridded.with_grid(replace(gridded.grid(gridded.cells()), setting=setting))
    assert heatmap_page.command_text(report).endswith(
        "--budget 7.5 --threads 3 --channels-last --compile --cudnn-benchmark"
    )


def test_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(written(gridded.report(), ".csv"))))
    assert len(rows) == 18
    times = [name for name in rows[0] if name.startswith("time_") or name.endswith("_s")]
    assert times == [
        "time_batch", "time_mode", "time_ratio", "time_ratio_p10", "time_ratio_p90", "time_n", "muxconv_s",
        "mobilenet_s", "time_failed",
    ]  # fmt: skip
    found = {(row["C"], row["G"], row["L"]): row for row in rows}
    assert [found["36", "2", "0.5"][name] for name in times][:3] == ["2", "graph", "0.9"]
    assert float(found["36", "2", "0.5"]["time_ratio_p10"]) == pytest.approx(0.8856)
    assert [found["36", "2", "0.5"][name] for name in times][5:] == ["5", "0.009", "0.01", ""]
    assert [found["36", "4", "0.5"][name] for name in times] == ["2", "graph", *[""] * 6, gridded.FAILED.failed]
    assert [found["36", "4", "0.25"][name] for name in times] == [""] * 9
    assert [found["16", "2", "0.5"][name] for name in times] == [""] * 9
    assert "time_ratio" not in written(gridded.analytic(), ".csv")


def test_markdown() -> None:
    text = written(gridded.report(), ".md")
    rows = [[found.strip() for found in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "]
    # Framed are all cells: G of 1, 2, 4 and L up to 0.5 are the search space.
    assert rows[:2] == [["G \\\\ L", "0", "0.25", "0.5"], ["---:"] * 4]
    assert rows[2:5] == [
        ["1", "**[1.000]**", "**[0.583]**", "**[0.278]**"],
        ["2", "[1.111]", "**[0.667]**", "**[0.333]**"],
        ["4", "[1.333]", "**[(0.833)]**", "**[0.444]**"],
    ]
    assert rows[7:] == [
        ["1", "**[1.000]**", "**[~0.700]**", "**[0.500]**"],
        ["2", "**[1.000]**", "[1.100]", "**[0.900]**"],
        ["4", "**[0.800]**", "[-]", "[failed]"],
    ]
    assert "They disagree most at G = 2, L = 0.5" in text
    assert "Medians of ratios taken in turns." in text
    assert "interrupted" in written(gridded.interrupted(), ".md")
    # Whatever the report shows first, times stand beside MAdds.
    other = gridded.report().having(heatmap=replace(heat_of(gridded.report()), metric="traffic"))
    assert written(other, ".md") == text


def test_a_saved_report_is_shown_from_its_file_alone(tmp_path: Path, muxprof_process: Run) -> None:
    saved = gridded.report().save(tmp_path / "saved.json")
    page = tmp_path / "measured.html"
    done = muxprof_process("show", str(saved), "--out", str(page), env={"COLUMNS": "80"})
    assert done.returncode == 0, done.stderr
    assert "[~0.700]" in done.stdout
    assert "They disagree most" in done.stdout
    assert page.read_text(encoding="utf-8") == written(gridded.report(), ".html")
    again = muxprof_process("show", str(saved), "--json")
    assert json.loads(again.stdout) == json.loads(saved.read_text(encoding="utf-8"))


def chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if found is None:
        pytest.skip("no Chromium was found")
    return found


@pytest.mark.browser
def test_an_image_shows_both(tmp_path: Path) -> None:
    pytest.importorskip("kaleido", reason="kaleido (muxprof[image]) is not installed")
    chromium()
    path = tmp_path / "measured.svg"
    gridded.report().save(path)
    picture = path.read_text(encoding="utf-8")
    assert {"0.333", "0.900", "(0.833)", "failed"} <= set(re.findall(r">([^<>]+)<", picture))
    assert "They disagree most" in picture


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("no chromedriver was found")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium()
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1300,1000",
        f"--user-data-dir={tmp_path / 'profile'}",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield started
    finally:
        started.quit()


@pytest.mark.browser
def test_the_page_in_a_browser(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.support.wait import WebDriverWait

    path = gridded.report().save(tmp_path / "measured.html")
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get(path.as_uri())
    texts = browser.execute_script(
        "return ['promised', 'measured'].map(id => "
        "[...document.querySelectorAll(`#${id} .textpoint text`)].map(text => text.textContent))"
    )
    assert texts[0] == ["1.000", "0.583", "0.278", "1.111", "0.667", "0.333", "1.333", "(0.833)", "0.444"]
    assert texts[1][5:] == ["0.9002.7× promised", "0.8000.60× promised", "–", "failed"]
    left, right = (browser.find_element("id", name).rect for name in ("promised", "measured"))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    # The middle of the cell at G = 2, L = 0.5.
    spot = browser.execute_script(
        "const area = document.querySelectorAll('#measured .textpoint text')[5].getBoundingClientRect();"
        "const whole = document.getElementById('measured').getBoundingClientRect();"
        "return [area.x + area.width / 2 - whole.x - whole.width / 2, area.y - whole.y - whole.height / 2]"
    )
    ActionChains(browser).move_to_element_with_offset(
        browser.find_element("id", "measured"), round(spot[0]), round(spot[1])
    ).perform()
    hover = WebDriverWait(browser, 10).until(
        lambda _: browser.execute_script("return document.querySelector('#measured .hovertext')?.textContent")
    )
    assert "ratio of time 0.9000" in hover
    assert "p10 to p90: 0.8856 to 0.9144" in hover
    for width in (1000, 700, 400):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
        )
        fits = f"return measured._fullLayout.width < {width} && document.documentElement.scrollWidth <= {width}"
        WebDriverWait(browser, 10).until(functools.partial(type(browser).execute_script, script=fits))
    left, right = (browser.find_element("id", name).rect for name in ("promised", "measured"))
    assert left["y"] + left["height"] <= right["y"]
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert [url[:80] for url in urls if url != path.as_uri() and not url.startswith(("data:", "blob:"))] == []
