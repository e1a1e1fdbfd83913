"""Lowering: a network as its named primitive ops, from the stem to the classifier."""

from __future__ import annotations

from collections.abc import Iterator

from muxprof.cost.blocks import conv, normed, same, sized_ops
from muxprof.cost.cells import cell_ops
from muxprof.cost.classic import classic_ops, conv_ops
from muxprof.cost.ops import Dims, Op, elements
from muxprof.cost.segmentation import segmentation_ops
from muxprof.dims import Dim
from muxprof.errors import BadInput
from muxprof.spec.cells import CellStack
from muxprof.spec.classic import AnyBlock, ClassicBlock
from muxprof.spec.networks import Head, Network


def network_ops(network: Network, height: int, width: int) -> Iterator[Op]:
    """The ops of a network on images of ``height`` x ``width``.

    Raises :class:`BadInput`, naming the place, for a size that a block cannot work on or that leaves an empty map.
    """
    return map(_not_empty, lowered(network, height, width, check=True))


def lowered(network: Network, height: Dim, width: Dim, check: bool = False) -> Iterator[Op]:
    """The ops of a network on images of ``height`` x ``width``, which may be symbols.

    ``check`` raises :class:`BadInput` for a size (in integers) that a block cannot work on.
    """
    given: Dims = (network.stem.in_channels, height, width)
    for op in conv_ops(network.stem, given):
        given = op.outputs[0]
        yield op.under("stem")
    for stage in network.stages:
        for index, block in enumerate(stage.blocks):
            path = f"{stage.name}.{index}"
            if check:
                _check_size(path, block, given)
            ops = list(_block_ops(block, given[1], given[2]))
            given = ops[-1].outputs[0]
            for op in ops:
                yield op.under(path)
    head = network.head
    for op in _head_ops(head, given) if isinstance(head, Head) else segmentation_ops(head, given):
        yield op.under("head")


def _check_size(path: str, block: AnyBlock, given: Dims) -> None:
    if isinstance(block, ClassicBlock):
        return
    try:
        block.check_size(given[1], given[2])  # type: ignore[arg-type]  # integers where it is called
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def _block_ops(block: AnyBlock, height: Dim, width: Dim) -> Iterator[Op]:
    if isinstance(block, ClassicBlock):
        return classic_ops(block, height, width)
    if isinstance(block, CellStack):
        return cell_ops(block, height, width)
    return sized_ops(block, height, width)


def _head_ops(head: Head, given: Dims) -> Iterator[Op]:
    if head.features is not None:
        last = conv("conv", given, head.features, 1, head.in_channels)
        given = last.outputs[0]
        yield from normed(last)
    pooled = (given[0], head.pool, head.pool)
    yield Op("pool", "pool", (given,), (pooled,))
    vector: Dims = (elements(pooled),)
    for index, width in enumerate(head.hidden):
        yield Op(f"hidden{index}", "linear", (vector,), ((width,),), bias=True)
        vector = (width,)
        yield same(f"hidden{index}_act", "act", vector)
    yield Op("classifier", "linear", (vector,), ((head.classes,),), bias=True)


def _not_empty(op: Op) -> Op:
    for dims in op.outputs:
        if min(dims[1:], default=1) < 1:  # type: ignore[operator,type-var]  # integers in a network
            raise BadInput(f"{op.path}: the input is too small, nothing of it is left here; take a larger --res.")
    return op
