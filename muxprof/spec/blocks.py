"""The block types: depthwise separable, inverted residual (the MobileNet block), and MUXConv.

Letters are the paper's: C channels, E expansion, G input channels per output channel of the KxK convolution,
L the share of channels left out, K kernel, S spatial multiplexing. All convolutions are free of biases, padded
symmetrically by ``((stride - 1) + (K - 1)) // 2``, and followed by BatchNorm if ``norm`` is set. ``se`` is the
squeeze-and-excite ratio relative to the block's input width (for MUXConv: the processed width), or None for no SE.

``dilation`` is the distance between the taps of the KxK convolutions (not of the 1x1). The padding grows with it to
``((stride - 1) + dilation * (K - 1)) // 2``, so it changes neither sizes nor counts. With ``undo_stride``, a block with
a stride runs at stride 1 and keeps the size of its map. It still has no residual, and ``dilation`` is that of the
convolution that had the stride; blocks behind it need ``dilation * stride`` to keep their receptive field.

Source: MUXConv supplement, sections 1 and 2, Figure 3, and the authors' released code
(https://github.com/human-analysis/MUXConv).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from fractions import Fraction
from typing import TypeAlias

from muxprof.dims import whole
from muxprof.errors import BadInput
from muxprof.frozen import dataclass
from muxprof.spec import checks
from muxprof.units import decimal_text

SUBPIXEL, PLAIN, SUPERPIXEL = -1, 0, 1


def split_channels(width: int, branches: int) -> tuple[int, ...]:
    """Widths of parallel branches: ``width // branches`` each; the first also gets the remainder."""
    each, rest = divmod(width, branches)
    return (each + rest,) + (each,) * (branches - 1)


def rounded(width: Fraction, divisor: int) -> int:
    """The nearest multiple of ``divisor``, at least ``divisor`` and at most 10 % below ``width``.

    Source: the rule of the MobileNet papers' released code, slim/nets/mobilenet.
    """
    nearest = max(divisor, int(width + Fraction(divisor, 2)) // divisor * divisor)
    return nearest + divisor if nearest < Fraction(9, 10) * width else nearest


@dataclass(frozen=True)
class Squeeze:
    """How squeeze and excite is built: ``base``, "input" or "middle", is the width that its ratio refers to.

    Their product is rounded down (``divisor`` 1) or to a multiple of ``divisor``. ``act`` None means the block's.
    """

    base: str = "input"
    divisor: int = 1
    act: str | None = None
    gate: str = "sigmoid"

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.one_of(self.base, "squeeze base", ("input", "middle"))
        checks.one_of(self.gate, "gate", checks.GATES)
        checks.positive(self.divisor, "divisor", checks.MAX_CHANNELS)
        if self.act is not None:
            checks.activation(self.act)

    def channels(self, given: int, middle: int, ratio: Fraction) -> int:
        """The number of squeezed channels, at least one."""
        width = (given if self.base == "input" else middle) * ratio
        return max(1, int(width)) if self.divisor == 1 else rounded(width, self.divisor)


class _Paced:
    """Properties of blocks with a stride, which may be undone, and a dilation."""

    stride: int
    dilation: int
    undo_stride: bool

    @property
    def step(self) -> int:
        """The stride at which the convolutions run: 1 if it is undone."""
        return 1 if self.undo_stride else self.stride

    @property
    def pace(self) -> str:
        """Stride and dilation in the compact notation: ``s2``, ``s1 d2``; ``s2->1 d2`` if the stride is undone."""
        undone, dilated = "->1" * self.undo_stride, f" d{self.dilation}" if self.dilation > 1 else ""
        return f"s{self.stride}{undone}{dilated}"


@dataclass(frozen=True)
class Strided(_Paced):
    """The fields of all blocks that have a stride."""

    in_channels: int
    out_channels: int
    dilation: int = field(default=1, kw_only=True)
    undo_stride: bool = field(default=False, kw_only=True)


class _Depthwise(Strided):
    """Blocks around a depthwise convolution."""

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return self.stride == 1 and self.in_channels == self.out_channels

    def check_size(self, height: int, width: int) -> None:
        """Every input size is possible."""


#: The MUXConv code's way: the ratio refers to the input width (for mux: the processed width), rounded down.
PAPER_SQUEEZE = Squeeze()


@dataclass(frozen=True)
class DsBlock(_Depthwise):
    """Depthwise separable: KxK depthwise, norm, act, SE, 1x1, norm; residual if stride 1 and in = out."""

    kernel: int = 3
    stride: int = 1
    se: Fraction | None = None
    act: str = "relu"
    norm: bool = True
    squeeze: Squeeze = PAPER_SQUEEZE

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels", "out_channels", "kernel", "stride", "dilation", "se", "act")


@dataclass(frozen=True)
class IrBlock(_Depthwise):
    """Inverted residual (the MobileNet block): 1x1 expand, norm, act, KxK depthwise, norm, act, SE, 1x1, norm.

    Several kernels make parallel depthwise branches over a split of the middle channels. The stride is that of the
    depthwise convolution. There is a residual if the stride is 1 and in = out.
    """

    expansion: Fraction = Fraction(6)
    kernels: tuple[int, ...] = (3,)
    stride: int = 1
    se: Fraction | None = None
    act: str = "relu"
    norm: bool = True
    squeeze: Squeeze = PAPER_SQUEEZE

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels", "out_channels")
        checks.expansion(self.expansion, self.in_channels)
        if not 1 <= len(self.kernels) <= self.middle:
            raise BadInput(
                f"K has {len(self.kernels)} kernels for {self.middle} middle channels; "
                f"there must be 1 to {self.middle}."
            )
        for kernel in self.kernels:
            checks.kernel(kernel)
        checks.fields(self, "stride", "dilation", "se", "act")

    @property
    def middle(self) -> int:
        """Channels between the two 1x1 convolutions, E * C."""
        return whole(self.expansion * self.in_channels)


@dataclass(frozen=True)
class MuxBlock:
    """MUXConv: the first C_hat = (1-L)C channels pass expand, KxK group convolution, project and a residual add.

    Then the left-out channels are concatenated, and all C channels are shuffled in 2 groups; the stride is 1. Entries
    of ``spatial`` (S) replace the KxK convolution by one depthwise branch each, over a split of the middle channels:
    0 plain, -1 subpixel (half the resolution, 4 times the channels), +1 superpixel (the reverse). G has no effect
    then, as in the released code.
    """

    channels: int
    expansion: Fraction = Fraction(6)
    group: int = 1
    leave_out: Fraction = Fraction(0)
    kernel: int = 3
    spatial: tuple[int, ...] = ()
    se: Fraction | None = None
    act: str = "relu"
    norm: bool = True
    squeeze: Squeeze = PAPER_SQUEEZE
    dilation: int = 1

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.positive(self.channels, "C", checks.MAX_CHANNELS)
        checks.positive(self.group, "G", checks.MAX_CHANNELS * checks.MAX_EXPANSION)
        checks.kernel(self.kernel)
        checks.dilation(self.dilation)
        if self.channels % 2:
            raise BadInput(
                f"C = {self.channels} is odd; the channel shuffle in 2 groups needs an even C, "
                f"such as {self.channels + 1}."
            )
        self._check_leave_out()
        checks.expansion(self.expansion, self.processed)
        if self.spatial:
            self._check_spatial()
        elif self.middle % self.group:
            raise BadInput(
                f"G = {self.group} does not divide the {self.middle} middle channels (E * C_hat = "
                f"{decimal_text(self.expansion)} * {self.processed}); those that do: "
                f"{checks.divisor_list(self.middle)}."
            )
        else:
            checks.countable(self.middle * self.group * self.kernel**2, "C, E, G and K")
        checks.fields(self, "se", "act")

    @property
    def processed(self) -> int:
        """C_hat = (1 - L) * C, the number of channels that are not left out."""
        return whole((1 - self.leave_out) * self.channels)

    @property
    def middle(self) -> int:
        """Channels between the two 1x1 convolutions, E * C_hat."""
        return whole(self.expansion * self.processed)

    @property
    def branches(self) -> tuple[int, ...]:
        """Middle channels of each entry of S; empty without spatial multiplexing."""
        return split_channels(self.middle, len(self.spatial)) if self.spatial else ()

    def check_size(self, height: int, width: int) -> None:
        """Refuse an input of odd size if S has a subpixel branch."""
        if SUBPIXEL in self.spatial and (height % 2 or width % 2):
            letter, size = ("H", height) if height % 2 else ("W", width)
            raise BadInput(
                f"{letter} = {size} is odd; a subpixel branch (-1 in S) halves the resolution and needs an even "
                f"{letter}, such as {size + 1}."
            )

    def _check_leave_out(self) -> None:
        checks.leave_out(self.leave_out)
        left = self.leave_out * self.channels
        if left.denominator != 1:
            near = " or ".join(f"L = {decimal_text(v)}" for v in self._valid_leave_outs(left))
            raise BadInput(
                f"C = {self.channels} with L = {decimal_text(self.leave_out)} leaves "
                f"{decimal_text(self.channels - left)} channels to process, which is no whole number; "
                + (f"nearest valid: {near}." if near else "no other L is valid with these E, G and S either.")
            )

    def _valid_leave_outs(self, left: Fraction) -> Iterator[Fraction]:
        """The nearest possible L below and above, given E, G and S; none, one or both."""
        for candidates in (range(left.__floor__(), -1, -1), range(left.__ceil__(), self.channels)):
            found = next((count for count in candidates if self._fits(self.channels - count)), None)
            if found is not None:
                yield Fraction(found, self.channels)

    def _fits(self, processed: int) -> bool:
        """Whether this number of processed channels is possible with E, and with S or else with G."""
        middle = self.expansion * processed
        if middle.denominator != 1:
            return False
        if not self.spatial:
            return middle % self.group == 0
        shares = split_channels(whole(middle), len(self.spatial))
        pixels = zip(self.spatial, shares, strict=True)
        return shares[-1] > 0 and not any(entry == SUPERPIXEL and share % 4 for entry, share in pixels)

    def _check_spatial(self) -> None:
        checks.spatial(self.spatial)
        if len(self.spatial) > self.middle:
            raise BadInput(f"S has {len(self.spatial)} entries for {self.middle} middle channels; it must have fewer.")
        for index, (entry, width) in enumerate(zip(self.spatial, self.branches, strict=True)):
            if entry == SUPERPIXEL and width % 4:
                raise BadInput(
                    f"S = {','.join(map(str, self.spatial))}: branch {index + 1}, superpixel (1), gets {width} of the "
                    f"{self.middle} middle channels; it needs a number that 4 divides."
                )


Block: TypeAlias = DsBlock | IrBlock | MuxBlock


def widths(block: Block) -> tuple[int, int]:
    """The input and output channels of a block."""
    if isinstance(block, MuxBlock):
        return block.channels, block.channels
    return block.in_channels, block.out_channels
