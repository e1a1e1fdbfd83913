"""Renderers: a report in a format, chosen by the extension of the output. Nothing here computes a cost."""

from __future__ import annotations

from pathlib import Path

from muxprof.document.types import Report
from muxprof.errors import BadInput
from muxprof.formats.files import written_whole

__all__ = ["formats", "fragment", "save"]

_BLOCKS_AND_NETWORKS = (".html", ".json", ".csv", ".md", ".svg")
_CLAIMS = (".html", ".json", ".csv", ".md")
_HEATMAPS = (".html", ".json", ".csv", ".md", ".svg", ".png", ".pdf")


def formats(report_command: str) -> tuple[str, ...]:
    """The extensions that suit the reports of a command."""
    return {"heatmap": _HEATMAPS, "paper": _CLAIMS}.get(report_command, _BLOCKS_AND_NETWORKS)


def check_path(path: Path, report_command: str) -> None:
    """Refuse an output that cannot be written, before any work is done; raises :class:`BadInput`."""
    suits = formats(report_command)
    if path.suffix.lower() not in suits:
        raise BadInput(
            f"{path}: a {report_command} report cannot be written as {path.suffix or 'a file without an'!s}"
            f"{'' if path.suffix else ' extension'}; extensions that can: {', '.join(suits)}."
        )
    if path.is_dir():
        raise BadInput(f"{path} is a directory; name a file.")
    if not path.absolute().parent.is_dir():
        raise BadInput(f"{path}: the directory {path.parent} does not exist.")


def save(report: Report, path: Path) -> Path:
    """Write ``report`` to ``path``, whole or not at all, in the format of the extension; returns the path.

    Raises :class:`BadInput` for an extension that does not suit the report or a place that cannot be written, and
    :class:`Unavailable` where a static image needs the extra ``muxprof[image]``.
    """
    path = Path(path)
    check_path(path, report.command)
    suffix = path.suffix.lower()
    if report.heatmap is not None and suffix in (".svg", ".png", ".pdf"):
        from muxprof.answers.heatmap import image as heatmap_image

        with written_whole(path) as temporary:
            heatmap_image.write(report, temporary)
    else:
        text = _text(report, suffix)
        with written_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return path


def fragment(report: Report) -> str:
    """``report`` as a piece of HTML, for notebooks."""
    if report.claims:
        from muxprof.answers.paper import page as paper_page

        return paper_page.fragment(report)
    if report.heatmap is not None:
        from muxprof.answers.heatmap import page as heatmap_page

        return heatmap_page.fragment(report)
    from muxprof.formats import html

    return html.fragment(report)


def _text(report: Report, suffix: str) -> str:
    if suffix == ".json":
        return report.to_json()
    if report.claims:
        from muxprof.answers.paper import page as paper_page
        from muxprof.answers.paper import parts as paper_parts
        from muxprof.formats import markdown

        return {".html": paper_page.page, ".csv": paper_parts.csv_text, ".md": markdown.text}[suffix](report)
    if report.heatmap is not None:
        from muxprof.answers.heatmap import page as heatmap_page
        from muxprof.answers.heatmap import text as heatmap_text

        return {".html": heatmap_page.page, ".csv": heatmap_text.csv_text, ".md": heatmap_text.markdown_text}[suffix](
            report
        )
    if report.command in ("models", "compare") and suffix == ".csv":
        from muxprof.answers.compare import csv as networks_csv

        return networks_csv.text(report)
    if report.command == "compare" and suffix == ".html":
        from muxprof.answers.compare import figure as networks_figure
        from muxprof.formats import html

        return html.page(report, networks_figure.fragment(report))
    from muxprof.formats import csv, html, markdown, terminal

    return {".html": html.page, ".csv": csv.text, ".md": markdown.text, ".svg": terminal.svg}[suffix](report)
