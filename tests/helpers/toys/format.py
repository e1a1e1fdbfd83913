"""A toy format: a line per part."""

from muxprof.document.view import View
from muxprof.formats.table import Format


def text(view: View) -> str:
    return "".join(f"{type(part).__name__}\n" for part in view.all_parts)


ROW = Format(".toy", text)
