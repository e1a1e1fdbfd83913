"""Networks as torch modules: [N, in, H, W] -> [N, classes]."""

from __future__ import annotations

from torch import Tensor, nn

from muxprof.nets.blocks import DepthwiseSeparable, InvertedResidual, MuxConv
from muxprof.nets.primitives import activation
from muxprof.spec.blocks import Block, DsBlock, IrBlock
from muxprof.spec.networks import Head, Network, Stem


class StemModule(nn.Module):
    """A strided convolution, BatchNorm, activation."""

    def __init__(self, spec: Stem) -> None:
        """Modules for ``spec``."""
        super().__init__()
        pad = (spec.stride - 1 + spec.kernel - 1) // 2
        self.conv = nn.Conv2d(spec.in_channels, spec.out_channels, spec.kernel, spec.stride, pad, bias=False)
        self.conv_norm = nn.BatchNorm2d(spec.out_channels)
        self.conv_act = activation(spec.act)

    def forward(self, x: Tensor) -> Tensor:
        """Run the stem."""
        return self.conv_act(self.conv_norm(self.conv(x)))  # type: ignore[no-any-return]


class HeadModule(nn.Module):
    """1x1 convolution, BatchNorm, activation, global average pool, linear classifier."""

    def __init__(self, spec: Head) -> None:
        """Modules for ``spec``."""
        super().__init__()
        self.conv = nn.Conv2d(spec.in_channels, spec.features, 1, bias=False)
        self.conv_norm = nn.BatchNorm2d(spec.features)
        self.conv_act = activation(spec.act)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(spec.features, spec.classes)

    def forward(self, x: Tensor) -> Tensor:
        """Run the head."""
        y = self.pool(self.conv_act(self.conv_norm(self.conv(x))))
        return self.classifier(y.flatten(1))  # type: ignore[no-any-return]


class Classifier(nn.Module):
    """Stem, stages under their own names, head."""

    def __init__(self, spec: Network) -> None:
        """Modules for ``spec``."""
        super().__init__()
        self.stem = StemModule(spec.stem)
        self.stage_names = [stage.name for stage in spec.stages]
        for stage in spec.stages:
            self.add_module(stage.name, nn.Sequential(*(block_module(block) for block in stage.blocks)))
        self.head = HeadModule(spec.head)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        y = self.stem(x)
        for name in self.stage_names:
            y = self.get_submodule(name)(y)
        return self.head(y)  # type: ignore[no-any-return]


def block_module(spec: Block) -> nn.Module:
    """The module of a block."""
    if isinstance(spec, DsBlock):
        return DepthwiseSeparable(spec)
    if isinstance(spec, IrBlock):
        return InvertedResidual(spec)
    return MuxConv(spec)
