"""Blocks of the networks that the paper compares its own with: plain convolutions, pooling, ResNet's basic block and
ShuffleNetV2's unit. ``dilation`` and ``undo_stride`` mean the same as in :mod:`muxprof.spec.blocks`.

Sources: He et al., CVPR 2016 (https://arxiv.org/abs/1512.03385), Figure 5 left and section 4.1 (option B);
Ma et al., ECCV 2018 (https://arxiv.org/abs/1807.11164), Figure 3 (c) and (d).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from muxprof.errors import BadInput
from muxprof.frozen import dataclass
from muxprof.spec import blocks, checks
from muxprof.spec.cells import CellStack


@dataclass(frozen=True)
class ConvBlock(blocks.Strided):
    """A convolution, then norm and activation. With ``padding`` None, the stride divides the size."""

    kernel: int = 3
    stride: int = 1
    padding: int | None = None
    act: str = "relu"
    norm: bool = True
    bias: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels", "out_channels", "kernel")
        checks.positive(self.stride, "stride", checks.MAX_STRIDE)
        checks.fields(self, "dilation", "padding", "act")

    @property
    def text(self) -> str:
        """The compact notation."""
        norm = "" if self.norm else " no norm"
        return f"conv K{self.kernel} {self.pace} {self.in_channels}-{self.out_channels}{norm} {self.act}"


@dataclass(frozen=True)
class PoolBlock:
    """Max pooling; sizes are rounded down."""

    channels: int
    kernel: int = 3
    stride: int = 2
    padding: int = 0

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "channels")
        checks.positive(self.kernel, "kernel", checks.MAX_KERNEL)
        checks.positive(self.stride, "stride", checks.MAX_STRIDE)
        if not 0 <= self.padding <= self.kernel // 2:
            raise BadInput(
                f"padding = {self.padding} is out of range; pooling with kernel {self.kernel} takes 0 to "
                f"{self.kernel // 2}."
            )

    @property
    def text(self) -> str:
        """The compact notation."""
        return f"max pool K{self.kernel} s{self.stride} {self.channels}"


@dataclass(frozen=True)
class _Unit(blocks.Strided):
    """The fields of ResNet's and ShuffleNetV2's blocks."""

    stride: int = 1
    act: str = "relu"

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels", "out_channels", "stride", "dilation", "act")


@dataclass(frozen=True)
class BasicBlock(_Unit):
    """ResNet's basic block: two 3x3 convolutions with norm, and a residual that a 1x1 projects if shapes differ.

    If the stride is undone, the second convolution has ``stride`` times the dilation of the first.
    """

    @property
    def projects(self) -> bool:
        """Whether the residual passes a 1x1 convolution, as it also does if the stride is undone."""
        return self.stride != 1 or self.in_channels != self.out_channels

    @property
    def text(self) -> str:
        """The compact notation."""
        pace = self.pace
        if self.undo_stride:
            pace = f"s{self.stride}->1 d{self.dilation},{self.dilation * self.stride}"
        return f"basic K3 {pace} {self.in_channels}-{self.out_channels} {self.act}"


@dataclass(frozen=True)
class ShuffleBlock(_Unit):
    """ShuffleNetV2's unit: 1x1, 3x3 depthwise, 1x1.

    At stride 1 they work on half of the channels; at stride 2 on all, and a side path does so, too.
    """

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        super().__post_init__()
        if self.out_channels % 2:
            raise BadInput(f"out_channels = {self.out_channels} is odd; a shuffle unit has two halves.")
        if self.stride == 1 and self.in_channels != self.out_channels:
            raise BadInput(
                f"a shuffle unit of stride 1 keeps its channels, but this one takes {self.in_channels} and gives "
                f"{self.out_channels}."
            )

    @property
    def text(self) -> str:
        """The compact notation."""
        return f"shuffle K3 {self.pace} {self.in_channels}-{self.out_channels} {self.act}"


ClassicBlock: TypeAlias = ConvBlock | PoolBlock | BasicBlock | ShuffleBlock
#: Blocks with a stride that can be undone.
StridedBlock: TypeAlias = blocks.DsBlock | blocks.IrBlock | ConvBlock | BasicBlock | ShuffleBlock
AnyBlock: TypeAlias = blocks.Block | ClassicBlock | CellStack

#: Blocks by their type in files and reports.
BLOCKS: dict[str, type[blocks.Block | ClassicBlock]] = {
    "ds": blocks.DsBlock,
    "ir": blocks.IrBlock,
    "mux": blocks.MuxBlock,
    "conv": ConvBlock,
    "pool": PoolBlock,
    "basic": BasicBlock,
    "shuffle": ShuffleBlock,
}


def again(block: AnyBlock) -> AnyBlock:
    """``block`` from its second repetition on: stride 1, and as many input as output channels.

    If its stride is undone, its dilation is multiplied by it. Raises :class:`BadInput` if that is impossible.
    """
    if isinstance(block, PoolBlock):
        return replace(block, stride=1)
    if isinstance(block, StridedBlock) and (block.stride, block.in_channels) != (1, block.out_channels):
        dilation = block.dilation * (block.stride if block.undo_stride else 1)
        return replace(block, stride=1, in_channels=block.out_channels, undo_stride=False, dilation=dilation)
    return block


def widths(block: AnyBlock) -> tuple[int, int]:
    """The input and output channels of any block."""
    if isinstance(block, PoolBlock):
        return block.channels, block.channels
    if isinstance(block, (ConvBlock, BasicBlock, ShuffleBlock, CellStack)):
        return block.in_channels, block.out_channels
    return blocks.widths(block)
