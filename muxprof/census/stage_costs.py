"""The distinct cost vectors of every stage of a space, and which encodings have them.

A stage's cost depends on its own choice alone, because the widths and the resolution around it are fixed. For each
distinct cost vector, the variants (different ways to build the stage) that have it are listed, and for each variant the
valid encodings that build it. Two encodings are one variant when no built layer differs: the sequences of their ops are
equal in kind, shapes, kernels, strides, channels per group and biases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from muxprof.cost import ops as formulas
from muxprof.cost.blocks import block_ops
from muxprof.cost.networks import network_ops
from muxprof.cost.ops import Op
from muxprof.errors import BadInput
from muxprof.spec.blocks import IrBlock
from muxprof.spec.networks import Network, Stage
from muxprof.spec.spaces import OPTIONS, Choice, SearchedStage, Space

Integers: TypeAlias = npt.NDArray[np.int64]

#: Computes an integer cost of one op; a network's cost is the sum over its ops.
OpCost: TypeAlias = Callable[[Op], Any]

#: Computes an integer cost of a stage's choice, for example from a latency table. If several encodings build the same
#: stage, the smallest of their costs counts.
ChoiceCost: TypeAlias = Callable[[SearchedStage, Choice], int]

#: What a census counts unless it is told otherwise: params, and MAdds per image.
DEFAULT_COSTS: Mapping[str, OpCost] = {"params": formulas.params, "madds": formulas.madds}

#: What counts and samples range over: different networks, or the encodings for which a module exists.
OVER = ("distinct", "valid")

FIELDS = {letter: field for letter, _, field in OPTIONS}
#: The letters that have no effect if N = 0.
NORMAL_LETTERS = ("K", "E", "G", "L", "S")
#: Stands for an option that has no effect.
IDLE = "idle"

#: Stages with a higher cost are refused, so that sums over stages stay 64-bit integers.
MAX_COST = 1 << 50

_Size: TypeAlias = tuple[int, int]
_Vector: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Variant:
    """One way to build a stage: ``encodings`` are all valid ones that build it, ``choice`` is the first of them."""

    choice: Choice
    encodings: tuple[Choice, ...]

    def option(self, letter: str) -> Any:
        """The option of that letter; :data:`IDLE` if it has no effect on what is built."""
        if letter in NORMAL_LETTERS and not self.choice.repetitions:
            return IDLE
        if letter == "G" and self.choice.spatial:
            return IDLE
        values = {getattr(encoding, FIELDS[letter]) for encoding in self.encodings}
        return values.pop() if len(values) == 1 else IDLE


@dataclass(frozen=True)
class StageCosts:
    """The distinct cost vectors of a stage: the rows of ``costs``, (vectors, costs) int64, and the variants of each.

    ``encodings`` is the number of all encodings of the stage, valid or not.
    """

    stage: SearchedStage
    costs: Integers
    variants: tuple[tuple[Variant, ...], ...]
    encodings: int

    @property
    def distinct(self) -> Integers:
        """The number of variants of each cost vector."""
        return np.array([len(variants) for variants in self.variants], dtype=np.int64)

    @property
    def valid(self) -> Integers:
        """The number of valid encodings of each cost vector."""
        return np.array(
            [sum(len(variant.encodings) for variant in variants) for variants in self.variants], dtype=np.int64
        )


def space_costs(
    space: Space, costs: tuple[OpCost, ...], further: tuple[ChoiceCost, ...] = ()
) -> tuple[_Vector, tuple[StageCosts, ...]]:
    """The total cost of the fixed parts, and the cost vectors of every searched stage.

    A vector has the ``costs`` first, then the ``further`` ones, which are 0 for fixed parts. A stage without a valid
    encoding has no vectors.

    Raises :class:`BadInput` if a fixed part is impossible at the space's resolution.
    """
    frame = _frame(space)
    if frame is None:
        columns = len(costs) + len(further)
        return (0,) * columns, tuple(_no_costs(stage, columns) for stage in space.searched)
    fixed, sizes = _measured(space, frame, costs)
    made = tuple(
        _stage_costs(stage, given, size, costs, further)
        for stage, given, size in zip(space.searched, space.given, sizes, strict=True)
    )
    return (*fixed, *(0 for _ in further)), made


def _frame(space: Space) -> Network | None:
    """A network with one possible reduction per stage and no normal blocks; None if some stage has none."""
    stages = []
    given = iter(space.given)
    for stage in space.stages:
        if isinstance(stage, SearchedStage):
            reduction = _possible_reduction(stage, next(given))
            if reduction is None:
                return None
            stages.append(Stage(stage.name, (reduction, *stage.after)))
        else:
            stages.append(stage)
    return Network(space.name, space.stem, tuple(stages), space.head, space.resolution)


def _possible_reduction(stage: SearchedStage, given: int) -> IrBlock | None:
    for choice in stage.choices():
        try:
            return stage.reduction.block(given, choice)
        except BadInput:
            continue
    return None


def _measured(
    space: Space, frame: Network, costs: tuple[OpCost, ...]
) -> tuple[_Vector, tuple[tuple[_Size, _Size], ...]]:
    """The cost of everything but the reductions, and the input and output size (H, W) of every reduction."""
    reductions: dict[str, list[Op]] = {stage.name: [] for stage in space.searched}
    fixed: list[Op] = []
    try:
        for op in network_ops(frame, *space.resolution):
            name, _, rest = op.path.partition(".")
            if name in reductions and rest.startswith("0."):
                reductions[name].append(op)
            else:
                fixed.append(op)
    except BadInput as error:
        raise BadInput(f"{space.name} at {space.resolution[0]}x{space.resolution[1]}: {error}") from None
    # Sizes are integers in a network.
    sizes: Any = tuple((ops[0].inputs[0][1:], ops[-1].outputs[0][1:]) for ops in reductions.values())
    return _cost(fixed, costs), sizes


def _stage_costs(
    stage: SearchedStage,
    given: int,
    sizes: tuple[_Size, _Size],
    costs: tuple[OpCost, ...],
    further: tuple[ChoiceCost, ...],
) -> StageCosts:
    reductions = _Blocks(lambda choice: block_ops(stage.reduction.block(given, choice), *sizes[0]), costs)
    width = stage.reduction.out_channels
    normals = _Blocks(lambda choice: block_ops(stage.normal.block(width, choice), *sizes[1]), costs)
    variants: dict[tuple[int, int, int], list[Choice]] = {}
    vectors: dict[tuple[int, int, int], _Vector] = {}
    for choice in stage.choices():
        first = reductions.of(choice, (choice.reduction_kernels, choice.reduction_expansion))
        if first is None:
            continue
        what, vector = (first[0], 0, 0), first[1]
        if choice.repetitions:
            options = (choice.kernel, choice.expansion, choice.group, choice.leave_out, choice.spatial)
            normal = normals.of(choice, options)
            if normal is None:
                continue
            what = (first[0], choice.repetitions, normal[0])
            vector = tuple(one + choice.repetitions * more for one, more in zip(first[1], normal[1], strict=True))
        more = tuple(int(cost(stage, choice)) for cost in further)
        if what in variants:
            more = tuple(map(min, more, vectors[what][len(costs) :]))
        variants.setdefault(what, []).append(choice)
        vectors[what] = (*vector, *more)
    by_cost: dict[_Vector, list[Variant]] = {}
    for what, choices in variants.items():
        by_cost.setdefault(vectors[what], []).append(Variant(choices[0], tuple(choices)))
    ordered = sorted(by_cost)
    if any(not 0 <= cost <= MAX_COST for vector in ordered for cost in vector):
        raise BadInput(f"{stage.name} has an encoding that costs more than 2^50; no network needs as much.")
    return StageCosts(
        stage=stage,
        costs=np.array(ordered, dtype=np.int64).reshape(len(ordered), len(costs) + len(further)),
        variants=tuple(tuple(by_cost[vector]) for vector in ordered),
        encodings=stage.encodings,
    )


class _Blocks:
    """Costs of blocks, computed once per set of options; blocks with equal layers get the same number.

    ``make`` returns the ops of a choice's block.
    """

    def __init__(self, make: Callable[[Choice], Iterable[Op]], costs: tuple[OpCost, ...]) -> None:
        self._make = make
        self._costs = costs
        self._known: dict[Any, tuple[int, _Vector] | None] = {}
        self._numbers: dict[Any, int] = {}

    def of(self, choice: Choice, options: Any) -> tuple[int, _Vector] | None:
        """Number and cost of a choice's block, known by its ``options``; None if the block is impossible."""
        if options not in self._known:
            try:
                ops = list(self._make(choice))
            except BadInput:
                self._known[options] = None
            else:
                layers = tuple(replace(op, path="") for op in ops)
                number = self._numbers.setdefault(layers, len(self._numbers))
                self._known[options] = number, _cost(ops, self._costs)
        return self._known[options]


def _cost(ops: list[Op], costs: tuple[OpCost, ...]) -> _Vector:
    return tuple(sum(int(cost(op)) for op in ops) for cost in costs)


def _no_costs(stage: SearchedStage, costs: int) -> StageCosts:
    return StageCosts(stage, np.zeros((0, costs), dtype=np.int64), (), stage.encodings)
