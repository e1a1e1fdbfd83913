"""What the pictures of a search space share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def option_rows(listed: Sequence[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """(letter, name, value), each once, a letter's values together and what has no effect last."""
    seen = list(dict.fromkeys((each["letter"], each["name"], each["value"]) for each in listed))
    letters = list(dict.fromkeys(letter for letter, _, _ in seen))
    return sorted(seen, key=lambda row: (letters.index(row[0]), row[2] == "idle"))


def percent(count: int, of: int) -> float:
    """A share in percent; 0 of nothing."""
    return 100 * count / of if of else 0.0
