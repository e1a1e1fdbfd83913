"""Models that nobody wrote for this: published implementations, counted by muxprof and by everybody else.

The implementations are those of pytorchcv 0.0.67 (https://github.com/osmr/imgclsmob), each with the number of weights
that its author states in its source. Where torchvision publishes the same architecture, its figure (in units of 10^9
multiply-adds, three decimals, https://pytorch.org/vision/stable/models.html) is the expected value for MAdds, too.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import muxprof

#: File, model, weights by its author, 10^9 MAdds by torchvision where it has the same architecture, input size.
PUBLISHED: list[tuple[str, str, int, float | None, int]] = [
    ("alexnet", "alexnetb", 61_100_840, 0.714, 224),
    ("condensenet", "condensenet74_c8_g8", 2_935_416, None, 224),
    ("darknet", "darknet_tiny", 1_042_104, None, 224),
    ("densenet", "densenet121", 7_978_856, 2.834, 224),
    ("dla", "dla46c", 1_301_400, None, 224),
    ("dpn", "dpn68", 12_611_602, None, 224),
    ("efficientnet", "efficientnet_b0", 5_288_548, 0.386, 224),
    ("fbnet", "fbnet_cb", 5_572_200, None, 224),
    ("ghostnet", "ghostnet", 5_180_840, None, 224),
    ("hardnet", "hardnet39ds", 3_488_228, None, 224),
    ("igcv3", "igcv3_w1", 3_491_688, None, 224),
    ("inceptionv3", "inceptionv3", 23_834_568, 5.713, 299),
    ("menet", "menet108_8x1_g3", 654_516, None, 224),
    ("mnasnet", "mnasnet_b1", 4_383_312, 0.314, 224),
    ("mobilenet", "mobilenet_w1", 4_231_976, None, 224),
    ("mobilenetv2", "mobilenetv2b_w1", 3_503_872, 0.301, 224),
    ("mobilenetv3", "mobilenetv3_large_w1", 5_481_752, 0.217, 224),
    ("peleenet", "peleenet", 2_802_248, None, 224),
    ("resnet", "resnet18", 11_689_512, 1.814, 224),
    ("resnet", "resnet50b", 25_557_032, 4.089, 224),
    ("resnext", "resnext50_32x4d", 25_028_904, 4.230, 224),
    ("seresnet", "seresnet10", 5_463_332, None, 224),
    ("shufflenet", "shufflenet_g2_w1", 1_733_848, None, 224),
    ("shufflenetv2", "shufflenetv2_w1", 2_278_604, 0.145, 224),
    ("squeezenet", "squeezenet_v1_0", 1_248_424, 0.819, 224),
    ("squeezenet", "squeezenet_v1_1", 1_235_496, 0.349, 224),
    ("squeezenext", "sqnxt23_w1", 724_056, None, 224),
    ("vgg", "vgg11", 132_863_336, 7.609, 224),
]


@pytest.mark.parametrize(
    ("file", "name", "weights", "billions", "size"),
    [
        pytest.param(*row, id=row[1], marks=() if row[3] or row[2] < 2_000_000 else pytest.mark.slow)
        for row in PUBLISHED
    ],
)
def test_a_published_implementation(file: str, name: str, weights: int, billions: float | None, size: int) -> None:
    make = getattr(importlib.import_module(f"pytorchcv.models.{file}"), name)
    report = muxprof.trace(make, (1, 3, size, size))
    (subject,) = report.subjects
    assert subject.complete
    assert subject.totals.params.total == weights
    with torch.device("meta"):
        module = make().eval()
    assert subject.totals.madds == flop_counter_mode(module, size)
    if billions is not None:
        assert round(subject.totals.madds / 1e9, 3) == billions


@pytest.mark.parametrize(
    ("file", "name"),
    [row[:2] for row in PUBLISHED if row[2] < 1_500_000],
)
def test_fvcore_finds_the_same_convolutions_and_linear_layers(file: str, name: str) -> None:
    module = getattr(importlib.import_module(f"pytorchcv.models.{file}"), name)().eval()
    analysis = FlopCountAnalysis(module, torch.zeros(1, 3, 224, 224))
    operators = analysis.unsupported_ops_warnings(False).by_operator()
    counted = sum(int(operators[key]) for key in ("conv", "linear", "matmul", "addmm"))
    report = muxprof.trace(module, (1, 3, 224, 224), check=True)
    assert report.subjects[0].totals.madds == counted
    assert report.agrees


def flop_counter_mode(module: nn.Module, size: int) -> int:
    """What torch's own counter says, called as its documentation does."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.zeros(1, 3, size, size, device="meta"))
    flops: Any = counter.get_total_flops()
    assert flops % 2 == 0
    return int(flops) // 2
