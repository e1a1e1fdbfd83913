"""The compact notation of blocks, and the lists and sizes that users type."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from muxprof.dims import integer, shown
from muxprof.errors import BadInput
from muxprof.spec import checks
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.units import decimal_text

if TYPE_CHECKING:
    from muxprof.spec.classic import AnyBlock

_MAX_ENTRIES = 64


def describe(block: AnyBlock) -> str:
    """A block in one line, such as ``ir K[3,5,7] s2 E4 24-40 SE.75 swish``."""
    if isinstance(block, DsBlock):
        text = f"ds K{block.kernel} {block.pace} {_widths(block)}"
    elif isinstance(block, IrBlock):
        text = f"ir K{kernels_text(block.kernels)} {block.pace} E{decimal_text(block.expansion)} {_widths(block)}"
    elif isinstance(block, MuxBlock):
        dilated = f" d{block.dilation}" if block.dilation > 1 else ""
        how = f"S[{','.join(map(str, block.spatial))}]" if block.spatial else f"G{block.group}"
        expansion, left = decimal_text(block.expansion), _short(block.leave_out)
        text = f"mux K{block.kernel}{dilated} E{expansion} {block.channels} L{left} {how}"
    else:
        return block.text
    return f"{text}{'' if block.se is None else f' SE{_short(block.se)}'} {block.act}"


def kernels_text(kernels: tuple[int, ...]) -> str:
    """``3`` for one kernel, ``[3,5,7]`` for parallel ones."""
    return str(kernels[0]) if len(kernels) == 1 else f"[{','.join(map(str, kernels))}]"


def spatial(value: int | str | Iterable[int]) -> tuple[int, ...]:
    """S as a tuple, from ``"-1,0,1"`` or a list. 0 alone and nothing mean no spatial multiplexing: the empty tuple."""
    if isinstance(value, str):
        text = value.strip().removeprefix("[").removesuffix("]").strip()
        entries = integers(text, "S", "-1,0,1") if text else []
    elif isinstance(value, Iterable):
        entries = [integer(entry, "S") for entry in value]
    else:
        entries = [integer(value, "S")]
    return () if entries in ([], [0]) else tuple(entries)


def integers(text: str, name: str, example: str) -> list[int]:
    """The integers of a text that separates them by commas; raises :class:`BadInput` for any other text."""
    parts = text.split(",")
    if len(parts) > _MAX_ENTRIES:
        raise BadInput(f"{name} has {len(parts)} entries; at most {_MAX_ENTRIES} are allowed.")
    try:
        return [int(part) for part in parts]
    except ValueError:
        raise BadInput(
            f"{name} = {shown(text)!r} is no list of integers; separate them by commas, like {example}."
        ) from None


def resolution(value: int | str | Iterable[int]) -> tuple[int, int]:
    """(H, W) from ``224``, ``"224"``, ``"224x192"`` or a pair; raises :class:`BadInput` for anything else."""
    if isinstance(value, str):
        parts = value.lower().split("x")
        if not all(part.strip().isdecimal() and len(part) < 19 for part in parts):
            parts = []
        sizes = [int(part) for part in parts]
    elif isinstance(value, Iterable):
        sizes = [integer(size, "resolution") for size in value]
        if len(sizes) == 1:
            sizes = []
    else:
        sizes = [integer(value, "resolution")]
    if not 1 <= len(sizes) <= 2:
        raise BadInput(f"resolution {shown(value)!r} is not a size; write it like 224 or 224x192 (height x width).")
    height, width = sizes[0], sizes[-1]
    checks.positive(height, "H", checks.MAX_SIZE)
    checks.positive(width, "W", checks.MAX_SIZE)
    return height, width


def _widths(block: DsBlock | IrBlock) -> str:
    given, made = block.in_channels, block.out_channels
    return str(made) if given == made else f"{given}-{made}"


def _short(value: Fraction) -> str:
    """A ratio without its leading zero, as the paper's figures print it: ``.75``."""
    text = decimal_text(value)
    return text[1:] if text.startswith("0.") else text
