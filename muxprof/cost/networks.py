"""Lowering: a network as its named primitive ops, from the stem to the classifier."""

from __future__ import annotations

from collections.abc import Iterator

from muxprof.cost.blocks import block_ops, conv, norm_act
from muxprof.cost.ops import Dims, Op
from muxprof.errors import BadInput
from muxprof.spec.networks import Head, Network, Stem


def network_ops(network: Network, height: int, width: int) -> Iterator[Op]:
    """The ops of a network on images of ``height`` x ``width``.

    Raises :class:`BadInput`, naming the block, for a size that a block cannot work on.
    """
    given: Dims = (network.stem.in_channels, height, width)
    for op in _stem_ops(network.stem, given):
        given = op.outputs[0]
        yield op.under("stem")
    for stage in network.stages:
        for index, block in enumerate(stage.blocks):
            path = f"{stage.name}.{index}"
            try:
                ops = list(block_ops(block, given[1], given[2]))  # type: ignore[arg-type]  # ints in a network
            except BadInput as error:
                raise BadInput(f"{path}: {error}") from None
            given = ops[-1].outputs[0]
            for op in ops:
                yield op.under(path)
    for op in _head_ops(network.head, given):
        yield op.under("head")


def _stem_ops(stem: Stem, given: Dims) -> Iterator[Op]:
    first = conv("conv", given, stem.out_channels, stem.kernel, stem.in_channels, stem.stride)
    yield first
    yield from norm_act("conv", first.outputs[0], norm=True)


def _head_ops(head: Head, given: Dims) -> Iterator[Op]:
    last = conv("conv", given, head.features, 1, head.in_channels)
    yield last
    yield from norm_act("conv", last.outputs[0], norm=True)
    pooled = (head.features, 1, 1)
    yield Op("pool", "pool", last.outputs, (pooled,))
    vector = (head.features,)
    yield Op("classifier", "linear", (vector,), ((head.classes,),), bias=True)
