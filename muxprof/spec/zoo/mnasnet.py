"""MnasNet-A1.

Source: Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile", CVPR 2019, Figure 7
(https://arxiv.org/abs/1807.11626). Squeeze and excite has a quarter of a block's input width.
"""

from __future__ import annotations

from fractions import Fraction

from muxprof.spec.blocks import DsBlock, IrBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem

_QUARTER = Fraction(1, 4)

#: By stage: (kernel, expansion, channels, repeats, squeeze and excite, stride of the first).
_STAGES: dict[str, tuple[tuple[int, int, int, int, Fraction | None, int], ...]] = {
    "stage1": ((3, 6, 24, 2, None, 2),),
    "stage2": ((5, 3, 40, 3, _QUARTER, 2),),
    "stage3": ((3, 6, 80, 4, None, 2), (3, 6, 112, 2, _QUARTER, 1)),
    "stage4": ((5, 6, 160, 3, _QUARTER, 2), (3, 6, 320, 1, None, 1)),
}


def mnasnet_a1() -> Network:
    """MnasNet-A1: 3,887,038 params."""
    stages, width = [Stage("stage0", (DsBlock(32, 16),))], 16
    for name, rows in _STAGES.items():
        blocks = []
        for kernel, expansion, channels, repeats, se, stride in rows:
            for index in range(repeats):
                first = stride if index == 0 else 1
                blocks.append(IrBlock(width, channels, Fraction(expansion), (kernel,), first, se))
                width = channels
        stages.append(Stage(name, tuple(blocks)))
    return Network(
        name="mnasnet-a1",
        stem=Stem(32),
        stages=tuple(stages),
        head=Head(width, 1280),
        provenance="paper's figure",
        published=Published("3.9 M", "312 M", "MnasNet (CVPR 2019), Table 1"),
    )
