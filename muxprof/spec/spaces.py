"""Search spaces: the options of every stage over a skeleton of fixed parts.

A space is what a file or Table 1 says and nothing that follows from it: which options there are, and the stem, widths,
fixed blocks and head around them. A searched stage is one reduction block (``ir``) and then N equal normal blocks
(``mux``). A :class:`Choice` per searched stage is an *encoding*; :meth:`Space.network` is the network that it stands
for, where there is one.

Source: MUXConv supplement, section 1, Table 1 and Figures 1 and 2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.spec import checks, table1
from muxprof.spec.blocks import PAPER_SQUEEZE, DsBlock, IrBlock, MuxBlock, Squeeze
from muxprof.spec.classic import AnyBlock, widths
from muxprof.spec.networks import Head, Network, Stage, Stem
from muxprof.spec.notation import kernels_text
from muxprof.spec.segmentation import SegmentationHead
from muxprof.units import decimal_text

#: More options of one kind, or repetitions, are refused.
MAX_OPTIONS = 64
#: More encodings of one stage are refused: each is looked at.
MAX_STAGE_ENCODINGS = 1 << 18

#: What a stage is searched for: the letter, what it says, and the field of :class:`Choice`. The first two are the
#: reduction block's.
OPTIONS = (
    ("rK", "reduction kernel", "reduction_kernels"),
    ("rE", "reduction expansion", "reduction_expansion"),
    ("N", "repetitions", "repetitions"),
    ("K", "kernel", "kernel"),
    ("E", "expansion", "expansion"),
    ("G", "channels per group", "group"),
    ("L", "leave-out ratio", "leave_out"),
    ("S", "spatial multiplexing", "spatial"),
)

#: The option lists of Table 1 that stand nowhere else; an empty S is none.
KERNELS, EXPANSIONS, REPETITIONS = (3, 5), (Fraction(4), Fraction(6)), (0, 1, 2, 3)
SPATIAL: tuple[tuple[int, ...], ...] = ((), (-1, 0, 0), (0, 0, 1), (1, 0, 1), (-1, 0, 0, 1))
REDUCTION_KERNELS: tuple[tuple[int, ...], ...] = ((3,), (3, 5, 7), (3, 5, 7, 9))


def _listed(options: Sequence[Any], letter: str) -> None:
    if not 1 <= len(options) <= MAX_OPTIONS:
        raise BadInput(f"{letter} has {len(options)} options; there must be 1 to {MAX_OPTIONS}.")
    twice = next((option for option in options if list(options).count(option) > 1), None)
    if twice is not None:
        raise BadInput(f"{letter} = {shown(option_text(letter, twice))} is listed twice; list every option once.")


def _expansions(options: Sequence[Fraction]) -> None:
    _listed(options, "E")
    for expansion in options:
        if not 0 < expansion <= checks.MAX_EXPANSION:
            raise BadInput(
                f"E = {decimal_text(expansion)} is out of range; it must be above 0 and at most {checks.MAX_EXPANSION}."
            )


@dataclass(frozen=True)
class Choice:
    """One encoding of a stage: an option of each kind."""

    reduction_kernels: tuple[int, ...]
    reduction_expansion: Fraction
    repetitions: int
    kernel: int
    expansion: Fraction
    group: int
    leave_out: Fraction
    spatial: tuple[int, ...]

    @cached_property
    def text(self) -> str:
        """In one word per block: ``rK3.5.7-E4 2xK3-E6-G2-L.5``; what no built block uses is left out."""
        reduction = f"rK{'.'.join(map(str, self.reduction_kernels))}-E{decimal_text(self.reduction_expansion)}"
        if not self.repetitions:
            return f"{reduction} 0x"
        how = f"S{'.'.join(map(str, self.spatial))}" if self.spatial else f"G{self.group}"
        return (
            f"{reduction} {self.repetitions}xK{self.kernel}-E{decimal_text(self.expansion)}-{how}-"
            f"L{decimal_text(self.leave_out).removeprefix('0') or '0'}"
        )


@dataclass(frozen=True)
class Reduction:
    """The first block of a stage, an inverted residual: options of K (each a list of parallel kernels) and E."""

    out_channels: int
    kernels: tuple[tuple[int, ...], ...] = ((3,),)
    expansions: tuple[Fraction, ...] = (Fraction(6),)
    stride: int = 2
    se: Fraction | None = None
    act: str = "relu"
    norm: bool = True
    squeeze: Squeeze = PAPER_SQUEEZE

    def __post_init__(self) -> None:
        """Refuse options that no block can have, with :class:`BadInput`; some may still not go with the widths."""
        checks.positive(self.out_channels, "out_channels", checks.MAX_CHANNELS)
        _listed(self.kernels, "K")
        for kernels in self.kernels:
            if not kernels:
                raise BadInput("K has an empty list of kernels; give one kernel or more.")
            for kernel in kernels:
                checks.kernel(kernel)
        _expansions(self.expansions)
        checks.stride(self.stride)
        checks.squeeze_ratio(self.se)
        checks.activation(self.act)

    def block(self, in_channels: int, choice: Choice) -> IrBlock:
        """The block; raises :class:`BadInput` where these options do not go with the width."""
        return IrBlock(
            in_channels,
            self.out_channels,
            choice.reduction_expansion,
            choice.reduction_kernels,
            self.stride,
            self.se,
            self.act,
            self.norm,
            self.squeeze,
        )


@dataclass(frozen=True)
class Normal:
    """The blocks behind it, MUXConv blocks that keep the width: options of N, K, E, G, L and S; an empty S is none."""

    repetitions: tuple[int, ...] = (0,)
    kernels: tuple[int, ...] = (3,)
    expansions: tuple[Fraction, ...] = (Fraction(6),)
    groups: tuple[int, ...] = (1,)
    leave_outs: tuple[Fraction, ...] = (Fraction(0),)
    spatials: tuple[tuple[int, ...], ...] = ((),)
    se: Fraction | None = None
    act: str = "relu"
    norm: bool = True
    squeeze: Squeeze = PAPER_SQUEEZE

    def __post_init__(self) -> None:
        """Refuse options that no block can have, with :class:`BadInput`; some may still not go with the widths."""
        _listed(self.repetitions, "N")
        for count in self.repetitions:
            if count:
                checks.positive(count, "N", MAX_OPTIONS)
        _listed(self.kernels, "K")
        for kernel in self.kernels:
            checks.kernel(kernel)
        _expansions(self.expansions)
        _listed(self.groups, "G")
        for group in self.groups:
            checks.positive(group, "G", checks.MAX_CHANNELS * checks.MAX_EXPANSION)
        _listed(self.leave_outs, "L")
        for left in self.leave_outs:
            if not 0 <= left < 1:
                raise BadInput(f"L = {decimal_text(left)} is out of range; it must be at least 0 and below 1.")
        _listed(self.spatials, "S")
        for entry in itertools.chain.from_iterable(self.spatials):
            if entry not in (-1, 0, 1):
                raise BadInput(f"S has the entry {entry}; entries are -1 (subpixel), 0 (plain) and 1 (superpixel).")
        checks.squeeze_ratio(self.se)
        checks.activation(self.act)

    def block(self, channels: int, choice: Choice) -> MuxBlock:
        """The block; raises :class:`BadInput` where these options do not go with the width."""
        return MuxBlock(
            channels,
            choice.expansion,
            choice.group,
            choice.leave_out,
            choice.kernel,
            choice.spatial,
            self.se,
            self.act,
            self.norm,
            self.squeeze,
        )


@dataclass(frozen=True)
class SearchedStage:
    """A reduction block, N normal blocks, then ``after``: blocks that are not searched."""

    name: str
    reduction: Reduction
    normal: Normal = Normal()
    after: tuple[AnyBlock, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a name that no stage has, and more encodings than can be looked at one by one."""
        Stage(self.name, (IrBlock(1, 1),))
        if self.encodings > MAX_STAGE_ENCODINGS:
            raise BadInput(f"{self.name} has {self.encodings:,} encodings; a stage may have {MAX_STAGE_ENCODINGS:,}.")

    @property
    def options(self) -> dict[str, tuple[Any, ...]]:
        """The options by letter, in the order of :data:`OPTIONS`."""
        reduction, normal = self.reduction, self.normal
        return {
            "rK": reduction.kernels,
            "rE": reduction.expansions,
            "N": normal.repetitions,
            "K": normal.kernels,
            "E": normal.expansions,
            "G": normal.groups,
            "L": normal.leave_outs,
            "S": normal.spatials,
        }

    @property
    def encodings(self) -> int:
        """The number of choices: the options of all kinds, multiplied."""
        return math.prod(map(len, self.options.values()))

    @property
    def width(self) -> int:
        """Channels that the stage gives."""
        return widths(self.after[-1])[1] if self.after else self.reduction.out_channels

    def choices(self) -> Iterator[Choice]:
        """Every encoding, the last letter of :data:`OPTIONS` changing fastest."""
        for options in itertools.product(*self.options.values()):
            yield Choice(*options)

    def blocks(self, in_channels: int, choice: Choice) -> tuple[AnyBlock, ...]:
        """The blocks of an encoding; raises :class:`BadInput` where one that is built cannot be.

        Options of normal blocks mean nothing where N = 0, and make nothing impossible then.
        """
        first = self.reduction.block(in_channels, choice)
        if not choice.repetitions:
            return (first, *self.after)
        normal = self.normal.block(self.reduction.out_channels, choice)
        return (first, *(normal,) * choice.repetitions, *self.after)


@dataclass(frozen=True)
class Space:
    """A search space: stem, stages (searched, or fixed as in a network), head. ``resolution`` is (H, W)."""

    name: str
    stem: Stem
    stages: tuple[SearchedStage | Stage, ...]
    head: Head | SegmentationHead
    resolution: tuple[int, int] = (224, 224)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse widths that do not follow from one another, repeated names, and a space where nothing is searched."""
        names = [stage.name for stage in self.stages]
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated:
            raise BadInput(f"{self.name} has several stages called {repeated}; every stage has a name of its own.")
        if not self.searched:
            raise BadInput(f"{self.name} searches for nothing; at least one stage has a reduction with options.")
        width = self.stem.out_channels
        for stage in self.stages:
            fixed = stage.blocks if isinstance(stage, Stage) else stage.after
            width = width if isinstance(stage, Stage) else stage.reduction.out_channels
            for index, block in enumerate(fixed):
                taken, given = widths(block)
                if taken != width:
                    raise BadInput(f"{stage.name}: fixed block {index} takes {taken} channels but is given {width}.")
                width = given
        if self.head.in_channels != width:
            raise BadInput(f"head takes {self.head.in_channels} channels but is given {width}.")

    @property
    def searched(self) -> tuple[SearchedStage, ...]:
        """The stages that are searched, in order."""
        return tuple(stage for stage in self.stages if isinstance(stage, SearchedStage))

    @property
    def given(self) -> tuple[int, ...]:
        """For every searched stage, the channels that it takes."""
        found, width = [], self.stem.out_channels
        for stage in self.stages:
            if isinstance(stage, SearchedStage):
                found.append(width)
                width = stage.width
            else:
                width = stage.width
        return tuple(found)

    @property
    def encodings(self) -> int:
        """The number of encodings: those of the stages, multiplied."""
        return math.prod(stage.encodings for stage in self.searched)

    def network(self, choices: Sequence[Choice], name: str = "") -> Network:
        """The network of an encoding, a choice per searched stage.

        Raises :class:`BadInput`, naming the stage, where a block that is built cannot be. Whether every map has a size
        that its block can work on is for the cost formulas to say.
        """
        remaining = list(zip(self.searched, self.given, choices, strict=True))
        stages = []
        for stage in self.stages:
            if isinstance(stage, SearchedStage):
                searched, given, choice = remaining.pop(0)
                try:
                    stages.append(Stage(stage.name, searched.blocks(given, choice)))
                except BadInput as error:
                    raise BadInput(f"{stage.name}: {error}") from None
            else:
                stages.append(stage)
        return Network(
            name=name or f"{self.name}-network",
            stem=self.stem,
            stages=tuple(stages),
            head=self.head,
            resolution=self.resolution,
            provenance=f"search space {self.name}",
        )


def text(choices: Sequence[Choice]) -> str:
    """An encoding in one line: the stages' texts, separated by ``|``."""
    return " | ".join(choice.text for choice in choices)


def option_text(letter: str, value: Any) -> str:
    """An option as Table 1 writes it: ``[3,5,7]``, ``0.25``, ``[-1,0,0]``, and 0 for no S."""
    if letter == "S":
        return f"[{','.join(map(str, value))}]" if value else "0"
    if isinstance(value, tuple):
        return kernels_text(value)
    return decimal_text(value) if isinstance(value, Fraction) else str(value)


def paper(
    widths: tuple[int, int, int, int] = (24, 40, 80, 160), last: int = 200, features: int = 1280, first: int = 24
) -> Space:
    """The space of the supplement's Table 1, over the skeleton of the released MUXNet-m.

    Table 1 gives options alone. The rest is taken from MUXNet-m where its stages have a place in Table 1: stem, first
    block, the widths of the four stages, SE, activations, last block and head. What stands between MUXNet-m's stages 3
    and 4 (an ``ir`` to 112 channels and two normal blocks) has no place there. ``widths``, ``last``,
    ``features`` and ``first`` are the output channels of the stages, of the last block, of the head's 1x1 convolution,
    and of stem and first block.
    """
    se = Fraction(3, 4)
    stages = []
    for number, (width, act) in enumerate(zip(widths, ("relu", "swish", "swish", "swish"), strict=True), start=1):
        stages.append(
            SearchedStage(
                f"stage{number}",
                Reduction(width, REDUCTION_KERNELS, EXPANSIONS, 2, se, act),
                Normal(
                    REPETITIONS,
                    KERNELS,
                    EXPANSIONS,
                    table1.GROUPS,
                    table1.LEAVE_OUTS,
                    SPATIAL if number in (2, 3) else ((),),
                    se,
                    act,
                ),
                (IrBlock(width, last, Fraction(6), (3,), 1, se, act),) if number == len(widths) else (),
            )
        )
    return Space(
        name="paper",
        stem=Stem(first, act="swish"),
        stages=(Stage("stage0", (DsBlock(first, first, 3, 1, Fraction(1, 4), "relu"),)), *stages),
        head=Head(last, features, act="swish"),
        notes=("Options: MUXConv supplement, Table 1. Skeleton: the released MUXNet-m, where Table 1 has a place.",),
    )
