"""The blocks of other networks as torch modules; each takes and returns [N, C, H, W].

Sources: https://arxiv.org/abs/1512.03385, Figure 5 and section 4.1 (option B);
https://arxiv.org/abs/1807.11164, Figure 3.
"""

from __future__ import annotations

from torch import Tensor, nn

from muxprof.nets.primitives import Add, ChannelShuffle, Concat, Split, activation
from muxprof.spec.classic import BasicBlock, ClassicBlock, ConvBlock, PoolBlock, ShuffleBlock
from muxprof.spec.networks import Stem


class ConvNormAct(nn.Module):
    """A convolution, norm where it is wanted, activation."""

    def __init__(self, spec: ConvBlock | Stem) -> None:
        """Modules for ``spec``."""
        super().__init__()
        stride, apart = spec.stride, 1
        if isinstance(spec, ConvBlock):
            stride, apart = 1 if spec.undo_stride else stride, spec.dilation
        pad = (stride - 1 + apart * (spec.kernel - 1)) // 2 if spec.padding is None else spec.padding
        self.conv = nn.Conv2d(spec.in_channels, spec.out_channels, spec.kernel, stride, pad, apart, bias=spec.bias)
        self.conv_norm = nn.BatchNorm2d(spec.out_channels) if spec.norm else None
        self.conv_act = activation(spec.act)

    def forward(self, x: Tensor) -> Tensor:
        """Run the block."""
        y = self.conv(x)
        if self.conv_norm is not None:
            y = self.conv_norm(y)
        return self.conv_act(y)  # type: ignore[no-any-return]


class MaxPool(nn.Module):
    """Max pooling under the name ``pool``."""

    def __init__(self, spec: PoolBlock) -> None:
        """Modules for ``spec``."""
        super().__init__()
        self.pool = nn.MaxPool2d(spec.kernel, spec.stride, spec.padding)

    def forward(self, x: Tensor) -> Tensor:
        """Pool."""
        return self.pool(x)  # type: ignore[no-any-return]


def _three(given: int, made: int, stride: int, dilation: int, groups: int = 1) -> nn.Conv2d:
    """3x3, as much padding as dilation."""
    return nn.Conv2d(given, made, 3, stride, dilation, dilation, groups=groups, bias=False)


class Basic(nn.Module):
    """ResNet's basic block."""

    def __init__(self, spec: BasicBlock) -> None:
        """Modules for ``spec``."""
        super().__init__()
        given, made, stride, first = spec.in_channels, spec.out_channels, spec.stride, spec.dilation
        second = first
        shortcut = stride > 1 or given != made
        if spec.undo_stride:  # what is behind the stride looked at pixels that far apart
            stride, second = 1, first * stride
        self.conv1 = _three(given, made, stride, first)
        self.conv1_norm = nn.BatchNorm2d(made)
        self.conv1_act = activation(spec.act)
        self.conv2 = _three(made, made, 1, second)
        self.conv2_norm = nn.BatchNorm2d(made)
        self.down: nn.Conv2d | None = None
        if shortcut:
            self.down = nn.Conv2d(given, made, 1, stride, bias=False)
            self.down_norm = nn.BatchNorm2d(made)
        self.add = Add()
        self.act = activation(spec.act)

    def forward(self, x: Tensor) -> Tensor:
        """Run the block."""
        y = self.conv1_act(self.conv1_norm(self.conv1(x)))
        y = self.conv2_norm(self.conv2(y))
        shortcut = x if self.down is None else self.down_norm(self.down(x))
        return self.act(self.add(y, shortcut))  # type: ignore[no-any-return]


class ShuffleUnit(nn.Module):
    """ShuffleNetV2's unit: half of the channels pass by (stride 1), or a side path makes them (stride 2)."""

    def __init__(self, spec: ShuffleBlock) -> None:
        """Modules for ``spec``."""
        super().__init__()
        given, half = spec.in_channels, spec.out_channels // 2
        stride, apart = 1 if spec.undo_stride else spec.stride, spec.dilation
        self.split: Split | None = None
        if spec.stride == 1:
            self.split = Split([given - half, half])
            main = half
        else:
            self.side_conv = _three(given, given, stride, apart, given)
            self.side_conv_norm = nn.BatchNorm2d(given)
            self.side_project = nn.Conv2d(given, half, 1, bias=False)
            self.side_project_norm = nn.BatchNorm2d(half)
            self.side_project_act = activation(spec.act)
            main = given
        self.expand = nn.Conv2d(main, half, 1, bias=False)
        self.expand_norm = nn.BatchNorm2d(half)
        self.expand_act = activation(spec.act)
        self.conv = _three(half, half, stride, apart, half)
        self.conv_norm = nn.BatchNorm2d(half)
        self.project = nn.Conv2d(half, half, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(half)
        self.project_act = activation(spec.act)
        self.concat = Concat()
        self.shuffle = ChannelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Run the unit."""
        if self.split is not None:
            beside, main = self.split(x)
        else:
            beside = self.side_project_norm(self.side_project(self.side_conv_norm(self.side_conv(x))))
            beside, main = self.side_project_act(beside), x
        y = self.expand_act(self.expand_norm(self.expand(main)))
        y = self.conv_norm(self.conv(y))
        y = self.project_act(self.project_norm(self.project(y)))
        return self.shuffle(self.concat(beside, y))  # type: ignore[no-any-return]


def classic_module(spec: ClassicBlock) -> nn.Module:
    """The module of a block."""
    if isinstance(spec, ConvBlock):
        return ConvNormAct(spec)
    if isinstance(spec, PoolBlock):
        return MaxPool(spec)
    if isinstance(spec, BasicBlock):
        return Basic(spec)
    return ShuffleUnit(spec)
