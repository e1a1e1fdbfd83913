"""Networks as TOML files, read into a :class:`Network` and written from one; a round trip is exact.

A file has a ``name``, ``[stem]``, at least one ``[[stage]]`` with ``blocks``, and ``[head]``. Optional are
``resolution``, ``provenance``, ``notes``, ``[published]``, and ``[defaults]`` with ``act``, ``norm``, ``bias``, ``se``
and ``squeeze`` for all tables that omit them. Input widths follow from the block before and are never written. A block
with ``repeat = n`` is built n times; from the second time on it has stride 1, as many input as output channels and, if
its stride is undone, its dilation times that stride. :data:`WORDS` are all words of specs, with the paper's letters as
aliases.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from muxprof.errors import BadInput
from muxprof.spec import checks, toml_tables, toml_text
from muxprof.spec.blocks import Squeeze
from muxprof.spec.classic import BLOCKS, AnyBlock, again, widths
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.segmentation import HEADS, SegmentationHead
from muxprof.spec.toml_tables import FLAG, INTEGER, TABLE, TABLES, TEXT, Entry, Key, Kind, TomlTable, inline
from muxprof.spec.toml_text import Place, said

MAX_BLOCKS = 10_000
MAX_STAGES = 1_000

#: The provenance of networks whose files have none.
PROVENANCE = "file"

_ACT = Key("act", TEXT, "activation")
_SQUEEZE = TomlTable(
    "squeeze", Squeeze, (Key("base", TEXT, always=True), Key("divisor", INTEGER), _ACT, Key("gate", TEXT))
)
_FIGURE, _INTEGERS, _RATIO = toml_tables.FIGURE, toml_tables.INTEGERS, toml_tables.RATIO

#: The keys of all specs' tables, by the specs' fields, in the order in which they are written.
WORDS = {
    key.attribute: key
    for key in (
        Key("out", INTEGER, "channels C", "out_channels", required=True),
        Key("in", INTEGER, field="in_channels"),
        Key("kernel", INTEGER, "K", always=True),
        Key("kernel", _INTEGERS, "K", "kernels", always=True),
        Key("stride", INTEGER),
        Key("undo_stride", FLAG),
        Key("dilation", INTEGER),
        Key("padding", INTEGER),
        Key("expansion", _RATIO, "E", always=True),
        Key("group", INTEGER, "G", always=True),
        Key("leave_out", _RATIO, "L", always=True),
        Key("spatial", toml_tables.SPATIAL, "S"),
        Key("se", toml_tables.RATIO_OR_FALSE, "SE"),
        Key("features", INTEGER),
        Key("hidden", _INTEGERS),
        Key("pool", INTEGER),
        Key("width", INTEGER),
        Key("scales", _INTEGERS),
        Key("classes", INTEGER, always=True),
        _ACT,
        Key("norm", FLAG),
        Key("bias", FLAG),
        Key("squeeze", Kind(lambda *entry: _SQUEEZE.read(entry), lambda value: inline(_SQUEEZE.pairs(value, {})))),
        Key("params", _FIGURE, required=True),
        Key("madds", _FIGURE, required=True),
        Key("source", TEXT, required=True),
        Key("note", TEXT),
    )
}


def _table(what: str, cls: type[Any], *extra: str, derived: tuple[str, ...] = ("in_channels", "channels")) -> TomlTable:
    """The table of a spec: it has a key for each field, except those derived from the block before."""
    fields = {field.name for field in dataclasses.fields(cls)} - set(derived)
    return TomlTable(what, cls, tuple(key for field, key in WORDS.items() if field in fields), extra)


def _stride_written(table: TomlTable) -> TomlTable:
    """``table``, but with the stride always written: its default is not 1."""
    keys = (dataclasses.replace(key, always=key.always or key.name == "stride") for key in table.keys)
    return dataclasses.replace(table, keys=tuple(keys))


_STEM = _stride_written(_table("stem", Stem, derived=()))
_PUBLISHED = _table("published", Published)
#: By type. Blocks without the key ``out`` keep their channels; files may repeat the number.
_BLOCKS = {kind: _table(f"a block of type {kind}", cls, "type", "repeat") for kind, cls in BLOCKS.items()}
_BLOCKS["pool"] = _stride_written(_BLOCKS["pool"])
_BLOCK_TYPES: dict[type[Any], str] = {cls: kind for kind, cls in BLOCKS.items()}
_HEADS = {
    "classifier": _table("head", Head, "type"),
    **{kind: _table(f"a head of type {kind}", cls, "type") for kind, cls in HEADS.items()},
}
_HEAD_TYPES = {table.make: kind for kind, table in _HEADS.items()}


def _defaults(**values: Any) -> dict[str, Any]:
    """The values of ``[defaults]``; raises :class:`BadInput` for impossible ones."""
    if "act" in values:
        checks.activation(values["act"])
    checks.squeeze_ratio(values.get("se"))
    return values


_DEFAULTS = TomlTable("defaults", _defaults, tuple(WORDS[field] for field in ("act", "norm", "bias", "se", "squeeze")))
_STAGE = TomlTable(
    "a stage",
    dict,
    (
        Key("name", TEXT),
        Key(
            "blocks",
            TABLES,
            "block",
            required=True,
            hint='a stage has at least one, such as blocks = [{ type = "ds", out = 16 }]',
        ),
    ),
)
NAME = Key("name", toml_tables.NAME, required=True)
RESOLUTION = Key("resolution", toml_tables.RESOLUTION, always=True)
NOTES = Key("notes", toml_tables.NOTES)
_TOP = TomlTable("the top", dict, (NAME, RESOLUTION, Key("provenance", TEXT), NOTES))


def parts(what: str) -> tuple[Key, ...]:
    """The keys of the parts of ``what``, a network or a space."""
    return (
        Key("defaults", TABLE),
        Key("stem", TABLE, required=True, hint=f"{what} begins with [stem] and its width, such as out = 16"),
        Key("stage", TABLES, "stages", required=True, hint=f"{what} has at least one [[stage]]"),
        Key("head", TABLE, required=True, hint=f"{what} ends with [head], and classes = 1000, say"),
    )


_NETWORK = TomlTable("a network", dict, (*_TOP.keys, Key("published", TABLE), *parts("a network")))


def read(path: str | Path) -> Network:
    """The network that a file describes.

    Raises :class:`BadInput` in one line, ``FILE:LINE: key: what is wrong; what is allowed``, for anything else.
    """
    return toml_text.read(path, parse, "network")


def parse(text: str, file: str = "text") -> Network:
    """The network that a TOML text describes; ``file`` is its name in messages. Raises :class:`BadInput`."""
    document = toml_text.load(text, file)
    found = {"provenance": PROVENANCE, **_NETWORK.read(document)}
    if "published" in found:
        found["published"] = _PUBLISHED.read(found["published"])
    made: Network = assembled(Network, found, document[1], _fixed_stage)
    return made


def assembled(make: Callable[..., Any], found: dict[str, Any], place: Place, stage: Callable[..., Any]) -> Any:
    """A :class:`Network` or a space (``make``) of the values found at the top of a file.

    ``stage(entry, name, width, defaults, before)`` reads a stage: ``name`` is used if it has none, ``width`` are its
    input channels, and ``before`` is the number of blocks before it.
    """
    defaults = _DEFAULTS.read(found.pop("defaults")) if "defaults" in found else {}
    stem: Stem = _STEM.read(found.pop("stem"), defaults)
    stages = _stages(found.pop("stage"), stem.out_channels, defaults, stage)
    head = _head(found.pop("head"), stages[-1].width, defaults)
    return place.tried(make, stem=stem, stages=stages, head=head, **found)


def _stages(
    entries: Sequence[Entry], width: int, defaults: Mapping[str, Any], read: Callable[..., Any]
) -> tuple[Any, ...]:
    """The stages. One without a name gets the number after that of the stage before; the first is stage1."""
    if len(entries) > MAX_STAGES:
        raise entries[MAX_STAGES][1].error(f"there are {len(entries):,} stages; at most {MAX_STAGES:,} are allowed.")
    stages: list[Any] = []
    names: set[str] = set()
    before = number = 0
    for entry in entries:
        stage = read(entry, f"stage{number + 1}", width, defaults, before)
        if stage.name in names:
            raise (
                entry[1]
                .inside("name")
                .error(f"several stages are called {stage.name}; every stage has a name of its own.")
            )
        names.add(stage.name)
        stages.append(stage)
        number, width = int(stage.name.removeprefix("stage")), stage.width
        before += len(stage.blocks) if isinstance(stage, Stage) else 0
    return tuple(stages)


def _fixed_stage(entry: Entry, name: str, width: int, defaults: Mapping[str, Any], before: int) -> Stage:
    values = {"name": name, **_STAGE.read(entry)}
    values["blocks"] = read_blocks(values["blocks"], width, defaults, before)
    return entry[1].inside("name").tried(Stage, **values)


def read_blocks(
    entries: Sequence[Entry], width: int, defaults: Mapping[str, Any], before: int = 0
) -> tuple[AnyBlock, ...]:
    """The blocks of a list of tables, from ``width`` input channels; ``before`` is the number of blocks before them."""
    made: list[AnyBlock] = []
    for entry in entries:
        made += _repeated(entry, width, defaults, before + len(made))
        width = widths(made[-1])[1]
    return tuple(made)


def _repeated(entry: Entry, width: int, defaults: Mapping[str, Any], before: int) -> tuple[AnyBlock, ...]:
    table, place = entry
    if not isinstance(table, dict):
        raise place.refusal(table, "a block is a table with a type")
    if "type" not in table:
        raise place.inside("type").error(f"missing; it is one of {', '.join(_BLOCKS)}.")
    kind, at = _kind(table["type"], _BLOCKS, place), place.inside("repeat")
    repeat = INTEGER.read(table.get("repeat", 1), at)
    if not 1 <= repeat <= MAX_BLOCKS:
        raise at.error(f"{repeat} is out of range; it must be from 1 to {MAX_BLOCKS:,}.")
    if before + repeat > MAX_BLOCKS:
        raise at.error(f"this makes {before + repeat:,} blocks; a network has at most {MAX_BLOCKS:,}.")
    out, derived = WORDS["out_channels"], "in_channels"
    if out not in _BLOCKS[kind].keys:
        derived = "channels"
        for key in out.names:
            if key in table and INTEGER.read(table[key], place.inside(key)) != width:
                raise place.inside(key).error(
                    f"{table[key]} does not follow; a block of type {kind} keeps its channels, and is given {width}."
                )
        table = {key: value for key, value in table.items() if key not in out.names}
    first: AnyBlock = _BLOCKS[kind].read((table, place), defaults, **{derived: width})
    if repeat == 1:
        return (first,)
    try:
        return (first, *(again(first),) * (repeat - 1))
    except BadInput as error:
        raise at.error(f"as repetition 2 it is impossible: {error}") from None


def _head(entry: Entry, width: int, defaults: Mapping[str, Any]) -> Head | SegmentationHead:
    table, place = entry
    kind = _kind(table.get("type", "classifier"), _HEADS, place)
    made: Head | SegmentationHead = _HEADS[kind].read(entry, defaults, in_channels=width)
    return made


def _kind(value: Any, known: Mapping[str, TomlTable], place: Place) -> str:
    """The ``type`` of a block or of a head."""
    if type(value) is str and value in known:
        return value
    near = difflib.get_close_matches(str(value)[:32], known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}? " if near else ""
    raise place.inside("type").error(f"{said(value)} is unknown; {hint}it is one of {', '.join(known)}.")


def text(network: Network) -> str:
    """``network`` as a TOML text, of which :func:`parse` makes an equal network.

    Raises :class:`BadInput` for a network that the format cannot express.
    """
    lines = [
        "# A network for muxprof: every block takes what the one before it gives, so input widths are not written."
    ]
    if network.published is not None:
        lines.append("# Once it is changed, remove provenance and [published]: they are those of the original.")
    lines += _TOP.pairs(network, {"provenance": PROVENANCE})
    if network.published is not None:
        lines += ["", "[published]", *_PUBLISHED.pairs(network.published, {})]
    defaults = _common(network)
    if defaults:
        lines += ["", "[defaults]"]
        lines += [
            f"{key.name} = {key.kind.write(defaults[key.name])}" for key in _DEFAULTS.keys if key.name in defaults
        ]
    lines += ["", "[stem]", *_STEM.pairs(network.stem, defaults)]
    for stage in network.stages:
        lines += ["", "[[stage]]", f"name = {TEXT.write(stage.name)}", "blocks = ["]
        lines += [f"  {entry}," for entry in _entries(stage, network.name, defaults)]
        lines.append("]")
    kind = _HEAD_TYPES[type(network.head)]
    lines += ["", "[head]", *[f'type = "{kind}"'] * (kind != "classifier")]
    lines += _HEADS[kind].pairs(network.head, defaults)
    made = "\n".join(lines) + "\n"
    try:
        same = parse(made, network.name) == network
    except BadInput as error:
        raise BadInput(f"{network.name} cannot be written as TOML: {error}") from None
    if not same:
        raise BadInput(f"{network.name} cannot be written as TOML: it has parts that the format has no words for.")
    return made


def _common(network: Network) -> dict[str, Any]:
    """For each key of ``[defaults]``, the value that most tables have, unless that is the built-in default."""
    specs = [network.stem, network.head, *(block for stage in network.stages for block in stage.blocks)]
    common = {}
    for key in _DEFAULTS.keys:
        having = [spec for spec in specs if hasattr(spec, key.attribute)]
        values = Counter(getattr(spec, key.attribute) for spec in having)
        if not values or None in values:
            continue
        value = values.most_common(1)[0][0]
        if value != toml_tables.built_in(having[0], key):
            common[key.name] = value
    return common


def _entries(stage: Stage, name: str, defaults: Mapping[str, Any]) -> list[str]:
    """The blocks of a stage, one per line, consecutive equal ones as repetitions."""
    entries = []
    index = 0
    while index < len(stage.blocks):
        block = stage.blocks[index]
        if type(block) not in _BLOCK_TYPES:
            raise BadInput(
                f"{name} cannot be written as TOML: {stage.name}.{index} is a {type(block).__name__}, a type of block "
                f"that files do not have; they have {', '.join(_BLOCKS)}."
            )
        repeat = 1
        try:
            second = again(block)
        except BadInput:
            second = None  # it cannot be repeated
        while index + repeat < len(stage.blocks) and stage.blocks[index + repeat] == second:
            repeat += 1
        kind = _BLOCK_TYPES[type(block)]
        pairs = [f'type = "{kind}"', *_BLOCKS[kind].pairs(block, defaults)]
        entries.append(inline([*pairs, f"repeat = {repeat}"] if repeat > 1 else pairs))
        index += repeat
    return entries
