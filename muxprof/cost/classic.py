"""Lowering of the blocks of other networks: plain convolutions, max pooling, ResNet's basic block, ShuffleNetV2's unit.

Sources: https://arxiv.org/abs/1512.03385, Figure 5; https://arxiv.org/abs/1807.11164, Figure 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from muxprof.cost.blocks import conv, normed, same
from muxprof.cost.ops import Dims, Op
from muxprof.dims import Dim
from muxprof.spec.classic import BasicBlock, ClassicBlock, ConvBlock, PoolBlock, ShuffleBlock
from muxprof.spec.networks import Stem


def classic_ops(block: ClassicBlock, height: Dim, width: Dim) -> Iterator[Op]:
    """The ops of a block on an input of ``height`` x ``width``."""
    if isinstance(block, ConvBlock):
        return conv_ops(block, (block.in_channels, height, width))
    if isinstance(block, PoolBlock):
        return _pool_ops(block, height, width)
    if isinstance(block, BasicBlock):
        return _basic_ops(block, (block.in_channels, height, width))
    return _shuffle_ops(block, height, width)


def conv_ops(block: ConvBlock | Stem, given: Dims) -> Iterator[Op]:
    """The ops of a plain convolution, or of a stem, on ``given`` (C, H, W)."""
    stride, dilation = (block.stride, 1) if isinstance(block, Stem) else (block.step, block.dilation)
    channels = block.out_channels, block.kernel, block.in_channels
    return normed(conv("conv", given, *channels, stride, block.bias, block.padding, dilation), block.norm)


def _pool_ops(block: PoolBlock, height: Dim, width: Dim) -> Iterator[Op]:
    sizes = ((size + 2 * block.padding - block.kernel) // block.stride + 1 for size in (height, width))
    given, made = (block.channels, height, width), (block.channels, *sizes)
    yield Op("pool", "pool", (given,), (made,), (block.kernel, block.kernel), (block.stride, block.stride))


def _basic_ops(block: BasicBlock, given: Dims) -> Iterator[Op]:
    first = conv("conv1", given, block.out_channels, 3, block.in_channels, block.step)
    inner = first.outputs[0]
    yield from normed(first)
    yield from normed(conv("conv2", inner, block.out_channels, 3, block.out_channels), act=False)
    if block.projects:
        yield from normed(conv("down", given, block.out_channels, 1, block.in_channels, block.step), act=False)
    yield Op("add", "add", (inner, inner), (inner,))
    yield same("act", "act", inner)


def _shuffle_ops(block: ShuffleBlock, height: Dim, width: Dim) -> Iterator[Op]:
    half = block.out_channels // 2
    given = (block.in_channels, height, width)
    if block.stride == 1:
        main = beside = (half, height, width)
        yield Op("split", "split", (given,), (beside, main))
    else:
        main = given
        side = conv("side_conv", given, block.in_channels, 3, 1, block.step)
        beside = (half, *side.outputs[0][1:])  # type: ignore[assignment]  # integers in a network
        yield from normed(side, act=False)
        yield from normed(conv("side_project", side.outputs[0], half, 1, block.in_channels))
    expand = conv("expand", main, half, 1, main[0])
    yield from normed(expand)
    depthwise = conv("conv", expand.outputs[0], half, 3, 1, block.step)
    yield from normed(depthwise, act=False)
    project = conv("project", depthwise.outputs[0], half, 1, half)
    yield from normed(project)
    whole = (block.out_channels, *beside[1:])
    yield Op("concat", "concat", (beside, project.outputs[0]), (whole,))
    yield same("shuffle", "shuffle", whole)
