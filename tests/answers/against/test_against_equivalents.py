"""``--against``: other ways to write the same network are no differences; what cannot be told is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from mutations import (
    By,
    Change,
    LinearSqueeze,
    around,
    blocks_back,
    blocks_first,
    built,
    by,
    compared,
    conv,
    differences,
    every,
    gated,
    hard_sigmoid,
    hard_swish,
    padded,
    put,
    shuffled,
    shuffled_by_stack,
    shuffled_pixels,
    unseen,
    unshuffled_pixels,
    written_in_place,
)
from torch import Tensor, nn
from torch.nn import functional

L = "muxnet-l"
V2, V3, RESNET, SHUFFLE, XS = "mobilenetv2", "mobilenetv3-small", "resnet18", "shufflenetv2-x0.5", "muxnet-xs"


def swapped(block: Any, x: Tensor) -> Tensor:
    """A basic block that does its shortcut first, adds in place, and calls one activation twice."""
    beside = x if block.down is None else block.down_norm(block.down(x))
    y = block.conv2_norm(block.conv2(functional.relu(block.conv1_norm(block.conv1(x)))))
    beside += y
    return functional.relu(beside)


def split_by_slices(widths: list[int], x: Tensor) -> tuple[Tensor, ...]:
    return x[:, : widths[0]], x[:, widths[0] :].contiguous()


def pixels(there: Callable[[Tensor], Tensor], back: Callable[[Tensor], Tensor]) -> Change:
    """Other moves between space and channels."""
    return lambda module: every(nn.PixelShuffle, by(back))(every(nn.PixelUnshuffle, by(there))(module))


def head_with(classifier: nn.Module) -> nn.Module:
    """MobileNetV2's head with another classifier, on a map of one pixel."""
    inside = nn.Sequential(nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6())
    return nn.Sequential(inside, nn.AdaptiveAvgPool2d(1), classifier, nn.Flatten())


#: The network, and how it is written otherwise.
EQUIVALENTS: dict[str, tuple[str, Change]] = {
    "swish by hand": (XS, every(nn.SiLU, by(lambda x: x * torch.sigmoid(x)))),
    "swish in place": (XS, every(nn.SiLU, by(lambda x: functional.silu(x, inplace=True)))),
    "hard swish by hand": (V3, every(nn.Hardswish, by(hard_swish))),
    "hard swish by relu6": (V3, every(nn.Hardswish, by(lambda x: x * functional.relu6(x + 3) / 6))),
    "hard sigmoid by hand": (V3, every(nn.Hardsigmoid, by(hard_sigmoid))),
    "hard sigmoid by its slope": (
        V3,
        every(nn.Hardsigmoid, by(lambda x: torch.clamp(0.5 + x / 6, min=0, max=1))),
    ),
    "relu6 by hardtanh": (V2, every(nn.ReLU6, lambda _: nn.Hardtanh(0, 6))),
    "relu6 by relu": (V2, every(nn.ReLU6, by(lambda x: functional.relu(x).clamp(max=6.0)))),
    "relu by function": (SHUFFLE, every(nn.ReLU, by(lambda x: functional.relu(x, inplace=True)))),
    "mean for global pooling": (
        L,
        every(nn.AdaptiveAvgPool2d, by(lambda x: x.mean([2, 3]))),
    ),
    "mean of all pixels in a row": (V2, put("head.pool", By(lambda x: x.flatten(2).mean(-1)))),
    "mean of rows, then of columns": (V2, put("head.pool", By(lambda x: x.mean(3).mean(2)))),
    "global pooling by its kernel": (
        L,
        every("GlobalMean", by(lambda x: functional.avg_pool2d(x, x.shape[2:]))),
    ),
    "pixels by views": (
        XS,
        pixels(unshuffled_pixels, shuffled_pixels),
    ),
    "shuffle by a view": (SHUFFLE, every("ChannelShuffle", by(shuffled))),
    "shuffle by a stack": (SHUFFLE, every("ChannelShuffle", by(shuffled_by_stack))),
    "shuffle by torch": (SHUFFLE, every("ChannelShuffle", lambda _: nn.ChannelShuffle(2))),
    "shuffle that is undone and done": (
        SHUFFLE,
        every("ChannelShuffle", by(lambda x: shuffled(shuffled(shuffled(x), x.shape[1] // 2)))),
    ),
    "split by slices": (
        SHUFFLE,
        every("Split", lambda old: By(lambda x: split_by_slices(old.widths, x))),
    ),
    "concatenation in place": (XS, put("stage2.1.conv.concat", By(written_in_place))),
    "a dilation of single pixels": (L, conv("stage1.0.expand", dilation=2)),
    "padding of its own": (V2, every(nn.Conv2d, padded)),
    "max pooling with padding of its own": (
        RESNET,
        put("stage0.0.pool", nn.Sequential(nn.ConstantPad2d(1, float("-inf")), nn.MaxPool2d(3, 2))),
    ),
    "linear layers in squeeze and excite": (V3, every("SqueezeExcite", LinearSqueeze)),
    "a gate that is expanded": (V3, every("Scale", by(gated))),
    "a convolution as classifier": (
        V2,
        put("head", head_with(nn.Conv2d(1280, 1000, 1))),
    ),
    "branches in another order": (RESNET, every("Basic", lambda old: By(swapped, old))),
    "dropout and identities": (
        RESNET,
        around("head.classifier", lambda old: nn.Sequential(nn.Dropout(0.2), nn.Identity(), old)),
    ),
}

#: Of those that cannot go together, one is made with all others of its network.
SECOND = {
    "swish in place", "hard swish by relu6", "hard sigmoid by its slope", "relu6 by relu", "shuffle by a stack",
    "mean of rows, then of columns", "a gate that is expanded",
}  # fmt: skip
#: These go with neither.
EACH = {"a convolution as classifier", "shuffle by torch", "shuffle that is undone and done"}


@pytest.mark.parametrize(
    ("network", "second"),
    [(L, False), (RESNET, False), *((name, second) for name in (V2, V3, SHUFFLE, XS) for second in (False, True))],
)
def test_all_of_them_together_are_the_same_network(network: str, second: bool) -> None:
    names = [name for name, (of, _) in EQUIVALENTS.items() if of == network and (name in SECOND) == second]
    changes = [EQUIVALENTS[name][1] for name in names if name not in EACH]
    assert differences(built(network, *changes), network) == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", EQUIVALENTS)
def test_each_is_the_same_network(name: str) -> None:
    network, change = EQUIVALENTS[name]
    assert differences(built(network, change), network) == ()


def test_channels_in_another_order_within_a_block_are_said_not_to_be_compared() -> None:
    said = unseen(built(XS, pixels(blocks_first, blocks_back)), XS)
    assert "The order of the channels that" in said
    assert "space to channel" in said


def test_what_indices_pick_is_said_not_to_be_compared() -> None:
    def by_indices(x: Tensor) -> Tensor:
        order = torch.arange(x.shape[1], device=x.device).view(2, -1).t().flatten()
        return x[:, order]

    said = unseen(built(SHUFFLE, every("ChannelShuffle", by(by_indices))), SHUFFLE)
    assert "Which elements stage2.0.shuffle" in said


def test_what_is_joined_in_place_and_shuffled_is_said_not_to_be_compared() -> None:
    said = unseen(built(SHUFFLE, every("Concat", by(written_in_place))), SHUFFLE)
    assert "The order that stage2.0.shuffle makes of several maps." in said


def test_a_batch_of_images_is_compared_as_well() -> None:
    found = compared(built(SHUFFLE), SHUFFLE, (3, 3, 64, 64)).against
    assert found is not None
    assert found.differences == ()
