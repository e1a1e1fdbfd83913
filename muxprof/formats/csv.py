"""CSV: the records of a report, a line each."""

from __future__ import annotations

import csv
import io

from muxprof.document.view import View


def text(view: View) -> str:
    """All records, the names of the columns first; what is not known is an empty cell."""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(view.records())
    return sink.getvalue()
