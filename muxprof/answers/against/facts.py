"""Nodes and edges of a network, without what implementations choose freely, and the differences between two nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from muxprof.answers.against.functions import Function
from muxprof.answers.against.moves import Origin
from muxprof.answers.against.orders import UNTOLD_ORDER
from muxprof.records import Shape, TracedOp

#: A padding: above, below, left, right.
Sides: TypeAlias = tuple[int, int, int, int]

NORMS = frozenset({"batch_norm", "group_norm", "layer_norm"})
JOINS = frozenset({"add", "mul", "elementwise"})


@dataclass(frozen=True)
class Edge:
    """One input of a node: the origins of some elements of its first image, and the number of all of these."""

    origins: tuple[Origin, ...]
    size: int


@dataclass(frozen=True)
class GraphNode:
    """One layer of an implementation.

    ``given`` and ``made`` are the shapes of its input and output for one image, channels first; () where they are not
    compared. ``kernel``, ``stride`` and ``dilation`` are by axis. ``type`` is the kind of op within ``op``, such as
    relu6 or max pool; ``function`` is that of an activation; ``order`` is that of a movement without a name. ``count``
    is the number of output elements for one image.
    """

    path: str
    op: str
    given: Shape = ()
    made: Shape = ()
    kernel: Shape | None = None
    stride: Shape | None = None
    padding: Sides | None = None
    dilation: Shape | None = None
    groups: int | None = None
    bias: bool = False
    type: str = ""
    function: Function | None = None
    order: tuple[int, ...] = ()
    count: int = 0
    edges: tuple[Edge, ...] = ()

    @property
    def weighed(self) -> bool:
        """Whether it is a convolution, a linear layer or a norm, which are matched first."""
        return self.op.startswith("conv") or self.op == "linear" or self.op in NORMS

    @property
    def kin(self) -> str:
        """A group of ops; nodes of the same kin can match. A 1x1 convolution of a 1x1 map counts as a linear layer."""
        if self.op == "conv2d" and self.kernel == (1, 1) and self.groups == 1 and set(self.given[1:]) <= {1}:
            return "linear"
        return "norm" if self.op in NORMS else "join" if self.op in JOINS else self.op

    @property
    def text(self) -> str:
        """The layer in a few words, such as ``conv2d 3x3 s2 3-16``."""
        if not self.weighed:
            return self.type or self.op.replace("_", " ")
        kernel = f" {'x'.join(map(str, self.kernel))}" if self.kernel else ""
        stride = f" s{self.stride[0]}" if self.stride and max(self.stride) > 1 else ""
        dilation = f" d{self.dilation[0]}" if self.dilation and max(self.dilation) > 1 else ""
        groups = f" in {self.groups} groups" if self.groups and self.groups > 1 else ""
        bias = " with bias" if self.bias and self.op not in NORMS else ""
        return f"{self.op.replace('_', ' ')}{kernel}{stride}{dilation} {self.given[0]}-{self.made[0]}{groups}{bias}"

    def on(self, *edges: Edge) -> GraphNode:
        """The same node with these inputs."""
        return replace(self, edges=edges)


def in_words(op: TracedOp) -> str:
    """The name of an op in words."""
    return op.name.removeprefix("aten.").strip("_").replace("_", " ")


def apart(mine: GraphNode, other: GraphNode) -> Iterator[tuple[str, str, str]]:
    """The differences between two nodes of the same kin: what differs, the expected and the found value."""
    if not mine.weighed:
        yield from _light_apart(mine, other)
        return
    is_norm = mine.kin == "norm"
    if is_norm and mine.op != other.op:
        yield "norm", other.op.replace("_", " "), mine.op.replace("_", " ")
    if mine.kin not in ("linear", "norm"):
        yield from _windows_apart(mine, other)
    if mine.given[0] != other.given[0] and not is_norm:  # a norm's channels are said once
        yield "input channels", str(other.given[0]), str(mine.given[0])
    if mine.made[0] != other.made[0]:
        yield "output channels", str(other.made[0]), str(mine.made[0])
    if mine.groups != other.groups and mine.groups and other.groups:
        G, expected = Fraction(mine.given[0], mine.groups), Fraction(other.given[0], other.groups)
        if expected != G:  # that groups grow with the channels is no difference of its own
            yield "channels per group", str(expected), str(G)
    if mine.bias != other.bias and not is_norm:
        yield "bias", "yes" if other.bias else "no", "yes" if mine.bias else "no"


def _windows_apart(mine: GraphNode, other: GraphNode) -> Iterator[tuple[str, str, str]]:
    """The differences between two convolutions or poolings, without those that follow from another one."""
    if mine.kernel != other.kernel:
        yield "kernel", _sizes(other.kernel), _sizes(mine.kernel)
    if mine.stride != other.stride:
        yield "stride", _sizes(other.stride), _sizes(mine.stride)
    if mine.dilation != other.dilation and mine.kernel == other.kernel and mine.kernel != (1, 1):
        yield "dilation", _sizes(other.dilation), _sizes(mine.dilation)
    elif mine.padding != other.padding and mine.kernel == other.kernel:
        yield "padding", _around(other.padding), _around(mine.padding)
        return
    if mine.made[1:] != other.made[1:] and mine.given[1:] == other.given[1:] and mine.stride == other.stride:
        # Elsewhere it follows from the layer before.
        yield "output size", "x".join(map(str, other.made[1:])), "x".join(map(str, mine.made[1:]))


#: What a difference in type is called, of one kin.
_KINDS = {"act": "activation", "pool": "pooling", "move": "movement", "join": "operation"}


def _light_apart(mine: GraphNode, other: GraphNode) -> Iterator[tuple[str, str, str]]:
    what = _KINDS.get(mine.kin, mine.kin.replace("_", " "))
    if mine.function is not None and other.function is not None:
        if not mine.function.same_as(other.function):
            yield what, other.type, mine.type
    elif UNTOLD_ORDER in (mine.type, other.type):
        return
    elif mine.type != other.type:
        yield what, other.type, mine.type
    elif mine.order and other.order and mine.order != other.order:
        yield what, "one order of elements", "another order of elements"
    elif mine.op == "pool" and mine.given[1:] == other.given[1:]:
        yield from _windows_apart(mine, other)
    elif mine.op == "concat" and len(mine.edges) != len(other.edges):
        yield "inputs", str(len(other.edges)), str(len(mine.edges))


def _sizes(sizes: Shape | None) -> str:
    """Sizes by axis, ``3x5``; one number where they are equal."""
    if sizes is None:
        return "none"
    return "x".join(map(str, sizes if len(set(sizes)) > 1 else sizes[:1]))


def _around(sides: Sides | None) -> str:
    if sides is None:
        return "none"
    above, below, left, right = sides
    if above == below and left == right:
        return _sizes((above, left))
    return f"{above} above, {below} below, {left} left, {right} right"
