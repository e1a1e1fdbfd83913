"""Segmentation heads as torch modules: [N, C, H, W] -> [N, classes, H, W].

What only training has, dropout and deep supervision, does not exist here.
Sources: https://arxiv.org/abs/1612.01105, section 3.2; https://github.com/CSAILVision/semantic-segmentation-pytorch.
"""

from __future__ import annotations

from torch import Tensor, nn

from muxprof.nets.primitives import Concat, Upsample
from muxprof.spec.segmentation import C1Head, PpmHead, SegmentationHead


class C1(nn.Module):
    """One 3x3 convolution to a quarter of the channels with norm and ReLU, and the classifier of each position."""

    def __init__(self, spec: C1Head) -> None:
        """Modules for ``spec``."""
        super().__init__()
        quarter = spec.in_channels // 4
        self.conv = nn.Conv2d(spec.in_channels, quarter, 3, padding=1, bias=False)
        self.conv_norm = nn.BatchNorm2d(quarter)
        self.conv_act = nn.ReLU()
        self.classifier = nn.Conv2d(quarter, spec.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Run the head."""
        return self.classifier(self.conv_act(self.conv_norm(self.conv(x))))  # type: ignore[no-any-return]


class PyramidPooling(nn.Module):
    """The map beside what it is at every scale, one 3x3 convolution with norm and ReLU over all, and the classifier."""

    def __init__(self, spec: PpmHead) -> None:
        """Modules for ``spec``."""
        super().__init__()
        self.levels = len(spec.scales)
        for index, scale in enumerate(spec.scales):
            self.add_module(f"pool{index}", nn.AdaptiveAvgPool2d(scale))
            self.add_module(f"conv{index}", nn.Conv2d(spec.in_channels, spec.width, 1, bias=False))
            self.add_module(f"conv{index}_norm", nn.BatchNorm2d(spec.width))
            self.add_module(f"conv{index}_act", nn.ReLU())
            self.add_module(f"upsample{index}", Upsample())
        self.concat = Concat()
        everything = spec.in_channels + self.levels * spec.width
        self.conv = nn.Conv2d(everything, spec.width, 3, padding=1, bias=False)
        self.conv_norm = nn.BatchNorm2d(spec.width)
        self.conv_act = nn.ReLU()
        self.classifier = nn.Conv2d(spec.width, spec.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Run the head."""
        parts = [x]
        for index in range(self.levels):
            y = x
            for name in (f"pool{index}", f"conv{index}", f"conv{index}_norm", f"conv{index}_act"):
                y = self.get_submodule(name)(y)
            parts.append(self.get_submodule(f"upsample{index}")(y, x))
        y = self.conv_act(self.conv_norm(self.conv(self.concat(*parts))))
        return self.classifier(y)  # type: ignore[no-any-return]


def segmentation_module(spec: SegmentationHead) -> nn.Module:
    """The module of a head."""
    return C1(spec) if isinstance(spec, C1Head) else PyramidPooling(spec)
