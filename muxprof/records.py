"""What the consumers of a spec hand to the report: frozen, plain values, free of torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, TypeAlias

from muxprof.frozen import dataclass, frozen

#: [N, C, H, W] of a feature map, or [N, C] of a vector.
Shape: TypeAlias = tuple[int, ...]

#: What an op or a module is set to: numbers, texts, flags, and the shape of a weight.
Constant: TypeAlias = int | float | str | bool | Shape

#: What an executed op is called that no formula is known for.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class ParamsByKind:
    """Learnable elements: convolution weights, linear weights, biases, and norm (scale and shift).

    ``other`` is what only traced models have: embedding tables, tokens, scales, and what no op ever reads.
    """

    conv: int = 0
    linear: int = 0
    bias: int = 0
    norm: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        """All learnable elements."""
        return self.conv + self.linear + self.bias + self.norm + self.other

    def __add__(self, more: ParamsByKind) -> ParamsByKind:
        """Sum kind by kind."""
        return summed([Cost(self), Cost(more)]).params


@dataclass(frozen=True)
class Cost:
    """What something costs: params, MAdds and activations (output elements) per image, traffic in bytes per batch."""

    params: ParamsByKind = ParamsByKind()
    madds: int = 0
    activations: int = 0
    traffic_bytes: int = 0


def summed(costs: Iterable[Cost]) -> Cost:
    """Sum of all; :class:`Cost` of nothing if there are none."""
    conv = linear = bias = norm = other = madds = activations = traffic = 0
    for cost in costs:
        conv += cost.params.conv
        linear += cost.params.linear
        bias += cost.params.bias
        norm += cost.params.norm
        other += cost.params.other
        madds += cost.madds
        activations += cost.activations
        traffic += cost.traffic_bytes
    return Cost(ParamsByKind(conv, linear, bias, norm, other), madds, activations, traffic)


@dataclass(frozen=True)
class Extra:
    """Something that a counter adds to conv + linear, or meets and cannot count (``madds`` is None then)."""

    op: str
    calls: int
    madds: int | None


@dataclass(frozen=True)
class TracedCount:
    """What one counter found in a built module, per module path and per image.

    ``params``, ``madds`` and ``shapes`` (all outputs of a leaf, [N, ...]) are None where the counter does not look
    at them. ``madds`` holds convolutions and linear layers only; whatever else it counted or could not count is in
    ``extras``. ``skipped`` says why a counter was not run; ``failed`` what went wrong when it was.
    """

    counter: str
    version: str
    params: Mapping[str, ParamsByKind] | None = None
    madds: Mapping[str, int] | None = None
    shapes: Mapping[str, tuple[Shape, ...]] | None = None
    extras: tuple[Extra, ...] = ()
    skipped: str | None = None
    failed: str | None = None
    #: Ops that the counter met and cannot count, by the path of the module that ran them.
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelInput:
    """One input of a traced model: its shape, and where they were given its argument's name and its element type."""

    shape: Shape
    name: str | None = None
    dtype: str | None = None


#: The writer of a tensor that no op of a forward pass wrote: an input of the model, or one of its constants.
GIVEN, CONSTANT = -1, -2


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryPlace:
    """Where a tensor lies: which output of which op wrote its memory last, and offset and strides in there.

    ``writer`` is the op's index in the trace, or :data:`GIVEN` or :data:`CONSTANT`.
    """

    writer: int
    output: int
    offset: int
    strides: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class TracedOp:
    """One op as it was executed: shapes are whole, with the batch; ``sizes`` are bytes per element.

    ``module`` is the path of the innermost module that was running, and ``call`` says which of its calls it was.
    ``name`` is such as "aten.addmm". ``parameters`` are the inputs, by index, that are parameters or made of nothing
    but parameters and constants, with the names of these. ``stride``, ``groups`` and ``transposed`` are a
    convolution's. ``settings`` are the arguments that are no tensors, by name and as plain values; ``read`` and
    ``written`` say where the inputs and the outputs lie.
    """

    module: str
    call: int
    name: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    input_sizes: tuple[int, ...]
    output_sizes: tuple[int, ...]
    parameters: tuple[tuple[int, tuple[str, ...]], ...] = ()
    stride: tuple[int, ...] | None = None
    groups: int = 1
    transposed: bool = False
    pointwise: bool = False
    settings: tuple[tuple[str, Any], ...] = ()
    read: tuple[MemoryPlace, ...] = ()
    written: tuple[MemoryPlace, ...] = ()


@dataclass(frozen=True)
class ModelTrace:
    """One forward pass of a model in eval mode: its ops in order, its parameters (a shared one once), its modules.

    ``parameters`` are elements by name, ``modules`` class names by path. ``training`` says whether the model came in
    train mode, ``real`` whether it took real tensors to run it. ``unregistered`` are elements of parameters that ops
    read and no module knows.
    """

    ops: tuple[TracedOp, ...]
    parameters: Mapping[str, int]
    modules: Mapping[str, str]
    inputs: tuple[ModelInput, ...]
    training: bool = False
    real: bool = False
    unregistered: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class GraphOp:
    """A node of the graph that torch.jit traces: an op as the model called it, not taken apart.

    ``inputs`` and ``outputs`` are shapes, None for what is no tensor of a known shape; ``operands`` those of the
    tensors in a list of them. ``values`` are constants among the inputs, by index.
    """

    name: str
    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    values: Mapping[int, Constant] = field(default_factory=dict)
    operands: tuple[Shape, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What a module is, apart from its calls.

    ``name`` is its class's; ``own`` says whether that is one of torch.nn itself, of which ``settings`` then are the
    attributes that matter; ``kinds`` are the classes of torch.nn that it descends from. ``children`` are paths.
    ``leaf`` says whether there is no child that is true in Python, which an empty container is not. ``params`` are
    elements by name, with those of children.
    """

    name: str
    own: bool
    kinds: tuple[str, ...]
    children: tuple[str, ...]
    leaf: bool
    params: Mapping[str, int]
    settings: Mapping[str, Constant] = field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class ModuleCall:
    """A call of a module: shapes of its first argument by position and of the first tensor that it gave out.

    ``input`` is None where there is no tensor there; ``output`` is () where nothing came out, and None for what is
    neither a tensor nor made of them.
    """

    path: str
    input: Shape | None
    output: Shape | None


@dataclass(frozen=True)
class ToolsView:
    """What other tools look at in a forward pass: the graph of torch.jit, modules with their calls, dispatched ops.

    ``fused`` are the ops that torch dispatches on a CPU, without gradients, where it fuses what it can, and
    ``laid_out`` these where all convolutions give out maps channel by channel; the ops of a trace are those taken
    apart. ``lacking`` says by name (graph, fused, modules, or a tool) why there is none of it.
    """

    graph: tuple[GraphOp, ...] = ()
    fused: tuple[TracedOp, ...] = ()
    laid_out: tuple[TracedOp, ...] = ()
    modules: Mapping[str, ModuleFacts] = field(default_factory=dict)
    calls: tuple[ModuleCall, ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """Where a report was made: versions by package name, and the platform."""

    python: str
    platform: str
    packages: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Freeze the versions."""
        object.__setattr__(self, "packages", frozen(self.packages))
