"""Tables of a TOML file: kinds of values, what a table's keys are, and errors that name file, line and key."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

from muxprof.dims import ratio, shown
from muxprof.errors import BadInput
from muxprof.spec import checks, notation
from muxprof.spec.toml_lines import Where, positions
from muxprof.units import decimal_text, figure

MAX_ENTRIES = 64
MAX_TEXT = 1_000

_T = TypeVar("_T")

#: What to say of keys that other tools have and this format has not.
_FOREIGN = {
    "in": "input widths follow from the block before, leave it out;",
    "in_channels": "input widths follow from the block before, leave it out;",
    "out_channels": "did you mean out?",
    "filters": "did you mean out?",
    "width": "did you mean out?",
    "n": "did you mean repeat?",
    "groups": "did you mean group, the input channels per group?",
    "num_classes": "did you mean classes?",
}


class Float(str):
    """A float as it is written, so that 0.29 is 29/100."""

    __slots__ = ()


@dataclass(frozen=True)
class Place:
    """A place in a file, for messages."""

    file: str
    text: str
    where: Where = ()

    def inside(self, *more: str | int) -> Place:
        """A place further inside."""
        return dataclasses.replace(self, where=(*self.where, *more))

    def error(self, message: str) -> BadInput:
        """The error that names file, line and key."""
        lines, where = positions(self.text), self.where
        while where not in lines:
            where = where[:-1]
        key = ".".join(quoted(part) for part in self.where if isinstance(part, str))
        return BadInput(f"{self.file}:{lines[where]}: {key + ': ' if key else ''}{message}")


@dataclass(frozen=True)
class Kind:
    """``read`` makes a value of the spec from one of TOML, ``write`` the text of a value."""

    read: Callable[[Any, Place], Any]
    write: Callable[[Any], str]


@dataclass(frozen=True)
class Key:
    """A key of a table.

    ``field`` is that of the spec, ``always`` that it is written even where it is the default, ``hint`` what is said
    where a required key is missing.
    """

    name: str
    field: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    required: bool = False
    always: bool = False
    hint: str = ""


def _read_integer(value: Any, place: Place) -> int:
    if type(value) is not int or value.bit_length() > 64:
        raise place.error(f"{said(value)} is not allowed; it must be an integer.")
    return value


def _read_ratio(value: Any, place: Place) -> Fraction:
    if type(value) in (int, str, Float):  # a bool is none of these
        try:
            return Fraction(_read_integer(value, place)) if type(value) is int else ratio(value.replace("_", ""), "")
        except BadInput:
            pass
    raise place.error(f'{said(value)} is not allowed; it must be a number like 0.25, or a text like "7/24".')


def _read_se(value: Any, place: Place) -> Fraction | None:
    return None if value is False else _read_ratio(value, place)


def _read_flag(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise place.error(f"{said(value)} is not allowed; it must be true or false.")
    return value


def _read_text(value: Any, place: Place) -> str:
    if type(value) is not str:
        raise place.error(f"{said(value)} is not allowed; it must be a text in quotes.")
    if len(value) > MAX_TEXT or not value.isprintable():
        raise place.error(f"{said(value)} is not allowed; it must be one line of at most {MAX_TEXT:,} characters.")
    return value


def _read_name(value: Any, place: Place) -> str:
    name = _read_text(value, place)
    if not name.strip() or len(name) > 100 or set(name) & set("[]"):
        raise place.error(f"{said(value)} is not allowed; a name has 1 to 100 characters, and no brackets [ ].")
    return name


def _read_figure(value: Any, place: Place) -> str:
    written = _read_text(value, place)
    try:
        if len(written) <= MAX_ENTRIES and figure(written)[0] > 0:
            return written
    except BadInput:
        pass
    raise place.error(f'{said(value)} is not allowed; it must be a figure like "3.4 M".')


def _read_integers(value: Any, place: Place) -> tuple[int, ...]:
    if not isinstance(value, list):
        if type(value) is not int:
            raise place.error(f"{said(value)} is not allowed; it must be an integer or a list of them.")
        return (_read_integer(value, place),)
    if len(value) > MAX_ENTRIES:
        raise place.error(f"it has {len(value):,} entries; at most {MAX_ENTRIES} are allowed.")
    return tuple(_read_integer(item, place.inside(index)) for index, item in enumerate(value))


def _read_spatial(value: Any, place: Place) -> tuple[int, ...]:
    return () if type(value) is int and value == 0 else _read_integers(value, place)


def _read_hidden(value: Any, place: Place) -> tuple[int, ...]:
    found = _read_integers(value, place)
    for width in found:
        tried(partial(checks.positive, width, "hidden", checks.MAX_CHANNELS), place)
    return found


def _read_resolution(value: Any, place: Place) -> tuple[int, int]:
    if type(value) is str:
        return tried(partial(notation.resolution, value), place)
    sizes = _read_integers(value, place)
    if isinstance(value, list) and len(sizes) != 2:
        raise place.error(f"it has {len(sizes)} entries; write 224 or [height, width].")
    return tried(partial(notation.resolution, (sizes[0], sizes[-1])), place)


def _read_notes(value: Any, place: Place) -> tuple[str, ...]:
    if not isinstance(value, list):
        return (_read_text(value, place),)
    return tuple(_read_text(item, place.inside(index)) for index, item in enumerate(value))


def _read_table(value: Any, place: Place) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise place.error(f"{said(value)} is not allowed; it must be a table, [{place.where[-1]}].")
    return value


def _read_tables(value: Any, place: Place) -> list[Any]:
    if not isinstance(value, list):
        key = ".".join(part for part in place.where if isinstance(part, str))
        raise place.error(f"{said(value)} is not allowed; it must be a list of tables, each headed [[{key}]].")
    if not value:
        raise place.error("it is empty; there must be at least one.")
    return value


def _write_text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_ratio(value: Fraction | None) -> str:
    if value is None:
        return "false"
    written = decimal_text(value)
    return f'"{written}"' if "/" in written else written


def _write_integers(values: tuple[int, ...]) -> str:
    return str(values[0]) if len(values) == 1 else str(list(values))


def _write_resolution(value: tuple[int, int]) -> str:
    return str(value[0]) if value[0] == value[1] else str(list(value))


def _write_notes(values: tuple[str, ...]) -> str:
    return "\n".join(["[", *(f"  {_write_text(value)}," for value in values), "]"])


def _write_list(values: tuple[int, ...]) -> str:
    return str(list(values))


def _write_flag(value: bool) -> str:
    return "true" if value else "false"


def inline(pairs: list[str]) -> str:
    """A table on one line."""
    return f"{{ {', '.join(pairs)} }}"


def _never(value: Any) -> str:
    raise AssertionError(value)


INTEGER = Kind(_read_integer, str)
INTEGERS = Kind(_read_integers, _write_integers)
HIDDEN = Kind(_read_hidden, _write_integers)
SPATIAL = Kind(_read_spatial, _write_list)
RESOLUTION = Kind(_read_resolution, _write_resolution)
RATIO = Kind(_read_ratio, _write_ratio)
RATIO_OR_FALSE = Kind(_read_se, _write_ratio)
FLAG = Kind(_read_flag, _write_flag)
TEXT = Kind(_read_text, _write_text)
NAME = Kind(_read_name, _write_text)
FIGURE = Kind(_read_figure, _write_text)
NOTES = Kind(_read_notes, _write_notes)
TABLE = Kind(_read_table, _never)
TABLES = Kind(_read_tables, _never)


def table_values(table: Any, keys: tuple[Key, ...], what: str, place: Place) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a table by the names of their keys, and how those are spelled in it."""
    if not isinstance(table, dict):
        raise place.error(f"{said(table)} is not allowed; {what} is a table.")
    known = {alias: key for key in keys for alias in (key.name, *key.aliases)}
    values: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for written, value in table.items():
        key = known.get(written)
        here = place.inside(written)
        if key is None:
            raise here.error(_unknown(written, keys, what))
        if key.name in spelled:
            raise here.error(f"{spelled[key.name]} says the same; give one of them.")
        spelled[key.name] = written
        values[key.name] = key.kind.read(value, here)
    for key in keys:
        if key.required and key.name not in values:
            raise place.inside(key.name).error(f"missing; {key.hint or f'{what} needs it'}.")
    return values, spelled


def table_spec(
    cls: type[Any],
    keys: tuple[Key, ...],
    what: str,
    table: Any,
    place: Place,
    defaults: Mapping[str, Any] | None = None,
    **derived: int,
) -> Any:
    """The spec of a table; an error of the spec's own is blamed on the first key that it mentions."""
    values, spelled = table_values(table, keys, what, place)
    effective = {**(defaults or {}), **values}
    fields = {key.field: effective[key.name] for key in keys if key.name in effective}
    try:
        return cls(**fields, **derived)
    except BadInput as error:
        mentioned = re.findall(r"\b(\w+) (?:=|has)", str(error))
        blamed = {alias: spelled.get(key.name) for key in keys for alias in (key.name, key.field, *key.aliases)}
        guilty = next((blamed[word] for word in mentioned if blamed.get(word)), None)
        raise (place.inside(guilty) if guilty else place).error(str(error)) from None


def tried(make: Callable[[], _T], place: Place) -> _T:
    """What ``make`` returns; its :class:`BadInput` gets file, line and key in front."""
    try:
        return make()
    except BadInput as error:
        raise place.error(str(error)) from None


def table_pairs(spec: Any, keys: tuple[Key, ...], defaults: Mapping[str, Any]) -> list[str]:
    """``key = value`` for what is not left to a default."""
    pairs = []
    for key in keys:
        value = getattr(spec, key.field)
        if key.always or value != defaults.get(key.name, built_in(spec, key)):
            pairs.append(f"{key.name} = {key.kind.write(value)}")
    return pairs


def built_in(spec: Any, key: Key) -> Any:
    """The default of the spec's own; no value equals that of a field that has none."""
    return next(field.default for field in dataclasses.fields(spec) if field.name == key.field)


def _unknown(written: str, keys: tuple[Key, ...], what: str) -> str:
    names = [key.name for key in keys]
    near = difflib.get_close_matches(written[:MAX_ENTRIES].lower(), names, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else _FOREIGN.get(written.lower(), "")
    meant = re.match(r"did you mean (\w+)", hint)
    if meant and meant[1] not in names:
        hint = ""
    extra = ["type", "repeat"] if what.startswith("a block") else ["type"] if "head" in what else []
    return f"unknown in {what}; {hint + ' ' if hint else ''}known: {', '.join(extra + names)}."


def said(value: Any) -> str:
    """A value of TOML in a message."""
    if isinstance(value, bool):
        return _write_flag(value)
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a table"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"an integer of {value.bit_length():,} bits"
    return repr(shown(value)) if type(value) is str else shown(value)


def quoted(name: str) -> str:
    """A key or the name of a file, in one line."""
    return name if name.isprintable() and 0 < len(name) <= MAX_TEXT else repr(shown(name))
