"""What the page of the claims is filled with: the table, the live Figure 4, and how to repeat each row."""

from __future__ import annotations

from typing import Any

from muxprof.answers.heatmap.page import live
from muxprof.answers.paper.parts import counts
from muxprof.answers.paper.types import Verdict
from muxprof.document.view import View
from muxprof.formats.html import rendered

#: The class of each verdict's badge, and what the verdict means.
_BADGES: dict[Verdict, tuple[str, str]] = {
    "reproduced": ("same", "the same formula, number or choice comes out"),
    "rounds to it": ("rounds", "the exact number, rounded to the printed digits, is the printed one"),
    "differs": ("differs", "something else comes out"),
    "holds only under a condition": ("condition", "true for some values or one way of counting, which are named"),
    "needs training: not checked": ("unchecked", "a matter of accuracy, not of complexity"),
}


def page(view: View) -> str:
    """The whole report as one file."""
    return rendered("answers/paper/page.html", **_claims(view), **live(view.report.sections["heatmap"]))


def fragment(view: View) -> str:
    """The table of claims as a piece of HTML that brings its own style."""
    return rendered("answers/paper/fragment.html", **_claims(view))


def _claims(view: View) -> dict[str, Any]:
    return {
        "report": view.report,
        "title": view.title,
        "claims": view.report.sections["claims"],
        "counts": counts(view.report),
        "badges": _BADGES,
    }
