"""Lowering: a block as its named primitive ops, in the order in which they run.

Paths are those of the built modules, which are written elsewhere and by hand. The three terms of the paper's formulas
are functions of plain dimensions, so that they also serve for symbols and arrays.

Source: MUXConv supplement, section 2 and Figure 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from muxprof.cost.ops import Dims, Op
from muxprof.dims import Dim
from muxprof.spec.blocks import PLAIN, SUBPIXEL, Block, DsBlock, IrBlock, MuxBlock, split_channels


def conv(
    path: str,
    given: Dims,
    channels: Dim,
    kernel: Dim,
    per_group: Dim,
    stride: int = 1,
    bias: bool = False,
    padding: int | None = None,
    dilation: int = 1,
) -> Op:
    """A convolution; without a ``padding`` it is ``((stride - 1) + (kernel - 1)) // 2`` on each side.

    A ``dilation`` matters beside a ``padding`` alone: without one it comes with as much more padding as it takes.
    """
    size: Dims = given[1:]
    if padding is not None:
        size = tuple((dim + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1 for dim in size)
    elif stride != 1:
        around = ((stride - 1) + (kernel - 1)) // 2
        size = tuple((dim + 2 * around - kernel) // stride + 1 for dim in size)
    return Op(path, "conv2d", (given,), ((channels, *size),), (kernel, kernel), (stride, stride), per_group, bias)


def mux_terms(C_hat: Dim, middle: Dim, G: Dim, K: Dim, H: Dim, W: Dim) -> tuple[Op, Op, Op]:
    """The paper's three terms of the MUXConv block: expand 1x1, KxK group convolution, project 1x1."""
    return (
        conv("expand", (C_hat, H, W), middle, 1, C_hat),
        conv("conv", (middle, H, W), middle, K, G),
        conv("project", (middle, H, W), C_hat, 1, middle),
    )


def mobilenet_terms(C: Dim, middle: Dim, K: Dim, H: Dim, W: Dim) -> tuple[Op, Op, Op]:
    """The paper's three terms of the MobileNet block: expand 1x1, KxK depthwise, project 1x1."""
    return mux_terms(C, middle, 1, K, H, W)


def same(path: str, kind: str, given: Dims) -> Op:
    """An op that keeps the shape of its one input."""
    return Op(path, kind, (given,), (given,))


def norm_act(path: str, given: Dims, norm: bool = True, act: bool = True) -> Iterator[Op]:
    """What follows a convolution: norm if it is used, then the activation if there is one."""
    if norm:
        yield same(f"{path}_norm", "batch_norm", given)
    if act:
        yield same(f"{path}_act", "act", given)


def normed(op: Op, norm: bool = True, act: bool = True) -> Iterator[Op]:
    """A convolution and what follows it, as :func:`norm_act`."""
    yield op
    yield from norm_act(op.path, op.outputs[0], norm, act)


def squeeze_excite(given: Dims, squeezed_channels: Dim) -> Iterator[Op]:
    """Global mean, 1x1 with bias to few channels, act, 1x1 with bias back, sigmoid, multiply."""
    channels = given[0]
    pooled, inner = (channels, 1, 1), (squeezed_channels, 1, 1)
    yield Op("se.pool", "pool", (given,), (pooled,))
    yield conv("se.reduce", pooled, squeezed_channels, 1, channels, bias=True)
    yield same("se.act", "act", inner)
    yield conv("se.expand", inner, channels, 1, squeezed_channels, bias=True)
    yield same("se.gate", "act", pooled)
    yield Op("se.scale", "mul", (given, pooled), (given,))


def mux_ops(
    C: Dim,
    C_hat: Dim,
    middle: Dim,
    G: Dim,
    K: Dim,
    H: Dim,
    W: Dim,
    *,
    spatial: tuple[int, ...] = (),
    squeezed_channels: Dim | None = None,
    norm: bool = False,
    leaves_out: bool = True,
) -> Iterator[Op]:
    """All ops of a MUXConv block; with symbols or fractions for dimensions as long as ``spatial`` is empty."""
    given, processed, inner, left = (C, H, W), (C_hat, H, W), (middle, H, W), (C - C_hat, H, W)
    expand, group_conv, project = mux_terms(C_hat, middle, G, K, H, W)
    if leaves_out:
        yield Op("split", "split", (given,), (processed, left))
    yield from normed(expand, norm)
    if spatial:
        yield from spatial_ops(inner, spatial, K)
    else:
        yield group_conv
    yield from norm_act("conv", inner, norm)
    if squeezed_channels is not None:
        yield from squeeze_excite(inner, squeezed_channels)
    yield from normed(project, norm, act=False)
    yield Op("add", "add", (processed, processed), (processed,))
    if leaves_out:
        yield Op("concat", "concat", (processed, left), (given,))
    yield same("shuffle", "shuffle", given)


def spatial_ops(given: Dims, spatial: tuple[int, ...], K: Dim) -> Iterator[Op]:
    """Spatial multiplexing: a depthwise branch per entry of S over a split of the middle channels (integers)."""
    channels, H, W = given
    parts = tuple((width, H, W) for width in split_channels(_integer(channels), len(spatial)))
    if len(parts) > 1:
        yield Op("conv.split", "split", (given,), parts)
    for index, (entry, part) in enumerate(zip(spatial, parts, strict=True)):
        path = f"conv.branch{index}"
        width = part[0]
        if entry == PLAIN:
            yield conv(f"{path}.conv", part, width, K, 1)
            continue
        if entry == SUBPIXEL:
            there, back = "space_to_channel", "channel_to_space"
            moved: Dims = (width * 4, H // 2, W // 2)
        else:
            there, back = "channel_to_space", "space_to_channel"
            moved = (width // 4, H * 2, W * 2)
        yield Op(f"{path}.{there}", there, (part,), (moved,))
        yield conv(f"{path}.conv", moved, moved[0], K, 1)
        yield Op(f"{path}.{back}", back, (moved,), (part,))
    if len(parts) > 1:
        yield Op("conv.concat", "concat", parts, (given,))


def kernel_list(given: Dims, kernels: tuple[int, ...], stride: int) -> Iterator[Op]:
    """Parallel depthwise convolutions, a branch per kernel, over a split of the middle channels (integers)."""
    channels, H, W = given
    parts = tuple((width, H, W) for width in split_channels(_integer(channels), len(kernels)))
    yield Op("conv.split", "split", (given,), parts)
    branches = tuple(
        conv(f"conv.branch{index}", part, part[0], kernel, 1, stride)
        for index, (kernel, part) in enumerate(zip(kernels, parts, strict=True))
    )
    yield from branches
    outputs = tuple(branch.outputs[0] for branch in branches)
    yield Op("conv.concat", "concat", outputs, ((channels, *outputs[0][1:]),))


def mobilenet_ops(
    C: Dim,
    middle: Dim,
    C_out: Dim,
    kernels: tuple[Dim, ...],
    H: Dim,
    W: Dim,
    *,
    stride: int = 1,
    squeezed_channels: Dim | None = None,
    norm: bool = False,
    residual: bool = True,
) -> Iterator[Op]:
    """All ops of an inverted residual; with symbols or fractions for dimensions at one kernel and stride 1."""
    given, inner = (C, H, W), (middle, H, W)
    yield from normed(conv("expand", given, middle, 1, C), norm)
    if len(kernels) == 1:
        depthwise = [conv("conv", inner, middle, kernels[0], 1, stride)]
    else:
        depthwise = list(kernel_list(inner, tuple(map(_integer, kernels)), stride))
    yield from depthwise
    after = depthwise[-1].outputs[0]
    yield from norm_act("conv", after, norm)
    if squeezed_channels is not None:
        yield from squeeze_excite(after, squeezed_channels)
    project = conv("project", after, C_out, 1, middle)
    yield from normed(project, norm, act=False)
    if residual:
        yield Op("add", "add", (project.outputs[0], given), project.outputs)


def separable_ops(block: DsBlock, given: Dims) -> Iterator[Op]:
    """All ops of a depthwise separable block."""
    depthwise = conv("conv", given, block.in_channels, block.kernel, 1, block.step)
    yield from normed(depthwise, block.norm)
    after = depthwise.outputs[0]
    if block.se is not None:
        yield from squeeze_excite(after, block.squeeze.channels(block.in_channels, block.in_channels, block.se))
    project = conv("project", after, block.out_channels, 1, block.in_channels)
    yield from normed(project, block.norm, act=False)
    if block.residual:
        yield Op("add", "add", (project.outputs[0], given), project.outputs)


def block_ops(block: Block, height: int, width: int) -> Iterator[Op]:
    """The ops of a block on an input of ``height`` x ``width``; raises :class:`BadInput` for an impossible size."""
    block.check_size(height, width)
    return sized_ops(block, height, width)


def sized_ops(block: Block, height: Dim, width: Dim) -> Iterator[Op]:
    """The same on a size that was checked, or of which nobody can say: a symbol."""
    if isinstance(block, DsBlock):
        return separable_ops(block, (block.in_channels, height, width))
    if isinstance(block, IrBlock):
        return mobilenet_ops(
            block.in_channels,
            block.middle,
            block.out_channels,
            block.kernels,
            height,
            width,
            stride=block.step,
            squeezed_channels=_squeezed(block, block.in_channels),
            norm=block.norm,
            residual=block.residual,
        )
    return mux_ops(
        block.channels,
        block.processed,
        block.middle,
        block.group,
        block.kernel,
        height,
        width,
        spatial=block.spatial,
        squeezed_channels=_squeezed(block, block.processed),
        norm=block.norm,
        leaves_out=block.processed < block.channels,
    )


def _squeezed(block: IrBlock | MuxBlock, given: int) -> int | None:
    return None if block.se is None else block.squeeze.channels(given, block.middle, block.se)


def _integer(dim: Dim) -> int:
    """A dimension that has to be an int here, because channels are split by whole numbers."""
    if not isinstance(dim, int):
        raise TypeError(f"parallel branches need integer dimensions, not {type(dim).__name__}")
    return dim
