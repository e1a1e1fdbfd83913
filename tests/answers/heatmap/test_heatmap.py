from __future__ import annotations

import dataclasses
import math
import random
from fractions import Fraction
from typing import Any

import pytest

from muxprof.answers.heatmap import answer as made
from muxprof.answers.heatmap.answer import heatmap
from muxprof.errors import BadInput


def test_the_defaults_are_figure_4() -> None:
    heat = heatmap()
    assert (heat.metric, heat.C, heat.E, heat.K, heat.H, heat.W) == ("params", 64, Fraction(6), 3, 56, 56)
    assert heat.G_values == (1, 2, 4, 8, 16, 32)
    assert heat.L_values == (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
    assert heat.C_values == made.C_VALUES
    at = heat.C_values.index(64)
    for metric in ("params", "madds"):
        for g, G in enumerate(heat.G_values):
            for column, L in enumerate(heat.L_values):
                x = 1 - L
                assert heat.ratios[metric][at][g][column] == float(x * (128 * x + 9 * G) / 137)


def test_it_is_made_of_plain_frozen_values() -> None:
    heat = heatmap(C_values=(16,), C=16)
    with pytest.raises(dataclasses.FrozenInstanceError):
        heat.C = 32  # type: ignore[misc]
    assert all(type(cell) is float for rows in heat.ratios["traffic"] for row in rows for cell in row)
    assert all(type(cell) is bool for rows in heat.valid for row in rows for cell in row)
    assert all(type(value) is float for line in heat.break_even["madds"] for point in line for value in point)
    assert hash(heat.valid)


def test_the_shown_channels_are_added_in_order() -> None:
    heat = heatmap(C=48)
    assert 48 in heat.C_values
    assert list(heat.C_values) == sorted({*made.C_VALUES, 48})
    assert len(heat.ratios["params"]) == len(heat.valid) == len(heat.break_even["params"]) == len(heat.C_values)


def test_the_order_in_which_values_are_given_does_not_matter() -> None:
    shuffle = random.Random(4).shuffle
    groups, shares, channels = list(made.G_VALUES), list(made.L_VALUES), list(made.C_VALUES)
    shuffle(groups)
    shuffle(shares)
    shuffle(channels)
    assert heatmap(C_values=channels, G_values=groups, L_values=shares) == heatmap()


def test_ratios_are_read_as_they_are_written() -> None:
    heat = heatmap(C=100, C_values=(100,), L_values=("0.29", 0.3, "1/3"), E="2.5")
    assert heat.L_values == (Fraction(29, 100), Fraction(3, 10), Fraction(1, 3))
    assert str(heat.E) == "5/2"
    assert heat.valid[0][0] == (False, True, False)  # 177.5 middle channels, 175, and 66.67 channels


def test_the_largest_heatmap() -> None:
    heat = heatmap(C=2, C_values=range(2, 130, 2), G_values=range(1, 65), L_values=[Fraction(n, 64) for n in range(64)])
    assert len(heat.C_values) == len(heat.G_values) == len(heat.L_values) == 64


def test_absurd_values_in_range_are_counted_all_the_same() -> None:
    heat = heatmap(C=65536, C_values=(65536,), G_values=(1, 65536 * 1024), E=1024, K=255, H=16384, W=16384)
    assert heat.ratios["params"][0][0][0] == heat.ratios["madds"][0][0][0] == 1.0
    assert all(math.isfinite(cell) for grid in heat.ratios.values() for row in grid[0] for cell in row)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"metric": "flops"}, ("flops", "params, madds, activations, traffic")),
        ({"metric": None}, ("None", "params")),
        ({"C": 63}, ("63", "odd", "62 or 64")),
        ({"C": 1}, ("1 is odd", "such as 2")),
        ({"C": 0}, ("C = 0", "from 1 to")),
        ({"C": -2}, ("C = -2",)),
        ({"C": 10**9}, ("C = 1000000000", "65,536")),
        ({"C": 64.0}, ("64.0", "integer")),
        ({"C": True}, ("True", "integer")),
        ({"C_values": (16, 33)}, ("33", "odd")),
        ({"C_values": (16, 32, 16)}, ("C = 16", "twice")),
        ({"C_values": range(2, 132, 2)}, ("65 values of C", "1 to 64")),
        ({"C_values": range(66, 194, 2)}, ("65 values of C",)),
        ({"G_values": ()}, ("0 values of G",)),
        ({"G_values": (0, 1)}, ("G = 0", "from 1")),
        ({"G_values": (1, -4)}, ("G = -4",)),
        ({"G_values": (1, 2, 2)}, ("G = 2", "twice")),
        ({"G_values": (1.5,)}, ("1.5", "integer")),
        ({"G_values": range(1, 66)}, ("65 values of G",)),
        ({"L_values": ()}, ("0 values of L",)),
        ({"L_values": (0, 1)}, ("L = 1 ", "below 1")),
        ({"L_values": ("-0.25",)}, ("-0.25",)),
        ({"L_values": ("0.5", Fraction(1, 2))}, ("L = 0.5", "twice")),
        ({"L_values": (math.nan,)}, ("nan", "not a number")),
        ({"L_values": ("a half",)}, ("a half",)),
        ({"L_values": [Fraction(n, 65) for n in range(65)]}, ("65 values of L",)),
        ({"E": 0}, ("E = 0", "above 0")),
        ({"E": "-6"}, ("E = -6",)),
        ({"E": 1025}, ("1025", "1024")),
        ({"E": math.inf}, ("inf", "not a number")),
        ({"K": 4}, ("K = 4", "even", "3 or 5")),
        ({"K": 0}, ("K = 0",)),
        ({"K": 257}, ("K = 257", "255")),
        ({"H": 0}, ("H = 0",)),
        ({"W": 1 << 20}, ("W = 1048576", "16,384")),
        ({"W": "56"}, ("W = 56", "integer")),
    ],
)
def test_bad_input_is_refused_with_the_value_and_what_would_be_right(
    arguments: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(BadInput) as refusal:
        heatmap(**arguments)
    text = str(refusal.value)
    assert all(word in text for word in words), text
    assert "\n" not in text
    assert text.endswith(".")
