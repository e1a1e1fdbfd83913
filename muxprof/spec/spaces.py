"""Search spaces: options for every stage, over a skeleton of fixed parts.

A space has the options, and the stem, widths, fixed blocks and head around them. A searched stage is one reduction
block (``ir``) followed by N equal normal blocks (``mux``). A :class:`Choice` per searched stage is an *encoding*;
:meth:`Space.network` builds its network, if the encoding is valid.

Source: MUXConv supplement, section 1, Table 1 and Figures 1 and 2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.spec import checks, table1
from muxprof.spec.blocks import PAPER_SQUEEZE, DsBlock, IrBlock, MuxBlock, Squeeze
from muxprof.spec.classic import AnyBlock, widths
from muxprof.spec.networks import Head, Network, Stage, Stem, check_parts, follow
from muxprof.spec.notation import kernels_text
from muxprof.spec.segmentation import SegmentationHead
from muxprof.units import decimal_text

#: The most options of one kind, and the most repetitions.
MAX_OPTIONS = 64
#: The most encodings of one stage; each is looked at.
MAX_STAGE_ENCODINGS = 1 << 18

#: The searched options: letter, name, and field of :class:`Choice`. The first two are the reduction block's.
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


def _each(letter: str, options: Sequence[Any], check: Callable[[Any], None]) -> None:
    """Refuse a list of options that is empty, too long or lists one twice, and options that ``check`` refuses."""
    if not 1 <= len(options) <= MAX_OPTIONS:
        raise BadInput(f"{letter} has {len(options)} options; there must be 1 to {MAX_OPTIONS}.")
    twice = next((option for option in options if list(options).count(option) > 1), None)
    if twice is not None:
        raise BadInput(f"{letter} = {shown(option_text(letter, twice))} is listed twice; list every option once.")
    for option in options:
        check(option)


def _parallel_kernels(kernels: Sequence[int]) -> None:
    if not kernels:
        raise BadInput("K has an empty list of kernels; give one kernel or more.")
    for kernel in kernels:
        checks.kernel(kernel)


@dataclass(frozen=True)
class Choice:
    """The encoding of one stage: an option of each kind."""

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
        """One word per type of block: ``rK3.5.7-E4 2xK3-E6-G2-L.5``, without options that have no effect."""
        reduction = f"rK{'.'.join(map(str, self.reduction_kernels))}-E{decimal_text(self.reduction_expansion)}"
        if not self.repetitions:
            return f"{reduction} 0x"
        how = f"S{'.'.join(map(str, self.spatial))}" if self.spatial else f"G{self.group}"
        return (
            f"{reduction} {self.repetitions}xK{self.kernel}-E{decimal_text(self.expansion)}-{how}-"
            f"L{decimal_text(self.leave_out).removeprefix('0') or '0'}"
        )


@dataclass(frozen=True, kw_only=True)
class _Fixed:
    """Values of all blocks that are not searched."""

    se: Fraction | None = None
    act: str = "relu"
    norm: bool = True
    squeeze: Squeeze = PAPER_SQUEEZE

    @property
    def fixed(self) -> dict[str, Any]:
        """The values by the names of the blocks' fields."""
        return {"se": self.se, "act": self.act, "norm": self.norm, "squeeze": self.squeeze}


@dataclass(frozen=True)
class Reduction(_Fixed):
    """The first block of a stage, an inverted residual, with options of K (each a list of parallel kernels) and E."""

    out_channels: int
    kernels: tuple[tuple[int, ...], ...] = ((3,),)
    expansions: tuple[Fraction, ...] = (Fraction(6),)
    stride: int = 2

    def __post_init__(self) -> None:
        """Refuse options that are impossible at any width, with :class:`BadInput`."""
        checks.fields(self, "out_channels")
        _each("K", self.kernels, _parallel_kernels)
        _each("E", self.expansions, checks.expansion)
        checks.fields(self, "stride", "se", "act")

    def block(self, in_channels: int, choice: Choice) -> IrBlock:
        """The block of a choice; raises :class:`BadInput` if it is impossible at this width."""
        expansion, kernels = choice.reduction_expansion, choice.reduction_kernels
        return IrBlock(in_channels, self.out_channels, expansion, kernels, self.stride, **self.fixed)


@dataclass(frozen=True)
class Normal(_Fixed):
    """The N MUXConv blocks behind it, which keep the width, with options of N, K, E, G, L and S (empty for no S)."""

    repetitions: tuple[int, ...] = (0,)
    kernels: tuple[int, ...] = (3,)
    expansions: tuple[Fraction, ...] = (Fraction(6),)
    groups: tuple[int, ...] = (1,)
    leave_outs: tuple[Fraction, ...] = (Fraction(0),)
    spatials: tuple[tuple[int, ...], ...] = ((),)

    def __post_init__(self) -> None:
        """Refuse options that are impossible at any width, with :class:`BadInput`."""
        _each("N", self.repetitions, lambda count: checks.positive(count, "N", MAX_OPTIONS) if count else None)
        _each("K", self.kernels, checks.kernel)
        _each("E", self.expansions, checks.expansion)
        _each("G", self.groups, lambda group: checks.positive(group, "G", checks.MAX_CHANNELS * checks.MAX_EXPANSION))
        _each("L", self.leave_outs, checks.leave_out)
        _each("S", self.spatials, checks.spatial)
        checks.fields(self, "se", "act")

    def block(self, channels: int, choice: Choice) -> MuxBlock:
        """The block of a choice; raises :class:`BadInput` if it is impossible at this width."""
        options = (choice.expansion, choice.group, choice.leave_out, choice.kernel, choice.spatial)
        return MuxBlock(channels, *options, **self.fixed)


@dataclass(frozen=True)
class SearchedStage:
    """A reduction block, N normal blocks, then ``after``: blocks that are not searched."""

    name: str
    reduction: Reduction
    normal: Normal = Normal()
    after: tuple[AnyBlock, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an impossible name, too many encodings, and fixed blocks that take other channels than they get."""
        Stage(self.name, (IrBlock(1, 1),))
        if self.encodings > MAX_STAGE_ENCODINGS:
            raise BadInput(f"{self.name} has {self.encodings:,} encodings; a stage may have {MAX_STAGE_ENCODINGS:,}.")
        follow(self.after, self.reduction.out_channels, f"{self.name}: fixed block ")

    @property
    def options(self) -> dict[str, tuple[Any, ...]]:
        """The options by letter, in the order of :data:`OPTIONS`."""
        r, n = self.reduction, self.normal
        values = (r.kernels, r.expansions, n.repetitions, n.kernels, n.expansions, n.groups, n.leave_outs, n.spatials)
        return {letter: options for (letter, _, _), options in zip(OPTIONS, values, strict=True)}

    @property
    def encodings(self) -> int:
        """The number of encodings of this stage."""
        return math.prod(map(len, self.options.values()))

    @property
    def width(self) -> int:
        """Output channels of the stage."""
        return widths(self.after[-1])[1] if self.after else self.reduction.out_channels

    def choices(self) -> Iterator[Choice]:
        """All encodings; the last letter of :data:`OPTIONS` changes fastest."""
        for options in itertools.product(*self.options.values()):
            yield Choice(*options)

    def blocks(self, in_channels: int, choice: Choice) -> tuple[AnyBlock, ...]:
        """The blocks of an encoding; raises :class:`BadInput` if one of them is impossible.

        Options of normal blocks have no effect if N = 0, not even if they are impossible.
        """
        first = self.reduction.block(in_channels, choice)
        if not choice.repetitions:
            return (first, *self.after)
        normal = self.normal.block(self.reduction.out_channels, choice)
        return (first, *(normal,) * choice.repetitions, *self.after)


@dataclass(frozen=True)
class Space:
    """A search space: stem, stages (searched, or fixed as in a network), and head. ``resolution`` is (H, W)."""

    name: str
    stem: Stem
    stages: tuple[SearchedStage | Stage, ...]
    head: Head | SegmentationHead
    resolution: tuple[int, int] = (224, 224)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse parts that do not fit together, and a space without a searched stage."""
        if not self.searched:
            raise BadInput(f"{self.name} searches for nothing; at least one stage has a reduction with options.")
        check_parts(self)

    @property
    def searched(self) -> tuple[SearchedStage, ...]:
        """The searched stages in order."""
        return tuple(stage for stage in self.stages if isinstance(stage, SearchedStage))

    @property
    def given(self) -> tuple[int, ...]:
        """The input channels of every searched stage."""
        before = (self.stem.out_channels, *(stage.width for stage in self.stages[:-1]))
        stages = zip(self.stages, before, strict=True)
        return tuple(width for stage, width in stages if isinstance(stage, SearchedStage))

    @property
    def encodings(self) -> int:
        """The number of encodings: the product over the searched stages."""
        return math.prod(stage.encodings for stage in self.searched)

    def network(self, choices: Sequence[Choice], name: str = "") -> Network:
        """The network of an encoding, a choice per searched stage.

        Raises :class:`BadInput`, naming the stage, if a block is impossible. Map sizes are not checked here, but by the
        cost formulas.
        """
        names = (stage.name for stage in self.searched)
        chosen = dict(zip(names, zip(self.given, choices, strict=True), strict=True))
        stages = []
        for stage in self.stages:
            try:
                stages.append(
                    stage if isinstance(stage, Stage) else Stage(stage.name, stage.blocks(*chosen[stage.name]))
                )
            except BadInput as error:
                raise BadInput(f"{stage.name}: {error}") from None
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

    Table 1 lists only options. Stem, first block, the widths of the four stages, SE, activations, last block and head
    are MUXNet-m's. Its blocks between stages 3 and 4 (an ``ir`` to 112 channels and two normal blocks) have no place in
    Table 1. ``widths``, ``last``, ``features`` and ``first`` are the output channels of the stages, of the last block,
    of the head's 1x1 convolution, and of stem and first block.
    """
    stages = []
    for number, width in enumerate(widths, start=1):
        fixed: dict[str, Any] = {"se": Fraction(3, 4), "act": "relu" if number == 1 else "swish"}
        reduction = Reduction(width, table1.REDUCTION_KERNELS, table1.EXPANSIONS, **fixed)
        options = (table1.REPETITIONS, table1.KERNELS, table1.EXPANSIONS, table1.GROUPS, table1.LEAVE_OUTS)
        normal = Normal(*options, table1.SPATIAL if number in table1.SPATIAL_STAGES else ((),), **fixed)
        after = (IrBlock(width, last, Fraction(6), (3,), **fixed),) if number == len(widths) else ()
        stages.append(SearchedStage(f"stage{number}", reduction, normal, after))
    return Space(
        name="paper",
        stem=Stem(first, act="swish"),
        stages=(Stage("stage0", (DsBlock(first, first, 3, 1, Fraction(1, 4), "relu"),)), *stages),
        head=Head(last, features, act="swish"),
        notes=("Options: MUXConv supplement, Table 1. Skeleton: the released MUXNet-m, where Table 1 has a place.",),
    )
