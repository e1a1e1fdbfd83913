"""Search spaces as TOML files, with the words of network files (:mod:`muxprof.spec.files`) wherever possible.

A stage is either fixed, with ``blocks`` as in a network, or searched: ``reduction`` and ``normal`` have lists of
options instead of the values of a block, and ``after`` has blocks that are not searched. ``[reduction]`` and
``[normal]`` at the top give the values for stages that omit a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from muxprof.errors import BadInput
from muxprof.spec import files, toml_text
from muxprof.spec.networks import Stage
from muxprof.spec.spaces import MAX_OPTIONS, Normal, Reduction, SearchedStage, Space, paper
from muxprof.spec.toml_tables import INTEGER, TABLE, TABLES, TEXT, Entry, Key, Kind, TomlTable, listed
from muxprof.spec.toml_text import Place

#: Spaces by name.
SPACES = {"paper": paper}


def space(name: str) -> Space:
    """The space with that name, or in that file; paths end in ``.toml`` or have a separator.

    Raises :class:`BadInput` for an unknown name, and for a file that describes no space, naming file, line and key.
    """
    if name.lower() in SPACES:
        return SPACES[name.lower()]()
    if name.lower().endswith(".toml") or "/" in name or "\\" in name:
        return read(name)
    raise BadInput(
        f"there is no search space {name[:64]!r}; there is {', '.join(SPACES)}, and a file's name ends in .toml."
    )


def read(path: str | Path) -> Space:
    """The space that a file describes; raises :class:`BadInput` in one line, ``FILE:LINE: key: what is wrong``."""
    return toml_text.read(path, parse, "space")


def parse(text: str, file: str = "text") -> Space:
    """The space that a TOML text describes; ``file`` is its name in messages. Raises :class:`BadInput`."""
    document = toml_text.load(text, file)
    found = _SPACE.read(document)
    reduction = _common(_REDUCTION_DEFAULTS, found.pop("reduction", None), out_channels=1)
    normal = _common(_NORMAL, found.pop("normal", None))
    made: Space = files.assembled(Space, found, document[1], partial(_stage, reduction=reduction, normal=normal))
    return made


def _options(key: Key) -> Key:
    """The key for a list of options for ``key``, or a single option."""

    def read(value: Any, place: Place) -> tuple[Any, ...]:
        if not isinstance(value, list):
            return (key.kind.read(value, place),)
        if not 1 <= len(value) <= MAX_OPTIONS:
            raise place.error(f"it has {len(value)} options; there must be 1 to {MAX_OPTIONS}.")
        return listed(key.kind.read, value, place)

    return replace(key, kind=Kind(read), field=f"{key.attribute.removesuffix('s')}s")


_ALIKE = tuple(files.WORDS[field] for field in ("se", "act", "norm", "squeeze"))
_REDUCTION_DEFAULTS = TomlTable(
    "reduction",
    Reduction,
    (*(_options(files.WORDS[field]) for field in ("kernels", "expansion")), files.WORDS["stride"], *_ALIKE),
)
_REDUCTION = replace(_REDUCTION_DEFAULTS, keys=(files.WORDS["out_channels"], *_REDUCTION_DEFAULTS.keys))
_NORMAL = TomlTable(
    "normal",
    Normal,
    (
        _options(Key("repeat", INTEGER, "N", "repetitions")),
        *(_options(files.WORDS[field]) for field in ("kernel", "expansion", "group", "leave_out", "spatial")),
        *_ALIKE,
    ),
)
_STAGE = TomlTable(
    "a stage",
    dict,
    (
        Key("name", TEXT),
        Key("blocks", TABLES, "block"),
        Key("reduction", TABLE),
        Key("normal", TABLE),
        Key("after", TABLES),
    ),
)
_SPACE = TomlTable(
    "a space",
    dict,
    (files.NAME, files.RESOLUTION, files.NOTES, Key("reduction", TABLE), Key("normal", TABLE), *files.parts("a space")),
)


def _common(table: TomlTable, entry: Entry | None, **derived: int) -> dict[str, Any]:
    """The values of a table of defaults; impossible options are refused."""
    if entry is None:
        return {}
    table.read(entry, {}, **derived)
    return table.values(entry)[0]


def _stage(
    entry: Entry,
    name: str,
    width: int,
    defaults: Mapping[str, Any],
    before: int,
    *,
    reduction: Mapping[str, Any],
    normal: Mapping[str, Any],
) -> SearchedStage | Stage:
    values, place = {"name": name, **_STAGE.read(entry)}, entry[1]
    if "blocks" in values:
        other = next((key for key in ("reduction", "normal", "after") if key in values), None)
        if other:
            raise place.inside(other).error("a stage with blocks is fixed; a searched one has none but after.")
        values["blocks"] = files.read_blocks(values["blocks"], width, defaults, before)
        return place.inside("name").tried(Stage, **values)
    if "reduction" not in values:
        raise place.error("a stage has blocks (fixed), or a reduction and normal blocks (searched).")
    first: Reduction = _REDUCTION.read(values["reduction"], {**defaults, **reduction})
    values |= {
        "reduction": first,
        "normal": _NORMAL.read(values.get("normal", ({}, place.inside("normal"))), {**defaults, **normal}),
        "after": files.read_blocks(values.get("after", ()), first.out_channels, defaults),
    }
    return place.tried(SearchedStage, **values)
