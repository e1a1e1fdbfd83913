"""Networks of one's own: TOML files, read into a :class:`Network` and written from one; a round trip is exact.

A file has a ``name``, ``[stem]``, at least one ``[[stage]]`` with its ``blocks``, and ``[head]``; optional are
``resolution``, ``provenance``, ``notes``, ``[published]``, and ``[defaults]``: ``act``, ``norm``, ``bias``, ``se`` and
``squeeze`` for every table that leaves them out. Input widths follow from the block before and are never written. A
block with ``repeat = n`` stands n times, from the second time on with stride 1, as many channels in as out, and behind
a stride that is undone with so many times its dilation. The tables below are the whole vocabulary; the paper's letters
are accepted for the words that they stand for.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from muxprof.errors import BadInput
from muxprof.spec import checks
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock, Squeeze
from muxprof.spec.classic import AnyBlock, BasicBlock, ConvBlock, PoolBlock, ShuffleBlock, StridedBlock, widths
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.segmentation import C1Head, PpmHead, SegmentationHead
from muxprof.spec.toml_lines import MAX_DEPTH, too_deep
from muxprof.spec.toml_values import (
    FIGURE,
    FLAG,
    HIDDEN,
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
    Float,
    Key,
    Kind,
    Place,
    built_in,
    inline,
    quoted,
    said,
    table_pairs,
    table_spec,
    table_values,
    tried,
)

MAX_BYTES = 1 << 20
MAX_BLOCKS = 10_000
MAX_STAGES = 1_000

#: The provenance of a network whose file gives none.
PROVENANCE = "file"


def read(path: str | Path) -> Network:
    """The network that a file describes.

    Raises :class:`BadInput` in one line, ``FILE:LINE: key: what is wrong; what is allowed``, for anything else.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(f"{quoted(str(path))}: {getattr(error, 'strerror', None) or error}.") from None
    if len(content) > MAX_BYTES:
        raise BadInput(f"{path}: it is larger than {MAX_BYTES:,} bytes; no network needs as much.")
    try:
        return parse(content.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(f"{path}:{line}: it is not UTF-8 text (byte 0x{content[error.start]:02x}).") from None


def parse(text: str, file: str = "text") -> Network:
    """The network that a TOML text describes; ``file`` is what messages call it. Raises :class:`BadInput`."""
    text = text.replace("\r\n", "\n")
    place = Place(file, text)
    return _network(place, loaded_tables(place))


def text(network: Network) -> str:
    """``network`` as a TOML text, of which :func:`parse` makes an equal network.

    Raises :class:`BadInput` for a network that the format has no words for.
    """
    lines = [
        "# A network for muxprof: every block takes what the one before it gives, so input widths are not written."
    ]
    if network.published is not None:
        lines.append("# Once it is changed, remove provenance and [published]: they are those of the original.")
    lines += table_pairs(network, _TOP, {"provenance": PROVENANCE})
    if network.published is not None:
        lines += ["", "[published]", *table_pairs(network.published, _PUBLISHED, {})]
    defaults = _common(network)
    if defaults:
        lines += ["", "[defaults]"]
        lines += [f"{key.name} = {key.kind.write(defaults[key.name])}" for key in _DEFAULTS if key.name in defaults]
    lines += ["", "[stem]", *table_pairs(network.stem, STEM_KEYS, defaults)]
    for stage in network.stages:
        lines += ["", "[[stage]]", f"name = {TEXT.write(stage.name)}", "blocks = ["]
        lines += [f"  {entry}," for entry in _entries(stage, network.name, defaults)]
        lines.append("]")
    kind = _HEAD_TYPES[type(network.head)]
    lines += ["", "[head]", *[f'type = "{kind}"'] * (kind != "classifier")]
    lines += table_pairs(network.head, _HEADS[kind][1], defaults)
    made = "\n".join(lines) + "\n"
    try:
        same = parse(made, network.name) == network
    except BadInput as error:
        raise BadInput(f"{network.name} cannot be written as TOML: {error}") from None
    if not same:
        raise BadInput(f"{network.name} cannot be written as TOML: it has parts that the format has no words for.")
    return made


def _read_squeeze(value: Any, place: Place) -> Squeeze:
    made: Squeeze = table_spec(Squeeze, SQUEEZE_KEYS, "squeeze", value, place)
    return made


_OUT = Key("out", "out_channels", INTEGER, ("channels", "C"), required=True)
_KERNEL = Key("kernel", "kernel", INTEGER, ("K",), always=True)
_STRIDE = Key("stride", "stride", INTEGER)
_PADDING = Key("padding", "padding", INTEGER)
_DILATION = Key("dilation", "dilation", INTEGER)
_UNDONE = Key("undo_stride", "undo_stride", FLAG)
_EXPANSION = Key("expansion", "expansion", RATIO, ("E",), always=True)
_ACT = Key("act", "act", TEXT, ("activation",))
_NORM = Key("norm", "norm", FLAG)
_BIAS = Key("bias", "bias", FLAG)
_SE = Key("se", "se", RATIO_OR_FALSE, ("SE",))
SQUEEZE_KEYS = (
    Key("base", "base", TEXT, always=True),
    Key("divisor", "divisor", INTEGER),
    Key("act", "act", TEXT, ("activation",)),
    Key("gate", "gate", TEXT),
)
_SQUEEZED = Key("squeeze", "squeeze", Kind(_read_squeeze, lambda value: inline(table_pairs(value, SQUEEZE_KEYS, {}))))

#: What ``[defaults]`` may give for every table that has the key and leaves it out.
_DEFAULTS = (_ACT, _NORM, _BIAS, _SE, _SQUEEZED)

STEM_KEYS = (
    _OUT,
    Key("in", "in_channels", INTEGER),
    _KERNEL,
    dataclasses.replace(_STRIDE, always=True),
    _PADDING,
    _ACT,
    _NORM,
    _BIAS,
)
_CLASSES = Key("classes", "classes", INTEGER, always=True)

#: Of every type of head: its class and its keys.
_HEADS: dict[str, tuple[type[Any], tuple[Key, ...]]] = {
    "classifier": (
        Head,
        (
            Key("features", "features", INTEGER),
            Key("hidden", "hidden", HIDDEN),
            Key("pool", "pool", INTEGER),
            _CLASSES,
            _ACT,
        ),
    ),
    "c1": (C1Head, (_CLASSES,)),
    "ppm": (PpmHead, (Key("width", "width", INTEGER), Key("scales", "scales", INTEGERS), _CLASSES)),
}
_HEAD_TYPES = {cls: name for name, (cls, _) in _HEADS.items()}
_PUBLISHED = (
    Key("params", "params", FIGURE, required=True),
    Key("madds", "madds", FIGURE, required=True),
    Key("source", "source", TEXT, required=True),
    Key("note", "note", TEXT),
)

#: Of every type of block: its class and its keys. Blocks without ``out`` keep their channels, and may say how many.
_BLOCKS: dict[str, tuple[type[Any], tuple[Key, ...]]] = {
    "ds": (DsBlock, (_OUT, _KERNEL, _STRIDE, _UNDONE, _DILATION, _SE, _ACT, _NORM, _SQUEEZED)),
    "ir": (
        IrBlock,
        (
            _OUT,
            Key("kernel", "kernels", INTEGERS, ("K",), always=True),
            _STRIDE,
            _UNDONE,
            _DILATION,
            _EXPANSION,
            _SE,
            _ACT,
            _NORM,
            _SQUEEZED,
        ),
    ),
    "mux": (
        MuxBlock,
        (
            _KERNEL,
            _DILATION,
            _EXPANSION,
            Key("group", "group", INTEGER, ("G",), always=True),
            Key("leave_out", "leave_out", RATIO, ("L",), always=True),
            Key("spatial", "spatial", SPATIAL, ("S",)),
            _SE,
            _ACT,
            _NORM,
            _SQUEEZED,
        ),
    ),
    "conv": (ConvBlock, (_OUT, _KERNEL, _STRIDE, _UNDONE, _DILATION, _PADDING, _ACT, _NORM, _BIAS)),
    "pool": (PoolBlock, (_KERNEL, dataclasses.replace(_STRIDE, always=True), _PADDING)),
    "basic": (BasicBlock, (_OUT, _STRIDE, _UNDONE, _DILATION, _ACT)),
    "shuffle": (ShuffleBlock, (_OUT, _STRIDE, _UNDONE, _DILATION, _ACT)),
}
_TYPES = {cls: name for name, (cls, _) in _BLOCKS.items()}

_STAGE = (
    Key("name", "name", TEXT),
    Key(
        "blocks",
        "blocks",
        TABLES,
        ("block",),
        required=True,
        hint='a stage has at least one, such as blocks = [{ type = "ds", out = 16 }]',
    ),
)
_TOP = (
    Key("name", "name", NAME, required=True),
    Key("resolution", "resolution", RESOLUTION, always=True),
    Key("provenance", "provenance", TEXT),
    Key("notes", "notes", NOTES),
)
_NETWORK = (
    *_TOP,
    Key("published", "published", TABLE),
    Key("defaults", "", TABLE),
    Key("stem", "stem", TABLE, required=True, hint="a network begins with [stem] and its width, such as out = 16"),
    Key("stage", "stages", TABLES, ("stages",), required=True, hint="a network has at least one [[stage]]"),
    Key("head", "head", TABLE, required=True, hint="a network ends with [head], and classes = 1000, say"),
)


def loaded_tables(place: Place) -> dict[str, Any]:
    """The TOML document; errors of syntax get a line in front, and say what is meant where that can be known."""
    import tomllib

    deep = too_deep(place.text)
    if deep is not None:
        raise BadInput(f"{place.file}:{deep}: it nests deeper than {MAX_DEPTH} levels; no network needs as much.")
    try:
        return tomllib.loads(place.text, parse_float=Float)
    except ValueError as error:  # tomllib's own error, and that of an integer with thousands of digits
        raise _syntax_error(place, str(error)) from None


def _syntax_error(place: Place, message: str) -> BadInput:
    lines = place.text.split("\n")
    found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    message = message[: found.start()] if found else message
    last = max((number for number, line in enumerate(lines, start=1) if line.strip()), default=1)
    number = int(found[1]) if found and found[1] else last
    line = lines[number - 1] if number <= len(lines) else ""
    if "integer string conversion" in message:
        long = next((at for at, line in enumerate(lines, start=1) if re.search(r"[\d_]{4300}", line)), number)
        return BadInput(f"{place.file}:{long}: an integer has thousands of digits; none needs more than ten.")
    key = re.match(r"[\s{]*([\w-]+)\s*=", line)
    if message.startswith("Cannot overwrite"):
        message = f"{key[1] + ': ' if key else ''}given twice; a key has one value."
    elif message.startswith("Cannot declare"):
        message = f"{line.strip()}: given twice; a table is written once (a list of them with [[ ]])."
    elif message.startswith("Duplicate inline table key"):
        message = f"{message.removeprefix('Duplicate inline table key ')}: given twice; a key has one value."
    else:
        hint = ""
        if message.startswith("Invalid initial character for a key part") and found and found[2]:
            at = line[int(found[2]) - 1 :].strip()
            if not at or at.startswith("#"):
                hint = "; a table in { } stands on one line"
            elif at.startswith("}"):
                hint = "; no comma stands before }"
        message = f"it is no TOML: {message[:1].lower()}{message[1:]}{hint}."
    return BadInput(f"{place.file}:{number}: {message}")


def _network(place: Place, document: dict[str, Any]) -> Network:
    values, spelled = table_values(document, _NETWORK, "a network", place)
    defaults: dict[str, Any] = {}
    if "defaults" in values:
        defaults = defaults_of(values["defaults"], place.inside("defaults"))
    stem: Stem = table_spec(Stem, STEM_KEYS, "stem", values["stem"], place.inside("stem"), defaults)
    stages = _stages(values["stage"], place.inside(spelled["stage"]), stem.out_channels, defaults)
    width = widths(stages[-1].blocks[-1])[1]
    head = head_of(values["head"], place.inside("head"), width, defaults)
    published: Published | None = None
    if "published" in values:
        published = table_spec(Published, _PUBLISHED, "published", values["published"], place.inside("published"))
    described = {"provenance": PROVENANCE, **{key.field: values[key.name] for key in _TOP if key.name in values}}
    return tried(partial(Network, stem=stem, stages=stages, head=head, published=published, **described), place)


def head_of(table: dict[str, Any], place: Place, width: int, defaults: Mapping[str, Any]) -> Head | SegmentationHead:
    """The head that a table describes, on ``width`` channels; raises :class:`BadInput` at ``place``."""
    kind = _kind(table.get("type", "classifier"), _HEADS, place)
    cls, keys = _HEADS[kind]
    rest = {key: value for key, value in table.items() if key != "type"}
    what = "head" if kind == "classifier" else f"a head of type {kind}"
    made: Head | SegmentationHead = table_spec(cls, keys, what, rest, place, defaults, in_channels=width)
    return made


def _kind(value: Any, known: Mapping[str, Any], place: Place) -> str:
    """The ``type`` of a block or of a head."""
    if type(value) is str and value in known:
        return value
    near = difflib.get_close_matches(str(value)[:32], known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}? " if near else ""
    raise place.inside("type").error(f"{said(value)} is unknown; {hint}it is one of {', '.join(known)}.")


def defaults_of(table: dict[str, Any], place: Place) -> dict[str, Any]:
    """What tables leave out; raises :class:`BadInput` at ``place`` for a value that no table could have."""
    values, spelled = table_values(table, _DEFAULTS, "defaults", place)
    if "act" in values:
        tried(partial(checks.activation, values["act"]), place.inside(spelled["act"]))
    if "se" in values:
        tried(partial(checks.squeeze_ratio, values["se"]), place.inside(spelled["se"]))
    return values


def _stages(entries: list[Any], place: Place, width: int, defaults: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The stages; one without a name has the number after that of the stage before, and the first is stage1."""
    if len(entries) > MAX_STAGES:
        raise place.inside(MAX_STAGES).error(f"there are {len(entries):,} stages; at most {MAX_STAGES:,} are allowed.")
    stages: list[Stage] = []
    seen: set[str] = set()
    count = number = 0
    for index, entry in enumerate(entries):
        here = place.inside(index)
        values, spelled = table_values(entry, _STAGE, "a stage", here)
        name = values.get("name", f"stage{number + 1}")
        blocks: list[AnyBlock] = []
        for at, block in enumerate(values["blocks"]):
            made = repeated_blocks(block, here.inside(spelled["blocks"], at), width, defaults, count)
            count += len(made)
            blocks.extend(made)
            width = widths(made[-1])[1]
        named = here.inside("name")
        stages.append(tried(partial(Stage, name, tuple(blocks)), named))
        if name in seen:
            raise named.error(f"several stages are called {name}; every stage has a name of its own.")
        seen.add(name)
        number = int(name.removeprefix("stage"))
    return tuple(stages)


def repeated_blocks(
    entry: Any, place: Place, width: int, defaults: Mapping[str, Any], before: int
) -> tuple[AnyBlock, ...]:
    """The blocks that an entry stands for; ``before`` are already there."""
    if not isinstance(entry, dict):
        raise place.error(f"{said(entry)} is not allowed; a block is a table with a type.")
    if "type" not in entry:
        raise place.inside("type").error(f"missing; it is one of {', '.join(_BLOCKS)}.")
    kind = _kind(entry["type"], _BLOCKS, place)
    cls, keys = _BLOCKS[kind]
    repeat = 1
    if "repeat" in entry:
        repeat = INTEGER.read(entry["repeat"], place.inside("repeat"))
        if not 1 <= repeat <= MAX_BLOCKS:
            raise place.inside("repeat").error(f"{repeat} is out of range; it must be from 1 to {MAX_BLOCKS:,}.")
    if before + repeat > MAX_BLOCKS:
        raise place.inside("repeat").error(
            f"this makes {before + repeat:,} blocks; a network has at most {MAX_BLOCKS:,}."
        )
    rest = {key: value for key, value in entry.items() if key not in ("type", "repeat")}
    if _OUT in keys:
        first: AnyBlock = table_spec(cls, keys, f"a block of type {kind}", rest, place, defaults, in_channels=width)
    else:
        for key in (_OUT.name, *_OUT.aliases):
            if key in rest and INTEGER.read(rest.pop(key), place.inside(key)) != width:
                raise place.inside(key).error(
                    f"{entry[key]} does not follow; a block of type {kind} keeps its channels, and is given {width}."
                )
        first = table_spec(cls, keys, f"a block of type {kind}", rest, place, defaults, channels=width)
    if repeat == 1:
        return (first,)
    try:
        again = _again(first)
    except BadInput as error:
        raise place.inside("repeat").error(f"as repetition 2 it is impossible: {error}") from None
    return (first, *(again,) * (repeat - 1))


def _again(block: AnyBlock) -> AnyBlock:
    """``block`` as it stands from its second repetition on: stride 1, and as many channels in as out.

    Behind a stride that is undone, the dilation is so many times what it was.
    """
    if isinstance(block, PoolBlock):
        return dataclasses.replace(block, stride=1)
    if isinstance(block, StridedBlock):
        again = dataclasses.replace(block, stride=1, in_channels=block.out_channels, undo_stride=False)
        return dataclasses.replace(again, dilation=block.dilation * (block.stride if block.undo_stride else 1))
    return block


def _common(network: Network) -> dict[str, Any]:
    """For each key of ``[defaults]`` the value that most tables have, where that is not the built-in one."""
    head_keys = _HEADS[_HEAD_TYPES[type(network.head)]][1]
    tables: list[tuple[Any, tuple[Key, ...]]] = [(network.stem, STEM_KEYS), (network.head, head_keys)]
    for stage in network.stages:
        tables += [(block, _BLOCKS[_TYPES[type(block)]][1]) for block in stage.blocks if type(block) in _TYPES]
    common = {}
    for key in _DEFAULTS:
        having = [spec for spec, keys in tables if key in keys]
        values = Counter(getattr(spec, key.field) for spec in having)
        if not values or None in values:
            continue
        value = values.most_common(1)[0][0]
        if value != built_in(having[0], key):
            common[key.name] = value
    return common


def _entries(stage: Stage, name: str, defaults: Mapping[str, Any]) -> list[str]:
    """The blocks of a stage, a line each, equal ones in a row as repetitions."""
    entries = []
    index = 0
    while index < len(stage.blocks):
        block = stage.blocks[index]
        if type(block) not in _TYPES:
            raise BadInput(
                f"{name} cannot be written as TOML: {stage.name}.{index} is a {type(block).__name__}, a type of block "
                f"that files do not have; they have {', '.join(_BLOCKS)}."
            )
        repeat = 1
        try:
            again = _again(block)
        except BadInput:
            again = None  # it cannot be repeated
        while index + repeat < len(stage.blocks) and stage.blocks[index + repeat] == again:
            repeat += 1
        kind = _TYPES[type(block)]
        pairs = [f'type = "{kind}"', *table_pairs(block, _BLOCKS[kind][1], defaults)]
        entries.append(inline([*pairs, f"repeat = {repeat}"] if repeat > 1 else pairs))
        index += repeat
    return entries
