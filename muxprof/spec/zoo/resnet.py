"""ResNet18.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, Table 1 (https://arxiv.org/abs/1512.03385).
Stages 1 to 4 are its conv2_x to conv5_x; stage 0 is the max pooling.
"""

from __future__ import annotations

from muxprof.spec.classic import BasicBlock, PoolBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem


def resnet18() -> Network:
    """ResNet18: 11,689,512 params."""
    stages, given = [Stage("stage0", (PoolBlock(64, 3, 2, 1),))], 64
    for number, made in enumerate((64, 128, 256, 512), start=1):
        first = BasicBlock(given, made, 1 if made == given else 2)
        stages.append(Stage(f"stage{number}", (first, BasicBlock(made, made))))
        given = made
    return Network(
        name="resnet18",
        stem=Stem(64, kernel=7),
        stages=tuple(stages),
        head=Head(512),
        provenance="paper's table",
        published=Published("11.7 M", "1.8 B", "MUXConv supplement, Table 2"),
    )
