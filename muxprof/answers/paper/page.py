"""The claims as one HTML file for a reviewer: the table, the live Figure 4, and how to repeat each row.

It asks nothing of any server.
"""

from __future__ import annotations

from html import escape

from muxprof.answers.heatmap import page as heatmap_page
from muxprof.answers.paper.parts import counts
from muxprof.answers.paper.types import Claim, Verdict
from muxprof.document.types import Document
from muxprof.document.view import View

#: The class of each verdict's badge, and what the verdict means.
_BADGES: dict[Verdict, tuple[str, str]] = {
    "reproduced": ("same", "the same formula, number or choice comes out"),
    "rounds to it": ("rounds", "the exact number, rounded to the printed digits, is the printed one"),
    "differs": ("differs", "something else comes out"),
    "holds only under a condition": ("condition", "true for some values or one way of counting, which are named"),
    "needs training: not checked": ("unchecked", "a matter of accuracy, not of complexity"),
}

_TABLE_STYLE = """
.claims { border-collapse: collapse; width: 100%; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, sans-serif; color: #1c2430; }
.claims th, .claims td { text-align: left; vertical-align: top; padding: .7rem .9rem; border: 0;
  border-bottom: 1px solid #d9dfe7; background: none; white-space: normal; overflow-wrap: anywhere; }
.claims th { border-bottom: 2px solid #1c2430; font-weight: 600; padding-top: .3rem; padding-bottom: .3rem; }
.claims td:nth-child(1) { width: 2.6rem; white-space: nowrap; color: #48566a; font-variant-numeric: tabular-nums; }
.claims td:nth-child(2) { width: 26%; }
.claims td:nth-child(4) { width: 11.5rem; }
.claims p { margin: 0 0 .35rem; max-width: none; }
.claims .place { font-size: .85rem; color: #48566a; }
.claims .computed { font-weight: 500; }
.claims .why { font-size: .92rem; color: #48566a; }
.claims .repeat { font-size: .85rem; color: #48566a; margin: 0; }
.claims code { font: .95em ui-monospace, "SF Mono", Consolas, "Liberation Mono", monospace; background: #f4f6f9;
  padding: .15em .4em; border-radius: .3em; overflow-wrap: anywhere; }
.badge { display: inline-block; padding: .1rem .6rem; border-radius: .8rem; font-size: .85rem; line-height: 1.4;
  font-weight: 600; border: 1px solid currentColor; }
.badge.same { color: #0f5c2a; background: #e4f4e9; }
.badge.rounds { color: #0b5563; background: #e2f3f6; }
.badge.condition { color: #7a4b00; background: #fdf1d9; }
.badge.differs { color: #a40e26; background: #fde7ea; }
.badge.unchecked { color: #48566a; background: #f1f3f6; }
"""

_PAGE_STYLE = """
main { max-width: 76rem; }
.verdicts { display: grid; grid-template-columns: max-content max-content 1fr; gap: .35rem .9rem; margin: 1rem 0 1.4rem;
  align-items: baseline; }
.verdicts b { text-align: right; font-variant-numeric: tabular-nums; }
@media (max-width: 50rem) {
  .claims thead { display: none; }
  .claims tr { display: block; border-bottom: 1px solid #d9dfe7; padding: .6rem 0; }
  .claims td, .claims td:nth-child(n) { display: block; width: auto; border: 0; padding: .15rem .2rem; }
}
@media print {
  .claims tr { break-inside: avoid; }
  .claims { font-size: 9pt; }
  .badge { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
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
<p class="lead">MUXConv: Information Multiplexing in Convolutional Neural Networks (CVPR 2020), supplementary material.
Claims are told in other words than the paper's. Every verdict is computed by comparing what the claim says with what
muxprof derives; none is written by hand.</p>
<div class="verdicts">
@@COUNTS@@
</div>
@@TABLE@@
<h2>Figure 4, live</h2>
<p>Params, or another cost, of a MUXConv block over those of a MobileNet block with as many channels. Red: at most 1.
The black box holds the search space's choices of G and L, the dashed line is where both cost the same. In parentheses
stands what the formula gives where no such block exists. K = @@K@@.</p>
@@FIGURE@@
<h2>How to repeat it</h2>
<p>All of it: <code>muxprof paper --out paper.html</code>, or <code>muxprof.paper().claims</code> in Python. A single
row: the command below its numbers. Where a network is built, the command also builds it as a PyTorch module and lets
independent counters agree with the formula layer by layer, unless it says <code>--no-check</code>.</p>
<h2>How it is counted</h2>
<p>@@CONVENTION@@ The blocks are those of the paper: stride 1, without norm. Networks are counted whole.</p>
<footer>
<p>Made by muxprof @@VERSION@@ with @@PACKAGES@@.</p>
</footer>
</main>
@@SCRIPTS@@
</body>
</html>
"""


def page(view: View) -> str:
    """The whole report as one file."""
    report = view.report
    figure, scripts = heatmap_page.live(report)
    environment = report.environment
    versions = [f"Python {environment.python}", *(f"{name} {found}" for name, found in environment.packages.items())]
    return heatmap_page.filled(
        _PAGE,
        {
            "TITLE": escape(view.title),
            "STYLE": heatmap_page.STYLE + _TABLE_STYLE + _PAGE_STYLE,
            "COUNTS": "\n".join(
                f"<b>{count}</b><span>{_badge(verdict)}</span><span>{escape(_BADGES[verdict][1])}</span>"
                for verdict, count in counts(report)
            ),
            "TABLE": _table(report),
            "K": escape(str(report.sections["heatmap"].K)),
            "FIGURE": figure,
            "CONVENTION": escape(report.convention.text),
            "VERSION": escape(report.version),
            "PACKAGES": escape(", ".join(versions)),
            "SCRIPTS": scripts,
        },
    )


def fragment(view: View) -> str:
    """The table of claims as a piece of HTML that brings its own style."""
    return f"<style>{_TABLE_STYLE}</style>\n{_table(view.report)}"


def _table(report: Document) -> str:
    rows = "\n".join(_row(number, claim) for number, claim in enumerate(report.sections["claims"], start=1))
    headings = "".join(f'<th scope="col">{text}</th>' for text in ("", "The paper says", "muxprof computes", "Verdict"))
    return f'<table class="claims">\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>'


def _row(number: int, claim: Claim) -> str:
    repeat = f'<p class="repeat">Repeat: <code>{escape(claim.command)}</code></p>' if claim.command else ""
    return (
        f'<tr id="claim-{number}"><td>{number}</td>'
        f'<td><p class="place">{escape(claim.place)}</p><p>{escape(claim.says)}</p></td>'
        f'<td><p class="computed">{escape(claim.computed)}</p><p class="why">{escape(claim.why)}</p>{repeat}</td>'
        f"<td>{_badge(claim.verdict)}</td></tr>"
    )


def _badge(verdict: Verdict) -> str:
    return f'<span class="badge {_BADGES[verdict][0]}">{escape(verdict)}</span>'
