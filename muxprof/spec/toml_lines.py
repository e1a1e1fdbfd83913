"""Line numbers in a TOML text, for error messages: ``tomllib`` does not give any."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

#: A path of keys and indices from the top of a document: ``("stage", 0, "blocks", 3, "kernel")``.
Where: TypeAlias = tuple[str | int, ...]

#: Tokens with their lines in reverse order, to be consumed from the end; the last one to be consumed is empty.
_Tokens: TypeAlias = list[tuple[str, int]]

#: Limit for nested brackets and parts of dotted keys: tomllib takes a stack frame and quadratic time for them.
MAX_DEPTH = 32

#: Blanks and a comment, then a string (an unclosed one ends with its line or the text), a punctuation mark or a word.
_TOKEN = re.compile(
    r"[ \t\r]*+(?:#[^\n]*+)?("
    r'"""(?:\\.?|[^\\])*?(?:"{3,5}|\Z)|\'\'\'.*?(?:\'{3,5}|\Z)|"(?:\\.|[^"\\\n])*"?|\'[^\'\n]*\'?'
    r"|[\n\[\]{},=.]|[^\s#\"'\[\]{},=.]+|.|\Z)",
    re.DOTALL,
)


def too_deep(text: str) -> int | None:
    """The first line of a text, valid or not, that nests deeper than :data:`MAX_DEPTH`; None if none does."""
    depth = dots = 0
    for token, line in _tokens(text):
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        dots = 0 if token in ("\n", "=", ",", "[", "]", "{", "}") else dots + (token == ".")
        if max(depth, dots) > MAX_DEPTH:
            return line
    return None


def positions(text: str) -> dict[Where, int]:
    """The line of every table, list entry and key of a valid text."""
    lines: dict[Where, int] = {(): 1}
    counts: Counter[Where] = Counter()
    tokens = list(_tokens(text))[::-1]
    table: Where = ()
    while tokens[-1][0]:
        if tokens[-1][0] == "\n":
            tokens.pop()
        elif tokens[-1][0] == "[":
            table = _header(tokens, lines, counts)
        else:
            _pair(tokens, table, lines)
    return lines


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        token = match[1]
        yield token, line
        if token == "\n":
            line += 1
        elif token[:1] in "\"'":
            line += token.count("\n")


def _keys(tokens: _Tokens) -> list[str]:
    """Consume a dotted key, and return its parts."""
    parts = [tokens.pop()[0].strip("\"'")]
    while tokens[-1][0] == ".":
        tokens.pop()
        parts.append(tokens.pop()[0].strip("\"'"))
    return parts


def _header(tokens: _Tokens, lines: dict[Where, int], counts: Counter[Where]) -> Where:
    """Consume ``[a.b]`` or ``[[a.b]]``, and return the path of its table; ``counts`` are the entries of lists."""
    line = tokens.pop()[1]
    is_list = tokens[-1][0] == "["
    if is_list:
        tokens.pop()
    found: Where = ()
    *outer, last = _keys(tokens)
    for part in outer:
        found = (*found, part)
        if counts[found]:
            found = (*found, counts[found] - 1)
    found = (*found, last)
    lines.setdefault(found, line)
    if is_list:
        counts[found] += 1
        found = (*found, counts[found] - 1)
        lines[found] = line
    while tokens[-1][0] == "]":
        tokens.pop()
    return found


def _pair(tokens: _Tokens, where: Where, lines: dict[Where, int]) -> None:
    """Consume ``key = value`` in the table ``where``."""
    line = tokens[-1][1]
    for part in _keys(tokens):
        where = (*where, part)
        lines.setdefault(where, line)
    tokens.pop()
    _value(tokens, where, lines)


def _value(tokens: _Tokens, where: Where, lines: dict[Where, int]) -> None:
    """Consume a value, with the entries of lists and tables."""
    opened = tokens[-1][0]
    if opened not in ("[", "{"):
        while tokens[-1][0] not in (",", "]", "}", "\n", ""):
            tokens.pop()
        return
    tokens.pop()
    index = 0
    while tokens[-1][0] not in ("]", "}"):
        if tokens[-1][0] in ("\n", ","):
            tokens.pop()
        elif opened == "{":
            _pair(tokens, where, lines)
        else:
            lines[(*where, index)] = tokens[-1][1]
            _value(tokens, (*where, index), lines)
            index += 1
    tokens.pop()
