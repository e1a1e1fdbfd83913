"""What cannot be is refused, with the value and with what would be right."""

import re
from fractions import Fraction
from typing import Any

import pytest

from muxprof import BadInput
from muxprof.spec import DsBlock, IrBlock, MuxBlock
from muxprof.spec.blocks import PAPER_SQUEEZE, Squeeze, rounded, split_channels, widths


def refused(words: str, make: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(BadInput, match=words) as caught:
        make(*args, **kwargs)
    return str(caught.value)


def test_a_fraction_of_a_channel_names_the_nearest_leave_outs() -> None:
    text = refused("C = 64 with L = 0.3 leaves 44.8 channels", MuxBlock, 64, Fraction(6), 2, Fraction(3, 10))
    assert "L = 0.296875 or L = 0.3125" in text  # 19/64 and 20/64


def test_the_nearest_leave_outs_respect_G_and_E() -> None:
    # G = 9 divides 6 * C_hat only where 3 divides C_hat: 45 = 64 - 19 below 0.3, 42 = 64 - 22 above.
    text = refused("leaves", MuxBlock, 64, Fraction(6), 9, Fraction(3, 10))
    assert "L = 0.296875 or L = 0.34375" in text


@pytest.mark.parametrize("C", [2, 10, 24, 64])
@pytest.mark.parametrize("G", [1, 3, 4, 7])
@pytest.mark.parametrize("S", [(), (1, 0, 1), (-1,), (1,) * 5])
def test_every_leave_out_that_is_suggested_works(C: int, G: int, S: tuple[int, ...]) -> None:
    text = refused("leaves", MuxBlock, C, Fraction(1), G, Fraction(31, 100), spatial=S)
    valid = []
    for left in range(C):
        try:
            MuxBlock(C, Fraction(1), G, Fraction(left, C), spatial=S)
            valid.append(Fraction(left, C))
        except BadInput:
            continue
    below = [L for L in valid if Fraction(31, 100) > L]
    above = [L for L in valid if Fraction(31, 100) < L]
    suggested = [Fraction(found) for found in re.findall(r"L = ([0-9./]+?)(?: or|\.$)", text.split("whole number;")[1])]
    assert suggested == below[-1:] + above[:1]
    assert valid or "no other L is valid" in text


def test_an_expansion_that_leaves_a_fraction() -> None:
    text = refused("E = 1.01 makes 64.64 middle channels of 64", MuxBlock, 64, Fraction(101, 100))
    assert text.endswith("a whole E always does, such as 1 or 2.")  # 64/64 and 65/64


def test_a_group_that_does_not_divide_lists_those_that_do() -> None:
    text = refused("G = 5 does not divide the 288", MuxBlock, 64, Fraction(6), 5, Fraction(1, 4))
    assert text.endswith("1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 36, 48, 72, 96, 144, 288.")


@pytest.mark.parametrize("L", [Fraction(-1, 4), Fraction(1), Fraction(5, 4)])
def test_leave_out_range(L: Fraction) -> None:
    refused("at least 0 and below 1", MuxBlock, 64, Fraction(6), 1, L)


@pytest.mark.parametrize("C", [0, -2, 10**9, True])
def test_channel_range(C: int) -> None:
    refused("C = ", MuxBlock, C)


def test_odd_channels_cannot_be_shuffled() -> None:
    refused("C = 63 is odd", MuxBlock, 63)


@pytest.mark.parametrize("K", [2, 4])
def test_even_kernels(K: int) -> None:
    refused(f"K = {K} is even", MuxBlock, 64, kernel=K)


def test_superpixel_needs_a_multiple_of_four() -> None:
    # 6 * 24 = 144 in 5 branches: 32, 28, 28, 28, 28; 6 * 10 = 60 in 2: 30, 30.
    MuxBlock(24, spatial=(1, 1, 1, 1, 1))
    refused(r"S = 0,1: branch 2, superpixel \(1\), gets 30 of the 60", MuxBlock, 10, spatial=(0, 1))


def test_subpixel_needs_an_even_size() -> None:
    block = MuxBlock(24, spatial=(-1, 0))
    block.check_size(8, 8)
    refused("H = 7 is odd", block.check_size, 7, 8)
    refused("W = 9 is odd", block.check_size, 8, 9)


def test_unknown_spatial_entries_and_too_many() -> None:
    refused("entry 2", MuxBlock, 24, spatial=(0, 2))
    refused("S has 9 entries for 8", MuxBlock, 2, Fraction(4), spatial=(0,) * 9)


def test_G_means_nothing_where_S_is_set() -> None:
    assert MuxBlock(64, Fraction(6), 5, spatial=(0, -1)).branches == (192, 192)


def test_strides_activations_and_ratios() -> None:
    refused("stride = 3", IrBlock, 8, 8, stride=3)
    refused("activation = 'gelu'", DsBlock, 8, 8, act="gelu")
    refused("SE = 0 ", DsBlock, 8, 8, se=Fraction(0))
    refused("K has 9 kernels for 8", IrBlock, 8, 8, Fraction(1), (3,) * 9)
    refused("E = 0 ", IrBlock, 8, 8, Fraction(0))


def test_a_convolution_that_no_machine_could_hold() -> None:
    refused("at most 2\\^58", MuxBlock, 65536, Fraction(1024), 65536 * 1024, kernel=255)


def test_split_and_squeeze_rules() -> None:
    assert split_channels(448, 5) == (92, 89, 89, 89, 89)  # 448 = 5 * 89 + 3
    assert PAPER_SQUEEZE.channels(24, 96, Fraction(3, 4)) == 18
    assert PAPER_SQUEEZE.channels(10, 40, Fraction(3, 4)) == 7  # int(7.5)
    assert PAPER_SQUEEZE.channels(1, 4, Fraction(1, 4)) == 1
    quarter = Squeeze(base="middle", divisor=8)
    assert quarter.channels(16, 72, Fraction(1, 4)) == 24  # 18 to 16 would lose more than a tenth
    assert quarter.channels(16, 16, Fraction(1, 4)) == 8  # 4 to 8, the least there is
    assert quarter.channels(160, 960, Fraction(1, 4)) == 240
    assert [rounded(Fraction(width), 8) for width in (11, 12, 13, 20, 22)] == [16, 16, 16, 24, 24]
    refused("gate = 'tanh'", Squeeze, gate="tanh")
    refused("squeeze base = 'output'", Squeeze, base="output")


def test_widths() -> None:
    assert widths(MuxBlock(64)) == (64, 64)
    assert widths(IrBlock(24, 40)) == (24, 40)
