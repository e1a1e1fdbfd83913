"""The zoo's networks: cited totals, every layer in agreement with every counter, and layers worked out by hand.

Totals that are cited: MUXNet-m and MUXNet-l as counted in the authors' released code
(https://github.com/human-analysis/MUXConv, ``muxnet.py``), with E = 4 in MUXNet-m's last reduction as there;
MobileNetV2's 3,504,872 params as documented by torchvision (``MobileNet_V2_Weights``, ``num_params``) and its
300,774,272 MAdds as they follow from Table 2 of Sandler et al., CVPR 2018 (https://arxiv.org/abs/1801.04381). The
second way to each of them is in this file: the published tables, walked row by row with plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import pytest
import torch

from muxprof.answers.check.compared import checked
from muxprof.document.subjects import network_subject
from muxprof.document.types import Layer, Subject
from muxprof.nets import build
from muxprof.records import ParamsByKind
from muxprof.spec.networks import Head
from muxprof.spec.zoo import names, network
from muxprof.tracing import count

CITED = {
    "muxnet-m": (3_354_276, 216_808_112),
    "muxnet-l": (4_041_178, 316_454_832),
    "mobilenetv2": (3_504_872, 300_774_272),
}
# The published size; one that is no multiple of 32, odd and rectangular; and a rectangular multiple of 32.
SIZES = [(224, 224), (193, 160), (96, 256)]

EVERY_NETWORK = pytest.mark.parametrize("name", list(CITED))
EVERY_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@cache
def subject_of(name: str, height: int = 224, width: int = 224) -> Subject:
    return network_subject(network(name), height, width)


@cache
def layers_of(name: str, height: int = 224, width: int = 224) -> dict[str, Layer]:
    return {layer.path: layer for layer in subject_of(name, height, width).layers}


# The published tables, walked by a second, smaller model of the same networks: convolutions only, norm after each, and
# a stride of 2 halves each side and rounds up, which is what a padding of half an odd kernel does.


@dataclass
class Walk:
    """What has been counted so far, and the size of the map."""

    height: int
    width: int
    params: int = 0
    madds: int = 0
    rows: list[tuple[int, int]] = field(default_factory=list)

    def conv(self, given: int, made: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        if stride == 2:
            self.height, self.width = (self.height + 1) // 2, (self.width + 1) // 2
        weights = made * (given // groups) * kernel**2
        self.params += weights + 2 * made
        self.madds += weights * self.height * self.width

    def depthwise(self, shares: list[int], kernels: list[int], stride: int = 1) -> None:
        """Parallel branches and one norm over all of them."""
        if stride == 2:
            self.height, self.width = (self.height + 1) // 2, (self.width + 1) // 2
        weights = sum(share * kernel**2 for share, kernel in zip(shares, kernels, strict=True))
        self.params += weights + 2 * sum(shares)
        self.madds += weights * self.height * self.width

    def squeeze_excite(self, width: int, inner: int) -> None:
        self.params += 2 * width * inner + inner + width
        self.madds += 2 * width * inner

    def linear(self, given: int, made: int) -> None:
        self.params += given * made + made
        self.madds += given * made

    def row(self) -> None:
        """The end of a row: note what it came to."""
        params, madds = map(sum, zip(*self.rows, strict=True)) if self.rows else (0, 0)
        self.rows.append((self.params - params, self.madds - madds))


def muxnet(walk: Walk, kernel: int, expansions: tuple[int, ...], repeats: int, wide: int, head: int) -> Walk:
    """MUXNet from ``muxnet.py``.

    ``kernel`` is that of the first normal blocks and ``expansions`` the E of rows 2, 3, 4, 6 and 10, ``wide`` the
    channels of row 8: the ways in which m and l differ, besides the repeats of rows 5, 7 and 9 and the head.
    """
    e2, e3, e4, e6, e10 = expansions
    walk.conv(3, 24, 3, 2)
    walk.row()
    walk.depthwise([24], [3])
    walk.squeeze_excite(24, 6)
    walk.conv(24, 24)
    walk.row()

    def reduction(given: int, made: int, e: int, kernels: list[int], stride: int, shares: list[int]) -> None:
        walk.conv(given, e * given)
        walk.depthwise(shares, kernels, stride)
        walk.squeeze_excite(e * given, given * 3 // 4)
        walk.conv(e * given, made)
        walk.row()

    def normal(times: int, channels: int, e: int, k: int) -> None:
        half = channels // 2
        for _ in range(times):
            walk.conv(half, e * half)
            walk.conv(e * half, e * half, k, groups=e * half // 2)
            walk.squeeze_excite(e * half, half * 3 // 4)
            walk.conv(e * half, half)
        walk.row()

    def shares(middle: int, branches: int) -> list[int]:
        return [middle // branches + middle % branches, *[middle // branches] * (branches - 1)]

    reduction(24, 24, e2, [3], 2, [24 * e2])
    normal(2, 24, e3, kernel)
    reduction(24, 40, e4, [3, 5, 7], 2, shares(24 * e4, 3))
    normal(repeats, 40, 6, kernel)
    reduction(40, 80, e6, [3, 5, 7, 9], 2, shares(40 * e6, 4))
    normal(repeats, 80, 6, 5)
    reduction(80, wide, 6, [5], 1, [480])
    normal(repeats, wide, 6, 5)
    reduction(wide, 160, e10, [3, 5, 7, 9, 11], 2, shares(wide * e10, 5))
    normal(3, 160, 6, 5)
    reduction(160, 200, 6, [3], 1, [960])
    walk.conv(200, head)
    walk.linear(head, 1000)
    walk.row()
    return walk


def mobilenetv2(walk: Walk) -> Walk:
    """Sandler et al., Table 2: t, c, n, s."""
    walk.conv(3, 32, 3, 2)
    walk.row()
    given = 32
    for t, c, n, s in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        for index in range(n):
            if t > 1:
                walk.conv(given, t * given)
            walk.depthwise([t * given], [3], s if index == 0 else 1)
            walk.conv(t * given, c)
            given = c
        walk.row()
    walk.conv(320, 1280)
    walk.linear(1280, 1000)
    walk.row()
    return walk


def walked(name: str, height: int, width: int) -> Walk:
    walk = Walk(height, width)
    if name == "muxnet-m":
        return muxnet(walk, 3, (4, 4, 4, 4, 4), 2, 112, 1280)
    if name == "muxnet-l":
        return muxnet(walk, 5, (6, 6, 6, 6, 6), 3, 120, 1536)
    return mobilenetv2(walk)


def blocks_of_rows(name: str) -> Iterator[tuple[str, ...]]:
    """The path prefixes of each row of the tables, in order."""
    yield ("stem.",)
    if name == "mobilenetv2":
        rows = {"stage0": [1], "stage1": [2], "stage2": [3], "stage3": [4, 3], "stage4": [3, 1]}
    else:
        n = 2 if name == "muxnet-m" else 3
        rows = {"stage0": [1], "stage1": [1, 2], "stage2": [1, n], "stage3": [1, n, 1, n], "stage4": [1, 3, 1]}
    for stage, repeats in rows.items():
        start = 0
        for times in repeats:
            yield tuple(f"{stage}.{index}." for index in range(start, start + times))
            start += times
    yield ("head.",)


def test_the_zoo_holds_what_is_tested_here() -> None:
    assert CITED.keys() <= set(names())


@EVERY_NETWORK
def test_cited_totals(name: str) -> None:
    totals = subject_of(name).totals
    assert (totals.params.total, totals.madds) == CITED[name]
    # And of the module, without muxprof's counters.
    assert sum(p.numel() for p in build(network(name), "meta").parameters()) == CITED[name][0]


@EVERY_NETWORK
def test_published_tables_lead_to_the_cited_totals(name: str) -> None:
    walk = walked(name, 224, 224)
    assert (walk.params, walk.madds) == CITED[name]


@EVERY_NETWORK
@EVERY_SIZE
def test_each_row_is_that_of_the_published_table(name: str, size: tuple[int, int]) -> None:
    walk = walked(name, *size)
    layers = subject_of(name, *size).layers
    found = []
    for prefixes in blocks_of_rows(name):
        mine = [layer.cost for layer in layers if layer.path.startswith(prefixes)]
        found.append((sum(cost.params.total for cost in mine), sum(cost.madds for cost in mine)))
    assert found == walk.rows
    assert subject_of(name, *size).totals.madds == walk.madds


@EVERY_NETWORK
@EVERY_SIZE
def test_every_counter_agrees_at_every_layer(name: str, size: tuple[int, int]) -> None:
    subject = subject_of(name, *size)
    check = checked(subject, count(build(network(name), "meta"), subject.input_shape)).check
    assert check is not None
    assert check.mismatches == ()
    assert check.status == "agree"
    params, walk = CITED[name][0], walked(name, *size)
    assert [(c.name, c.status, c.params, c.madds) for c in check.counters] == [
        ("parameters", "agree", params, None),
        ("FlopCounterMode", "agree", None, walk.madds),
        ("output shapes", "agree", None, None),
        ("fvcore", "agree", None, walk.madds),
    ]
    assert all(c.layers == len(subject.layers) for c in check.counters)


@EVERY_NETWORK
def test_every_layer_is_a_leaf_of_the_module_and_every_leaf_a_layer(name: str) -> None:
    module = build(network(name), "meta")
    leaves = [path for path, leaf in module.named_modules() if next(leaf.children(), None) is None]
    paths = [layer.path for layer in subject_of(name).layers]
    assert len(paths) == len(set(paths))
    assert set(paths) == set(leaves)


@EVERY_NETWORK
def test_real_images_make_logits(name: str) -> None:
    torch.manual_seed(0)
    module = build(network(name).with_classes(7))
    with torch.no_grad():
        logits = module(torch.randn(2, 3, 65, 48))
    assert logits.shape == (2, 7)
    assert bool(torch.isfinite(logits).all())


@EVERY_NETWORK
def test_other_numbers_of_classes_change_the_classifier_alone(name: str) -> None:
    ten = network_subject(network(name).with_classes(10), 224, 224).totals
    head = network(name).head
    assert isinstance(head, Head)
    features = head.features
    assert features is not None
    assert (ten.params.total, ten.madds) == (CITED[name][0] - 990 * (features + 1), CITED[name][1] - 990 * features)


# Layers by hand, at 224 x 224 unless said otherwise: weights * positions.


def assert_layer(layer: Layer, params: ParamsByKind, madds: int, made: tuple[int, ...]) -> None:
    assert (layer.cost.params, layer.cost.madds, layer.outputs) == (params, madds, (made,))


def test_muxnet_m_splits_its_last_reduction() -> None:
    """Row 10: 4 * 112 = 448 middle channels in 5 branches; 448 = 5 * 89 + 3, so 92, 89, 89, 89, 89; 14 -> 7."""
    layers, module = layers_of("muxnet-m"), build(network("muxnet-m"), "meta")
    shares, kernels = (92, 89, 89, 89, 89), (3, 5, 7, 9, 11)
    split = layers["stage4.0.conv.split"]
    assert split.inputs == ((1, 448, 14, 14),)
    assert split.outputs == tuple((1, share, 14, 14) for share in shares)
    # 92 * 9, 89 * 25, 89 * 49, 89 * 81, 89 * 121; each * 49
    weights = (828, 2_225, 4_361, 7_209, 10_769)
    madds = (40_572, 109_025, 213_689, 353_241, 527_681)
    for index, (share, kernel) in enumerate(zip(shares, kernels, strict=True)):
        layer = layers[f"stage4.0.conv.branch{index}"]
        assert_layer(layer, ParamsByKind(conv=weights[index]), madds[index], (1, share, 7, 7))
        assert (layer.kernel, layer.stride, layer.groups) == ((kernel, kernel), (2, 2), share)
        weight = module.get_parameter(f"stage4.0.conv.branch{index}.weight")
        assert weight.shape == (share, 1, kernel, kernel)
    assert layers["stage4.0.conv.concat"].outputs == ((1, 448, 7, 7),)
    assert layers["stage4.0.expand"].cost.params == ParamsByKind(conv=112 * 448)
    assert layers["stage4.0.project"].cost.params == ParamsByKind(conv=448 * 160)


@pytest.mark.parametrize(
    ("name", "path", "shares"),
    [
        ("muxnet-m", "stage2.0", (32, 32, 32)),  # 96
        ("muxnet-m", "stage3.0", (40, 40, 40, 40)),  # 160
        ("muxnet-l", "stage2.0", (48, 48, 48)),  # 144
        ("muxnet-l", "stage3.0", (60, 60, 60, 60)),  # 240
        ("muxnet-l", "stage4.0", (144, 144, 144, 144, 144)),  # 720
    ],
)
def test_kernel_lists_split_the_middle_channels(name: str, path: str, shares: tuple[int, ...]) -> None:
    module = build(network(name), "meta")
    branches = [layer for layer in subject_of(name).layers if layer.path.startswith(f"{path}.conv.branch")]
    assert [layer.outputs[0][1] for layer in branches] == list(shares)
    assert [layer.kernel for layer in branches] == [(3 + 2 * i, 3 + 2 * i) for i in range(len(shares))]
    assert [tuple(module.get_parameter(f"{layer.path}.weight").shape) for layer in branches] == [
        (share, 1, 3 + 2 * i, 3 + 2 * i) for i, share in enumerate(shares)
    ]


def test_muxnet_m_layers_by_hand() -> None:
    layers = layers_of("muxnet-m")
    # 24 * 3 * 9 on 112 * 112 = 12,544
    assert_layer(layers["stem.conv"], ParamsByKind(conv=648), 8_128_512, (1, 24, 112, 112))
    assert_layer(layers["stem.conv_norm"], ParamsByKind(norm=48), 0, (1, 24, 112, 112))
    # The first block: 24 * 9 and 24 * 24 on 12,544, SE to 24 / 4 = 6
    assert_layer(layers["stage0.0.conv"], ParamsByKind(conv=216), 2_709_504, (1, 24, 112, 112))
    assert_layer(layers["stage0.0.se.reduce"], ParamsByKind(conv=144, bias=6), 144, (1, 6, 1, 1))
    assert_layer(layers["stage0.0.project"], ParamsByKind(conv=576), 7_225_344, (1, 24, 112, 112))
    # Row 2: expands before it strides; 24 * 96 on 12,544, 96 * 9 on 56 * 56 = 3,136
    assert_layer(layers["stage1.0.expand"], ParamsByKind(conv=2_304), 28_901_376, (1, 96, 112, 112))
    assert_layer(layers["stage1.0.conv"], ParamsByKind(conv=864), 2_709_504, (1, 96, 56, 56))
    # Row 3: 12 of 24 processed, 48 in the middle, 2 per group: 48 * 2 * 9 on 3,136; SE to 12 * 3/4 = 9
    assert_layer(layers["stage1.1.conv"], ParamsByKind(conv=864), 2_709_504, (1, 48, 56, 56))
    assert layers["stage1.1.conv"].groups == 24
    assert_layer(layers["stage1.1.se.expand"], ParamsByKind(conv=432, bias=48), 432, (1, 48, 1, 1))
    assert layers["stage1.1.split"].outputs == ((1, 12, 56, 56), (1, 12, 56, 56))
    # Row 9: 56 of 112 processed, 336 in the middle: 56 * 336 and 336 * 2 * 25 on 14 * 14 = 196
    assert_layer(layers["stage3.4.expand"], ParamsByKind(conv=18_816), 3_687_936, (1, 336, 14, 14))
    assert_layer(layers["stage3.5.conv"], ParamsByKind(conv=16_800), 3_292_800, (1, 336, 14, 14))
    # Head: 200 * 1280 on 49; 1280 * 1000
    assert_layer(layers["head.conv"], ParamsByKind(conv=256_000), 12_544_000, (1, 1280, 7, 7))
    assert_layer(layers["head.classifier"], ParamsByKind(linear=1_280_000, bias=1_000), 1_280_000, (1, 1000))


def test_muxnet_l_layers_by_hand() -> None:
    layers = layers_of("muxnet-l")
    # Row 3: 12 processed, 72 in the middle: 72 * 2 * 25 on 3,136
    assert_layer(layers["stage1.2.conv"], ParamsByKind(conv=3_600), 11_289_600, (1, 72, 56, 56))
    # Row 8: 80 * 480, 480 * 25, 480 * 120 on 196; no residual, as 80 is not 120
    assert_layer(layers["stage3.4.expand"], ParamsByKind(conv=38_400), 7_526_400, (1, 480, 14, 14))
    assert_layer(layers["stage3.4.conv"], ParamsByKind(conv=12_000), 2_352_000, (1, 480, 14, 14))
    assert_layer(layers["stage3.4.project"], ParamsByKind(conv=57_600), 11_289_600, (1, 120, 14, 14))
    assert "stage3.4.add" not in layers
    # Row 10: 144 channels at K = 11 on 49; SE from the width of the input: 120 * 3/4 = 90
    assert_layer(layers["stage4.0.conv.branch4"], ParamsByKind(conv=17_424), 853_776, (1, 144, 7, 7))
    assert_layer(layers["stage4.0.se.reduce"], ParamsByKind(conv=64_800, bias=90), 64_800, (1, 90, 1, 1))
    # Head: 200 * 1536 on 49; 1536 * 1000
    assert_layer(layers["head.conv"], ParamsByKind(conv=307_200), 15_052_800, (1, 1536, 7, 7))
    assert_layer(layers["head.classifier"], ParamsByKind(linear=1_536_000, bias=1_000), 1_536_000, (1, 1000))


def test_mobilenetv2_layers_by_hand() -> None:
    layers = layers_of("mobilenetv2")
    # 32 * 27 on 12,544; the block with t = 1 has no expansion
    assert_layer(layers["stem.conv"], ParamsByKind(conv=864), 10_838_016, (1, 32, 112, 112))
    assert "stage0.0.expand" not in layers
    assert_layer(layers["stage0.0.project"], ParamsByKind(conv=512), 6_422_528, (1, 16, 112, 112))
    # 16 * 96 on 12,544, 96 * 9 on 3,136
    assert_layer(layers["stage1.0.expand"], ParamsByKind(conv=1_536), 19_267_584, (1, 96, 112, 112))
    assert_layer(layers["stage1.0.conv"], ParamsByKind(conv=864), 2_709_504, (1, 96, 56, 56))
    # 960 * 320 on 49
    assert_layer(layers["stage4.3.project"], ParamsByKind(conv=307_200), 15_052_800, (1, 320, 7, 7))
    assert_layer(layers["head.classifier"], ParamsByKind(linear=1_280_000, bias=1_000), 1_280_000, (1, 1000))


def test_odd_sizes_round_up_at_each_stride() -> None:
    """193 x 160: 97 x 80, 49 x 40, 25 x 20, 13 x 10, 7 x 5."""
    sides = {"stem": (97, 80), "stage1": (49, 40), "stage2": (25, 20), "stage3": (13, 10), "stage4": (7, 5)}
    for name in CITED:
        layers = layers_of(name, 193, 160)
        for stage, side in sides.items():
            last = [layer for path, layer in layers.items() if path.startswith(f"{stage}.")][-1]
            assert last.outputs[0][2:] == side
        assert layers["head.pool"].inputs[0][2:] == (7, 5)
    # The last branch of MUXNet-m's row 10 again: 89 * 121 weights on 7 * 5
    assert layers_of("muxnet-m", 193, 160)["stage4.0.conv.branch4"].cost.madds == 376_915


@EVERY_NETWORK
def test_params_by_kind_and_their_independence_of_the_size(name: str) -> None:
    kinds = subject_of(name).totals.params
    assert all(subject_of(name, *size).totals.params == kinds for size in SIZES)
    head = network(name).head
    assert isinstance(head, Head)
    features = head.features
    assert features is not None
    assert kinds.linear == features * 1000
    module = build(network(name), "meta")
    assert kinds.norm == sum(
        p.numel() for path, p in module.named_parameters() if "_norm." in path and path.endswith(("weight", "bias"))
    )
    # Biases: of the classifier and of SE, which MobileNetV2 does not have.
    squeezes = sum(p.numel() for path, p in module.named_parameters() if ".se." in path and path.endswith(".bias"))
    assert kinds.bias == 1000 + squeezes
    assert (squeezes == 0) == (name == "mobilenetv2")
    assert kinds.total == CITED[name][0]
