"""Segmentation heads on dilated backbones: totals by hand, agreement at every layer, and the dilation itself.

Dilation comes with as much more padding, so that no counter sees it: it is compared here with the rule of the released
code, stated a second time, and by what it is for: at every fourth position the dilated backbone computes what the
backbone as a classifier does.

Source of the rule and the heads: https://github.com/CSAILVision/semantic-segmentation-pytorch,
``mit_semseg/models/models.py`` (``ResnetDilated``, ``MobileNetV2Dilated``, ``C1``, ``PPM``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import nn

import muxprof
from muxprof.answers.check.compared import checked
from muxprof.answers.report import Report
from muxprof.document.subjects import network_subject
from muxprof.document.types import Layer
from muxprof.nets import build
from muxprof.spec import zoo
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.classic import AnyBlock, BasicBlock, ConvBlock, ShuffleBlock
from muxprof.spec.dilate import segmented
from muxprof.spec.networks import Head, Network, Stage, Stem
from muxprof.spec.segmentation import PpmHead
from muxprof.tracing import count

BACKBONES = [name for name in zoo.names() if name not in ("darts", "alexnet")]
EVERY_BACKBONE = pytest.mark.parametrize("name", BACKBONES)
EVERY_HEAD = pytest.mark.parametrize("head", ["c1", "ppm"])

#: Without classifier and last 1x1 convolution: totals that everybody can look up (see test_zoo.py), less those.
BACKBONE_PARAMS = {
    "resnet18": (512, 11_689_512 - 513 * 1000),
    "mobilenetv2": (320, 3_504_872 - 1281 * 1000 - (320 * 1280 + 2 * 1280)),
    "muxnet-m": (200, 3_354_276 - 1281 * 1000 - (200 * 1280 + 2 * 1280)),
    "shufflenetv2-x1.0": (464, 2_278_604 - 1025 * 1000 - (464 * 1024 + 2 * 1024)),
    "mobilenetv3-small": (96, 2_542_856 - 1025 * 1000 - 577 * 1024 - (96 * 576 + 2 * 576)),
}


def c1_params(width: int) -> int:
    return width * (width // 4) * 9 + 2 * (width // 4) + (width // 4) * 150 + 150


def ppm_params(width: int) -> int:
    return 4 * (width * 512 + 2 * 512) + (width + 4 * 512) * 512 * 9 + 2 * 512 + 512 * 150 + 150


def layers(report: Report) -> dict[str, Layer]:
    return {layer.path: layer for layer in report.subjects[0].layers}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Where other processes are at work too, threads of small convolutions wait for one another most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# --- what it costs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BACKBONE_PARAMS)
def test_params_are_those_of_the_backbone_and_the_head(name: str) -> None:
    width, backbone = BACKBONE_PARAMS[name]
    for head, params in (("c1", c1_params(width)), ("ppm", ppm_params(width))):
        made = muxprof.model(name, head=head)
        assert made.subjects[0].totals.params.total == backbone + params
        assert made.subjects[0].layers[-1].outputs == ((1, 150, 28, 28),)


def test_resnet18_by_hand() -> None:
    # At 224: stem on 112 x 112, stage 1 on 56 x 56, and everything from stage 2 on at 28 x 28.
    positions = 28 * 28
    backbone = (
        64 * 3 * 49 * 112**2
        + 4 * 64 * 64 * 9 * 56**2
        + positions * (64 * 128 * 9 + 3 * 128 * 128 * 9 + 64 * 128)
        + positions * (128 * 256 * 9 + 3 * 256 * 256 * 9 + 128 * 256)
        + positions * (256 * 512 * 9 + 3 * 512 * 512 * 9 + 256 * 512)
    )
    c1 = positions * (512 * 128 * 9 + 128 * 150)
    ppm = (1 + 4 + 9 + 36) * 512 * 512 + positions * ((512 + 4 * 512) * 512 * 9 + 512 * 150)
    for head, madds in (("c1", c1), ("ppm", ppm)):
        made = muxprof.model("resnet18", 224, head=head)
        assert made.subjects[0].totals.madds == backbone + madds
        found = layers(made)
        for path in ("stage3.0.conv1", "stage3.0.down", "stage4.0.conv1", "stage4.1.conv2"):
            assert (found[path].stride, found[path].outputs[0][2:]) == ((1, 1), (28, 28))
        assert found["stage4.0.down"].cost.madds == 256 * 512 * positions


def test_mobilenetv2_row_by_row() -> None:
    # Sandler et al., Table 2 (t, c, n, s), with the last two strides of 2 undone; the last 1x1 convolution is gone.
    rows = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 1), (6, 96, 3, 1), (6, 160, 3, 1), (6, 320, 1, 1))
    side, given, madds = 112, 32, 3 * 32 * 9 * 112**2
    for t, c, n, s in rows:
        for index in range(n):
            if t > 1:
                madds += given * t * given * side**2
            side = side // s if index == 0 else side
            madds += t * given * 9 * side**2 + t * given * c * side**2
            given = c
    assert side == 28
    c1 = 28**2 * (320 * 80 * 9 + 80 * 150)
    assert muxprof.model("mobilenetv2", 224, head="c1").subjects[0].totals.madds == madds + c1


def test_layers_of_a_pyramid_by_hand() -> None:
    found = layers(muxprof.model("resnet18", "48x80", head="ppm", classes=7))
    head = {path.removeprefix("head."): layer for path, layer in found.items() if path.startswith("head.")}
    order = [f"{name}{level}{after}" for level in range(4) for name, after in PARTS]
    assert list(head) == [*order, "concat", "conv", "conv_norm", "conv_act", "classifier"]
    for level, scale in enumerate((1, 2, 3, 6)):
        assert head[f"pool{level}"].outputs == ((1, 512, scale, scale),)
        assert head[f"conv{level}"].cost.madds == 512 * 512 * scale**2
        up = head[f"upsample{level}"]
        assert (up.inputs, up.outputs) == (((1, 512, scale, scale),), ((1, 512, 6, 10),))
        assert (up.op, up.cost.madds, up.cost.params.total) == ("upsample", 0, 0)
        assert (up.cost.activations, up.cost.traffic_bytes) == (512 * 60, 4 * 512 * (60 + scale**2))
    assert head["concat"].inputs == ((1, 512, 6, 10),) * 5
    assert head["conv"].cost.params.total == 2560 * 512 * 9
    assert (head["classifier"].op, head["classifier"].outputs) == ("conv2d", ((1, 7, 6, 10),))
    assert (head["classifier"].cost.params.conv, head["classifier"].cost.params.bias) == (512 * 7, 7)


PARTS = (("pool", ""), ("conv", ""), ("conv", "_norm"), ("conv", "_act"), ("upsample", ""))


# --- that it is so --------------------------------------------------------------------------------------------------


@EVERY_BACKBONE
@EVERY_HEAD
# Maps of 7 x 8, and of 5 x 5, which is less than the pyramid's 6.
@pytest.mark.parametrize("size", ["49x64", pytest.param("33", marks=pytest.mark.slow)])
def test_all_counters_agree_at_every_layer(name: str, head: str, size: str) -> None:
    sides = (7, 8) if size == "49x64" else (5, 5)
    if name in ("muxnet-xs", "muxnet-s"):  # their subpixel branches need even maps
        size, sides = ("64x96", (8, 12)) if size == "49x64" else ("32", (4, 4))
    subject = muxprof.model(name, size, head=head, check=True).subjects[0]
    check = subject.check
    assert check is not None
    assert check.mismatches == ()
    assert {counter.name: counter.status for counter in check.counters} == dict.fromkeys(
        ("parameters", "FlopCounterMode", "output shapes", "fvcore"), "agree"
    )
    assert subject.layers[-1].outputs == ((1, 150, *sides),)
    # What fvcore adds for pooling and upsampling has names of its own: inputs, and 4 for each output of a bilinear.
    extras = {extra.op: extra.madds for extra in check.counters[-1].extras}
    width = subject.spec.head.in_channels
    if head == "ppm":
        assert extras["adaptive_avg_pool2d"] == 4 * width * math.prod(sides)
        assert extras["upsample_bilinear2d"] == 4 * 4 * 512 * math.prod(sides)
    else:
        assert "upsample_bilinear2d" not in extras


@EVERY_BACKBONE
@EVERY_HEAD
def test_every_layer_is_a_leaf_of_the_module_and_every_leaf_a_layer(name: str, head: str) -> None:
    network = segmented(zoo.network(name), head)
    leaves = [path for path, leaf in build(network, "meta").named_modules() if next(leaf.children(), None) is None]
    paths = [layer.path for layer in network_subject(network, 64, 64).layers]
    assert len(paths) == len(set(paths))
    assert set(paths) == set(leaves)


@EVERY_HEAD
def test_real_images_make_scores(head: str) -> None:
    torch.manual_seed(0)
    module = build(segmented(zoo.network("shufflenetv2-x0.5"), head, 7))
    with torch.no_grad():
        scores = module(torch.randn(2, 3, 65, 48))
    assert scores.shape == (2, 7, 9, 6)
    assert bool(torch.isfinite(scores).all())


def test_the_pyramid_is_that_of_the_source() -> None:
    """The head's module against the same head written with functions, on weights that it shares."""
    torch.manual_seed(0)
    stage = Stage("stage1", (DsBlock(8, 8),))
    network = Network("net", Stem(8), (stage,), PpmHead(8, 5, 4, (1, 2, 3, 6)))
    head = build(network).get_submodule("head").double()
    x = torch.randn(2, 8, 7, 9, dtype=torch.float64)
    functional = nn.functional
    parts = [x]
    for level, scale in enumerate((1, 2, 3, 6)):
        y = functional.conv2d(functional.adaptive_avg_pool2d(x, scale), head.get_parameter(f"conv{level}.weight"))
        y = functional.relu(head.get_submodule(f"conv{level}_norm")(y))
        parts.append(functional.interpolate(y, (7, 9), mode="bilinear", align_corners=False))
    y = functional.conv2d(torch.cat(parts, 1), head.get_parameter("conv.weight"), padding=1)
    y = functional.relu(head.get_submodule("conv_norm")(y))
    y = functional.conv2d(y, head.get_parameter("classifier.weight"), head.get_parameter("classifier.bias"))
    assert torch.equal(head(x), y)


# --- the dilation ---------------------------------------------------------------------------------------------------


def convolutions(module: nn.Module) -> dict[str, nn.Conv2d]:
    return {path: part for path, part in module.named_modules() if isinstance(part, nn.Conv2d)}


@EVERY_BACKBONE
def test_every_convolution_is_dilated_by_the_rule_of_the_source(name: str) -> None:
    # Stages 3 and 4 of all of these begin with a stride of 2, as its layer3 and layer4, or features 7 and 14, do.
    classifier = convolutions(build(zoo.network(name), "meta"))
    found = convolutions(build(segmented(zoo.network(name), "c1"), "meta"))
    backbone = {path for path in classifier if not path.startswith("head.")}
    assert backbone == {path for path in found if not path.startswith("head.")}
    strided = {"stage3": 0, "stage4": 0}
    for path in backbone:
        old, new, stage = classifier[path], found[path], path.split(".")[0]
        assert new.weight.shape == old.weight.shape
        if stage not in strided:
            assert (new.stride, new.dilation, new.padding) == (old.stride, old.dilation, old.padding)
            continue
        dilate = 2 if stage == "stage3" else 4
        if old.stride == (2, 2):
            strided[stage] += 1
            dilate //= 2
        (kernel, _) = old.kernel_size
        apart = dilate if kernel > 1 else 1
        assert (new.stride, new.dilation) == ((1, 1), (apart, apart)), path
        assert new.padding == (apart * (kernel - 1) // 2,) * 2, path
    assert min(strided.values()) > 0
    assert all(conv.dilation == (1, 1) for path, conv in found.items() if path.startswith("head."))


def without_squeeze(network: Network) -> Network:
    """Squeeze and excite sees the mean over the whole map, and that is another on a larger one."""

    def plain(block: AnyBlock) -> AnyBlock:
        return replace(block, se=None) if isinstance(block, (DsBlock, IrBlock, MuxBlock)) else block

    return replace(network, stages=tuple(replace(s, blocks=tuple(map(plain, s.blocks))) for s in network.stages))


def network_of(*blocks: AnyBlock) -> Network:
    last = blocks[-1]
    width = last.channels if isinstance(last, MuxBlock) else last.out_channels  # type: ignore[union-attr]
    return Network("net", Stem(16, stride=4), (Stage("stage1", blocks),), Head(width))


#: Blocks of every type whose stride is undone, then blocks of stride 1 behind them; some keep their channels at a
#: stride, and with them have no residual, or a projection, that a block of stride 1 would have, or would not have.
EVERY_TYPE = network_of(
    ConvBlock(16, 16, 5, 2),
    DsBlock(16, 16, 5, 2),
    DsBlock(16, 16, 3, 1),
    IrBlock(16, 16, Fraction(2), (3, 5), 2),
    MuxBlock(16, Fraction(2), 2, Fraction(1, 2), 5),
    ConvBlock(16, 12, 5, 1, padding=1),
    ConvBlock(12, 16, 1, 1),
    BasicBlock(16, 16, 2),
    BasicBlock(16, 16),
    ShuffleBlock(16, 16, 2),
    ShuffleBlock(16, 16),
    ConvBlock(16, 8, 3, 2, padding=0),
    ConvBlock(8, 8, 3, 1),
)


BY_FOUR = ["mobilenetv2", "resnet18", "shufflenetv2-x1.0", "muxnet-m", "mobilenetv3-small", "mnasnet-a1"]


def last_map(network: Network, x: torch.Tensor, weights: dict[str, torch.Tensor]) -> torch.Tensor:
    module: Any = build(network).double()
    kept = {name: tensor for name, tensor in weights.items() if not name.startswith("head.")}
    missing, unexpected = module.load_state_dict(kept, strict=False)
    assert not unexpected
    assert all(name.startswith("head.") for name in missing)
    with torch.no_grad():
        y = module.stem(x)
        for stage in network.stages:
            y = module.get_submodule(stage.name)(y)
    assert isinstance(y, torch.Tensor)
    return y


@pytest.mark.parametrize(
    ("network", "sides", "apart"),
    [
        *((without_squeeze(zoo.network(name)), (49, 64), 4) for name in BY_FOUR),
        (EVERY_TYPE, (1037, 1280), 32),
    ],
    ids=[*BY_FOUR, "every type"],
)
def test_a_dilated_backbone_sees_what_the_classifier_sees(network: Network, sides: tuple[int, int], apart: int) -> None:
    torch.manual_seed(1)
    weights = build(network).double().state_dict()
    for tensor in weights.values():
        if tensor.dim() == 1:  # norms, so that they are no identities
            tensor.uniform_(0.5, 1.5)
    x = torch.randn(1, 3, *sides, dtype=torch.float64)
    as_classifier, dilated = (last_map(n, x, weights) for n in (network, segmented(network, "c1")))
    assert min(as_classifier.shape[2:]) > 1
    assert float(as_classifier.std()) > 1e-6
    torch.testing.assert_close(dilated[:, :, ::apart, ::apart], as_classifier, rtol=1e-9, atol=1e-12)


def test_every_type_keeps_its_params_and_is_proven() -> None:
    made = segmented(EVERY_TYPE, "c1")
    subjects = [network_subject(network, 1037, 1280) for network in (EVERY_TYPE, made)]
    backbones = [
        sum(layer.cost.params.total for layer in subject.layers if not layer.path.startswith("head."))
        for subject in subjects
    ]
    assert backbones[0] == backbones[1]
    check = checked(subjects[1], count(build(made, "meta"), (1, 3, 1037, 1280))).check
    assert check is not None
    assert check.mismatches == ()
    assert {counter.status for counter in check.counters} == {"agree"}


def test_a_wrong_dilation_is_seen_here_alone() -> None:
    network = segmented(EVERY_TYPE, "c1")
    module = build(network, "meta")
    wrong = convolutions(module)["stage1.8.conv2"]
    assert wrong.dilation == (8, 8)
    wrong.dilation = wrong.padding = (1, 1)
    check = checked(network_subject(network, 1037, 1280), count(module, (1, 3, 1037, 1280))).check
    assert check is not None
    assert check.status == "agree"  # no count and no shape tells
    wrong.padding = (2, 2)
    check = checked(network_subject(network, 1037, 1280), count(module, (1, 3, 1037, 1280))).check
    assert check is not None
    assert check.status == "differ"


def test_spatial_multiplexing_is_dilated_in_every_branch() -> None:
    block = MuxBlock(16, Fraction(3), spatial=(-1, 0, 1), kernel=5)
    network = replace(network_of(block), stem=Stem(16, stride=8))
    network = replace(network, stages=(Stage("stage1", (ConvBlock(16, 16, 3, 2), block)),))
    made = segmented(network, "c1")
    found = convolutions(build(made, "meta"))
    for branch in range(3):
        conv = found[f"stage1.1.conv.branch{branch}.conv"]
        assert (conv.dilation, conv.padding) == ((2, 2), (4, 4))
    assert any("every branch is dilated" in note for note in made.notes)
    with pytest.raises(muxprof.BadInput, match=r"stage1\.1: W = 9 is odd"):
        network_subject(made, 40, 64)
