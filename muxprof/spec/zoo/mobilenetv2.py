"""MobileNetV2 at width 1.0.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, Table 2
(https://arxiv.org/abs/1801.04381). Its row with t = 1 has no expansion: a depthwise separable block. Stages are by
resolution.
"""

from __future__ import annotations

from fractions import Fraction

from muxprof.spec.blocks import DsBlock, IrBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem

#: Rows t = 6 of the paper's Table 2, grouped by resolution: (channels, repeats, stride of the first).
_STAGES = (
    ("stage1", ((24, 2, 2),)),
    ("stage2", ((32, 3, 2),)),
    ("stage3", ((64, 4, 2), (96, 3, 1))),
    ("stage4", ((160, 3, 2), (320, 1, 1))),
)


def mobilenetv2() -> Network:
    """MobileNetV2 1.0: 3,504,872 params, 300,774,272 MAdds (conv + linear) at 224x224."""
    stages = [Stage("stage0", (DsBlock(32, 16, 3, 1, None, "relu6"),))]
    width = 16
    for name, rows in _STAGES:
        blocks = []
        for channels, repeats, stride in rows:
            for index in range(repeats):
                first = index == 0
                blocks.append(IrBlock(width, channels, Fraction(6), (3,), stride if first else 1, None, "relu6"))
                width = channels
        stages.append(Stage(name, tuple(blocks)))
    return Network(
        name="mobilenetv2",
        stem=Stem(32, act="relu6"),
        stages=tuple(stages),
        head=Head(320, 1280, act="relu6"),
        provenance="paper's table",
        published=Published("3.5 M", "0.3 B", "MUXConv supplement, Table 2"),
    )
