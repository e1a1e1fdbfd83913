"""Segmentation heads, which replace a classifier: C1 and the pyramid pooling module, PPM.

Sources: Zhao et al., "Pyramid Scene Parsing Network", CVPR 2017 (https://arxiv.org/abs/1612.01105), section 3.2, and
the code of the MUXConv paper's baselines, https://github.com/CSAILVision/semantic-segmentation-pytorch
(``mit_semseg/models/models.py``: ``C1`` and ``PPM``, without deep supervision, which is used in training only).
"""

from __future__ import annotations

from typing import TypeAlias

from muxprof.errors import BadInput
from muxprof.frozen import dataclass
from muxprof.spec import checks

#: The number of classes of ADE20K, the data set of Table 2 of the MUXConv supplement.
CLASSES = 150
MAX_SCALES = 64


@dataclass(frozen=True)
class C1Head:
    """3x3 convolution to a quarter of the channels (rounded down), BatchNorm, ReLU; 1x1 classifier with bias.

    [N, in, H, W] -> [N, classes, H, W].
    """

    in_channels: int
    classes: int = CLASSES

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels", "classes")
        if self.in_channels < 4:
            raise BadInput(
                f"in_channels = {self.in_channels} has no quarter; a c1 head needs a map of at least 4 channels."
            )

    @property
    def middle(self) -> int:
        """Channels between the two convolutions."""
        return self.in_channels // 4

    @property
    def text(self) -> str:
        """The compact notation."""
        return f"c1 K3 {self.in_channels}-{self.middle}-{self.classes}"


@dataclass(frozen=True)
class PpmHead:
    """Pyramid pooling: the map and its poolings to all ``scales``, then 3x3 convolution and 1x1 classifier with bias.

    A scale s means average pooling to s x s, 1x1 convolution to ``width``, BatchNorm, ReLU, and bilinear upsampling to
    the map's size (corners not aligned). The results are concatenated behind the map. The 3x3 convolution to ``width``
    has BatchNorm and ReLU; the dropout behind it is the identity at inference and no op here.
    [N, in, H, W] -> [N, classes, H, W], also for maps smaller than a scale.
    """

    in_channels: int
    classes: int = CLASSES
    width: int = 512
    scales: tuple[int, ...] = (1, 2, 3, 6)

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels", "classes", "width")
        if not 1 <= len(self.scales) <= MAX_SCALES:
            raise BadInput(
                f"scales has {len(self.scales)} entries; a ppm head has 1 to {MAX_SCALES}, such as 1, 2, 3, 6."
            )
        for scale in self.scales:
            checks.positive(scale, "scales", checks.MAX_KERNEL)

    @property
    def text(self) -> str:
        """The compact notation."""
        return f"ppm [{','.join(map(str, self.scales))}] K3 {self.in_channels}-{self.width}-{self.classes}"


SegmentationHead: TypeAlias = C1Head | PpmHead

#: Heads by their type in commands and files.
HEADS: dict[str, type[C1Head] | type[PpmHead]] = {"c1": C1Head, "ppm": PpmHead}
