"""Specs as plain JSON values and back. Ratios are text ("3/4"), which is exact."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from muxprof.dims import ratio, shown
from muxprof.errors import BadInput
from muxprof.spec.blocks import Squeeze
from muxprof.spec.cells import CellStack
from muxprof.spec.classic import BLOCKS, AnyBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.segmentation import HEADS

_TYPES: dict[str, type[Any]] = {
    **BLOCKS,
    "squeeze": Squeeze,
    "cells": CellStack,
    "stem": Stem,
    "stage": Stage,
    "head": Head,
    **HEADS,
    "published": Published,
    "network": Network,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}

#: Fields that were added later. Defaults of these are not written, so that older reports do not change.
_LATER = frozenset({"dilation", "undo_stride"})


def encode(spec: Any) -> Any:
    """A spec as dicts, lists, strings and numbers; every dict has a ``type``."""
    if type(spec) in _NAMES:
        values = ((field, getattr(spec, field.name)) for field in dataclasses.fields(spec))
        fields = {f.name: encode(value) for f, value in values if f.name not in _LATER or value != f.default}
        return {"type": _NAMES[type(spec)], **fields}
    if isinstance(spec, Fraction):
        return str(spec)
    if isinstance(spec, tuple):
        return [encode(item) for item in spec]
    return spec


def decode(value: Any) -> AnyBlock | Network:
    """The block or network that :func:`encode` wrote; raises :class:`BadInput` for anything else."""
    spec = _decode(value, "spec")
    if not isinstance(spec, (AnyBlock, Network)):
        raise BadInput(f"spec is {shown(value)!r}, which is no block and no network.")
    return spec


def _decode(value: Any, where: str) -> Any:
    if not isinstance(value, Mapping) or value.get("type") not in _TYPES:
        raise BadInput(f"{where} is {shown(value)!r}; it must be an object with a type of {', '.join(_TYPES)}.")
    cls = _TYPES[value["type"]]
    hints = typing.get_type_hints(cls)
    unknown = value.keys() - hints.keys() - {"type"}
    if unknown:
        raise BadInput(f"{where} has the unknown key {sorted(unknown)[0]!r}; known: {', '.join(hints)}.")
    fields = {name: _field(item, hints[name], f"{where}.{name}") for name, item in value.items() if name != "type"}
    try:
        return cls(**fields)
    except TypeError as error:
        raise BadInput(f"{where}: {error}.") from None


def _field(value: Any, hint: Any, where: str) -> Any:
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    if value is None and type(None) in options:
        return None
    if typing.get_origin(hint) is tuple:
        first, *others = typing.get_args(hint)
        count = 1 + len(others) if others[-1] is not Ellipsis else None
        if not isinstance(value, list) or count not in (None, len(value)):
            raise BadInput(f"{where} is {shown(value)!r}; it must be a list{f' of {count}' if count else ''}.")
        hints = [first, *others] if count else [first] * len(value)
        return tuple(_field(item, hints[index], f"{where}[{index}]") for index, item in enumerate(value))
    if isinstance(value, Mapping):
        made = _decode(value, where)
        if type(made) not in options:
            allowed = ", ".join(_NAMES[option] for option in options if option in _NAMES)
            raise BadInput(f"{where} is of type {_NAMES[type(made)]}; it must be {allowed or 'a plain value'}.")
        return made
    if Fraction in options:
        return ratio(value, where)
    kinds = tuple(option for option in options if isinstance(option, type))
    if type(value) not in kinds:
        raise BadInput(f"{where} is {shown(value)!r}; it must be of type {' or '.join(k.__name__ for k in kinds)}.")
    return value
