"""One formula per primitive op.

An op's MAdds are its weights times the positions at which each is used: *one per weight use*, zero padding included,
bias excluded, per image. Its activations are its output elements. Its traffic is what an unfused execution moves: all
inputs, parameters and buffers read once, all outputs written once. Ops without weights have no MAdds but do have
activations and traffic; that a framework may alias some of them (a split as a view, an activation in place) is not
taken off.

Formulas use ``+ - * //`` only, so a dimension may be an int, a fraction, a numpy array or a sympy expression.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from muxprof.dims import Dim, total, whole
from muxprof.frozen import dataclass
from muxprof.records import Cost, ParamsByKind

#: A feature map (C, H, W) or a vector (C,), without the batch.
Dims: TypeAlias = tuple[Dim, ...]

BYTES_PER_ELEMENT = 4  # fp32


@dataclasses.dataclass(frozen=True, slots=True)
class Op:
    """One primitive op of a block: what it is, where it stands, and the shapes (without N) that it reads and writes.

    ``per_group`` is G, the input channels that each output channel of a convolution sees.
    """

    path: str
    kind: str
    inputs: tuple[Dims, ...]
    outputs: tuple[Dims, ...]
    kernel: tuple[Dim, Dim] | None = None
    stride: tuple[int, int] | None = None
    per_group: Dim | None = None
    bias: bool = False

    def under(self, prefix: str) -> Op:
        """The same op, its path below ``prefix``."""
        return replace(self, path=f"{prefix}.{self.path}")


def _none(_: Op) -> int:
    return 0


@dataclass(frozen=True)
class Rule:
    """The formula of one kind of op: weights, the positions at which each weight is used, biases, norm, buffers.

    ``weights_as`` is the kind under which its weights are counted.
    """

    weights_as: Literal["conv", "linear"] = "conv"
    weights: Callable[[Op], Any] = _none
    positions: Callable[[Op], Any] = _none
    biases: Callable[[Op], Any] = _none
    norm: Callable[[Op], Any] = _none
    buffers: Callable[[Op], Any] = _none


_RULES: dict[str, Rule] = {}


def register(kind: str, rule: Rule) -> None:
    """Add the rule of a kind of op; a second one for the same kind is refused."""
    if kind in _RULES:
        raise ValueError(f"op {kind!r} has a rule already")
    _RULES[kind] = rule


def kinds() -> frozenset[str]:
    """Every kind of op that has a rule."""
    return frozenset(_RULES)


def elements(dims: Dims) -> Any:
    """C * H * W of one feature map."""
    result: Any = dims[0]
    for dim in dims[1:]:
        result = result * dim
    return result


def weights(op: Op) -> Any:
    """Convolution and linear weights of an op."""
    return _RULES[op.kind].weights(op)


def madds(op: Op) -> Any:
    """Multiply-adds of an op for one image: its weights times the positions at which each is used."""
    return weights(op) * _RULES[op.kind].positions(op)


def params(op: Op) -> Any:
    """All learnable elements of an op."""
    rule = _RULES[op.kind]
    return rule.weights(op) + rule.biases(op) + rule.norm(op)


def activations(op: Op) -> Any:
    """Output elements of an op for one image."""
    return total(elements(out) for out in op.outputs)


def traffic_bytes(op: Op, batch: int = 1) -> Any:
    """Bytes that an unfused fp32 execution of an op reads and writes for a whole batch, parameters once."""
    maps = total(elements(dims) for dims in (*op.inputs, *op.outputs))
    return BYTES_PER_ELEMENT * (batch * maps + params(op) + _RULES[op.kind].buffers(op))


def cost(op: Op, batch: int = 1) -> Cost:
    """The cost of an op with integer shapes."""
    rule = _RULES[op.kind]
    by_kind = {rule.weights_as: rule.weights(op), "bias": rule.biases(op), "norm": rule.norm(op)}
    return Cost(
        params=ParamsByKind(**{kind: whole(count) for kind, count in by_kind.items()}),
        madds=whole(madds(op)),
        activations=whole(activations(op)),
        traffic_bytes=whole(traffic_bytes(op, batch)),
    )


def _conv_weights(op: Op) -> Any:
    """Output channels * input channels that each sees * kernel area."""
    if op.per_group is None or op.kernel is None:
        raise ValueError(f"convolution {op.path} lacks its kernel or its channels per group")
    pointwise = op.outputs[0][0] * op.per_group
    area = op.kernel[0] * op.kernel[1]
    return pointwise if isinstance(area, int) and area == 1 else pointwise * area


def _conv_positions(op: Op) -> Any:
    return op.outputs[0][1] * op.outputs[0][2]


def _output_channels(op: Op) -> Any:
    return op.outputs[0][0] if op.bias else 0


register("conv2d", Rule("conv", _conv_weights, _conv_positions, _output_channels))
register("linear", Rule("linear", lambda op: op.inputs[0][0] * op.outputs[0][0], lambda _: 1, _output_channels))
# Learned: scale and shift. Read besides: running mean and variance.
register("batch_norm", Rule(norm=lambda op: op.outputs[0][0] * 2, buffers=lambda op: op.outputs[0][0] * 2))
_MOVERS = ("split", "concat", "shuffle", "space_to_channel", "channel_to_space", "upsample")
for _kind in ("act", "pool", "add", "mul", *_MOVERS):
    register(_kind, Rule())
