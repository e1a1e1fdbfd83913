"""ShuffleNetV2 in its four published widths.

Source: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design", ECCV 2018, Tables 5
and 8 (https://arxiv.org/abs/1807.11164). Stages 2 to 4 have the paper's numbers; stage 1 is the max pooling.
"""

from __future__ import annotations

from muxprof.spec.classic import PoolBlock, ShuffleBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.zoo.rows import stages

_REPEATS = {"stage2": 4, "stage3": 8, "stage4": 4}
_SOURCE = "ShuffleNetV2 (ECCV 2018), Table 8"

#: Channels of stages 2 to 4 and of the last convolution, and the published totals.
WIDTHS: dict[str, tuple[tuple[int, int, int], int, Published]] = {
    "x0.5": ((48, 96, 192), 1024, Published("1.4 M", "41 M", _SOURCE)),
    "x1.0": ((116, 232, 464), 1024, Published("2.3 M", "146 M", _SOURCE)),
    "x1.5": ((176, 352, 704), 1024, Published("3.5 M", "299 M", _SOURCE)),
    "x2.0": ((244, 488, 976), 2048, Published("7.4 M", "591 M", _SOURCE)),
}


def shufflenetv2(width: str = "x1.0") -> Network:
    """ShuffleNetV2; at x1.0: 2,278,604 params."""
    channels, features, published = WIDTHS[width]
    rows = {name: ((repeats, made, 2),) for (name, repeats), made in zip(_REPEATS.items(), channels, strict=True)}
    return Network(
        name=f"shufflenetv2-{width}",
        stem=Stem(24),
        stages=(Stage("stage1", (PoolBlock(24, 3, 2, 1),)), *stages(24, rows, ShuffleBlock)),
        head=Head(channels[-1], features),
        provenance="paper's table",
        published=published,
    )
