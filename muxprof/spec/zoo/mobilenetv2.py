"""MobileNetV2 in its published widths.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, Tables 2 and 4
(https://arxiv.org/abs/1801.04381). The row with t = 1 is a depthwise separable block, without expansion. As in the
authors' released code, channels are rounded to multiples of 8 at multipliers other than 1, and the last convolution
never gets narrower. Stages are by resolution.
"""

from __future__ import annotations

from fractions import Fraction

from muxprof.spec.blocks import DsBlock, IrBlock, rounded
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.zoo.rows import Rows, stages

#: Rows t = 6 of the paper's Table 2, grouped by resolution: (repeats, channels, stride of the first).
_STAGES: Rows = {
    "stage1": ((2, 24, 2),),
    "stage2": ((3, 32, 2),),
    "stage3": ((4, 64, 2), (3, 96, 1)),
    "stage4": ((3, 160, 2), (1, 320, 1)),
}

_RELEASED = "tensorflow/models, research/slim/nets/mobilenet/README.md"

#: Published totals by width multiplier.
WIDTHS: dict[str, Published] = {
    "0.35": Published("1.66 M", "59 M", _RELEASED),
    "0.5": Published("1.95 M", "97 M", _RELEASED),
    "0.75": Published("2.61 M", "209 M", _RELEASED),
    "1.0": Published("3.5 M", "0.3 B", "MUXConv supplement, Table 2"),
    "1.3": Published("5.34 M", "509 M", _RELEASED),
    "1.4": Published("6.06 M", "582 M", _RELEASED),
}


def mobilenetv2(multiplier: str = "1.0") -> Network:
    """MobileNetV2; at width 1.0: 3,504,872 params, 300,774,272 MAdds (conv + linear) at 224x224."""

    def wide(channels: int) -> int:
        return rounded(channels * Fraction(multiplier), 8)

    def first(given: int, channels: int, stride: int) -> IrBlock:
        return IrBlock(given, wide(channels), Fraction(6), (3,), stride, None, "relu6")

    stem, width = wide(32), wide(16)
    return Network(
        name="mobilenetv2" if multiplier == "1.0" else f"mobilenetv2-{multiplier}",
        stem=Stem(stem, act="relu6"),
        stages=(Stage("stage0", (DsBlock(stem, width, act="relu6"),)), *stages(width, _STAGES, first)),
        head=Head(wide(320), max(1280, wide(1280)), act="relu6"),
        provenance="paper's table",
        published=WIDTHS[multiplier],
    )
