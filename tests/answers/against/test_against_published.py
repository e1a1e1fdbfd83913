"""``--against`` on implementations that nobody wrote for this: every difference is a true one, and explained here.

They are those of pytorchcv 0.0.67 (https://github.com/osmr/imgclsmob).
"""

from __future__ import annotations

import importlib
from typing import TypeAlias

import pytest
import torch
from mutations import compared

Said: TypeAlias = tuple[str | None, str | None, str, str, str]

#: File, model, network; and all differences.
PUBLISHED: list[tuple[str, str, str, list[Said]]] = [
    # They do the shortcut before the convolutions, nest otherwise, pool by a kernel of 7.
    ("resnet", "resnet18", "resnet18", []),
    ("mnasnet", "mnasnet_a1", "mnasnet-a1", []),
    ("alexnet", "alexnetb", "alexnet", []),
    ("darts", "darts", "darts", []),
    (
        # The first block has a 1x1 convolution of its 32 channels, where the paper's table begins with expansion 1;
        # and the classifier, a 1x1 convolution, has no bias.
        "mobilenetv2", "mobilenetv2_w1", "mobilenetv2",
        [
            ("features.stage1.unit1.conv1.conv", None, "layer", "none", "conv2d 1x1 32-32"),
            ("features.stage1.unit1.conv1.bn", None, "layer", "none", "batch norm 32-32"),
            ("output", "head.classifier", "bias", "yes", "no"),
        ],
    ),
    # Another form of it is as the table has it, but for the bias.
    ("mobilenetv2", "mobilenetv2b_w1", "mobilenetv2", [("output", "head.classifier", "bias", "yes", "no")]),
    (
        # The layer of 1280 between pooling and classifier is a 1x1 convolution without bias.
        "mobilenetv3", "mobilenetv3_large_w1", "mobilenetv3-large",
        [("output.conv1", "head.hidden0", "bias", "yes", "no")],
    ),
    (
        # Here it is as wide as in the large one, where Table 2 has 1024.
        "mobilenetv3", "mobilenetv3_small_w1", "mobilenetv3-small",
        [
            ("output.conv1", "head.hidden0", "output channels", "1024", "1280"),
            ("output.conv1", "head.hidden0", "bias", "yes", "no"),
            ("output.conv2", "head.classifier", "input channels", "1024", "1280"),
        ],
    ),
    (
        # The pooling of the stem has no padding and rounds up: the same size, but other windows.
        "shufflenetv2", "shufflenetv2_w1", "shufflenetv2-x1.0",
        [("features.init_block.pool", "stage1.0.pool", "padding", "1", "0")],
    ),
    (
        # Of the first unit of a stage, the side path keeps the input's channels, and the other makes all the rest:
        # in the first stage these are 24 and 92, where both are 58; later they happen to be the same.
        "shufflenetv2b", "shufflenetv2b_w1", "shufflenetv2-x1.0",
        [
            ("features.stage1.unit1.shortcut_conv.conv", "stage2.0.side_project", "output channels", "58", "24"),
            ("features.stage1.unit1.shortcut_conv.bn", "stage2.0.side_project_norm", "output channels", "58", "24"),
            ("features.stage1.unit1.conv2.conv", "stage2.0.project", "output channels", "58", "92"),
            ("features.stage1.unit1.conv2.bn", "stage2.0.project_norm", "output channels", "58", "92"),
        ],
    ),
]  # fmt: skip


#: A plain test run leaves out the others.
QUICK = {"resnet18", "alexnetb", "mobilenetv2_w1", "mobilenetv3_small_w1", "shufflenetv2_w1"}


@pytest.mark.parametrize(
    ("file", "model", "network", "expected"),
    [pytest.param(*each, id=each[1], marks=() if each[1] in QUICK else pytest.mark.slow) for each in PUBLISHED],
)
def test_every_difference_is_known(file: str, model: str, network: str, expected: list[Said]) -> None:
    with torch.device("meta"):
        module = getattr(importlib.import_module(f"pytorchcv.models.{file}"), model)()
    found = compared(module, network, (1, 3, 224, 224)).against
    assert found is not None
    said = [(each.path, each.published_path, each.what, each.expected, each.found) for each in found.differences]
    assert said == expected


def test_alexnet_as_it_was_published_is_not_torchvisions() -> None:
    """Other widths, and local response normalisation, which is said at once and not op by op."""
    alexnet = importlib.import_module("pytorchcv.models.alexnet").alexnet()
    found = compared(alexnet, "alexnet", (1, 3, 224, 224)).against
    assert found is not None
    first = {each.path: each for each in found.differences if each.path == "features.stage1.unit1.mul"}
    assert "avg pool3d, pow(" in first["features.stage1.unit1.mul"].found
    assert [each.what for each in found.differences].count("layer") == 2
