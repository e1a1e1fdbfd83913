"""Networks: a stem, stages of blocks, and a head, with what was published about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from muxprof.errors import BadInput
from muxprof.frozen import dataclass
from muxprof.spec import checks
from muxprof.spec.classic import AnyBlock, widths
from muxprof.spec.segmentation import SegmentationHead

_STAGE_NAME = re.compile(r"stage\d{1,4}")


@dataclass(frozen=True)
class Published:
    """Published totals: ``params`` and ``madds`` as printed ("3.4 M"), and where."""

    params: str
    madds: str
    source: str
    note: str = ""


@dataclass(frozen=True)
class Stem:
    """The first convolution, then norm and activation: [N, in, H, W] -> [N, out, H/s, W/s].

    ``padding`` None is ``((stride - 1) + (kernel - 1)) // 2``.
    """

    out_channels: int
    in_channels: int = 3
    kernel: int = 3
    stride: int = 2
    act: str = "relu"
    padding: int | None = None
    norm: bool = True
    bias: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels", "out_channels", "kernel")
        checks.positive(self.stride, "stride", checks.MAX_STRIDE)
        checks.fields(self, "padding", "act")


@dataclass(frozen=True)
class Head:
    """1x1 convolution to ``features``, BatchNorm, activation; average pool; hidden layers; classifier, with biases.

    ``features`` None omits the convolution. ``pool`` is the size of the pooled map. ``hidden`` are the widths of linear
    layers, each followed by an activation.
    """

    in_channels: int
    features: int | None = None
    classes: int = 1000
    act: str = "relu"
    hidden: tuple[int, ...] = ()
    pool: int = 1

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels")
        if self.features is not None:
            checks.fields(self, "features")
        for width in self.hidden:
            checks.positive(width, "hidden", checks.MAX_CHANNELS)
        checks.fields(self, "classes", "pool", "act")


@dataclass(frozen=True)
class Stage:
    """Blocks in sequence; ``name``, such as ``stage3``, is the module path of the stage in the built network."""

    name: str
    blocks: tuple[AnyBlock, ...]

    def __post_init__(self) -> None:
        """Refuse an empty stage, and names other than ``stage`` and a number: they could hide a module's attributes."""
        if not _STAGE_NAME.fullmatch(self.name):
            raise BadInput(f"stage name {self.name!r} is not allowed; stages are called stage0, stage1 and so on.")
        if not self.blocks:
            raise BadInput(f"{self.name} has no blocks; a stage has at least one.")

    @property
    def width(self) -> int:
        """Output channels of the stage."""
        return widths(self.blocks[-1])[1]


def follow(blocks: Iterable[AnyBlock], width: int, where: str) -> int:
    """The output channels of ``blocks`` on ``width`` channels; raises :class:`BadInput` if one takes another number."""
    for index, block in enumerate(blocks):
        taken, given = widths(block)
        if taken != width:
            raise BadInput(f"{where}{index} takes {taken} channels but is given {width}.")
        width = given
    return width


def check_parts(whole: Any) -> None:
    """Refuse a network or a space with two stages of one name, or a part that takes other channels than it is given."""
    names = [stage.name for stage in whole.stages]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        raise BadInput(f"{whole.name} has several stages called {repeated}; every stage has a name of its own.")
    width = whole.stem.out_channels
    for stage in whole.stages:
        width = follow(stage.blocks, width, f"{stage.name}.") if isinstance(stage, Stage) else stage.width
    if whole.head.in_channels != width:
        raise BadInput(f"head takes {whole.head.in_channels} channels but is given {width}.")


@dataclass(frozen=True)
class Network:
    """A classifier of images or of their pixels: stem, stages, head.

    ``resolution`` (H, W) is the image size of its published totals.
    """

    name: str
    stem: Stem
    stages: tuple[Stage, ...]
    head: Head | SegmentationHead
    resolution: tuple[int, int] = (224, 224)
    provenance: str = ""
    published: Published | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        check_parts(self)

    def with_classes(self, classes: int) -> Network:
        """The same network with another number of classes."""
        return replace(self, head=replace(self.head, classes=classes))
