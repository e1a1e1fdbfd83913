"""From a block or a network to a subject: the closed form's layers, with the shapes that people see."""

from __future__ import annotations

import math
from collections.abc import Iterable

from muxprof.cost.blocks import block_ops
from muxprof.cost.networks import network_ops
from muxprof.cost.ops import Dims, Op, cost
from muxprof.dims import whole
from muxprof.document.types import Layer, Subject
from muxprof.errors import BadInput
from muxprof.records import Shape
from muxprof.spec import Block, checks
from muxprof.spec.blocks import widths
from muxprof.spec.networks import Head, Network
from muxprof.spec.notation import describe

#: Sizes in bytes beyond this are no 64-bit numbers any more.
_MAX_ELEMENTS = 1 << 58


def block_subject(name: str, block: Block, height: int, width: int, batch: int = 1) -> Subject:
    """A single block on [batch, C, height, width]."""
    checks.positive(batch, "batch", checks.MAX_BATCH)
    return Subject(
        name=name,
        provenance="MUXConv supplement, section 2",
        spec=block,
        input_shape=(batch, widths(block)[0], height, width),
        layers=layers(block_ops(block, height, width), batch),
        labels={"": describe(block)},
    )


def network_subject(network: Network, height: int, width: int, batch: int = 1) -> Subject:
    """A network on [batch, in, height, width]."""
    checks.positive(batch, "batch", checks.MAX_BATCH)
    labels = {"": network.name}
    for stage in network.stages:
        for index, block in enumerate(stage.blocks):
            labels[f"{stage.name}.{index}"] = describe(block)
    if not isinstance(network.head, Head):
        labels["head"] = network.head.text
    return Subject(
        name=network.name,
        provenance=network.provenance,
        spec=network,
        input_shape=(batch, network.stem.in_channels, height, width),
        layers=layers(network_ops(network, height, width), batch),
        labels=labels,
    )


def layers(ops: Iterable[Op], batch: int) -> tuple[Layer, ...]:
    """The layers of ops with integer shapes, on ``batch`` images."""
    return tuple(_layer(op, batch) for op in ops)


def _layer(op: Op, batch: int) -> Layer:
    inputs, outputs = _shapes(op.inputs, batch), _shapes(op.outputs, batch)
    for shape in (*inputs, *outputs):
        if math.prod(shape) > _MAX_ELEMENTS:
            text = " x ".join(map(str, shape))
            raise BadInput(f"layer {op.path} has a map of {text} elements; at most 2^58 can be addressed.")
    return Layer(
        path=op.path,
        op=op.kind,
        inputs=inputs,
        outputs=outputs,
        kernel=None if op.kernel is None else (_int(op.kernel[0]), _int(op.kernel[1])),
        stride=op.stride,
        groups=None if op.per_group is None else inputs[0][1] // _int(op.per_group),
        cost=cost(op, batch),
    )


def _shapes(maps: tuple[Dims, ...], batch: int) -> tuple[Shape, ...]:
    return tuple((batch, *map(_int, dims)) for dims in maps)


def _int(dim: object) -> int:
    return whole(dim)  # type: ignore[arg-type]  # a spec lowers to integers
