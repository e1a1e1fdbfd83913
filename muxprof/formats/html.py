"""HTML by templates: the page of any report, a piece of it for notebooks, and what answers need for pages of their own.

Templates and assets are files of the package, named by their path in it. Styles, scripts and data are written into the
page, which asks nothing of any server. Whatever is not a template or marked as HTML is escaped.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

import muxprof
from muxprof.document.view import View
from muxprof.formats import theme
from muxprof.units import grouped

_PACKAGE = Path(muxprof.__file__).parent


def page(view: View) -> str:
    """The whole report as one file."""
    return rendered("formats/templates/report.html", **_shown(view))


def fragment(view: View) -> str:
    """The whole report as a piece of HTML that brings its own style."""
    return rendered("formats/templates/fragment.html", **_shown(view))


def rendered(template: str, **values: Any) -> Markup:
    """The template with its values; a page extends ``formats/templates/base.html``, and takes the ``report``."""
    return Markup(_environment().get_template(template).render(values))  # templates escape what they are given


def asset(name: str) -> Markup:
    """The text of a stylesheet or a script, as it is."""
    return Markup((_PACKAGE / name).read_text(encoding="utf-8"))  # our own files


def embedded(value: Any) -> Markup:
    """JSON that is safe inside a script element: no text in it can end the element or open a comment.

    Raises :class:`ValueError` for numbers that JSON lacks.
    """
    return htmlsafe_json_dumps(value, allow_nan=False, separators=(",", ":"))


def _shown(view: View) -> dict[str, Any]:
    figures = map(Markup, view.figures())  # HTML by what they are
    return {"report": view.report, "title": view.title, "figures": list(figures), "parts": view.all_parts}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": asset, "embedded": embedded, "plotly": _plotly, "variables": theme.VARIABLES}
    made.filters |= {"grouped": grouped, "kind": lambda value: type(value).__name__}
    return made


def _plotly() -> Markup:
    from muxprof.formats.plot import script

    return script()
