"""AlexNet in one column.

Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014
(https://arxiv.org/abs/1404.5997), in the form that torchvision made common: 64 filters first, the last map pooled to
6x6.
"""

from __future__ import annotations

from muxprof.spec.classic import ConvBlock, PoolBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem


def _conv(given: int, made: int, kernel: int = 3) -> ConvBlock:
    return ConvBlock(given, made, kernel, norm=False, bias=True)


def alexnet() -> Network:
    """AlexNet: 61,100,840 params."""
    return Network(
        name="alexnet",
        stem=Stem(64, kernel=11, stride=4, padding=2, norm=False, bias=True),
        stages=(
            Stage("stage1", (PoolBlock(64), _conv(64, 192, 5))),
            Stage("stage2", (PoolBlock(192), _conv(192, 384), _conv(384, 256), _conv(256, 256))),
            Stage("stage3", (PoolBlock(256),)),
        ),
        head=Head(256, hidden=(4096, 4096), pool=6),
        provenance="torchvision's form",
        published=Published("61.1 M", "0.71 B", "torchvision, model table"),
    )
