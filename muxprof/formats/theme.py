"""Fonts and colours that pages and pictures share; pages have them as variables of CSS."""

from __future__ import annotations

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
#: Text; text that matters less; lines between rows and behind points; marks and points.
INK, QUIET, LINE, ACCENT = "#1c2430", "#48566a", "#d9dfe7", "#1f5f99"

#: By the name of the variable, without its hyphens.
VARIABLES = {"font": FONT, "ink": INK, "quiet": QUIET, "line": LINE, "accent": ACCENT}
