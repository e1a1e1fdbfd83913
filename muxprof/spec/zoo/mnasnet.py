"""MnasNet-A1.

Source: Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile", CVPR 2019, Figure 7
(https://arxiv.org/abs/1807.11626). Squeeze and excite has a quarter of the block's input width.
"""

from __future__ import annotations

from fractions import Fraction

from muxprof.spec.blocks import DsBlock, IrBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.zoo.rows import Rows, stages

_QUARTER = Fraction(1, 4)

#: By stage: (repeats, kernel, expansion, channels, squeeze and excite, stride of the first).
_STAGES: Rows = {
    "stage1": ((2, 3, 6, 24, None, 2),),
    "stage2": ((3, 5, 3, 40, _QUARTER, 2),),
    "stage3": ((4, 3, 6, 80, None, 2), (2, 3, 6, 112, _QUARTER, 1)),
    "stage4": ((3, 5, 6, 160, _QUARTER, 2), (1, 3, 6, 320, None, 1)),
}


def mnasnet_a1() -> Network:
    """MnasNet-A1: 3,887,038 params."""

    def first(given: int, kernel: int, expansion: int, channels: int, se: Fraction | None, stride: int) -> IrBlock:
        return IrBlock(given, channels, Fraction(expansion), (kernel,), stride, se)

    return Network(
        name="mnasnet-a1",
        stem=Stem(32),
        stages=(Stage("stage0", (DsBlock(32, 16),)), *stages(16, _STAGES, first)),
        head=Head(320, 1280),
        provenance="paper's figure",
        published=Published("3.9 M", "312 M", "MnasNet (CVPR 2019), Table 1"),
    )
