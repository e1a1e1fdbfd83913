"""``--against``: what makes a network another one at the same cost, each named with its layer and parameter."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import pytest
import torch
from mutations import (
    By,
    Change,
    Skipped,
    around,
    built,
    changed_block,
    conv,
    differences,
    put,
    shuffled,
)
from torch import Tensor, nn
from torch.nn import functional

Said: TypeAlias = tuple[str | None, str | None, str, str, str]

L = "muxnet-l"
V2, V3, RESNET, SHUFFLE, XS = "mobilenetv2", "mobilenetv3-small", "resnet18", "shufflenetv2-x0.5", "muxnet-xs"

#: The first dilated convolution of DARTS.
DILATED = "stage1.0.cells.0.node3.edge1.conv"


def paired(path: str, what: str, expected: str, found: str, at: str | None = None) -> Said:
    return at or path, path, what, expected, found


def gone(path: str, text: str) -> Said:
    return None, path, "layer", text, "missing"


def extra(path: str, text: str) -> Said:
    return path, None, "layer", "none", text


def act_before_norm(block: Any) -> nn.Module:
    block.expand, block.expand_act = nn.Sequential(block.expand, nn.SiLU()), nn.Identity()
    return block  # type: ignore[no-any-return]


def padded_by(left: int, right: int, above: int, below: int) -> Callable[[nn.Module], nn.Module]:
    """A convolution whose padding is an op of its own, with a width for every side."""

    def make(old: nn.Module) -> nn.Module:
        assert isinstance(old, nn.Conv2d)
        old.padding = (0, 0)
        return nn.Sequential(nn.ZeroPad2d((left, right, above, below)), old)

    return make


#: As TensorFlow pads.
behind_only = padded_by(0, 1, 0, 1)


def max_pooled(left: int, right: int, above: int, below: int, ceil_mode: bool = False) -> nn.Module:
    """ResNet's first pooling, 3x3 with stride 2, with a width of padding for every side."""
    padding = nn.ConstantPad2d((left, right, above, below), float("-inf"))
    return nn.Sequential(padding, nn.MaxPool2d(3, 2, ceil_mode=ceil_mode))


def reshaped(x: Tensor) -> Tensor:
    n, channels, height, width = x.shape
    return x.reshape(n, channels * 4, height // 2, width // 2)


def late_shortcut(block: Any, x: Tensor) -> Tensor:
    """A basic block whose shortcut begins behind its first activation."""
    inner = block.conv1_act(block.conv1_norm(block.conv1(x)))
    return block.act(block.add(block.conv2_norm(block.conv2(inner)), inner))  # type: ignore[no-any-return]


def with_residual(unit: Any, x: Tensor) -> Tensor:
    """A unit of ShuffleNetV2 whose right half is a residual block."""
    beside, given = unit.split(x)
    inner = unit.conv_norm(unit.conv(unit.expand_act(unit.expand_norm(unit.expand(given)))))
    made = unit.project_act(unit.project_norm(unit.project(inner))) + given
    return unit.shuffle(unit.concat(beside, made))  # type: ignore[no-any-return]


#: The network, how it is made, and all that has to be said about it.
MUTATIONS: dict[str, tuple[str, Change, list[Said]]] = {
    "relu6 for relu": (
        L, put("stage1.0.expand_act", nn.ReLU6()),
        [paired("stage1.0.expand_act", "activation", "relu", "relu6")],
    ),
    "hard swish for swish": (
        L, put("stem.conv_act", nn.Hardswish()),
        [paired("stem.conv_act", "activation", "swish", "hard_swish")],
    ),
    "gelu by tanh, and gelu itself, for swish": (
        L, lambda module: put("stage3.1.conv_act", nn.GELU("tanh"))(put("stage3.2.conv_act", nn.GELU())(module)),
        [paired("stage3.1.conv_act", "activation", "swish", "gelu (by tanh)"),
         paired("stage3.2.conv_act", "activation", "swish", "gelu")],
    ),
    "leaky relu for relu": (
        L, put("stage1.1.conv_act", nn.LeakyReLU(0.1)),
        [paired("stage1.1.conv_act", "activation", "relu", "leaky_relu(x, 0.1)")],
    ),
    "swish with a factor of its own": (
        L, put("stage3.1.expand_act", By(lambda x: x * torch.sigmoid(1.5 * x))),
        [paired("stage3.1.expand_act", "activation", "swish", "mul(x, sigmoid(mul(x, 1.5)))",
                "stage3.1.expand_act.mul_1")],
    ),
    "relu for relu6, everywhere but once": (
        V2, put("stage3.1.conv_act", nn.ReLU()),
        [paired("stage3.1.conv_act", "activation", "relu6", "relu")],
    ),
    "relu for hard swish": (
        V3, put("head.hidden0_act", nn.ReLU()),
        [paired("head.hidden0_act", "activation", "hard_swish", "relu")],
    ),
    "no activation": (
        L, put("stage3.0.conv_act", nn.Identity()),
        [gone("stage3.0.conv_act", "swish behind stage3.0.conv_norm")],
    ),
    "an activation behind the linear bottleneck": (
        L, around("stage2.1.project_norm", lambda old: nn.Sequential(old, nn.ReLU())),
        [extra("stage2.1.project_norm.1", "relu behind stage2.1.project_norm.0")],
    ),
    "the same in MobileNetV2": (
        V2, around("stage1.1.project_norm", lambda old: nn.Sequential(old, nn.ReLU6())),
        [extra("stage1.1.project_norm.1", "relu6 behind stage1.1.project_norm.0")],
    ),
    "the activation before the norm": (
        L, around("stage2.2", act_before_norm),
        [extra("stage2.2.expand.1", "swish behind stage2.2.expand.0"),
         gone("stage2.2.expand_act", "swish behind stage2.2.expand_norm")],
    ),
    "no activation behind the sum": (
        RESNET, put("stage3.1.act", nn.Identity()),
        [gone("stage3.1.act", "relu behind stage3.1.add")],
    ),
    "no residual": (
        L, put("stage3.2.add", By(lambda y, _: y)),
        [gone("stage3.2.add", "add behind stage3.1.shuffle and stage3.2.project_norm")],
    ),
    "no residual in ResNet": (
        RESNET, put("stage1.1.add", By(lambda y, _: y)),
        [gone("stage1.1.add", "add behind stage1.0.act and stage1.1.conv2_norm")],
    ),
    "a sum too many": (
        SHUFFLE, around("stage3.2.expand_act", Skipped),
        [paired("stage3.2.expand_act", "activation", "relu", "add(relu(x), x)", "stage3.2.expand_act.add")],
    ),
    "a residual too many": (
        # ShuffleNetV2 has none; half of the 96 channels pass by.
        SHUFFLE, around("stage3.1", lambda old: By(with_residual, old)),
        [extra("stage3.1.add", "add behind stage3.0.shuffle and stage3.1.parts.0.project_act")],
    ),
    "dilation": (
        L, conv("stage2.1.conv", dilation=2, padding=4),
        [paired("stage2.1.conv", "dilation", "1", "2")],
    ),
    "no dilation": (
        "darts", conv(DILATED, dilation=1, padding=1),
        [paired(DILATED, "dilation", "2", "1")],
    ),
    "padding": (
        L, conv("stem.conv", padding=0), [paired("stem.conv", "padding", "1", "0")],
    ),
    "padding behind only": (
        V2, around("stem.conv", behind_only),
        [paired("stem.conv", "padding", "1", "0 above, 1 below, 0 left, 1 right", "stem.conv.1")],
    ),
    "padding of one side less": (
        # With a stride of 2 on an even map, three of the four sides are as good as all of them.
        V2, around("stage2.0.conv", padded_by(0, 1, 1, 1)),
        [paired("stage2.0.conv", "padding", "1", "1 above, 1 below, 0 left, 1 right", "stage2.0.conv.1")],
    ),
    "padding of another side less": (
        V2, around("stage3.0.conv", padded_by(1, 1, 0, 1)),
        [paired("stage3.0.conv", "padding", "1", "0 above, 1 below, 1 left, 1 right", "stage3.0.conv.1")],
    ),
    "padding of rows that is not that of columns": (
        V2, conv("stage4.3.conv", padding=(1, 2)), [paired("stage4.3.conv", "padding", "1", "1x2")],
    ),
    "a kernel that is no square": (
        V2, conv("stage4.1.conv", kernel_size=(3, 5), padding=(1, 2)),
        [paired("stage4.1.conv", "kernel", "3", "3x5")],
    ),
    "a transposed convolution": (
        RESNET, put("stage1.0.conv2", nn.ConvTranspose2d(64, 64, 3, padding=1, bias=False)),
        [extra("stage1.0.conv2", "conv transpose2d 3x3 64-64"), gone("stage1.0.conv2", "conv2d 3x3 64-64")],
    ),
    "no channel shuffle": (
        L, put("stage2.2.shuffle", nn.Identity()),
        [gone("stage2.2.shuffle", "channel shuffle in 2 groups behind stage2.2.concat")],
    ),
    "a shuffle in other groups": (
        SHUFFLE, put("stage2.1.shuffle", By(lambda x: shuffled(x, 4))),
        [paired("stage2.1.shuffle", "movement", "channel shuffle in 2 groups", "channel shuffle in 4 groups",
                "stage2.1.shuffle.copy")],
    ),
    "a view for space to channel": (
        XS, put("stage2.1.conv.branch0.space_to_channel", By(reshaped)),
        [gone("stage2.1.conv.branch0.space_to_channel", "space to channel by 2 behind stage2.1.conv.branch0.conv")],
    ),
    "a concatenation the other way round": (
        L, put("stage1.2.concat", By(lambda y, left: torch.cat((left, y), 1))),
        [paired("stage1.2.concat", "input", "stage1.2.add", "stage1.1.shuffle from channel 12 on",
                "stage1.2.concat.concat"),
         paired("stage1.2.concat", "input", "stage1.1.shuffle from channel 12 on", "stage1.2.add",
                "stage1.2.concat.concat")],
    ),
    "every second channel for the second half": (
        # A first channel does not say where these are, so none is named; what passes by begins with channel 0.
        SHUFFLE, put("stage3.4.split", By(lambda x: (x[:, ::2], x[:, 1::2]))),
        [paired("stage3.4.expand", "input", "stage3.3.shuffle from channel 48 on", "stage3.3.shuffle"),
         paired("stage3.4.concat", "input", "stage3.3.shuffle", "stage3.3.shuffle, in another order")],
    ),
    "eight channels joined twice, and left out by the next unit": (
        # Of 200 channels the last 96 begin with 104, where of 192 they begin with 96: that follows, and is not said.
        SHUFFLE, lambda module: put("stage4.0.concat", By(lambda a, b: torch.cat((a, b, a[:, :8]), 1)))(
            put("stage4.1.split", By(lambda x: (x[:, :96], x[:, 104:])))(module)
        ),
        [paired("stage4.0.concat", "inputs", "2", "3", "stage4.0.concat.concat")],
    ),
    "average for max pooling": (
        RESNET, put("stage0.0.pool", nn.AvgPool2d(3, 2, 1)),
        [paired("stage0.0.pool", "pooling", "max pool", "average pool that counts its padding")],
    ),
    "max for average pooling": (
        L, put("head.pool", nn.AdaptiveMaxPool2d(1)),
        [paired("head.pool", "pooling", "global average pool", "global max pool")],
    ),
    "another window of a pooling": (
        RESNET, put("stage0.0.pool", nn.MaxPool2d(2)),
        [paired("stage0.0.pool", "kernel", "3", "2")],
    ),
    "a hard sigmoid for the gate": (
        L, put("stage1.2.se.gate", nn.Hardsigmoid()),
        [paired("stage1.2.se.gate", "activation", "sigmoid", "hard_sigmoid")],
    ),
    "a sigmoid for the gate": (
        V3, put("stage3.0.se.gate", nn.Sigmoid()),
        [paired("stage3.0.se.gate", "activation", "hard_sigmoid", "sigmoid")],
    ),
    "no gate": (
        L, put("stage2.0.se.gate", nn.Identity()),
        [gone("stage2.0.se.gate", "sigmoid behind stage2.0.se.expand")],
    ),
    "a gate that is added": (
        L, put("stage2.1.se.scale", By(lambda x, gate: x + gate)),
        [paired("stage2.1.se.scale", "operation", "mul", "add", "stage2.1.se.scale.add")],
    ),
    "no squeeze and excite": (
        # 72 middle channels, of 12: 0.75 of these are 9.
        L, put("stage1.1.se", nn.Identity()),
        [gone("stage1.1.se.reduce", "conv2d 1x1 72-9 with bias"),
         gone("stage1.1.se.expand", "conv2d 1x1 9-72 with bias")],
    ),
    "another norm": (
        L, put("stage3.0.expand_norm", nn.GroupNorm(4, 240)),
        [paired("stage3.0.expand_norm", "norm", "batch norm", "group norm")],
    ),
    "the shortcut from elsewhere": (
        RESNET, around("stage2.1", lambda old: By(late_shortcut, old)),
        [paired("stage2.1.add", "input", "stage2.0.act", "stage2.1.parts.0.conv1_act", "stage2.1.parts.0.add")],
    ),
}  # fmt: skip

#: These cannot be made together with others: they change sizes, or the same place.
ALONE = {"padding", "another window of a pooling", "no dilation"}


def said_of(network: str, *changes: Change) -> list[Said]:
    made = differences(built(network, *changes), network)
    return [(each.path, each.published_path, each.what, each.expected, each.found) for each in made]


@pytest.mark.parametrize("network", [L, V2, V3, RESNET, SHUFFLE, XS])
def test_each_of_many_changes_is_said_and_nothing_else(network: str) -> None:
    chosen = [each for name, each in MUTATIONS.items() if each[0] == network and name not in ALONE]
    expected = [said for _, _, all_said in chosen for said in all_said]
    assert sorted(said_of(network, *(change for _, change, _ in chosen)), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    "name", [name if name == "padding" else pytest.param(name, marks=pytest.mark.slow) for name in MUTATIONS]
)
def test_all_that_is_said_is_what_was_changed(name: str) -> None:
    network, change, expected = MUTATIONS[name]
    assert said_of(network, change) == expected


def test_another_expansion_is_said_of_every_layer_that_it_makes_wider() -> None:
    # E = 6 makes 120 of 20 channels, E = 4 makes 80; there are as many channels per group.
    made = differences(changed_block(2, 1, expansion=Fraction(4)))
    assert {(each.expected, each.found) for each in made} == {("120", "80")}
    assert [(each.published_path or "").removeprefix("stage2.1.") for each in made] == [
        "expand", "expand_norm", "conv", "conv", "conv_norm", "se.reduce", "se.expand", "project"
    ]  # fmt: skip


def test_reasons() -> None:
    missing = differences(built(L, put("stage1.2.se", nn.Identity())))
    assert {each.why for each in missing} == {"squeeze and excite is missing"}
    (same,) = differences(built(V2, around("stem.conv", behind_only)), V2)
    assert same.why == "padded more behind than in front, as TensorFlow's SAME does"
    (pool,) = differences(built(RESNET, put("stage0.0.pool", nn.MaxPool2d(3, 2, 0, ceil_mode=True))), RESNET)
    assert (pool.what, pool.expected, pool.found, pool.why) == (
        "padding", "1", "0", "sizes are rounded up, as in ceil mode"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sides", "ceil_mode", "what", "why"),
    [
        # On the 32x32 map, 16 windows of 3 with stride 2 reach to 15 * 2 + 3 = 33: with one in front, they end with it.
        ((1, 0, 1, 0), False, "padding", ""),
        # Without the row above, only the rows are one short.
        ((1, 0, 0, 0), True, "padding", "sizes are rounded up, as in ceil mode"),
        # With one on every side, rounding up makes 17 windows, which reach to 35 of 34.
        ((1, 1, 1, 1), True, "output size", "sizes are rounded up, as in ceil mode"),
    ],
)
def test_sizes_are_rounded_up_where_windows_reach_beyond_the_padding(
    sides: tuple[int, int, int, int], ceil_mode: bool, what: str, why: str
) -> None:
    (pool,) = differences(built(RESNET, put("stage0.0.pool", max_pooled(*sides, ceil_mode))), RESNET)
    assert (pool.published_path, pool.what, pool.why) == ("stage0.0.pool", what, why)


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        (
            nn.AvgPool2d(3, 2, 1, count_include_pad=False),
            paired("stage0.0.pool", "pooling", "max pool", "average pool"),
        ),
        (  # A maximum with zeros is not one over what is there.
            nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3, 2)),
            extra("stage0.0.pool.0", "constant pad nd (pad (1, 1, 1, 1)) behind stem.conv_act"),
        ),
    ],
)
def test_what_a_pooling_pads_with(pool: nn.Module, said: Said) -> None:
    assert said_of(RESNET, put("stage0.0.pool", pool)) == [said]


@pytest.mark.parametrize(
    ("function", "layers"),
    [
        (lambda x: x + functional.avg_pool2d(x, 3, 1, 1), 2),
        (lambda x: x / functional.avg_pool2d(x * x, 3, 1, 1), 1),
    ],
)
def test_a_row_of_three_ops_is_said_at_once(function: Callable[[Tensor], Tensor], layers: int) -> None:
    """Two of them are a difference each."""
    change = around("stage1.0.conv1_norm", lambda old: nn.Sequential(old, By(function)))
    assert [each.expected for each in differences(built(RESNET, change), RESNET)] == ["none"] * layers


def test_what_is_changed_is_said_before_what_follows_it() -> None:
    change = put("stage1.1.conv2_norm", nn.Sequential(nn.GroupNorm(2, 64), nn.Sigmoid()))
    assert said_of(RESNET, change) == [
        paired("stage1.1.conv2_norm", "norm", "batch norm", "group norm", "stage1.1.conv2_norm.0"),
        extra("stage1.1.conv2_norm.1", "sigmoid behind stage1.1.conv2_norm.0"),
    ]


def test_what_has_no_name_is_said_as_it_is_written() -> None:
    def normalised(x: Tensor) -> Tensor:
        return x / functional.avg_pool2d(x * x, 3, 1, 1).sqrt()

    change = around("stage1.0.conv_norm", lambda old: nn.Sequential(old, By(normalised)))
    (said,) = differences(built(V2, change), V2)
    assert said.path == "stage1.0.conv_norm.1.mul"
    assert said.found.startswith("mul(x, x), average pool that counts its padding, sqrt(x), div behind ")
