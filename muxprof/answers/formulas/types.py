"""Derived formulas."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Formula:
    """One derived formula: what it is for, as plain text and as LaTeX."""

    name: str
    text: str
    latex: str


Formulas: TypeAlias = tuple[Formula, ...]
