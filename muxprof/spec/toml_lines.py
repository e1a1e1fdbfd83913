"""Where things stand in a TOML text: ``tomllib`` gives values without their lines, and errors should name lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

#: Keys and indices from the top of a document: ``("stage", 0, "blocks", 3, "kernel")``.
Where: TypeAlias = tuple[str | int, ...]

#: Deeper brackets and longer dotted keys are refused; tomllib takes a frame, or quadratic time, for each.
MAX_DEPTH = 32

#: Blanks and a comment, then a string (an unfinished one ends with its line or with the text), a mark or a word.
_TOKEN = re.compile(
    r"[ \t\r]*+(?:#[^\n]*+)?("
    r'"""(?:\\.?|[^\\])*?(?:"{3,5}|\Z)|\'\'\'.*?(?:\'{3,5}|\Z)|"(?:\\.|[^"\\\n])*"?|\'[^\'\n]*\'?'
    r"|[\n\[\]{},=.]|[^\s#\"'\[\]{},=.]+|.|\Z)",
    re.DOTALL,
)


def too_deep(text: str) -> int | None:
    """The line where ``text``, valid or not, nests deeper than :data:`MAX_DEPTH`; None where it does not."""
    depth = dots = 0
    for token, line in _tokens(text):
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        dots = 0 if token in ("\n", "=", ",", "[", "]", "{", "}") else dots + (token == ".")
        if max(depth, dots) > MAX_DEPTH:
            return line
    return None


def positions(text: str) -> dict[Where, int]:
    """The line of every table, list entry and key of a valid text."""
    return _Scan(text).lines


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        token = match[1]
        yield token, line
        if token == "\n":
            line += 1
        elif token[:1] in "\"'":
            line += token.count("\n")


class _Scan:
    """One pass over the tokens of a valid text; ``lines`` is what it finds."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Where, int] = {(): 1}
        self._tokens = list(_tokens(text))
        self._at = 0
        self._entries: dict[Where, int] = {}
        table: Where = ()
        while self._at < len(self._tokens):
            if self._next in ("\n", ""):
                self._take()
            elif self._next == "[":
                table = self._header()
            else:
                self._pair(table)

    @property
    def _next(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _take(self) -> tuple[str, int]:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else ("", 0)

    def _keys(self) -> list[str]:
        parts = [self._take()[0].strip("\"'")]
        while self._next == ".":
            self._take()
            parts.append(self._take()[0].strip("\"'"))
        return parts

    def _header(self) -> Where:
        """The table that ``[a.b]`` or ``[[a.b]]`` opens."""
        line = self._take()[1]
        is_list = self._next == "["
        if is_list:
            self._take()
        found: Where = ()
        *outer, last = self._keys()
        for part in outer:
            found = (*found, part)
            if found in self._entries:
                found = (*found, self._entries[found] - 1)
        found = (*found, last)
        self.lines.setdefault(found, line)
        if is_list:
            index = self._entries.get(found, 0)
            self._entries[found] = index + 1
            found = (*found, index)
            self.lines[found] = line
        while self._next == "]":
            self._take()
        return found

    def _pair(self, table: Where) -> None:
        line, where = self._tokens[self._at][1], table
        for part in self._keys():
            where = (*where, part)
            self.lines.setdefault(where, line)
        self._take()
        self._value(where)

    def _value(self, where: Where) -> None:
        opened = self._next
        if opened not in ("[", "{"):
            while self._next not in (",", "]", "}", "\n", ""):
                self._take()
            return
        self._take()
        index = 0
        while self._next not in ("]", "}", ""):
            if self._next in ("\n", ","):
                self._take()
            elif opened == "{":
                self._pair(where)
            else:
                self.lines[(*where, index)] = self._tokens[self._at][1]
                self._value((*where, index))
                index += 1
        self._take()
