"""MobileNetV3-Large and -Small at width 1.0.

Source: Howard et al., "Searching for MobileNetV3", ICCV 2019, Tables 1, 2 and 3 (https://arxiv.org/abs/1905.02244).
Squeeze and excite has a quarter of the expanded width, rounded to a multiple of 8, ReLU inside and a hard sigmoid gate.
Rows whose expanded width is their input width have no expansion: depthwise separable blocks.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from muxprof.spec.blocks import DsBlock, IrBlock, Squeeze
from muxprof.spec.networks import Head, Network, Published, Stage, Stem

#: Kernel, expanded width, output width, squeeze and excite, activation, stride.
_Row: TypeAlias = tuple[int, int, int, bool, str, int]

_RE, _HS = "relu", "hard_swish"
_SQUEEZE = Squeeze(base="middle", divisor=8, act="relu", gate="hard_sigmoid")

_LARGE: dict[str, tuple[_Row, ...]] = {
    "stage0": ((3, 16, 16, False, _RE, 1),),
    "stage1": ((3, 64, 24, False, _RE, 2), (3, 72, 24, False, _RE, 1)),
    "stage2": ((5, 72, 40, True, _RE, 2), (5, 120, 40, True, _RE, 1), (5, 120, 40, True, _RE, 1)),
    "stage3": (
        (3, 240, 80, False, _HS, 2),
        (3, 200, 80, False, _HS, 1),
        (3, 184, 80, False, _HS, 1),
        (3, 184, 80, False, _HS, 1),
        (3, 480, 112, True, _HS, 1),
        (3, 672, 112, True, _HS, 1),
    ),
    "stage4": ((5, 672, 160, True, _HS, 2), (5, 960, 160, True, _HS, 1), (5, 960, 160, True, _HS, 1)),
}
_SMALL: dict[str, tuple[_Row, ...]] = {
    "stage1": ((3, 16, 16, True, _RE, 2),),
    "stage2": ((3, 72, 24, False, _RE, 2), (3, 88, 24, False, _RE, 1)),
    "stage3": (
        (5, 96, 40, True, _HS, 2),
        (5, 240, 40, True, _HS, 1),
        (5, 240, 40, True, _HS, 1),
        (5, 120, 48, True, _HS, 1),
        (5, 144, 48, True, _HS, 1),
    ),
    "stage4": ((5, 288, 96, True, _HS, 2), (5, 576, 96, True, _HS, 1), (5, 576, 96, True, _HS, 1)),
}


def mobilenetv3_large() -> Network:
    """MobileNetV3-Large: 5,483,032 params."""
    published = Published("5.4 M", "219 M", "MobileNetV3 (ICCV 2019), Table 3")
    return _network("mobilenetv3-large", _LARGE, 960, 1280, published)


def mobilenetv3_small() -> Network:
    """MobileNetV3-Small: 2,542,856 params."""
    published = Published("2.5 M", "56 M", "MobileNetV3 (ICCV 2019), Table 3")
    return _network("mobilenetv3-small", _SMALL, 576, 1024, published)


def _network(
    name: str, table: dict[str, tuple[_Row, ...]], features: int, hidden: int, published: Published
) -> Network:
    stages, width = [], 16
    for stage, rows in table.items():
        blocks: list[DsBlock | IrBlock] = []
        for kernel, expanded, given, attention, act, stride in rows:
            se = Fraction(1, 4) if attention else None
            if expanded == width:
                blocks.append(DsBlock(width, given, kernel, stride, se, act, squeeze=_SQUEEZE))
            else:
                expansion = Fraction(expanded, width)
                blocks.append(IrBlock(width, given, expansion, (kernel,), stride, se, act, squeeze=_SQUEEZE))
            width = given
        stages.append(Stage(stage, tuple(blocks)))
    return Network(
        name=name,
        stem=Stem(16, act=_HS),
        stages=tuple(stages),
        head=Head(width, features, act=_HS, hidden=(hidden,)),
        provenance="paper's table",
        published=published,
    )
