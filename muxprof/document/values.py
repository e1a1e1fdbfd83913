"""Single values of a document, read as what they have to be; anything else raises, naming the value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from muxprof.dims import shown


def integer(value: Any, least: int = 0) -> int:
    """A count of at least ``least``."""
    if type(value) is not int or value < least:
        raise TypeError(f"{shown(value)!r} is not a count{f' from {least} on' * (least > 0)}")
    return value


def optional(value: Any, least: int = 0) -> int | None:
    """A count, or null."""
    return None if value is None else integer(value, least)


def word(value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError(f"{shown(value)!r} is no text")
    return value


def optional_word(value: Any) -> str | None:
    """A text, or null."""
    return None if value is None else word(value)


def words(value: Mapping[str, Any]) -> dict[str, str]:
    """Texts by name."""
    return {key: word(text) for key, text in value.items()}


def number(value: Any) -> float:
    """A number that is written with a decimal point."""
    if not isinstance(value, float):
        raise TypeError(f"{shown(value)!r} is no number with a decimal point")
    return value


def reading(value: Any) -> float:
    """A finite number in either spelling, as a sensor gives it."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise TypeError(f"{shown(value)!r} is no number")
    return value  # type: ignore[no-any-return]  # an int stays one, so that it is written as it was read


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError(f"{shown(value)!r} is neither true nor false")
    return value


def items(value: Any) -> list[Any]:
    """A list; a text or an object would pass for one otherwise."""
    if not isinstance(value, list):
        raise TypeError(f"{shown(value)!r} is no list")
    return value


def one_of(value: Any, choices: tuple[Any, ...], what: str) -> Any:
    """One of the words in ``choices``."""
    if value not in choices:
        raise ValueError(f"{what} {shown(value)!r} is none of {', '.join(map(str, choices))}")
    return value
