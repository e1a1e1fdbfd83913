"""MobileNetV3-Large and -Small at width 1.0.

Source: Howard et al., "Searching for MobileNetV3", ICCV 2019, Tables 1, 2 and 3 (https://arxiv.org/abs/1905.02244).
Squeeze and excite has a quarter of the expanded width, rounded to a multiple of 8, ReLU inside and a hard sigmoid gate.
Rows with an expanded width equal to the input width are depthwise separable blocks, without expansion.
"""

from __future__ import annotations

from fractions import Fraction

from muxprof.spec.blocks import DsBlock, IrBlock, Squeeze
from muxprof.spec.networks import Head, Network, Published, Stem
from muxprof.spec.zoo.rows import Rows, stages

_RE, _HS = "relu", "hard_swish"
_SE = Fraction(1, 4)
_SQUEEZE = Squeeze(base="middle", divisor=8, act="relu", gate="hard_sigmoid")

#: By stage: (repeats, kernel, expanded width, output width, squeeze and excite, activation, stride).
_LARGE: Rows = {
    "stage0": ((1, 3, 16, 16, None, _RE, 1),),
    "stage1": ((1, 3, 64, 24, None, _RE, 2), (1, 3, 72, 24, None, _RE, 1)),
    "stage2": ((1, 5, 72, 40, _SE, _RE, 2), (2, 5, 120, 40, _SE, _RE, 1)),
    "stage3": (
        (1, 3, 240, 80, None, _HS, 2),
        (1, 3, 200, 80, None, _HS, 1),
        (2, 3, 184, 80, None, _HS, 1),
        (1, 3, 480, 112, _SE, _HS, 1),
        (1, 3, 672, 112, _SE, _HS, 1),
    ),
    "stage4": ((1, 5, 672, 160, _SE, _HS, 2), (2, 5, 960, 160, _SE, _HS, 1)),
}
_SMALL: Rows = {
    "stage1": ((1, 3, 16, 16, _SE, _RE, 2),),
    "stage2": ((1, 3, 72, 24, None, _RE, 2), (1, 3, 88, 24, None, _RE, 1)),
    "stage3": (
        (1, 5, 96, 40, _SE, _HS, 2),
        (2, 5, 240, 40, _SE, _HS, 1),
        (1, 5, 120, 48, _SE, _HS, 1),
        (1, 5, 144, 48, _SE, _HS, 1),
    ),
    "stage4": ((1, 5, 288, 96, _SE, _HS, 2), (2, 5, 576, 96, _SE, _HS, 1)),
}


def mobilenetv3_large() -> Network:
    """MobileNetV3-Large: 5,483,032 params."""
    published = Published("5.4 M", "219 M", "MobileNetV3 (ICCV 2019), Table 3")
    return _network("mobilenetv3-large", _LARGE, Head(160, 960, act=_HS, hidden=(1280,)), published)


def mobilenetv3_small() -> Network:
    """MobileNetV3-Small: 2,542,856 params."""
    published = Published("2.5 M", "56 M", "MobileNetV3 (ICCV 2019), Table 3")
    return _network("mobilenetv3-small", _SMALL, Head(96, 576, act=_HS, hidden=(1024,)), published)


def _block(
    given: int, kernel: int, expanded: int, made: int, se: Fraction | None, act: str, stride: int
) -> DsBlock | IrBlock:
    if expanded == given:
        return DsBlock(given, made, kernel, stride, se, act, squeeze=_SQUEEZE)
    return IrBlock(given, made, Fraction(expanded, given), (kernel,), stride, se, act, squeeze=_SQUEEZE)


def _network(name: str, table: Rows, head: Head, published: Published) -> Network:
    made = stages(16, table, _block)
    return Network(name, Stem(16, act=_HS), made, head, provenance="paper's table", published=published)
