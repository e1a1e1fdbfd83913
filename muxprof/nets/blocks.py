"""The blocks as torch modules: ds, ir, mux, squeeze and excite, kernel lists, spatial multiplexing.

Each takes and returns [N, C, H, W].
Source: MUXConv supplement, Figure 3; https://github.com/human-analysis/MUXConv for padding, splits and SE.
"""

from __future__ import annotations

from fractions import Fraction

from torch import Tensor, nn

from muxprof.nets.primitives import (
    Add,
    ChannelShuffle,
    Concat,
    GlobalMean,
    Scale,
    Split,
    activation,
    gate,
)
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock, Squeeze


def _shares(width: int, count: int) -> list[int]:
    """Channels of each parallel branch; what is left over goes to the first."""
    share = width // count
    return [width - share * (count - 1)] + [share] * (count - 1)


def _depthwise(channels: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    pad = (stride - 1 + dilation * (kernel - 1)) // 2
    return nn.Conv2d(channels, channels, kernel, stride, pad, dilation, groups=channels, bias=False)


def _pointwise(given: int, made: int) -> nn.Conv2d:
    return nn.Conv2d(given, made, 1, bias=False)


def _multiple(width: Fraction, divisor: int) -> int:
    """``width`` at the nearest multiple of ``divisor``, one more where that would lose over a tenth; none is zero."""
    count = max(1, int(width / divisor + Fraction(1, 2)))
    return divisor * (count if count * divisor * 10 >= 9 * width else count + 1)


class SqueezeExcite(nn.Module):
    """Channel attention: the channels are averaged, squeezed, expanded, and gate the map that they came from."""

    def __init__(self, given: int, middle: int, ratio: Fraction, act: str, rule: Squeeze) -> None:
        """``given`` is the width of the block's input, ``middle`` that of the map that is gated."""
        super().__init__()
        wanted = ratio * (middle if rule.base == "middle" else given)
        inner = _multiple(wanted, rule.divisor) if rule.divisor > 1 else max(int(wanted), 1)
        self.pool = GlobalMean()
        self.reduce = nn.Conv2d(middle, inner, 1)
        self.act = activation(rule.act or act)
        self.expand = nn.Conv2d(inner, middle, 1)
        self.gate = gate(rule.gate)
        self.scale = Scale()

    def forward(self, x: Tensor) -> Tensor:
        """Gate."""
        gate = self.gate(self.expand(self.act(self.reduce(self.pool(x)))))
        return self.scale(x, gate)  # type: ignore[no-any-return]  # Module.__call__ is untyped


def _attention(given: int, middle: int, spec: DsBlock | IrBlock | MuxBlock) -> SqueezeExcite | None:
    return SqueezeExcite(given, middle, spec.se, spec.act, spec.squeeze) if spec.se else None


class KernelList(nn.Module):
    """Parallel depthwise convolutions with a kernel each, over a split of the channels."""

    def __init__(self, channels: int, kernels: tuple[int, ...], stride: int, dilation: int) -> None:
        """One branch per kernel, all of one stride and one dilation."""
        super().__init__()
        shares = _shares(channels, len(kernels))
        self.split = Split(shares)
        for index, (share, kernel) in enumerate(zip(shares, kernels, strict=True)):
            self.add_module(f"branch{index}", _depthwise(share, kernel, stride, dilation))
        self.concat = Concat()

    def forward(self, x: Tensor) -> Tensor:
        """Split, convolve, join."""
        parts = self.split(x)
        return self.concat(*(self.get_submodule(f"branch{i}")(p) for i, p in enumerate(parts)))  # type: ignore[no-any-return]


class PlainBranch(nn.Module):
    """A depthwise convolution at the resolution of its input."""

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        """``channels`` in and out."""
        super().__init__()
        self.conv = _depthwise(channels, kernel, 1, dilation)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return self.conv(x)  # type: ignore[no-any-return]


class SubpixelBranch(nn.Module):
    """[N, c, H, W] -> [N, 4c, H/2, W/2], depthwise there, and back."""

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        """``channels`` in and out."""
        super().__init__()
        self.space_to_channel = nn.PixelUnshuffle(2)
        self.conv = _depthwise(4 * channels, kernel, 1, dilation)
        self.channel_to_space = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Move, convolve, move back."""
        return self.channel_to_space(self.conv(self.space_to_channel(x)))  # type: ignore[no-any-return]


class SuperpixelBranch(nn.Module):
    """[N, c, H, W] -> [N, c/4, 2H, 2W], depthwise there, and back."""

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        """``channels`` in and out, a multiple of 4."""
        super().__init__()
        self.channel_to_space = nn.PixelShuffle(2)
        self.conv = _depthwise(channels // 4, kernel, 1, dilation)
        self.space_to_channel = nn.PixelUnshuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Move, convolve, move back."""
        return self.space_to_channel(self.conv(self.channel_to_space(x)))  # type: ignore[no-any-return]


_BRANCHES: dict[int, type[PlainBranch] | type[SubpixelBranch] | type[SuperpixelBranch]] = {
    -1: SubpixelBranch,
    0: PlainBranch,
    1: SuperpixelBranch,
}


class SpatialMux(nn.Module):
    """Spatial multiplexing: a branch per entry of S over a split of the channels; a single one takes them all."""

    def __init__(self, channels: int, entries: tuple[int, ...], kernel: int, dilation: int) -> None:
        """``entries``: -1 subpixel, 0 plain, 1 superpixel."""
        super().__init__()
        shares = _shares(channels, len(entries))
        self.split = Split(shares) if len(entries) > 1 else None
        for index, (share, entry) in enumerate(zip(shares, entries, strict=True)):
            self.add_module(f"branch{index}", _BRANCHES[entry](share, kernel, dilation))
        self.concat = Concat() if len(entries) > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        """Split, run the branches, join."""
        if self.split is None or self.concat is None:
            return self.get_submodule("branch0")(x)  # type: ignore[no-any-return]
        parts = self.split(x)
        return self.concat(*(self.get_submodule(f"branch{i}")(p) for i, p in enumerate(parts)))  # type: ignore[no-any-return]


def _norm(channels: int, wanted: bool) -> nn.BatchNorm2d | None:
    return nn.BatchNorm2d(channels) if wanted else None


def _then(module: nn.Module | None, x: Tensor) -> Tensor:
    return x if module is None else module(x)


class DepthwiseSeparable(nn.Module):
    """ds: KxK depthwise, norm, act, SE, 1x1, norm, and the residual where shapes allow it."""

    def __init__(self, spec: DsBlock) -> None:
        """Modules for ``spec``."""
        super().__init__()
        stride = 1 if spec.undo_stride else spec.stride
        self.conv = _depthwise(spec.in_channels, spec.kernel, stride, spec.dilation)
        self.conv_norm = _norm(spec.in_channels, spec.norm)
        self.conv_act = activation(spec.act)
        self.se = _attention(spec.in_channels, spec.in_channels, spec)
        self.project = _pointwise(spec.in_channels, spec.out_channels)
        self.project_norm = _norm(spec.out_channels, spec.norm)
        keeps_shape = spec.stride == 1 and spec.in_channels == spec.out_channels
        self.add = Add() if keeps_shape else None

    def forward(self, x: Tensor) -> Tensor:
        """Run the block."""
        y = self.conv_act(_then(self.conv_norm, self.conv(x)))
        y = self.project(_then(self.se, y))
        y = _then(self.project_norm, y)
        return y if self.add is None else self.add(y, x)


class InvertedResidual(nn.Module):
    """ir: 1x1 expand, norm, act, KxK depthwise, norm, act, SE, 1x1 project, norm, and the residual."""

    def __init__(self, spec: IrBlock) -> None:
        """Modules for ``spec``."""
        super().__init__()
        given, made, middle = spec.in_channels, spec.out_channels, int(spec.in_channels * spec.expansion)
        self.expand = _pointwise(given, middle)
        self.expand_norm = _norm(middle, spec.norm)
        self.expand_act = activation(spec.act)
        stride = 1 if spec.undo_stride else spec.stride
        self.conv = (
            _depthwise(middle, spec.kernels[0], stride, spec.dilation)
            if len(spec.kernels) == 1
            else KernelList(middle, spec.kernels, stride, spec.dilation)
        )
        self.conv_norm = _norm(middle, spec.norm)
        self.conv_act = activation(spec.act)
        self.se = _attention(given, middle, spec)
        self.project = _pointwise(middle, made)
        self.project_norm = _norm(made, spec.norm)
        self.add = Add() if spec.stride == 1 and given == made else None

    def forward(self, x: Tensor) -> Tensor:
        """Run the block."""
        y = self.expand_act(_then(self.expand_norm, self.expand(x)))
        y = self.conv_act(_then(self.conv_norm, self.conv(y)))
        y = _then(self.project_norm, self.project(_then(self.se, y)))
        return y if self.add is None else self.add(y, x)


class MuxConv(nn.Module):
    """mux: the first (1-L)C channels through expand, KxK, project and residual; concat with the rest; shuffle."""

    def __init__(self, spec: MuxBlock) -> None:
        """Modules for ``spec``."""
        super().__init__()
        used = int(spec.channels * (1 - spec.leave_out))
        middle = int(used * spec.expansion)
        kernel = spec.kernel
        self.split = Split([used, spec.channels - used]) if used < spec.channels else None
        self.expand = _pointwise(used, middle)
        self.expand_norm = _norm(middle, spec.norm)
        self.expand_act = activation(spec.act)
        self.conv: nn.Module
        if spec.spatial:
            self.conv = SpatialMux(middle, spec.spatial, kernel, spec.dilation)
        else:
            groups, apart = middle // spec.group, spec.dilation
            pad = apart * (kernel // 2)
            self.conv = nn.Conv2d(middle, middle, kernel, 1, pad, apart, groups=groups, bias=False)
        self.conv_norm = _norm(middle, spec.norm)
        self.conv_act = activation(spec.act)
        self.se = _attention(used, middle, spec)
        self.project = _pointwise(middle, used)
        self.project_norm = _norm(used, spec.norm)
        self.add = Add()
        self.concat = Concat() if self.split is not None else None
        self.shuffle = ChannelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Run the block."""
        processed, left = (x, None) if self.split is None else self.split(x)
        y = self.expand_act(_then(self.expand_norm, self.expand(processed)))
        y = self.conv_act(_then(self.conv_norm, self.conv(y)))
        y = _then(self.project_norm, self.project(_then(self.se, y)))
        y = self.add(y, processed)
        if self.concat is not None:
            y = self.concat(y, left)
        return self.shuffle(y)  # type: ignore[no-any-return]
