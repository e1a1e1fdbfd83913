"""Networks as torch modules: [N, in, H, W] -> [N, classes], or [N, classes, h, w] with a segmentation head."""

from __future__ import annotations

from torch import Tensor, nn

from muxprof.nets.blocks import DepthwiseSeparable, InvertedResidual, MuxConv
from muxprof.nets.cells import Cells
from muxprof.nets.classic import ConvNormAct, classic_module
from muxprof.nets.primitives import activation
from muxprof.nets.segmentation import segmentation_module
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.cells import CellStack
from muxprof.spec.classic import AnyBlock
from muxprof.spec.networks import Head, Network


class HeadModule(nn.Module):
    """1x1 convolution with norm and activation where there is one, average pool, hidden layers, classifier."""

    def __init__(self, spec: Head) -> None:
        """Modules for ``spec``."""
        super().__init__()
        channels = spec.in_channels
        self.conv: nn.Conv2d | None = None
        if spec.features is not None:
            self.conv = nn.Conv2d(channels, spec.features, 1, bias=False)
            self.conv_norm = nn.BatchNorm2d(spec.features)
            self.conv_act = activation(spec.act)
            channels = spec.features
        self.pool = nn.AdaptiveAvgPool2d(spec.pool)
        width = channels * spec.pool * spec.pool
        self.hidden = len(spec.hidden)
        for index, made in enumerate(spec.hidden):
            self.add_module(f"hidden{index}", nn.Linear(width, made))
            self.add_module(f"hidden{index}_act", activation(spec.act))
            width = made
        self.classifier = nn.Linear(width, spec.classes)

    def forward(self, x: Tensor) -> Tensor:
        """Run the head."""
        y = x
        if self.conv is not None:
            y = self.conv_act(self.conv_norm(self.conv(y)))
        y = self.pool(y).flatten(1)
        for index in range(self.hidden):
            y = self.get_submodule(f"hidden{index}_act")(self.get_submodule(f"hidden{index}")(y))
        return self.classifier(y)  # type: ignore[no-any-return]


class Classifier(nn.Module):
    """Stem, stages under their own names, head: of the whole image, or of each position of the last map."""

    def __init__(self, spec: Network) -> None:
        """Modules for ``spec``."""
        super().__init__()
        self.stem = ConvNormAct(spec.stem)
        self.stage_names = [stage.name for stage in spec.stages]
        for stage in spec.stages:
            self.add_module(stage.name, nn.Sequential(*(block_module(block) for block in stage.blocks)))
        self.head = HeadModule(spec.head) if isinstance(spec.head, Head) else segmentation_module(spec.head)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        y = self.stem(x)
        for name in self.stage_names:
            y = self.get_submodule(name)(y)
        return self.head(y)  # type: ignore[no-any-return]


def block_module(spec: AnyBlock) -> nn.Module:
    """The module of a block."""
    if isinstance(spec, DsBlock):
        return DepthwiseSeparable(spec)
    if isinstance(spec, IrBlock):
        return InvertedResidual(spec)
    if isinstance(spec, MuxBlock):
        return MuxConv(spec)
    if isinstance(spec, CellStack):
        return Cells(spec)
    return classic_module(spec)
