"""A search space as one HTML file: all of its networks by params and MAdds, or what a budget forces.

It asks nothing of any server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from muxprof.answers.heatmap.page import STYLE, embedded, filled
from muxprof.answers.space import types, words
from muxprof.answers.space.parts import option_rows
from muxprof.document.view import View
from muxprof.spec.budgets import Bounds
from muxprof.units import grouped

_PAGE_STYLE = """
main { max-width: 74rem; }
main p { max-width: none; }
.big { font-size: 1.15rem; margin: .2rem 0 .8rem; max-width: none; }
.big b { font-variant-numeric: tabular-nums; }
#picture { width: 100%; height: 44rem; }
.counts { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.counts th, .counts td { text-align: left; padding: .3rem 1.2rem .3rem 0; vertical-align: top; }
.counts td:nth-child(2) { text-align: right; white-space: nowrap; font-weight: 600; }
.scroll { overflow-x: auto; }
.forced { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.forced th { text-align: left; padding: .3rem .6rem; border-bottom: 2px solid #1c2430; position: sticky; top: 0;
  background: #fff; }
.forced td { padding: .22rem .6rem; white-space: nowrap; }
.forced td:first-child { font-weight: 600; }
.forced tr.first td { border-top: 1px solid #d9dfe7; padding-top: .55rem; }
.forced .word { color: #48566a; font-weight: 400; font-size: .88rem; padding-left: .6rem; }
.share { display: grid; grid-template-columns: minmax(4rem, 1fr) 3.6rem; gap: 0 .5rem; align-items: center; }
.bars { position: relative; height: .95rem; background: #f1f4f8; border-radius: .2rem; overflow: hidden; }
.bars i { position: absolute; left: 0; top: 0; bottom: 0; background: #2f7fc1; border-radius: .2rem; }
.bars u { position: absolute; top: 0; bottom: 0; width: 3px; margin-left: -1px; background: #1c2430; }
.more { color: #0f5c2a; font-weight: 650; }
.less { color: #a40e26; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; color: #48566a; font-size: .92rem; margin: .5rem 0 1rem; }
.legend .bars { display: inline-block; width: 4.5rem; vertical-align: middle; margin-right: .5rem; }
@media print { .forced tr, .counts tr { break-inside: avoid; } .bars, .bars * { print-color-adjust: exact;
  -webkit-print-color-adjust: exact; } #picture { height: 34rem; } }
"""

_SCRIPT = """
(() => {
  const {data, layout} = window.muxprof, plot = document.getElementById("picture");
  Plotly.newPlot(plot, data, layout, {responsive: true, displayModeBar: false, displaylogo: false, doubleClick: false});
  window.addEventListener("beforeprint", () => Plotly.relayout(plot, {width: 700}));
  window.addEventListener("afterprint", () => Plotly.relayout(plot, {width: null, autosize: true}));
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
<title>@@TITLE@@</title>
<style>@@STYLE@@</style>
</head>
<body>
<main>
<h1>@@TITLE@@</h1>
@@BODY@@
<h2>What is counted</h2>
<table class="counts">@@COUNTS@@</table>
<p>@@CONVENTION@@ Every number here is exact: costs add up over stages, so that all networks can be counted without
making them.</p>
<footer><p>Made by muxprof @@VERSION@@: <code>@@COMMAND@@</code></p></footer>
</main>
@@SCRIPTS@@
</body>
</html>
"""

_HIST = """<p class="big"><b>@@TOTAL@@</b> @@WHAT@@@@BUDGET@@</p>
<div id="picture" role="img" aria-label="Heatmap of all networks by params and MAdds"></div>
<noscript><p>The picture needs JavaScript; the file needs no network.</p></noscript>
<p>Each cell is @@X@@ MAdds wide and @@Y@@ params high; its colour is how many networks of the space fall into it, by
powers of ten, and pointing at it says exactly how many. Above and beside it are the sums by MAdds and by params.
Diamonds are the zoo's MUXNets; a hollow one is no network of this space.</p>"""

_OPTIONS = """<p class="big">Within <b>@@BUDGET@@</b>: <b>@@WITHIN@@</b> of @@ALL@@ @@WHAT@@, @@SHARE@@.</p>
<div class="legend"><span><span class="bars"><i style="width:62%"></i></span>share of the networks within the budget
that take the option</span><span><span class="bars"><u style="left:40%"></u></span>share in the whole space</span>
<span>by more than 5 points <span class="more">more</span> or <span class="less">less</span> often than there</span>
</div>
<div class="scroll"><table class="forced"><thead><tr><th scope="col">Option</th>@@STAGES@@</tr></thead><tbody>
@@ROWS@@
</tbody></table></div>
<p>rK and rE are kernel and expansion of the reduction block. &ldquo;No effect&rdquo; counts networks in which the
option makes no difference: N is 0 in that stage, or S is set and G means nothing.</p>"""


def hist(view: View) -> str:
    """The distribution as one file."""
    answer: types.Hist = view.report.sections["space"]
    budget = ""
    if answer.budget:
        share = words.share(answer.within, answer.total)
        bounds = escape(words.budget(answer.budget))
        budget = f"; <b>{grouped(answer.within)}</b> of them ({share}) with {bounds} (the box)"
    body = filled(
        _HIST,
        {
            "TOTAL": grouped(answer.total),
            "WHAT": words.OVER[answer.over],
            "BUDGET": f"{budget}.",
            "X": grouped(answer.x.width),
            "Y": grouped(answer.y.width),
        },
    )
    return _page(view, answer, body, _scripts(answer))


def options(view: View) -> str:
    """What a budget forces as one file."""
    answer: types.Options = view.report.sections["space"]
    stages = list(dict.fromkeys(each.stage for each in answer.options))
    found = {(each.stage, each.letter, each.value): each for each in answer.options}
    rows, before = [], None
    for letter, name, value in option_rows(answer):
        label = f"{letter} = {value}" if value != types.IDLE else f"{letter}: no effect"
        word = f'<span class="word">{escape(name)}</span>' if letter != before else ""
        cells = "".join(f"<td>{_share(found.get((stage, letter, value)), answer)}</td>" for stage in stages)
        rows.append(f'<tr class="{"first" if letter != before else ""}"><td>{escape(label)}{word}</td>{cells}</tr>')
        before = letter
    body = filled(
        _OPTIONS,
        {
            "BUDGET": escape(words.budget(answer.budget)),
            "WITHIN": grouped(answer.within),
            "ALL": grouped(answer.all),
            "WHAT": words.OVER[answer.over],
            "SHARE": words.share(answer.within, answer.all),
            "STAGES": "".join(f'<th scope="col">{escape(stage)}</th>' for stage in stages),
            "ROWS": "\n".join(rows),
        },
    )
    return _page(view, answer, body)


def _page(view: View, answer: types.Hist | types.Options, body: str, scripts: str = "") -> str:
    counts = "".join(
        f"<tr><th scope='row'>{name}</th><td>{grouped(getattr(answer.space, name))}</td><td>{escape(meaning)}</td></tr>"
        for name, meaning in words.MEANINGS.items()
    )
    return filled(
        _PAGE,
        {
            "TITLE": escape(view.title),
            "STYLE": STYLE + _PAGE_STYLE,
            "BODY": body,
            "COUNTS": counts,
            "CONVENTION": escape(view.report.convention.text),
            "VERSION": escape(view.report.version),
            "COMMAND": escape(_command(view, answer)),
            "SCRIPTS": scripts,
        },
    )


def _command(view: View, answer: types.Hist | types.Options) -> str:
    asked = [f"muxprof {view.report.command}"]
    if answer.space.name != "paper":
        asked.append("--space FILE")
    for name, bounds in answer.budget.items():
        if bounds != Bounds():
            low, high = ("" if end is None else end for end in (bounds.low, bounds.high))
            asked.append(f'--{name} "{low}:{high}"')
    return " ".join([*asked, *(["--over valid"] if answer.over == "valid" else [])])


def _scripts(answer: types.Hist) -> str:
    from plotly.offline import get_plotlyjs

    from muxprof.answers.space.figure import figure

    made: Mapping[str, Any] = json.loads(figure(answer).to_json())
    data = embedded({"data": made["data"], "layout": made["layout"]})
    return f"<script>{get_plotlyjs()}</script>\n<script>window.muxprof = {data};</script>\n<script>{_SCRIPT}</script>"


def _share(found: types.OptionCount | None, answer: types.Options) -> str:
    if found is None:
        return ""
    within, everywhere = words.percent(found.count, answer.within), words.percent(found.everywhere, answer.all)
    change = within - everywhere
    kind = "more" if change > 5 else "less" if change < -5 else ""
    exact = f"{grouped(found.count)} within, {grouped(found.everywhere)} in all"
    return (
        f'<div class="share" title="{exact}"><span class="bars"><i style="width:{within:.2f}%"></i>'
        f'<u style="left:{everywhere:.2f}%"></u></span><span class="{kind}">{within:.1f} %</span></div>'
    )
