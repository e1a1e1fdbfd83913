"""The text of a page as a reader sees it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_HIDDEN = ("script", "style", "title", "noscript")
_BREAKS = ("p", "tr", "h1", "h2", "h3", "div", "table", "dt", "dd", "li", "figcaption", "footer", "section", "br")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _: object) -> None:
        self._hidden += tag in _HIDDEN
        self.pieces.append("\n" if tag in _BREAKS else "  " if tag in ("td", "th") else "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(re.sub(r"\s+", " ", data))


def shown_text(page: str) -> str:
    """A line per paragraph and row; styles and scripts left out, white space collapsed."""
    parser = _Text()
    parser.feed(page)
    lines = (line.strip() for line in "".join(parser.pieces).split("\n"))
    return "".join(f"{line}\n" for line in lines if line)
