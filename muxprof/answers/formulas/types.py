"""Closed forms."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Formula:
    """One closed form: what it is of, as plain text and as LaTeX."""

    name: str
    text: str
    latex: str


Formulas: TypeAlias = tuple[Formula, ...]
