"""TOML files: reading their text, and errors that name file, line and key."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.spec.toml_lines import MAX_DEPTH, Where, positions, too_deep

MAX_BYTES = 1 << 20
MAX_TEXT = 1_000

_T = TypeVar("_T")


class Float(str):
    """The text of a float, which is exact: 0.29 is 29/100."""

    __slots__ = ()


@dataclass(frozen=True)
class Place:
    """A position in a TOML text: ``where`` is the path of keys and indices from the top."""

    file: str
    text: str
    where: Where = ()

    def inside(self, *more: str | int) -> Place:
        """The place at the path ``more`` from here."""
        return dataclasses.replace(self, where=(*self.where, *more))

    def error(self, message: str) -> BadInput:
        """The error ``FILE:LINE: key: message``."""
        lines, where = positions(self.text), self.where
        while where not in lines:
            where = where[:-1]
        key = ".".join(quoted(part) for part in self.where if isinstance(part, str))
        return BadInput(f"{self.file}:{lines[where]}: {key + ': ' if key else ''}{message}")

    def refusal(self, value: Any, allowed: str) -> BadInput:
        """The error that ``value`` is not allowed here; ``allowed`` is a sentence about what is."""
        return self.error(f"{said(value)} is not allowed; {allowed}.")

    def tried(self, make: Callable[..., _T], *args: Any, **keywords: Any) -> _T:
        """What ``make`` returns; file, line and key are added to its :class:`BadInput`."""
        try:
            return make(*args, **keywords)
        except BadInput as error:
            raise self.error(str(error)) from None


def read(path: str | Path, parse: Callable[[str, str], _T], what: str) -> _T:
    """What ``parse`` returns for a file's text and name; ``what`` names it in messages.

    Raises :class:`BadInput` for a file that cannot be read, has more than :data:`MAX_BYTES`, or is not UTF-8.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(f"{quoted(str(path))}: {getattr(error, 'strerror', None) or error}.") from None
    if len(content) > MAX_BYTES:
        raise BadInput(f"{path}: it is larger than {MAX_BYTES:,} bytes; no {what} needs as much.")
    try:
        return parse(content.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(f"{path}:{line}: it is not UTF-8 text (byte 0x{content[error.start]:02x}).") from None


def load(text: str, file: str) -> tuple[dict[str, Any], Place]:
    """The document of a TOML text, and its place; raises :class:`BadInput` with the line of a syntax error."""
    import tomllib

    text = text.replace("\r\n", "\n")
    deep = too_deep(text)
    if deep is not None:
        raise BadInput(f"{file}:{deep}: it nests deeper than {MAX_DEPTH} levels; no network needs as much.")
    try:
        return tomllib.loads(text, parse_float=Float), Place(file, text)
    except ValueError as error:  # tomllib's error is one, and int() raises one for thousands of digits
        line, message = _syntax_error(text.split("\n"), str(error))
        raise BadInput(f"{file}:{line}: {message}") from None


def _syntax_error(lines: list[str], message: str) -> tuple[int, str]:
    """The line of an error of ``tomllib``, and a clearer message for common mistakes."""
    message, _, at = message.removesuffix(")").partition(" (at ")
    found = re.fullmatch(r"line (\d+), column (\d+)", at)
    last = max((number for number, line in enumerate(lines, start=1) if line.strip()), default=1)
    number, column = (int(found[1]), int(found[2])) if found else (last, 0)
    line = lines[number - 1] if number <= len(lines) else ""
    if "integer string conversion" in message:
        long = next((at for at, line in enumerate(lines, start=1) if re.search(r"[\d_]{4300}", line)), number)
        return long, "an integer has thousands of digits; none needs more than ten."
    if message.startswith("Cannot overwrite"):
        key = re.match(r"[\s{]*([\w-]+)\s*=", line)
        return number, f"{key[1] + ': ' if key else ''}given twice; a key has one value."
    if message.startswith("Cannot declare"):
        return number, f"{line.strip()}: given twice; a table is written once (a list of them with [[ ]])."
    if message.startswith("Duplicate inline table key"):
        return number, f"{message.removeprefix('Duplicate inline table key ')}: given twice; a key has one value."
    hint = ""
    if message.startswith("Invalid initial character for a key part") and column:
        rest = line[column - 1 :].strip()
        if not rest or rest.startswith("#"):
            hint = "; a table in { } stands on one line"
        elif rest.startswith("}"):
            hint = "; no comma stands before }"
    return number, f"it is no TOML: {message[:1].lower()}{message[1:]}{hint}."


def said(value: Any) -> str:
    """A TOML value for messages."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a table"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"an integer of {value.bit_length():,} bits"
    return repr(shown(value)) if type(value) is str else shown(value)


def quoted(name: str) -> str:
    """A key or a file name for messages, in one line."""
    return name if name.isprintable() and 0 < len(name) <= MAX_TEXT else repr(shown(name))
