"""Lowering of segmentation heads.

Sources: https://arxiv.org/abs/1612.01105, section 3.2; https://github.com/CSAILVision/semantic-segmentation-pytorch.
"""

from __future__ import annotations

from collections.abc import Iterator

from muxprof.cost.blocks import conv, normed
from muxprof.cost.ops import Dims, Op
from muxprof.dims import total
from muxprof.spec.segmentation import C1Head, PpmHead, SegmentationHead


def segmentation_ops(head: SegmentationHead, given: Dims) -> Iterator[Op]:
    """The ops of a segmentation head on ``given`` (C, H, W); the last has the scores, (classes, H, W)."""
    return _c1_ops(head, given) if isinstance(head, C1Head) else _ppm_ops(head, given)


def _c1_ops(head: C1Head, given: Dims) -> Iterator[Op]:
    first = conv("conv", given, head.middle, 3, head.in_channels)
    yield from normed(first)
    yield conv("classifier", first.outputs[0], head.classes, 1, head.middle, bias=True)


def _ppm_ops(head: PpmHead, given: Dims) -> Iterator[Op]:
    parts = [given]
    for index, scale in enumerate(head.scales):
        pooled: Dims = (head.in_channels, scale, scale)
        yield Op(f"pool{index}", "pool", (given,), (pooled,))
        narrow = conv(f"conv{index}", pooled, head.width, 1, head.in_channels)
        yield from normed(narrow)
        parts.append((head.width, *given[1:]))
        yield Op(f"upsample{index}", "upsample", narrow.outputs, (parts[-1],))
    joined: Dims = (total(part[0] for part in parts), *given[1:])
    yield Op("concat", "concat", tuple(parts), (joined,))
    last = conv("conv", joined, head.width, 3, joined[0])
    yield from normed(last)
    yield conv("classifier", last.outputs[0], head.classes, 1, head.width, bias=True)
