"""ResNet18.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, Table 1 (https://arxiv.org/abs/1512.03385).
Stages 1 to 4 are its conv2_x to conv5_x; stage 0 is the max pooling.
"""

from __future__ import annotations

from muxprof.spec.classic import BasicBlock, PoolBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.zoo.rows import stages

#: (repeats, channels, stride of the first).
_STAGES = {"stage1": ((2, 64, 1),), "stage2": ((2, 128, 2),), "stage3": ((2, 256, 2),), "stage4": ((2, 512, 2),)}


def resnet18() -> Network:
    """ResNet18: 11,689,512 params."""
    return Network(
        name="resnet18",
        stem=Stem(64, kernel=7),
        stages=(Stage("stage0", (PoolBlock(64, 3, 2, 1),)), *stages(64, _STAGES, BasicBlock)),
        head=Head(512),
        provenance="paper's table",
        published=Published("11.7 M", "1.8 B", "MUXConv supplement, Table 2"),
    )
