"""JSON: the document of a report, with all that is known."""

from muxprof.document.view import View


def text(view: View) -> str:
    """The document as text."""
    return view.json()
