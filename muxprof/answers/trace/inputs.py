"""What a traced model is given: inputs and arguments as text, read into plain values."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.records import ModelInput

#: Element types of inputs, as torch calls them.
DTYPES = (
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64",
)  # fmt: skip
#: The most elements that one input may have.
MAX_ELEMENTS = 1 << 40

_INPUT = re.compile(r"(?:(?P<name>[^\W\d]\w*)=)?(?P<shape>[^:=]*)(?::(?P<dtype>.*))?", re.ASCII | re.DOTALL)
_NAME = re.compile(r"[NTDHW]([2-9]|[1-9]\d)?", re.ASCII)
_SHAPE = re.compile(r"\d{1,13}(x\d{1,13})*", re.ASCII)
_EXAMPLE = "write it like 1x3x224x224, x=1x3x224x224 or ids=1x128:int64"


def read_input(text: str) -> ModelInput:
    """The input that ``[NAME=]SHAPE[:TYPE]`` describes, such as ``ids=1x128:int64``.

    Without a type it gets that of the model's parameters. Raises :class:`BadInput` for any other text.
    """
    parts = _INPUT.fullmatch(text.strip())
    if parts is None or not _SHAPE.fullmatch(parts["shape"]):
        raise BadInput(f"input = {shown(text)!r} is no shape; {_EXAMPLE}.")
    return model_input(tuple(map(int, parts["shape"].split("x"))), parts["name"], parts["dtype"])


def model_input(shape: Iterable[int], name: str | None = None, dtype: str | None = None) -> ModelInput:
    """An input of a shape; raises :class:`BadInput` for sizes below 1, absurd ones, and unknown element types."""
    sizes = tuple(shape)
    text = "x".join(map(str, sizes))
    if any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in sizes):
        raise BadInput(f"input = {shown(text)} has a size that is no integer from 1 on; {_EXAMPLE}.")
    if math.prod(sizes) > MAX_ELEMENTS:
        raise BadInput(f"input = {shown(text)} has {math.prod(sizes):,} elements; at most 2^40 are traced.")
    if dtype is not None and dtype not in DTYPES:
        raise BadInput(f"input = {shown(text)} is of type {shown(dtype)!r}, which is none of {', '.join(DTYPES)}.")
    return ModelInput(sizes, name, dtype)


def read_arguments(texts: Iterable[str]) -> dict[str, Any]:
    """Values by name from texts ``KEY=VALUE``: Python literals, or else texts.

    Raises :class:`BadInput` for a text without a name, and for a name that is given twice.
    """
    found: dict[str, Any] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        key = key.strip()
        if not separator or not key.isidentifier():
            raise BadInput(f"arg = {shown(text)!r} is not KEY=VALUE; write it like width=0.5 or name=small.")
        if key in found:
            raise BadInput(f"arg = {shown(text)!r}: {key} is given twice.")
        found[key] = value
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            found[key] = ast.literal_eval(value.strip())
    return found


def read_sizes(text: str) -> dict[str, int]:
    """Sizes by name from ``N=8,H=192,W=320``. Raises :class:`BadInput` for anything else.

    Names are N, T, D, H and W, with a number behind for inputs that differ: H2.
    """
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if not _NAME.fullmatch(name) or name in found or not re.fullmatch(r"[1-9]\d{0,12}", value, re.ASCII):
            raise BadInput(f"at = {shown(text)!r} is no list of sizes; write it like N=8,H=192,W=320.")
        found[name] = int(value)
    return found


def text_of(given: ModelInput) -> str:
    """The text that :func:`read_input` reads as this input."""
    name = "" if given.name is None else f"{given.name}="
    return f"{name}{'x'.join(map(str, given.shape))}" + ("" if given.dtype is None else f":{given.dtype}")
