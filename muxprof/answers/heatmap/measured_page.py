"""The measured heatmap as one HTML file: both ratios side by side, and what they say. It asks nothing of any server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from plotly.offline import get_plotlyjs

from muxprof.answers.heatmap import figure as drawn
from muxprof.answers.heatmap import measured_figure as both
from muxprof.answers.heatmap import page as shared
from muxprof.answers.heatmap import words
from muxprof.answers.heatmap.measured import Compared, Measured
from muxprof.document.parts import Text
from muxprof.document.types import Document
from muxprof.units import decimal_text, duration, three_decimals

#: So many cells stand in the table, those that disagree most first.
_ROWS = 12

_STYLE = """
main { max-width: 84rem; }
.lead b { color: #1c2430; }
.most { font-size: 1.2rem; line-height: 1.45; max-width: none; margin: 1rem 0 .6rem; padding: .7rem 1.1rem;
  background: #fff8dc; border-left: 5px solid @@FRAME@@; border-radius: .2rem; }
.interrupted { color: #a40e26; font-weight: 600; }
.panels { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem 1.6rem; margin: 1rem 0 .3rem; }
.panels figure { margin: 0; min-width: 0; }
.panels figcaption { font-size: 1.15rem; font-weight: 650; margin: 0 0 .2rem 72px; }
.panels figcaption span { font-weight: 400; color: #48566a; font-size: 1rem; margin-left: .5rem; }
.plot { width: 100%; }
.key { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.8rem; margin: .2rem 0 1.2rem 72px;
  font-size: .92rem; }
.key span { display: inline-flex; align-items: center; gap: .5rem; }
.key i { display: inline-block; width: 1.7rem; height: 1.1rem; }
.key .box { border: 4px solid #000; }
.key .line { height: 0; border-top: 3px dashed #000; }
.key .frame { border: 4px solid @@FRAME@@; }
.scale { flex: 0 1 20rem; min-width: 12rem; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.scale div { height: .9rem; border-radius: .15rem; background: linear-gradient(to right, @@GRADIENT@@); }
.scale p { display: flex; justify-content: space-between; margin: .1rem 0 0; font-size: .85rem;
  font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem; text-align: right; white-space: nowrap; }
thead th { border-bottom: 2px solid #1c2430; vertical-align: bottom; }
tbody tr:nth-child(even) { background: #f5f7fa; }
td.flips { text-align: left; color: #a40e26; font-weight: 600; }
.answer p, .conditions p { max-width: 60rem; }
.label { font-weight: 600; color: #1f5f99; }
.bad { color: #a40e26; }
.good { color: #116329; }
@media (max-width: 52rem) {
  .panels { grid-template-columns: 1fr; }
  .panels figcaption, .key { margin-left: 0; }
}
@media print { .panels figure { break-inside: avoid; } }
"""

_SCRIPT = """
(() => {
  const page = window.muxprof, part = id => document.getElementById(id);
  function show() {
    for (const {id, data, layout} of page.panels) {
      // In a narrow panel, text shrinks with the cells.
      const room = Math.floor((part(id).clientWidth - 80) / page.columns / page.characters);
      const sized = trace => trace.meta !== "numbers" ? trace :
        {...trace, textfont: {...trace.textfont, size: Math.max(7, Math.min(trace.textfont.size, room))}};
      Plotly.react(part(id), data.map(sized), {...layout}, page.config);
    }
  }
  window.addEventListener("resize", show);
  const width = value => () => page.panels.forEach(({id}) =>
    Plotly.relayout(part(id), value ? {width: value} : {width: null, autosize: true}));
  window.addEventListener("beforeprint", width(340));
  window.addEventListener("afterprint", width(null));
  show();
})();
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src \
'unsafe-inline'; img-src data: blob:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>MUXConv ÷ MobileNet block, measured</title>
<style>@@STYLE@@</style>
</head>
<body>
<main>
<h1>What the MAdds promise, and what the clock says</h1>
<p class="lead"><b>MUXConv ÷ MobileNet block at C = @@C@@.</b> @@WHERE@@. In red cells MUXConv costs no more, in blue
cells it costs more.</p>
@@CAVEATS@@
@@MOST@@
<div class="panels">
<figure><figcaption>@@PROMISED@@<span>ratio of MAdds</span></figcaption>
<div class="plot" id="promised" role="img" aria-label="Heatmap of the ratio of MAdds over G and L"></div></figure>
<figure><figcaption>@@MEASURED@@<span>ratio of time</span></figcaption>
<div class="plot" id="measured" role="img" aria-label="Heatmap of the ratio of time over G and L"></div></figure>
</div>
<noscript><p>The figures need JavaScript; the file needs no network.</p></noscript>
<div class="key">
<div class="scale"><div></div><p><span>0</span><span>0.5</span><b>1</b><span>1.5</span><span>≥ 2</span></p></div>
<span><i class="box"></i>the paper's search space</span>
<span><i class="line"></i>@@LINE@@</span>
<span><i class="frame"></i>they disagree most</span>
</div>
<div class="answer">
@@FINDINGS@@
</div>
@@TABLE@@
<h2>What is seen</h2>
<p>Both panels have the same rows, columns and colours. <b>G</b>, the rows, is how many input channels each output of
the @@K@@×@@K@@ group convolution sees: 1 is depthwise. <b>L</b>, the columns, is the share of the channels that the
block passes on unprocessed. On the left stand multiply-adds over multiply-adds; on the right the median of time over
time, and below it how many times as long MUXConv takes as its MAdds promise. Point at a cell for p10, p90, both times
and their spread. ~ marks noise: @@NOISE@@. In parentheses and – : no such block exists.</p>
<h2>How it was timed</h2>
<div class="conditions">
@@CONDITIONS@@
</div>
<h2>How it is counted</h2>
<p>@@CONVENTION@@ Both blocks as in the paper: stride 1, without norm.</p>
<footer>
<p>Source of the ratio of MAdds: MUXConv: Information Multiplexing in Convolutional Neural Networks, supplementary
material, section 2 and Figure 4.</p>
<p>Made by muxprof @@VERSION@@: <code>@@COMMAND@@</code></p>
</footer>
</main>
<script>@@PLOTLY@@</script>
<script>window.muxprof = @@DATA@@;</script>
<script>@@SCRIPT@@</script>
</body>
</html>
"""


def page(report: Document, view: Measured) -> str:
    """The whole report as one file."""
    gradient = ", ".join(f"{colour} {100 * at:.6g}%" for at, colour in drawn.COLOURS)
    most = f'<p class="most">{escape(words.most_text(view))}</p>' if view.cells else ""
    values = {
        "STYLE": shared.STYLE + shared.filled(_STYLE, {"FRAME": both.FRAME, "GRADIENT": gradient}),
        "C": escape(str(view.heat.C)),
        "WHERE": escape(both.where(view)),
        "CAVEATS": _paragraphs(words.caveats(view)),
        "MOST": most,
        "PROMISED": escape(both.PROMISED_TITLE),
        "MEASURED": escape(both.MEASURED_TITLE),
        "FINDINGS": _paragraphs(text for text in words.findings(view) if text.emphasis != "highlight"),
        "TABLE": _table(view),
        "LINE": escape(both.LINE_NAME),
        "K": escape(str(view.heat.K)),
        "NOISE": escape(words.noise_text()),
        "CONDITIONS": _paragraphs(words.conditions(view)),
        "CONVENTION": escape(report.convention.text),
        "VERSION": escape(report.version),
        "COMMAND": escape(shared.command_text(report)),
        "PLOTLY": get_plotlyjs(),
        "DATA": shared.embedded(_data(view)),
        "SCRIPT": _SCRIPT,
    }
    return shared.filled(_PAGE, values)


def _paragraphs(texts: Iterable[Text]) -> str:
    return "\n".join(
        f'<p class="{text.emphasis}"><span class="label">{escape(text.label)}:</span> {escape(text.text)}</p>'
        for text in texts
    )


def _table(view: Measured) -> str:
    """The cells that disagree most."""
    if not view.cells:
        return ""
    rows = "\n".join(map(_row, view.ranked[:_ROWS]))
    return (
        "<h2>Where they disagree most</h2>\n"
        '<div class="scroll"><table>\n<thead><tr><th>G</th><th>L</th><th>ratio of<br>MAdds</th>'
        "<th>ratio of<br>time</th><th>p10</th><th>p90</th><th>n</th><th>MUXConv</th><th>MobileNet</th>"
        f"<th>time ÷<br>promise</th><th></th></tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _row(cell: Compared) -> str:
    ratios = (cell.promised, cell.median, cell.p10, cell.p90)
    times = (duration(samples.median, samples.p90 - samples.p10) for samples in (cell.muxconv, cell.mobilenet))
    shown = [
        str(cell.G),
        decimal_text(cell.L),
        three_decimals(ratios[0]),
        "~" * cell.noisy + three_decimals(ratios[1]),
        *map(three_decimals, ratios[2:]),
        str(cell.n),
        *times,
        words.factor(cell.disagreement),
    ]
    cells = "".join(f"<td>{escape(text)}</td>" for text in shown)
    return f'<tr>{cells}<td class="flips">{words.flip_text(cell)}</td></tr>'


def _data(view: Measured) -> dict[str, Any]:
    """What the page's script works with."""
    panels = []
    for name, figure in zip(("promised", "measured"), both.panels(view), strict=True):
        made: dict[str, Any] = json.loads(figure.to_json())
        panels.append({"id": name, "data": made["data"], "layout": made["layout"]})
    return {
        "panels": panels,
        "columns": len(view.heat.L_values),
        "characters": both.CHARACTERS,
        "config": shared.CONFIG,
    }
