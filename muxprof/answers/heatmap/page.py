"""The heatmap as one HTML file with a slider over C and a choice of metric. It asks nothing of any server.

The page holds all ratios; its script puts those of one C and metric into the figure that Python made. Sentences are
made here, not there.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from fractions import Fraction
from html import escape
from typing import Any

from plotly.offline import get_plotlyjs

from muxprof.answers.heatmap import answer as defaults
from muxprof.answers.heatmap import figure as drawn
from muxprof.answers.heatmap import measured_figure as both
from muxprof.answers.heatmap.measured import measured
from muxprof.answers.heatmap.types import Heatmap
from muxprof.document.types import Document
from muxprof.document.view import View
from muxprof.measurements import Setting
from muxprof.spec import table1
from muxprof.units import decimal_text, three_decimals

CONFIG = {
    "responsive": True,
    "displaylogo": False,
    "displayModeBar": False,
    "showSendToCloud": False,
    "scrollZoom": False,
    "doubleClick": False,
}

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1c2430; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.6rem 1.5rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .3rem; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
p { margin: .5rem 0; max-width: 46rem; }
.lead { color: #48566a; max-width: none; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 2rem; margin: 1.1rem 0 .4rem;
  padding: .7rem 1rem; background: #f4f6f9; border-radius: .6rem; }
.controls label { font-weight: 600; }
.slider { display: flex; align-items: center; gap: .8rem; flex: 1 1 22rem; }
.slider input { flex: 1; min-width: 8rem; height: 1.6rem; accent-color: #1f5f99; cursor: pointer; }
#c-value { font-size: 1.25rem; font-weight: 700; min-width: 3.2em; font-variant-numeric: tabular-nums; }
select { font: inherit; padding: .25rem .5rem; border: 1px solid #97a3b4; border-radius: .35rem; background: #fff;
  color: inherit; margin-left: .5rem; }
input:focus-visible, select:focus-visible { outline: 3px solid #79aee0; outline-offset: 2px; }
#heatmap { width: 100%; }
.answer { border-left: 4px solid #1f5f99; padding: .1rem 0 .1rem 1rem; margin: .6rem 0; }
.answer p { max-width: 54rem; }
.formula { font-family: Cambria, "Times New Roman", Georgia, serif; font-size: 1.2rem; margin: .8rem 0 .8rem 1rem; }
.formula i { padding-right: .05em; }
.fraction { display: inline-block; vertical-align: middle; text-align: center; }
.fraction span { display: block; padding: 0 .4em; }
.fraction span + span { border-top: 1px solid currentColor; }
code { font: .88em ui-monospace, "SF Mono", Consolas, "Liberation Mono", monospace; background: #f4f6f9;
  padding: .15em .4em; border-radius: .3em; overflow-wrap: anywhere; }
footer { margin-top: 2rem; padding-top: .8rem; border-top: 1px solid #d9dfe7; font-size: .88rem; color: #48566a; }
@media (max-width: 45rem) { main { padding: 1rem .8rem 2rem; } h1 { font-size: 1.35rem; } }
@media print {
  main { max-width: none; padding: 0; }
  .controls { display: none; }
  #heatmap, .answer, .formula { break-inside: avoid; }
  body { font-size: 11pt; }
}
"""

_SCRIPT = """
(() => {
  const page = window.muxprof, part = id => document.getElementById(id);
  const plot = part("heatmap"), slider = part("c-slider"), metric = part("metric");

  function drawn(c, key) {
    const ratios = page.ratios[key][c], notes = page.notes[c].map(row => row.map(index => page.reasons[index]));
    const flat = ratios.flat(), reasons = notes.flat(), width = plot.clientWidth;
    const number = (ratio, reason) => reason ? `(${ratio.toFixed(3)})` : ratio.toFixed(3);
    const mark = (ratio, reason) => reason ? page.mark : "";
    // In a narrow window, text shrinks with the cells.
    const size = usual => Math.max(7, Math.min(usual, Math.floor((width - 200) / page.L.length / 3.6)));
    const fill = {
      cells: trace => ({...trace, z: ratios, customdata: notes.map((row, g) => row.map((note, l) =>
        [page.C[c], page.G[g], page.L[l], page.C_hat[c][l], note]))}),
      numbers: trace => ({...trace,
        text: flat.map((ratio, i) => (page.numbered ? number : mark)(ratio, reasons[i])),
        textfont: {...trace.textfont, size: size(trace.textfont.size),
          color: flat.map(ratio => ratio <= page.white[0] || ratio >= page.white[1] ? "white" : page.dark)}}),
      halo: trace => ({...trace, x: page.lines[key][c][0], y: page.lines[key][c][1]}),
      line: trace => ({...trace, x: page.lines[key][c][0], y: page.lines[key][c][1]}),
      box: trace => trace,
      note: trace => ({...trace, visible: reasons.some(Boolean)}),
    };
    const {data, layout} = page.figure;
    return [data.map(trace => fill[trace.meta](trace)),
      {...layout, title: {...layout.title, text: page.titles[key][c], font: {size: width < 560 ? 14 : 20}}}];
  }

  function show() {
    const c = Number(slider.value), key = metric.value;
    part("c-value").textContent = page.C[c];
    slider.setAttribute("aria-valuetext", `C = ${page.C[c]}`);
    part("break-even").textContent = page.break_even[key][c];
    part("in-the-box").textContent = page.in_the_box[key][c];
    return Plotly.react(plot, ...drawn(c, key), page.config);
  }

  slider.value = page.c;
  metric.value = page.metric;
  slider.addEventListener("input", show);
  metric.addEventListener("change", show);
  window.addEventListener("resize", show);
  window.addEventListener("beforeprint", () => Plotly.relayout(plot, {width: 680}));
  window.addEventListener("afterprint", () => Plotly.relayout(plot, {width: null, autosize: true}));
  show();
})();
"""

#: The slider, the choice of metric, the figure and what is said of it.
_FIGURE = """<div class="controls">
<div class="slider"><label for="c-slider">C, channels</label>
<input type="range" id="c-slider" min="0" max="@@LAST@@" step="1" value="@@INDEX@@" autocomplete="off"@@DISABLED@@>
<output id="c-value" for="c-slider">@@C@@</output></div>
<div><label for="metric">Ratio of</label>
<select id="metric" autocomplete="off">@@METRICS@@</select></div>
</div>
<div id="heatmap" role="img" aria-label="Heatmap of the ratio over G and L"></div>
<noscript><p>The figure needs JavaScript; the file needs no network.</p></noscript>
<div class="answer" aria-live="polite">
<p id="break-even">@@BREAK_EVEN@@</p>
<p id="in-the-box">@@IN_THE_BOX@@</p>
</div>"""

_SCRIPTS = """<script>@@PLOTLY@@</script>
<script>window.muxprof = @@DATA@@;</script>
<script>@@SCRIPT@@</script>"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src \
'unsafe-inline'; img-src data: blob:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>MUXConv ÷ MobileNet block over G and L</title>
<style>@@STYLE@@</style>
</head>
<body>
<main>
<h1>What a MUXConv block costs, relative to a MobileNet block</h1>
<p class="lead">Both have the same C channels. In red cells MUXConv costs no more, in blue cells it costs more.</p>
@@FIGURE@@
<h2>What is seen</h2>
<p>Each number is the cost of a MUXConv block over that of a MobileNet block with as many channels. <b>G</b>, the
rows, is how many input channels each output of the @@K@@×@@K@@ group convolution sees: 1 is depthwise. <b>L</b>, the
columns, is the share of the channels that the block passes on unprocessed; it works on the other
<i>Ĉ</i> = (1 − <i>L</i>)<i>C</i>. The black box holds the choices of G and L in the paper's search space. The dashed
line is where both blocks cost the same, placed between rows and columns. A number in parentheses (in small cells, a ×)
is the formula's value where no such block exists, because a fraction of a channel would be left or G does not divide
the expanded channels;
point at the cell to see which.</p>
<h2>Why</h2>
<p>For params and for MAdds alike, the ratio is</p>
<p class="formula"><span class="fraction"><span>(1 − <i>L</i>) (2<i>C</i>(1 − <i>L</i>) + <i>K</i><sup>2</sup><i>G</i>)
</span><span>2<i>C</i> + <i>K</i><sup>2</sup></span></span></p>
<p>E, H and W cancel from it; K = @@K@@ is used here. They do not all cancel from the other two: the ratio of
activations depends on E, that of memory traffic on E, H, W and K. Used here: E = @@E@@, K = @@K@@, H = @@H@@,
W = @@W@@.</p>
<h2>How it is counted</h2>
<p>@@CONVENTION@@ Both blocks as in the paper: stride 1, without norm.</p>
<footer>
<p>Source: MUXConv: Information Multiplexing in Convolutional Neural Networks, supplementary material, section 2 and
Figure 4.</p>
<p>Made by muxprof @@VERSION@@: <code>@@COMMAND@@</code></p>
</footer>
</main>
@@SCRIPTS@@
</body>
</html>
"""


def page(shown: View) -> str:
    """The whole report as one file."""
    report = shown.report
    heat = _heatmap(report)
    view = measured(heat)
    if view is not None:
        from muxprof.answers.heatmap import measured_page as heatmap_measured_page

        return heatmap_measured_page.page(report, view)
    figure, scripts = live(report)
    values = {
        "STYLE": STYLE,
        "FIGURE": figure,
        "SCRIPTS": scripts,
        "E": escape(decimal_text(heat.E)),
        "K": escape(str(heat.K)),
        "H": escape(str(heat.H)),
        "W": escape(str(heat.W)),
        "CONVENTION": escape(report.convention.text),
        "VERSION": escape(report.version),
        "COMMAND": escape(command_text(report)),
    }
    return filled(_PAGE, values)


def live(report: Document) -> tuple[str, str]:
    """The figure with its slider and its sentences as HTML, and the scripts that belong at the end of its page."""
    heat = _heatmap(report)
    metrics = "".join(
        f'<option value="{escape(metric)}"{" selected" if metric == heat.metric else ""}>{escape(name)}</option>'
        for metric, name in drawn.NAMES.items()
    )
    index = heat.C_values.index(heat.C)
    values = {
        "LAST": str(len(heat.C_values) - 1),
        "INDEX": str(index),
        "DISABLED": " disabled" if len(heat.C_values) == 1 else "",
        "METRICS": metrics,
        "C": escape(str(heat.C)),
        "BREAK_EVEN": escape(break_even_text(heat, index, heat.metric)),
        "IN_THE_BOX": escape(box_text(heat, index, heat.metric)),
    }
    scripts = {"PLOTLY": get_plotlyjs(), "DATA": embedded(_data(heat)), "SCRIPT": _SCRIPT}
    return filled(_FIGURE, values), filled(_SCRIPTS, scripts)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with a value for every ``@@NAME@@``, in one pass: nothing is looked for inside what is filled in."""
    pieces = template.split("@@")
    return "".join(values[piece] if index % 2 else piece for index, piece in enumerate(pieces))


def fragment(shown: View) -> str:
    """The figure at the report's C and metric as a piece of HTML that brings plotly.js with it."""
    heat = _heatmap(shown.report)
    view = measured(heat)
    made = drawn.figure(heat) if view is None else both.figure(view)
    text: str = made.to_html(full_html=False, include_plotlyjs=True, config=CONFIG)
    return text


def embedded(value: Any) -> str:
    """JSON that is safe inside a script element: no text in it can end the element or open a comment."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def command_text(report: Document) -> str:
    """The command that makes this report again; lists that are the usual ones are left out."""
    heat = _heatmap(report)
    metric = heat.metric if heat.measured is None else "latency"
    words = ["muxprof", report.command, "--metric", metric, "--C", str(heat.C)]
    for option, values, usual in (
        ("--C-values", heat.C_values, {*defaults.C_VALUES, heat.C}),
        ("--G", heat.G_values, defaults.G_VALUES),
        ("--L", heat.L_values, defaults.L_VALUES),
    ):
        if set(values) != set(usual):
            words += [option, ",".join(decimal_text(Fraction(value)) for value in values)]
    words += ["--E", decimal_text(heat.E), "--K", str(heat.K), "--H", str(heat.H), "--W", str(heat.W)]
    if heat.measured is not None:
        words += clock_words(heat.measured.setting)
    return shlex.join(words)


def clock_words(setting: Setting) -> list[str]:
    """The timing options that ask for this again."""
    words = ["--device", setting.device, "--batch", str(setting.batches[0]), "--modes", setting.modes[0]]
    words += ["--dtype", setting.dtype, "--budget", f"{setting.budget:g}"]
    if setting.threads is not None:
        words += ["--threads", str(setting.threads)]
    switches = ("channels_last", "compile", "cudnn_benchmark")
    return words + [f"--{name.replace('_', '-')}" for name in switches if getattr(setting, name)]


def break_even_text(heat: Heatmap, c: int, metric: str) -> str:
    """From which L on MUXConv is the cheaper block, row by row, in words."""
    found = dict(heat.break_even[metric][c])
    bounds = [found.get(float(G)) for G in heat.G_values]
    start = f"{drawn.NAMES[metric]} at C\u00a0=\u00a0{heat.C_values[c]}: MUXConv is cheaper"
    if len({_bound_text(bound) for bound in bounds}) == 1:
        return f"{start} {_bound_text(bounds[0])}, at every G."
    rows = [f"at G\u00a0=\u00a0{G} {_bound_text(bound)}" for G, bound in zip(heat.G_values, bounds, strict=True)]
    return f"{start} {'; '.join(rows)}."


def _bound_text(bound: float | None) -> str:
    """The L from which on; without any, even the smallest block costs more than the MobileNet block."""
    if bound is None:
        return "for no L"
    return f"for L\u00a0>\u00a0{three_decimals(bound) if bound >= 0.01 else format(bound, '.2g')}"


def box_text(heat: Heatmap, c: int, metric: str) -> str:
    """How many choices of the search space cost no more than the MobileNet block."""
    ratios = [
        ratio
        for G, row in zip(heat.G_values, heat.ratios[metric][c], strict=True)
        for L, ratio in zip(heat.L_values, row, strict=True)
        if G in table1.GROUPS and L in table1.LEAVE_OUTS
    ]
    if not ratios:
        return "No cell shown is in the paper's search space."
    cheaper = sum(ratio <= 1 for ratio in ratios)
    cells = "1 cell" if len(ratios) == 1 else f"{len(ratios)} cells"
    return f"In the paper's search space (the box), the ratio is at most 1 in {cheaper} of {cells}."


def _heatmap(report: Document) -> Heatmap:
    found: Heatmap = report.sections["heatmap"]
    return found


def _data(heat: Heatmap) -> dict[str, Any]:
    """What the page's script works with, indexed [c] and [metric][c]."""
    at = range(len(heat.C_values))
    reasons: dict[str, int] = {}  # each once, by its number
    notes = [[[reasons.setdefault(reason, len(reasons)) for reason in row] for row in drawn.notes(heat, c)] for c in at]
    figure: dict[str, Any] = json.loads(drawn.figure(heat).to_json())

    def each(made: Any) -> dict[str, list[Any]]:
        return {metric: [made(heat, c, metric) for c in at] for metric in drawn.NAMES}

    return {
        "metric": heat.metric,
        "c": heat.C_values.index(heat.C),
        "C": heat.C_values,
        "G": heat.G_values,
        "L": list(map(decimal_text, heat.L_values)),
        "C_hat": [[decimal_text((1 - L) * C) for L in heat.L_values] for C in heat.C_values],
        "ratios": {metric: heat.ratios[metric] for metric in drawn.NAMES},
        "reasons": list(reasons),
        "notes": notes,
        "numbered": drawn.numbered(heat),
        "mark": drawn.MARK,
        "lines": each(lambda heat, c, metric: list(map(_rounded, drawn.line_points(heat, c, metric)))),
        "titles": each(lambda heat, c, metric: drawn.heading(heat, heat.C_values[c], metric)),
        "break_even": each(break_even_text),
        "in_the_box": each(box_text),
        "white": [drawn.WHITE_UP_TO, drawn.WHITE_FROM],
        "dark": drawn.DARK,
        "figure": {"data": figure["data"], "layout": figure["layout"]},
        "config": CONFIG,
    }


def _rounded(positions: Iterable[float]) -> list[float]:
    """Positions to a millionth of a cell, for a smaller file."""
    return [round(position, 6) for position in positions]
