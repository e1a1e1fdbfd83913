"""Descriptions of TOML tables: keys with the kinds of their values, and the spec that is made of them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar

from muxprof.dims import ratio
from muxprof.errors import BadInput
from muxprof.spec import notation
from muxprof.spec.toml_text import MAX_TEXT, Float, Place
from muxprof.units import decimal_text, figure

MAX_ENTRIES = 64

_T = TypeVar("_T")

#: Hints for keys of other tools.
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


#: A TOML table, and its place.
Entry: TypeAlias = tuple[Any, Place]


@dataclass(frozen=True)
class Kind:
    """A kind of value: ``read`` converts from TOML's value to the spec's, ``write`` from the spec's to TOML text."""

    read: Callable[[Any, Place], Any]
    write: Callable[[Any], str] = str


@dataclass(frozen=True)
class Key:
    """A key of a table.

    ``aliases`` are other names for it, separated by blanks. ``field`` is the spec's field, if it has another name.
    A key with ``always`` is written even if the value is the default. ``hint`` is for the error that a required key is
    missing.
    """

    name: str
    kind: Kind
    aliases: str = ""
    field: str = ""
    required: bool = False
    always: bool = False
    hint: str = ""

    @property
    def attribute(self) -> str:
        """The spec's field."""
        return self.field or self.name

    @property
    def names(self) -> tuple[str, ...]:
        """The key's name and its aliases."""
        return (self.name, *self.aliases.split())


@dataclass(frozen=True)
class TomlTable:
    """A table: ``what`` it is in messages, and ``make``, which is called with its values by field.

    ``extra`` keys are allowed, but not read here.
    """

    what: str
    make: Callable[..., Any]
    keys: tuple[Key, ...]
    extra: tuple[str, ...] = ()

    def values(self, entry: Entry) -> tuple[dict[str, Any], dict[str, str]]:
        """The values of a table by key name, and the spelling of each key in it."""
        table, place = entry
        if not isinstance(table, dict):
            raise place.refusal(table, f"{self.what} is a table")
        known = {name: key for key in self.keys for name in key.names}
        values: dict[str, Any] = {}
        spelled: dict[str, str] = {}
        for written, value in table.items():
            if written in self.extra:
                continue
            here = place.inside(written)
            if written not in known:
                raise here.error(self._unknown(written))
            key = known[written]
            if key.name in spelled:
                raise here.error(f"{spelled[key.name]} says the same; give one of them.")
            spelled[key.name] = written
            values[key.name] = key.kind.read(value, here)
        for key in self.keys:
            if key.required and key.name not in values:
                raise place.inside(key.name).error(f"missing; {key.hint or f'{self.what} needs it'}.")
        return values, spelled

    def read(self, entry: Entry, defaults: Mapping[str, Any] | None = None, **derived: int) -> Any:
        """What ``make`` returns for a table, ``defaults`` for missing keys, and ``derived`` fields.

        Errors name file, line and key; the key of an error of ``make`` is the first one that it mentions.
        """
        values, spelled = self.values(entry)
        _, place = entry
        values = {**(defaults or {}), **values}
        fields = {key.attribute: values[key.name] for key in self.keys if key.name in values}
        try:
            return self.make(**fields, **derived)
        except BadInput as error:
            blamed = {name: spelled.get(key.name) for key in self.keys for name in (key.attribute, *key.names)}
            mentioned = re.findall(r"\b(\w+) (?:=|has)", str(error))
            guilty = next((blamed[word] for word in mentioned if blamed.get(word)), None)
            raise (place.inside(guilty) if guilty else place).error(str(error)) from None

    def pairs(self, spec: Any, defaults: Mapping[str, Any]) -> list[str]:
        """``key = value`` for every field of a spec that is not the default."""
        pairs = []
        for key in self.keys:
            value = getattr(spec, key.attribute)
            if key.always or value != defaults.get(key.name, built_in(spec, key)):
                pairs.append(f"{key.name} = {key.kind.write(value)}")
        return pairs

    def _unknown(self, written: str) -> str:
        names = [*self.extra, *(key.name for key in self.keys)]
        near = difflib.get_close_matches(written[:MAX_ENTRIES].lower(), names, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else _FOREIGN.get(written.lower(), "")
        meant = re.match(r"did you mean (\w+)", hint)
        if meant and meant[1] not in names:
            hint = ""
        return f"unknown in {self.what}; {hint + ' ' if hint else ''}known: {', '.join(names)}."


def built_in(spec: Any, key: Key) -> Any:
    """The default of a spec's field; for a field without one, an object that equals no value."""
    return getattr(type(spec), key.attribute, MISSING)


def inline(pairs: list[str]) -> str:
    """A table on one line."""
    return f"{{ {', '.join(pairs)} }}"


def listed(read: Callable[[Any, Place], _T], values: list[Any], place: Place) -> tuple[_T, ...]:
    """The entries of a list, each read with its own place."""
    return tuple(read(value, place.inside(index)) for index, value in enumerate(values))


def _read_integer(value: Any, place: Place) -> int:
    if type(value) is not int or value.bit_length() > 64:
        raise place.refusal(value, "it must be an integer")
    return value


def _read_ratio(value: Any, place: Place) -> Fraction:
    try:
        if type(value) is int:
            return Fraction(_read_integer(value, place))
        if type(value) in (str, Float):
            return ratio(value.replace("_", ""), "")
    except BadInput:
        pass
    raise place.refusal(value, 'it must be a number like 0.25, or a text like "7/24"')


def _read_flag(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise place.refusal(value, "it must be true or false")
    return value


def _read_text(value: Any, place: Place) -> str:
    if type(value) is not str:
        raise place.refusal(value, "it must be a text in quotes")
    if len(value) > MAX_TEXT or not value.isprintable():
        raise place.refusal(value, f"it must be one line of at most {MAX_TEXT:,} characters")
    return value


def _read_name(value: Any, place: Place) -> str:
    name = _read_text(value, place)
    if not name.strip() or len(name) > 100 or set(name) & set("[]"):
        raise place.refusal(value, "a name has 1 to 100 characters, and no brackets [ ]")
    return name


def _read_figure(value: Any, place: Place) -> str:
    written = _read_text(value, place)
    try:
        if len(written) <= MAX_ENTRIES and figure(written)[0] > 0:
            return written
    except BadInput:
        pass
    raise place.refusal(value, 'it must be a figure like "3.4 M"')


def _read_integers(value: Any, place: Place) -> tuple[int, ...]:
    if isinstance(value, list):
        if len(value) > MAX_ENTRIES:
            raise place.error(f"it has {len(value):,} entries; at most {MAX_ENTRIES} are allowed.")
        return listed(_read_integer, value, place)
    if type(value) is not int:
        raise place.refusal(value, "it must be an integer or a list of them")
    return (_read_integer(value, place),)


def _read_spatial(value: Any, place: Place) -> tuple[int, ...]:
    return () if type(value) is int and value == 0 else _read_integers(value, place)


def _read_resolution(value: Any, place: Place) -> tuple[int, int]:
    if type(value) is str:
        return place.tried(notation.resolution, value)
    sizes = _read_integers(value, place)
    if isinstance(value, list) and len(sizes) != 2:
        raise place.error(f"it has {len(sizes)} entries; write 224 or [height, width].")
    return place.tried(notation.resolution, (sizes[0], sizes[-1]))


def _read_notes(value: Any, place: Place) -> tuple[str, ...]:
    return listed(_read_text, value, place) if isinstance(value, list) else (_read_text(value, place),)


def _read_table(value: Any, place: Place) -> Entry:
    if not isinstance(value, dict):
        raise place.refusal(value, f"it must be a table, [{place.where[-1]}]")
    return value, place


def _read_tables(value: Any, place: Place) -> tuple[Entry, ...]:
    if not isinstance(value, list):
        key = ".".join(part for part in place.where if isinstance(part, str))
        raise place.refusal(value, f"it must be a list of tables, each headed [[{key}]]")
    if not value:
        raise place.error("it is empty; there must be at least one.")
    return listed(lambda entry, here: (entry, here), value, place)


def _write_text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_ratio(value: Fraction | None) -> str:
    written = "false" if value is None else decimal_text(value)
    return f'"{written}"' if "/" in written else written


def _write_integers(values: tuple[int, ...]) -> str:
    return str(values[0]) if len(values) == 1 else str(list(values))


INTEGER = Kind(_read_integer)
INTEGERS = Kind(_read_integers, _write_integers)
SPATIAL = Kind(_read_spatial, lambda values: str(list(values)))
RESOLUTION = Kind(_read_resolution, lambda size: _write_integers(size[:1] if size[0] == size[1] else size))
RATIO = Kind(_read_ratio, _write_ratio)
RATIO_OR_FALSE = Kind(lambda value, place: None if value is False else _read_ratio(value, place), _write_ratio)
FLAG = Kind(_read_flag, lambda value: str(value).lower())
TEXT = Kind(_read_text, _write_text)
NAME = Kind(_read_name, _write_text)
FIGURE = Kind(_read_figure, _write_text)
NOTES = Kind(_read_notes, lambda values: "\n".join(["[", *(f"  {_write_text(value)}," for value in values), "]"]))
TABLE = Kind(_read_table)
TABLES = Kind(_read_tables)
