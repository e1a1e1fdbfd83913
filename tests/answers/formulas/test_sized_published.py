"""Closed forms of published implementations, which nobody here wrote, at sizes of no pattern: MAdds and activations."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from sized import counted, report_of, values

from muxprof.errors import BadInput

pytest.importorskip("pytorchcv")

#: Module and function of pytorchcv; the sizes that are tried.
ANY = range(120, 340)
#: Their last pool takes 7 x 7 of the maps at a 32nd, and the classifier one position.
SEVENTH = range(193, 225)
MODELS = {
    "resnet10": ("resnet", SEVENTH),
    "squeezenet_v1_1": ("squeezenet", range(209, 225)),
    "mobilenet_wd4": ("mobilenet", SEVENTH),
}
SLOW = {
    "alexnet": ("alexnet", range(199, 231)),
    "zfnet": ("zfnet", range(207, 239)),
    "vgg11": ("vgg", range(224, 256)),
    "efficientnet_b0": ("efficientnet", ANY),
    "mobilenetv2_wd4": ("mobilenetv2", SEVENTH),
    "shufflenetv2_wd2": ("shufflenetv2", range(195, 225)),
    "mixnet_s": ("mixnet", SEVENTH),
    "mnasnet_small": ("mnasnet", SEVENTH),
    "ghostnet": ("ghostnet", SEVENTH),
    "dabnet_cityscapes": ("dabnet", range(128, 300, 4)),
    "erfnet_cityscapes": ("erfnet", range(128, 300, 8)),
}


def agrees(name: str, module: str, sizes: range) -> None:
    """At five sizes, of one image and of several."""
    make: Callable[[], Any] = getattr(importlib.import_module(f"pytorchcv.models.{module}"), name)
    side = 224 if 224 in sizes else sizes[-1]
    report = report_of(make, f"1x3x{side}x{side}")
    assert report.formulas
    rng = random.Random(name)
    tried = odd = 0
    for _ in range(30):
        images, height, width = rng.choice((1, 2, 3, 7)), rng.choice(sizes), rng.choice(sizes)
        try:
            count = counted(make, images, 3, height, width)
        except BadInput:
            continue  # a size that the network cannot work on
        assert values(report, N=images, H=height, W=width) == count
        tried += 1
        odd += height % 2 or width % 2
        if tried == 5:
            break
    assert tried == 5
    assert odd or sizes.step > 1


@pytest.mark.parametrize("name", MODELS)
def test_the_form_of_a_published_network_is_its_count(name: str) -> None:
    agrees(name, *MODELS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_the_form_of_more_published_networks_is_their_count(name: str) -> None:
    agrees(name, *SLOW[name])
