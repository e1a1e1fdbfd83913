"""How times are shown: what stands in the tables and sentences, and that it fits wherever it is shown."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import timed
from printed import on, written
from printed import printed as printed_report
from processes import Run
from rich.console import Console
from timed import around

import muxprof
from muxprof.answers.clock.layers import kernel_name, sum_text
from muxprof.answers.clock.views import part_times
from muxprof.answers.report import Report
from muxprof.answers.view import view
from muxprof.document.parts import Row, Table, Text
from muxprof.measurements import Measurement, Part, Timing

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")

REPORTS: dict[str, Callable[[], Report]] = {
    "block": timed.block,
    "model": timed.network,
    "layers and kernels": lambda: timed.network("muxnet-m", depth="layer", kernels=True),
    "interrupted": lambda: timed.network("muxnet-m", depth="stage", kernels=True, reached=0.4),
}


@pytest.fixture(scope="module", params=list(REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]()


def table(report: Report, title: str) -> Table:
    found = [part for part in view(report).parts("times") if isinstance(part, Table) and part.title.startswith(title)]
    assert len(found) == 1, [part.title for part in view(report).parts("times") if isinstance(part, Table)]
    return found[0]


def row(report: Report, title: str, *first: str) -> Row:
    return next(found for found in table(report, title).rows if found.cells[: len(first)] == first)


def said(report: Report) -> str:
    """All paragraphs, as ``label: text``."""
    return "\n".join(f"{part.label}: {part.text}" for part in view(report).parts("times") if isinstance(part, Text))


def changed(report: Report, index: int = 0, **changes: object) -> Report:
    before = report.subjects[index].timing
    assert before is not None
    return timed.with_timing(report, index, replace(before, **changes))  # type: ignore[arg-type]  # its own fields


def changed_parts(report: Report, **changes: object) -> Report:
    before = report.subjects[0].timing
    assert before is not None
    assert before.parts is not None
    return changed(report, parts=replace(before.parts, **changes))  # type: ignore[arg-type]  # its own fields


def printed(report: Report, width: int, **options: object) -> str:
    return printed_report(report, "times", width=width, **options)


# What is said


def test_a_report_without_times_shows_none() -> None:
    assert view(muxprof.block()).parts("times") == []
    assert printed(muxprof.block(), 80) == ""
    assert "time" not in written(muxprof.block(), ".csv")


def test_conditions() -> None:
    text = said(timed.block())
    assert (
        "timed on: Testing Device 9000 (cuda:1); torch 2.13.0, CUDA 13.0, cuDNN 91002; dtype fp32, TF32 off, "
        "cudnn.benchmark on, memory format channels last, threads 2."
    ) in text
    assert text.count("timed on") == 1
    assert "device before -> after: SM clock 1980 -> 1755 MHz, power 121.5 -> 640.25 W, temperature ? -> 58 °C" in text


def test_conditions_that_differ_stand_apart() -> None:
    other = replace(timed.CONDITIONS, device="Another Device", before={}, after={})
    text = said(changed(timed.block(), 1, conditions=other))
    assert "muxconv timed on: Testing Device 9000" in text
    assert "mobilenet timed on: Another Device" in text
    assert "muxconv before -> after" in text
    assert "mobilenet before -> after" not in text


def test_the_whole() -> None:
    found = table(timed.block(), "The whole")
    assert [r.cells[:2] for r in found.rows] == [
        ("muxconv", ""), ("eager", "2"), ("graph", "2"), ("eager", "16"),
        ("mobilenet", ""), ("eager", "2"), ("graph", "2"), ("eager", "16"),
    ]  # fmt: skip
    # 2 images of 102,961,152 MAdds in 12.5 ms; p10 and p90 are 1.6 % away, a tenth of that is 0.04 ms.
    assert found.rows[1].cells == ("eager", "2", "12.5 ms", "12.3 ms", "12.7 ms", "5", "160", "16.5", "")
    assert found.rows[2].cells == ("graph", "2", "failed", "", "", "", "", "", "!")
    assert found.rows[2].emphasis == "bad"
    assert found.rows[3].cells == ("eager", "16", "130 ms", "130 ms", "130 ms", "11", "123", "12.7", "!")
    text = said(timed.block())
    assert "! muxconv, graph, batch 2: an op cannot be captured." in text
    assert "! mobilenet, eager, batch 16: 1 of 11 above twice the median." in text
    assert "eager: what a Python caller waits" in text
    assert "graph: device time of a CUDA graph's replay" in text
    assert "\ncold:" not in text


def test_a_scattered_time_has_few_digits() -> None:
    # p90 - p10 is 6.4 ms.
    samples = replace(around(20), ns=tuple(ms * timed.MS for ms in (16, 18, 20, 22, 24)))
    shown = changed(timed.network(), wholes=(Measurement(1, "graph", samples),))
    assert row(shown, "The whole of", "graph").cells[2:5] == ("20 ms", "17 ms", "23 ms")
    assert "! graph, batch 1: spread 32" in said(shown)


def test_flops_are_two_per_madd() -> None:
    report = timed.block("flops")
    found = table(report, "The whole")
    assert found.columns[7].heading == "GFLOPs/s"
    assert found.rows[1].cells[7] == "32.9"
    assert row(report, "muxconv: parts by layer", "expand").cells == (
        "expand", "conv 1x1", "2.00 ms", "20.0", "42.1", "86.7", "4.24",
    )  # fmt: skip


def test_parts() -> None:
    report = timed.block()
    found = table(report, "muxconv: parts by layer (eager, batch 2, timed in place)")
    assert [r.cells[0] for r in found.rows] == [*timed.MUXCONV, "total"]
    # 2 x 43,352,064 MAdds and 8,484,864 bytes in 2 ms.
    assert row(report, "muxconv: parts", "expand").cells[2:] == ("2.00 ms", "20.0", "42.1", "43.4", "4.24")
    assert row(report, "muxconv: parts", "shuffle").cells[2:] == ("400 µs", "4.0", "0.0", "-", "8.03")
    assert row(report, "muxconv: parts", "total").cells[2:] == ("10.0 ms", "100.0", "100.0", "20.6", "7.36")
    assert found.bars is not None
    assert found.bars.shares[1] is not None
    assert list(found.bars.shares[1]) == pytest.approx([0.2, 0.42105], abs=1e-5)
    assert found.bars.shares[-1] is None
    assert found.bars.longest == pytest.approx(0.42105, abs=1e-5)


def test_kinds() -> None:
    report = timed.block()
    found = table(report, "muxconv: where the time goes, by kind")
    assert [r.cells[:4] for r in found.rows] == [
        ("conv 1x1", "2", "4.00 ms", "40.0"),
        ("act", "2", "2.00 ms", "20.0"),
        ("group conv 3x3", "1", "2.00 ms", "20.0"),
        ("add", "1", "800 µs", "8.0"),
        ("concat", "1", "600 µs", "6.0"),
        ("shuffle", "1", "400 µs", "4.0"),
        ("split", "1", "200 µs", "2.0"),
    ]


def test_what_is_seen_at_a_glance() -> None:
    text = said(timed.block())
    assert (
        "muxconv: ops without any MAdds: 0 % of the MAdds, 40 % of the time (6 of 9 layers): "
        "act 20 %, add 8.0 %, concat 6.0 %, shuffle 4.0 %, split 2.0 %."
    ) in text
    assert "mobilenet: ops without any MAdds: 0 % of the MAdds, 35 % of the time (3 of 6 layers): act 30 %, add" in text


def test_a_network_at_its_depth() -> None:
    by_stage = table(timed.network(depth="stage"), "mobilenetv2: parts by stage (graph, batch 1, each timed alone)")
    by_block = table(timed.network(), "mobilenetv2: parts by block")
    assert len(by_stage.rows) < len(by_block.rows)
    assert by_stage.bars is not None
    assert all(pair is not None for pair in by_stage.bars.shares[:-1])
    assert by_block.bars is not None
    # A stage has no bar where its blocks have theirs; stem and head are blocks themselves.
    without = [r.cells[0] for r, pair in zip(by_block.rows, by_block.bars.shares, strict=True) if pair is None]
    assert without == [*(r.cells[0] for r in by_stage.rows if r.cells[0].startswith("stage")), "total"]


# The sum of the parts


def text_of_sum(report: Report) -> str:
    times = part_times(report.subjects[0])
    assert times is not None
    return sum_text(times)


def test_a_sum_that_is_the_whole() -> None:
    close = changed(timed.block(), wholes=(Measurement(2, "eager", around(10.3)),))
    assert text_of_sum(close) == "the parts sum to 10.0 ms, 97 % of the whole (10.3 ms)."


def test_a_sum_that_is_off_says_why() -> None:
    assert text_of_sum(timed.block()) == (
        "the parts sum to 10.0 ms, 80 % of the whole (12.5 ms): a pass with the clocks in it takes 13.0 ms, 3.00 ms "
        "of it outside of any part; without them it takes 12.5 ms."
    )
    report = timed.network("resnet18")
    layers = len(report.subjects[0].layers)
    assert text_of_sum(report) == (
        f"the parts sum to {layers}.0 ms, 200 % of the whole ({layers / 2:.1f} ms): each part ran alone with its input "
        "in the cache; launch gaps and overlap are not in it."
    )
    compiled = changed(report, setting=replace(timed.SETTING, batches=(1,), modes=("graph",), compile=True))
    assert "(34.0 ms): the whole is compiled, the parts are not; each part ran alone" in text_of_sum(compiled)
    cold = changed_parts(changed(report, wholes=(Measurement(1, "cold", around(200)),)), mode="cold")
    assert "its input out of the cache" in text_of_sum(cold)


def test_a_sum_without_a_whole_or_without_all_parts() -> None:
    failed = changed(timed.block(), wholes=(Measurement(2, "eager", failed="out of memory"),))
    assert text_of_sum(failed) == "the parts sum to 10.0 ms; the whole has no time in eager mode at batch 2."
    fewer = changed_parts(timed.block(), parts=timed.parts({"expand": 2, "conv": 2}))
    assert text_of_sum(fewer).startswith(
        "the 2 of 9 parts that have a time sum to 4.00 ms, 32 % of the whole (12.5 ms): 7 parts have no time; a pass"
    )


def test_parts_without_a_time_are_named() -> None:
    some = {path: ms for path, ms in timed.MUXCONV.items() if path not in ("conv", "add")}
    kept = (*timed.parts(some), Part("conv", failed="out of memory: asked for 2.00 GiB, 1.20 GiB free"))
    report = changed_parts(timed.block(), parts=kept)
    failures = table(report, "muxconv: parts that could not be timed")
    assert [r.cells for r in failures.rows] == [("conv", "out of memory: asked for 2.00 GiB, 1.20 GiB free")]
    assert "muxconv: not timed: add." in said(report)
    assert row(report, "muxconv: parts by", "conv").cells[2:] == ("-", "", "", "", "")
    assert row(report, "muxconv: parts by", "total").cells[2] == "> 7.20 ms"
    assert row(report, "muxconv: where", "conv 1x1").cells[2] == "4.00 ms"
    none = changed_parts(timed.block(), parts=tuple(Part(path, failed="no") for path in timed.MUXCONV))
    assert len(table(none, "muxconv: parts that could not be timed").rows) == 9
    assert "muxconv: the parts sum" not in said(none)


# MUXConv beside MobileNet


def test_promise_and_clock() -> None:
    found = table(timed.block(), "MUXConv beside MobileNet, by the clock")
    assert [r.cells for r in found.rows] == [
        ("eager", "2", "12.5 ms", "20.0 ms", "0.625", "0.625", "0.625", "0.624", "agrees"),
        ("eager", "16", "130 ms", "100 ms", "1.300", "1.300", "1.300", "0.624", "CONTRADICTS"),
    ]
    text = said(timed.block())
    assert "62 % of MobileNet's MAdds take 62 % of its time (eager 2): the clock agrees with the MAdds." in text
    assert "62 % of MobileNet's MAdds take 130 % of its time (eager 16): the clock CONTRADICTS the MAdds." in text


def test_one_sentence_where_all_say_the_same() -> None:
    report = timed.block()
    for index, ms in enumerate((16, 20)):
        wholes = tuple(Measurement(batch, "eager", around(ms * batch)) for batch in (2, 16))
        report = changed(report, index, wholes=wholes)
    text = said(report)
    assert text.count("promise and clock") == 1
    assert "take 80 % of its time: the clock gives back less than the MAdds promise." in text


# Kernels


def test_kernels_by_layer() -> None:
    report = timed.network("alexnet", depth="layer", kernels=True)
    name = report.subjects[0].layers[0].path
    rows = table(report, "alexnet: kernels of one forward pass").rows
    assert [r.cells for r in rows[:3]] == [
        (name, "3", "700 µs", "1.00 ms", ""),
        ("", "2", "600 µs", "", "at::first"),
        ("", "1", "100 µs", "", "gemm"),
    ]
    layers = len(report.subjects[0].layers)
    assert (
        f"alexnet: sum of the kernels: {0.7 * layers:.1f} ms in kernels, 70 % of the {layers}.0 ms that these {layers} "
        "parts take."
    ) in said(report)


def test_kernels_of_all_layers() -> None:
    report = timed.network("alexnet", kernels=True)
    layers = len(report.subjects[0].layers)
    rows = table(report, "alexnet: kernels of one forward pass, the longest first").rows
    assert [r.cells for r in rows] == [
        (f"{0.6 * layers:.1f} ms", "85.7", str(2 * layers), "at::first"),
        (f"{0.1 * layers:.2f} ms", "14.3", str(layers), "gemm"),
    ]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("gemm_128x64", "gemm_128x64"),
        ("void at::native::f<4, at::g<float>(int)#1}, Array<char*, 2>>(int, h<x>)", "at::native::f"),
        ("void (anonymous namespace)::softmax<2>(float*)", "softmax"),
        ("x" * 100, "x" * 72 + "..."),
    ],
)
def test_kernel_names_lose_what_the_compiler_added(name: str, short: str) -> None:
    assert kernel_name(name) == short


# Where it is shown


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_nothing_is_wider_than_the_terminal(report: Report, width: int) -> None:
    for options in ({}, {"force_terminal": True, "color_system": "truecolor"}, {"no_color": True}):
        lines = ESCAPES.sub("", printed(report, width, **options)).splitlines()
        assert max(map(len, lines)) <= width


def test_bars_in_a_terminal() -> None:
    plain = next(line for line in printed(timed.block(), 80).splitlines() if line.startswith("expand "))
    bar = plain.rstrip().rsplit(" ", 1)[1]
    # MAdds, the lower half, are the longest bar; the time is 20.0 / 42.1 of it.
    assert set(bar) == {"█", "▄"}
    assert bar.count("█") == round(len(bar) * 0.2 / 0.42105)
    shuffle = next(line for line in printed(timed.block(), 80).splitlines() if line.startswith("shuffle "))
    assert set(shuffle.rstrip().rsplit(" ", 1)[1]) == {"▀"}
    coloured = printed(timed.block(), 80, force_terminal=True, color_system="truecolor")
    assert "\x1b[38;2;222;125;44;48;2;70;130;190m▀" in coloured
    without = printed(timed.block(), 80, force_terminal=True, color_system="truecolor", no_color=True)
    assert "\x1b[3" not in without
    assert "█" in without


def test_a_terminal_without_unicode() -> None:
    class Ascii(io.StringIO):
        encoding = "ascii"

    sink = Ascii()
    on(Console(file=sink, width=80, highlight=False), timed.block(), "times")
    sink.getvalue().encode("ascii")
    assert "400 us" in sink.getvalue()


def test_an_interruption_stands_first(report: Report) -> None:
    lines = printed(report, 80).strip().splitlines()
    assert (lines[0] == "interrupted: what follows is incomplete.") == report.partial
    assert ("Interrupted: some of the times are missing." in report._repr_html_()) == report.partial


class Pieces(HTMLParser):
    """Every tag that was opened has to be closed; widths of bars and strips on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.widths: list[float] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        style = dict(attrs).get("style") or ""
        self.widths += [float(width) for width in re.findall(r"width:([\d.]+)%", style)]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html(report: Report, tmp_path: Path) -> None:
    text = report.save(tmp_path / "report.html").read_text(encoding="utf-8")
    pieces = Pieces()
    pieces.feed(text)
    assert pieces.open == []
    assert pieces.widths
    assert max(pieces.widths) == 100
    assert "Where the MAdds are, and where the time goes" in text
    assert not re.search(r'(src|href)="http|url\(|<script', text)


def test_strips_are_as_long_as_they_take() -> None:
    text = timed.block()._repr_html_()
    # MUXConv has 62.41 % of MobileNet's MAdds, and its parts take half of the time of MobileNet's.
    assert re.findall(r'class="strip" style="width:([\d.]+)%"', text) == ["62.41", "100.00", "50.00", "100.00"]
    assert "103 M MAdds" in text
    assert 'title="act: 20 %" style="width:20.00%' in text


def test_html_escapes_what_a_device_is_called() -> None:
    report = changed(timed.network(), conditions=replace(timed.CONDITIONS, device="<b>&"))
    assert "&lt;b&gt;&amp;" in report._repr_html_()
    assert "<b>&" not in report._repr_html_()


def test_every_text_format_says_it(report: Report, tmp_path: Path) -> None:
    for suffix in ("md", "svg", "html"):
        text = report.save(tmp_path / f"report.{suffix}").read_text(encoding="utf-8").replace("&#160;", " ")
        assert "ops without any MAdds" in text
        assert "Testing Device 9000" in text
    lines = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()
    header = next(line for line in lines if "% time" in line)
    assert all(line.count("|") == header.count("|") for line in _table_below(lines, header))


def _table_below(lines: list[str], header: str) -> list[str]:
    start = lines.index(header)
    end = next(at for at in range(start, len(lines)) if not lines[at].startswith("|"))
    return lines[start:end]


def test_csv_has_the_times_of_the_layers(tmp_path: Path) -> None:
    report = changed_parts(timed.block(), parts=(*timed.parts({"expand": 2, "add": 2}), Part("conv", failed="no")))
    path = report.save(tmp_path / "report.csv")
    rows = {(r["subject"], r["path"]): r for r in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))}
    assert len(rows) == len(timed.MUXCONV) + len(timed.MOBILENET)
    expand = rows["muxconv", "expand"]
    assert (expand["time_batch"], expand["time_mode"], expand["time_method"]) == ("2", "eager", "in place")
    assert (float(expand["time_s"]), expand["time_n"], float(expand["time_share"])) == (0.002, "5", 0.5)
    assert float(expand["madds_per_s"]) == 2 * 43_352_064 / 0.002
    assert float(expand["bytes_per_s"]) == 8_484_864 / 0.002
    assert (rows["muxconv", "add"]["madds_per_s"], rows["muxconv", "conv"]["time_failed"]) == ("", "no")
    assert rows["muxconv", "conv"]["time_s"] == rows["muxconv", "split"]["time_batch"] == ""
    assert float(rows["mobilenet", "expand"]["time_share"]) == pytest.approx(0.25)
    assert rows["muxconv", "expand"]["madds"] == "43352064"


def test_only_wholes_were_timed(tmp_path: Path) -> None:
    made = Timing(timed.SETTING, timed.CONDITIONS, (Measurement(2, "eager", around(1)),))
    report = timed.with_timing(timed.block(), 0, made)
    report = timed.with_timing(report, 1, made)
    assert "parts" not in said(report)
    assert "Where the MAdds are" not in report._repr_html_()
    assert "time_s" not in report.save(tmp_path / "r.csv").read_text(encoding="utf-8")
    assert table(report, "MUXConv beside").rows[0].cells[4] == "1.000"


def test_show_prints_all_of_a_timed_report(muxprof_process: Run, tmp_path: Path) -> None:
    report = timed.block()
    path = report.save(tmp_path / "report.json")
    shown = muxprof_process("show", str(path))
    assert shown.returncode == 0, shown.stderr
    sink = io.StringIO()
    console = Console(file=sink, width=120, highlight=False)
    on(console, report)
    assert shown.stdout == sink.getvalue()
    assert json.loads(muxprof_process("show", str(path), "--json").stdout) == report.to_dict()
