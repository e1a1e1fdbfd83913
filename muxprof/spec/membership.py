"""Whether a network belongs to a search space, and if not, every difference.

A space is a sequence of slots: fixed blocks, reductions, and runs of normal blocks. A network is a sequence of its
blocks, in which consecutive MUXConv blocks form one run. Both are aligned so that as little as possible differs, then
compared slot by slot. Only what is built is compared: G is ignored if S is set.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, TypeAlias

from muxprof.spec.blocks import IrBlock, MuxBlock
from muxprof.spec.classic import AnyBlock, widths
from muxprof.spec.networks import Network
from muxprof.spec.notation import describe
from muxprof.spec.spaces import OPTIONS, Choice, Normal, Reduction, SearchedStage, Space, option_text

#: The penalty of a slot or a run without counterpart in the alignment, in differing options.
_SKIP = 6


@dataclass(frozen=True)
class SpaceDifference:
    """A value of the network that the space does not allow: where (a path or a stage), which, and what is allowed."""

    where: str
    found: str
    allowed: str


@dataclass(frozen=True)
class Membership:
    """``choices`` is the network's encoding, a choice per searched stage; None if there are ``differences``."""

    network: str
    space: str
    choices: tuple[Choice, ...] | None
    differences: tuple[SpaceDifference, ...]

    def __bool__(self) -> bool:
        """Whether the network belongs to the space."""
        return self.choices is not None


@dataclass(frozen=True)
class _Slot:
    """A position for blocks in a space, with its input channels; ``searched`` is its stage if that is searched."""

    stage: str
    what: AnyBlock | Reduction | Normal
    given: int
    searched: SearchedStage | None = None


@dataclass(frozen=True)
class _Run:
    """Consecutive blocks that fill one slot: a single block, or MUXConv blocks, equal or not."""

    path: str
    blocks: tuple[AnyBlock, ...]


_Pair: TypeAlias = tuple[_Slot | None, _Run | None]


def membership(space: Space, network: Network) -> Membership:
    """Compare a network with a space, including resolution, stem and head."""
    slots, runs = list(_slots(space)), list(_runs(network))
    differences = list(_frame(space, network))
    choices: dict[str, dict[str, Any]] = {stage.name: {} for stage in space.searched}
    for slot, run in _aligned(slots, runs):
        differences += _compared(slot, run, choices)
    made = tuple(_choice(stage, choices[stage.name]) for stage in space.searched) if not differences else None
    return Membership(network.name, space.name, made, tuple(differences))


def _slots(space: Space) -> Iterator[_Slot]:
    width = space.stem.out_channels
    for stage in space.stages:
        if isinstance(stage, SearchedStage):
            yield _Slot(stage.name, stage.reduction, width, stage)
            width = stage.reduction.out_channels
            if max(stage.normal.repetitions):
                yield _Slot(stage.name, stage.normal, width, stage)
        for block in stage.after if isinstance(stage, SearchedStage) else stage.blocks:
            yield _Slot(stage.name, block, width)
            width = widths(block)[1]


def _runs(network: Network) -> Iterator[_Run]:
    for stage in network.stages:
        at = 0
        for mux, group in itertools.groupby(stage.blocks, lambda block: isinstance(block, MuxBlock)):
            blocks = tuple(group)
            for part in (blocks,) if mux else ((block,) for block in blocks):
                last = f"-{at + len(part) - 1}" if len(part) > 1 else ""
                yield _Run(f"{stage.name}.{at}{last}", part)
                at += len(part)


def _frame(space: Space, network: Network) -> Iterator[SpaceDifference]:
    if network.resolution != space.resolution:
        yield SpaceDifference("input", _size(network.resolution), _size(space.resolution))
    for name, own, other in (("stem", network.stem, space.stem), ("head", network.head, space.head)):
        if type(own) is not type(other):
            yield SpaceDifference(name, type(own).__name__, type(other).__name__)
            continue
        for field in fields(own):
            found, allowed = getattr(own, field.name), getattr(other, field.name)
            if found != allowed:
                yield SpaceDifference(name, f"{field.name} = {found}", f"{field.name} = {allowed}")


def _aligned(slots: Sequence[_Slot], runs: Sequence[_Run]) -> list[_Pair]:
    """Pairs of slots and runs in order, some without counterpart, with the fewest differences in total."""
    best: dict[tuple[int, int], tuple[int, list[_Pair]]] = {(len(slots), len(runs)): (0, [])}
    for i in range(len(slots), -1, -1):
        for j in range(len(runs), -1, -1):
            ways = []
            if i < len(slots):
                cost, rest = best[(i + 1, j)]
                empty = 0 if _may_be_empty(slots[i]) else _SKIP
                ways.append((cost + empty, [(slots[i], None), *rest]))
            if j < len(runs):
                cost, rest = best[(i, j + 1)]
                ways.append((cost + _SKIP, [(None, runs[j]), *rest]))
            if i < len(slots) and j < len(runs) and _alike(slots[i], runs[j]):
                cost, rest = best[(i + 1, j + 1)]
                differing = len(list(_compared(slots[i], runs[j], {slots[i].stage: {}})))
                ways.append((cost + min(differing, 2 * _SKIP - 1), [(slots[i], runs[j]), *rest]))
            if ways:
                best[(i, j)] = min(ways, key=lambda way: way[0])
    return best[(0, 0)][1]


def _may_be_empty(slot: _Slot) -> bool:
    return isinstance(slot.what, Normal) and 0 in slot.what.repetitions


def _alike(slot: _Slot, run: _Run) -> bool:
    """Whether the blocks have the slot's type."""
    if isinstance(slot.what, Normal):
        return isinstance(run.blocks[0], MuxBlock)
    kind = IrBlock if isinstance(slot.what, Reduction) else type(slot.what)
    return isinstance(run.blocks[0], kind)


def _compared(slot: _Slot | None, run: _Run | None, choices: dict[str, dict[str, Any]]) -> Iterator[SpaceDifference]:
    """The differences of a pair; the options that the run uses are added to ``choices``."""
    if slot is None:
        assert run is not None
        times = f"{len(run.blocks)} x " if len(run.blocks) > 1 else ""
        yield SpaceDifference(run.path, times + describe(run.blocks[0]), "no block here")
    elif run is None:
        if _may_be_empty(slot):
            choices[slot.stage]["repetitions"] = 0
        elif isinstance(slot.what, Normal):
            yield SpaceDifference(slot.stage, "N = 0", f"N = {_list('N', slot.what.repetitions)}")
        else:
            what = "a reduction block" if isinstance(slot.what, Reduction) else describe(slot.what)
            yield SpaceDifference(slot.stage, "no such block", what)
    elif isinstance(slot.what, (Reduction, Normal)):
        yield from _searched(slot, run, choices[slot.stage])
    elif run.blocks != (slot.what,):
        yield SpaceDifference(run.path, describe(run.blocks[0]), describe(slot.what))


def _searched(slot: _Slot, run: _Run, chosen: dict[str, Any]) -> Iterator[SpaceDifference]:
    """The differences between a run and a searched slot; the options that the run uses are added to ``chosen``."""
    what, stage = slot.what, slot.searched
    assert stage is not None
    assert isinstance(what, (Reduction, Normal))
    muxes = [block for block in run.blocks if isinstance(block, MuxBlock)]
    # G has no effect if S is set; the first option stands for it then.
    blocks = [replace(mux, group=stage.normal.groups[0]) if mux.spatial else mux for mux in muxes]
    block = blocks[0] if blocks else run.blocks[0]
    compared: dict[str, tuple[Any, Any]]
    if isinstance(block, MuxBlock):
        if any(other != block for other in blocks):
            yield SpaceDifference(run.path, "normal blocks that differ", "equal normal blocks in a stage")
        compared = {"channels": (block.channels, slot.given)}
        names = ("kernel", "expansion", "group", "leave_out", "spatial")
        options = {"repetitions": len(blocks), **{name: getattr(block, name) for name in names}}
    else:
        assert isinstance(block, IrBlock)
        compared = {
            "channels in": (block.in_channels, slot.given),
            "channels out": (block.out_channels, stage.reduction.out_channels),
            "stride": (block.step, stage.reduction.stride),
        }
        options = {"reduction_kernels": block.kernels, "reduction_expansion": block.expansion}
    alike = {"SE": "se", "activation": "act", "norm": "norm", "squeeze": "squeeze"}
    compared |= {name: (getattr(block, field), getattr(what, field)) for name, field in alike.items()}
    for name, (found, allowed) in {**compared, "dilation": (block.dilation, 1)}.items():
        if found != allowed:
            yield SpaceDifference(run.path, f"{name} = {_plain(found)}", f"{name} = {_plain(allowed)}")
    chosen |= options
    for letter, _, field in OPTIONS:
        if field in options and options[field] not in stage.options[letter]:
            plain = letter.removeprefix("r")
            yield SpaceDifference(
                run.path,
                f"{plain} = {option_text(plain, options[field])}",
                f"{plain} = {_list(plain, stage.options[letter])}",
            )


def _choice(stage: SearchedStage, chosen: dict[str, Any]) -> Choice:
    """The encoding of a stage; options without effect (N = 0) are the first of their lists."""
    first = next(stage.choices())
    return replace(first, **chosen)


def _list(letter: str, options: Sequence[Any]) -> str:
    return " or ".join(option_text(letter, option) for option in options)


def _plain(value: Any) -> str:
    return option_text("", value) if isinstance(value, Fraction) else "none" if value is None else str(value)


def _size(size: tuple[int, int]) -> str:
    return "x".join(map(str, size))
