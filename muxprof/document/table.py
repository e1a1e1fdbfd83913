"""Tables of rows, in which whatever muxprof can do is listed, and the names of what a row imports when it is wanted."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

#: Something to import when it is first used, as "package.module:name"; or the thing itself.
Name: TypeAlias = str | Callable[..., Any]


class Row(Protocol):
    """A row of a table."""

    @property
    def key(self) -> str:
        """What the row is found by."""


R = TypeVar("R", bound=Row)


def resolved(name: Name) -> Any:
    """What ``name`` stands for, imported where it is a text."""
    if not isinstance(name, str):
        return name
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


class Table(Generic[R]):
    """Rows by key, in the order in which they were added."""

    def __init__(self, *rows: R) -> None:
        """A table of these rows."""
        self._rows = {row.key: row for row in rows}

    def add(self, row: R) -> None:
        """Add a row; raises :class:`ValueError` for a key that another row has."""
        if row.key in self._rows:
            raise ValueError(f"there is a row {row.key!r} already")
        self._rows[row.key] = row

    def remove(self, key: str) -> None:
        """Take out a row."""
        del self._rows[key]

    def get(self, key: str) -> R | None:
        """The row with this key; None if there is none."""
        return self._rows.get(key)

    def __getitem__(self, key: str) -> R:
        """The row with this key; :class:`KeyError` if there is none."""
        return self._rows[key]

    def __iter__(self) -> Iterator[R]:
        """The rows in order."""
        return iter(self._rows.values())

    def __contains__(self, key: object) -> bool:
        """Whether there is a row with this key."""
        return key in self._rows

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in order."""
        return tuple(self._rows)
