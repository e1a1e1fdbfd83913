"""Search spaces as TOML files, in the words of network files (:mod:`muxprof.spec.files`) where these have them.

A stage is fixed, with ``blocks`` as in a network, or searched: ``reduction`` and ``normal`` give lists of options where
a network's block gives values, and ``after`` has blocks that are not searched. ``[reduction]`` and ``[normal]`` at the
top hold for every stage that leaves a key out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from muxprof.errors import BadInput
from muxprof.spec import files
from muxprof.spec.blocks import Squeeze
from muxprof.spec.classic import AnyBlock, widths
from muxprof.spec.networks import Stage, Stem
from muxprof.spec.spaces import MAX_OPTIONS, Normal, Reduction, SearchedStage, Space, paper
from muxprof.spec.toml_values import (
    FLAG,
    INTEGER,
    INTEGERS,
    NAME,
    NOTES,
    RATIO,
    RATIO_OR_FALSE,
    RESOLUTION,
    SPATIAL,
    TABLE,
    TABLES,
    TEXT,
    Key,
    Kind,
    Place,
    quoted,
    table_spec,
    table_values,
    tried,
)

#: Spaces by name.
SPACES = {"paper": paper}


def space(name: str) -> Space:
    """The space of that name, or of a file: a path ends in ``.toml`` or has a separator.

    Raises :class:`BadInput` for an unknown name and for a file that describes no space, naming file, line and key.
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
    try:
        with Path(path).open("rb") as file:
            content = file.read(files.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(f"{quoted(str(path))}: {getattr(error, 'strerror', None) or error}.") from None
    if len(content) > files.MAX_BYTES:
        raise BadInput(f"{path}: it is larger than {files.MAX_BYTES:,} bytes; no space needs as much.")
    try:
        return parse(content.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(f"{path}:{line}: it is not UTF-8 text (byte 0x{content[error.start]:02x}).") from None


def parse(text: str, file: str = "text") -> Space:
    """The space that a TOML text describes; ``file`` is what messages call it. Raises :class:`BadInput`."""
    place = Place(file, text.replace("\r\n", "\n"))
    return _space(place, files.loaded_tables(place))


def _never(value: Any) -> str:
    raise AssertionError(value)


def _options(kind: Kind) -> Kind:
    """A list of options of a kind, or one by itself."""

    def made(value: Any, place: Place) -> tuple[Any, ...]:
        if not isinstance(value, list):
            return (kind.read(value, place),)
        if not 1 <= len(value) <= MAX_OPTIONS:
            raise place.error(f"it has {len(value)} options; there must be 1 to {MAX_OPTIONS}.")
        return tuple(kind.read(item, place.inside(index)) for index, item in enumerate(value))

    return Kind(made, _never)


def _read_squeeze(value: Any, place: Place) -> Squeeze:
    made: Squeeze = table_spec(Squeeze, files.SQUEEZE_KEYS, "squeeze", value, place)
    return made


_COMMON = (
    Key("se", "se", RATIO_OR_FALSE, ("SE",)),
    Key("act", "act", TEXT, ("activation",)),
    Key("norm", "norm", FLAG),
    Key("squeeze", "squeeze", Kind(_read_squeeze, _never)),
)
_REDUCTION = (
    Key("out", "out_channels", INTEGER, ("channels", "C"), required=True),
    Key("kernel", "kernels", _options(INTEGERS), ("K",)),
    Key("expansion", "expansions", _options(RATIO), ("E",)),
    Key("stride", "stride", INTEGER),
    *_COMMON,
)
_NORMAL = (
    Key("repeat", "repetitions", _options(INTEGER), ("N",)),
    Key("kernel", "kernels", _options(INTEGER), ("K",)),
    Key("expansion", "expansions", _options(RATIO), ("E",)),
    Key("group", "groups", _options(INTEGER), ("G",)),
    Key("leave_out", "leave_outs", _options(RATIO), ("L",)),
    Key("spatial", "spatials", _options(SPATIAL), ("S",)),
    *_COMMON,
)
_STAGE = (
    Key("name", "name", TEXT),
    Key("blocks", "blocks", TABLES, ("block",)),
    Key("reduction", "reduction", TABLE),
    Key("normal", "normal", TABLE),
    Key("after", "after", TABLES),
)
_SPACE = (
    Key("name", "name", NAME, required=True),
    Key("resolution", "resolution", RESOLUTION),
    Key("notes", "notes", NOTES),
    Key("defaults", "", TABLE),
    Key("reduction", "", TABLE),
    Key("normal", "", TABLE),
    Key("stem", "stem", TABLE, required=True, hint="a space begins with [stem] and its width, such as out = 16"),
    Key("stage", "stages", TABLES, ("stages",), required=True, hint="a space has at least one [[stage]]"),
    Key("head", "head", TABLE, required=True, hint="a space ends with [head], and classes = 1000, say"),
)


def _space(place: Place, document: dict[str, Any]) -> Space:
    values, spelled = table_values(document, _SPACE, "a space", place)
    defaults: dict[str, Any] = {}
    if "defaults" in values:
        defaults = files.defaults_of(values["defaults"], place.inside("defaults"))
    stem: Stem = table_spec(Stem, files.STEM_KEYS, "stem", values["stem"], place.inside("stem"), defaults)
    common = {
        name: {**defaults, **_optional(values.get(name, {}), keys, name, place.inside(name))}
        for name, keys in (("reduction", _REDUCTION), ("normal", _NORMAL))
    }
    stages = _stages(values["stage"], place.inside(spelled["stage"]), stem.out_channels, defaults, common)
    last = stages[-1]
    width = last.width if isinstance(last, SearchedStage) else widths(last.blocks[-1])[1]
    head = files.head_of(values["head"], place.inside("head"), width, defaults)
    described = {name: values[name] for name in ("name", "resolution", "notes") if name in values}
    return tried(partial(Space, stem=stem, stages=stages, head=head, **described), place)


def _optional(table: Any, keys: tuple[Key, ...], what: str, place: Place) -> dict[str, Any]:
    """The values of a table of defaults, in which nothing is required; options that no block has are refused here."""
    if keys is _REDUCTION:
        keys = tuple(key for key in keys if key.name != "out")  # each stage has its own
    values, _ = table_values(table, keys, what, place)
    if what == "reduction":
        table_spec(Reduction, keys, what, table, place, out_channels=1)
    else:
        table_spec(Normal, keys, what, table, place)
    return values


def _stages(
    entries: list[Any],
    place: Place,
    width: int,
    defaults: Mapping[str, Any],
    common: Mapping[str, Mapping[str, Any]],
) -> tuple[SearchedStage | Stage, ...]:
    """The stages; one without a name has the number after that of the stage before, and the first is stage1."""
    if len(entries) > files.MAX_STAGES:
        raise place.error(f"there are {len(entries):,} stages; at most {files.MAX_STAGES:,} are allowed.")
    stages: list[SearchedStage | Stage] = []
    number = 0
    for index, entry in enumerate(entries):
        here = place.inside(index)
        values, spelled = table_values(entry, _STAGE, "a stage", here)
        name = values.get("name", f"stage{number + 1}")
        stage: SearchedStage | Stage
        if "blocks" in values:
            other = next((key for key in ("reduction", "normal", "after") if key in values), None)
            if other:
                raise here.inside(other).error("a stage with blocks is fixed; a searched one has none but after.")
            blocks = _blocks(values["blocks"], here.inside(spelled["blocks"]), width, defaults)
            stage = tried(partial(Stage, name, blocks), here.inside("name"))
            width = widths(blocks[-1])[1]
        elif "reduction" in values:
            stage = _searched(name, values, here, defaults, common)
            width = stage.width
        else:
            raise here.error("a stage has blocks (fixed), or a reduction and normal blocks (searched).")
        stages.append(stage)
        number = int(name.removeprefix("stage"))
    return tuple(stages)


def _searched(
    name: str,
    values: Mapping[str, Any],
    place: Place,
    defaults: Mapping[str, Any],
    common: Mapping[str, Mapping[str, Any]],
) -> SearchedStage:
    reduction: Reduction = table_spec(
        Reduction,
        _REDUCTION,
        "reduction",
        values["reduction"],
        place.inside("reduction"),
        common["reduction"],
    )
    normal: Normal = table_spec(
        Normal, _NORMAL, "normal", values.get("normal", {}), place.inside("normal"), common["normal"]
    )
    after: tuple[AnyBlock, ...] = ()
    if "after" in values:
        after = _blocks(values["after"], place.inside("after"), reduction.out_channels, defaults)
    return tried(partial(SearchedStage, name, reduction, normal, after), place)


def _blocks(entries: list[Any], place: Place, width: int, defaults: Mapping[str, Any]) -> tuple[AnyBlock, ...]:
    made: list[AnyBlock] = []
    for index, entry in enumerate(entries):
        made.extend(files.repeated_blocks(entry, place.inside(index), width, defaults, len(made)))
        width = widths(made[-1])[1]
    return tuple(made)
