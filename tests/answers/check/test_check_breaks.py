"""The check can fail: real modules broken on purpose, one layer at a time, and wrong cost models.

Every expected number is derived here by hand: weights are out * (in / groups) * K * K, MAdds are weights * H * W of the
output. A break has to be reported at exactly the layers that it changes, by every counter that can see it.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import muxprof
from muxprof.answers.check.answer import unchecked
from muxprof.answers.check.compared import checked
from muxprof.answers.check.types import CheckResult
from muxprof.document.subjects import block_subject, network_subject
from muxprof.document.types import Layer, Subject
from muxprof.nets import build
from muxprof.nets.blocks import InvertedResidual, MuxConv
from muxprof.nets.primitives import ChannelShuffle, Split
from muxprof.records import Cost, Extra, ParamsByKind, TracedCount
from muxprof.spec import Block, IrBlock, MuxBlock
from muxprof.spec.networks import Network
from muxprof.spec.zoo import network
from muxprof.tracing import count

# 8 of 16 channels processed, 32 in the middle, in 16 groups of 2; SE to 6. On 8 x 6: 48 positions.
MUX = MuxBlock(16, Fraction(4), 2, Fraction(1, 2), 3, se=Fraction(3, 4))
# 17 middle channels in two branches of 9 and 8; SE to 6; residual. On 8 x 6.
IR = IrBlock(8, 8, Fraction(17, 8), (3, 5), 1, Fraction(3, 4))
# 16 middle channels, no residual. On 8 x 6, so 4 x 3 = 12 positions after the stride.
IR_STRIDED = IrBlock(8, 12, Fraction(2), (3,), 2)
MUXNET_L = network("muxnet-l")

SUBJECTS: dict[str, Subject] = {
    "mux": block_subject("mux", MUX, 8, 6),
    "ir": block_subject("ir", IR, 8, 6),
    "ir strided": block_subject("ir strided", IR_STRIDED, 8, 6),
    # 64 x 64: stages 0 to 4 work at 32, 16, 8, 4 and 2.
    "muxnet-l": network_subject(MUXNET_L, 64, 64),
}
SPECS: dict[str, Block | Network] = {"mux": MUX, "ir": IR, "ir strided": IR_STRIDED, "muxnet-l": MUXNET_L}

MADDS_COUNTERS = ("FlopCounterMode", "fvcore")
COUNTERS = ("parameters", "FlopCounterMode", "output shapes", "fvcore")

Found = tuple[str, str]  # expected, found
Line = tuple[str, str, str, str, str]  # path, counter, what, expected, found


def check_of(subject: Subject, module: nn.Module) -> CheckResult:
    check = checked(subject, count(module, subject.input_shape)).check
    assert check is not None
    return check


def lines(check: CheckResult) -> list[Line]:
    return [(m.path, m.counter, m.what, m.expected, m.found) for m in check.mismatches]


def statuses(check: CheckResult) -> dict[str, str]:
    return {counter.name: counter.status for counter in check.counters}


@dataclass(frozen=True)
class Break:
    """What is broken, in which module, and what each counter has to say: path -> (expected, found)."""

    subject: str
    what: str
    apply: Callable[[Any], nn.Module | None]
    params: dict[str, Found] = field(default_factory=dict)
    madds: dict[str, Found] = field(default_factory=dict)
    shapes: dict[str, Found] = field(default_factory=dict)

    def expected(self) -> list[Line]:
        return [
            *((path, "parameters", "params", *found) for path, found in self.params.items()),
            *((path, name, "madds", *found) for name in MADDS_COUNTERS for path, found in self.madds.items()),
            *((path, "output shapes", "output shape", *found) for path, found in self.shapes.items()),
        ]


def depthwise(channels: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)


def put(path: str, made: Callable[[], nn.Module]) -> Callable[[nn.Module], None]:
    """Replace the module at ``path``."""

    def apply(module: nn.Module) -> None:
        parent, _, name = path.rpartition(".")
        assert name in dict(module.get_submodule(parent).named_children())
        setattr(module.get_submodule(parent), name, made())

    return apply


def set_to(path: str, name: str, value: object) -> Callable[[nn.Module], None]:
    def apply(module: nn.Module) -> None:
        assert hasattr(module.get_submodule(path), name)
        setattr(module.get_submodule(path), name, value)

    return apply


def remove(name: str) -> Callable[[nn.Module], None]:
    return set_to("", name, None)


class ExtraConv(InvertedResidual):
    """An ir block with a convolution of its own before it."""

    def __init__(self, spec: IrBlock) -> None:
        super().__init__(spec)
        self.extra = nn.Conv2d(8, 8, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(self.extra(x))


class IdleConv(ExtraConv):
    """An ir block that owns a convolution and never runs it."""

    def forward(self, x: Tensor) -> Tensor:
        return InvertedResidual.forward(self, x)


class HiddenConv(MuxConv):
    """A mux block that convolves in its forward, without a module: 16 -> 16 channels, 1 x 1."""

    def __init__(self, spec: MuxBlock) -> None:
        super().__init__(spec)
        self.hidden = nn.Parameter(torch.zeros(16, 16, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.conv2d(x, self.hidden))


class HiddenDepthwise(nn.Module):
    """Any block after a functional depthwise convolution with a weight that is a constant, no parameter."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.__dict__.update(block.__dict__)  # the block's children under their own paths
        self.run: Any = type(block).forward

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.zeros(x.shape[1], 1, 3, 3, device=x.device)
        y: Tensor = self.run(self, functional.conv2d(x, weight, padding=1, groups=x.shape[1]))
        return y


class TwiceConv(nn.Conv2d):
    """A convolution that runs twice."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(super().forward(input))


class WideShuffle(ChannelShuffle):
    """A shuffle that repeats the last channel."""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return torch.cat([y, y[:, -1:]], dim=1)


def wide_squeeze(module: nn.Module) -> None:
    put("se.reduce", lambda: nn.Conv2d(32, 24, 1))(module)
    put("se.expand", lambda: nn.Conv2d(24, 32, 1))(module)


def tie_norms(module: Any) -> None:
    module.conv_norm.weight = module.expand_norm.weight


def other_shares(module: Any) -> None:
    module.conv.split = Split([8, 9])
    module.conv.branch0 = depthwise(8, 3)
    module.conv.branch1 = depthwise(9, 5)


def hide_in(path: str) -> Callable[[nn.Module], None]:
    def apply(module: nn.Module) -> None:
        put(path, lambda: HiddenDepthwise(module.get_submodule(path)))(module)

    return apply


# What the layers of muxnet-l's block stage2.2 are, at 8 x 8: mux K5 E6 40, L .5, G 2, SE .75. So 20 channels
# processed, 120 in the middle in groups of 2, and SE to 15.
GONE_PARAMS = {
    "expand": "2,400 conv",  # 20 * 120
    "expand_norm": "240 norm",
    "conv": "6,000 conv",  # 120 * 2 * 25
    "conv_norm": "240 norm",
    "se.reduce": "1,800 conv + 15 bias",  # 120 * 15
    "se.expand": "1,800 conv + 120 bias",
    "project": "2,400 conv",
    "project_norm": "40 norm",
}
GONE_MADDS = {
    "expand": "153,600",  # 2,400 * 64
    "conv": "384,000",  # 6,000 * 64
    "se.reduce": "1,800",
    "se.expand": "1,800",
    "project": "153,600",
}
MIDDLE, PROCESSED, ALL = "1x120x8x8", "1x20x8x8", "1x40x8x8"
GONE_SHAPES = {
    "split": f"{PROCESSED} + {PROCESSED}",
    **dict.fromkeys(("expand", "expand_norm", "expand_act", "conv", "conv_norm", "conv_act", "se.scale"), MIDDLE),
    **dict.fromkeys(("se.pool", "se.expand", "se.gate"), "1x120x1x1"),
    **dict.fromkeys(("se.reduce", "se.act"), "1x15x1x1"),
    **dict.fromkeys(("project", "project_norm", "add"), PROCESSED),
    **dict.fromkeys(("concat", "shuffle"), ALL),
}


def gone(table: dict[str, str]) -> dict[str, Found]:
    return {f"stage2.2.{path}": (value, "none") for path, value in table.items()}


BREAKS = [
    Break(
        "mux",
        "a kernel 5 instead of 3",  # 32 * 2 * 9 and 32 * 2 * 25 weights, * 48
        put("conv", lambda: nn.Conv2d(32, 32, 5, padding=2, groups=16, bias=False)),
        params={"conv": ("576 conv", "1,600 conv")},
        madds={"conv": ("27,648", "76,800")},
    ),
    Break(
        "mux",
        "half as many groups",  # 32 * 4 * 9 weights
        put("conv", lambda: nn.Conv2d(32, 32, 3, padding=1, groups=8, bias=False)),
        params={"conv": ("576 conv", "1,152 conv")},
        madds={"conv": ("27,648", "55,296")},
    ),
    Break(
        "mux",
        "depthwise in place of G = 2",
        put("conv", lambda: depthwise(32, 3)),
        params={"conv": ("576 conv", "288 conv")},
        madds={"conv": ("27,648", "13,824")},
    ),
    Break(
        "mux",
        "SE without its first bias",
        put("se.reduce", lambda: nn.Conv2d(32, 6, 1, bias=False)),
        params={"se.reduce": ("192 conv + 6 bias", "192 conv")},
    ),
    Break(
        "mux",
        "SE taken from the middle width",  # 32 * 3/4 = 24 instead of 8 * 3/4 = 6
        wide_squeeze,
        params={
            "se.reduce": ("192 conv + 6 bias", "768 conv + 24 bias"),
            "se.expand": ("192 conv + 32 bias", "768 conv + 32 bias"),
        },
        madds={"se.reduce": ("192", "768"), "se.expand": ("192", "768")},
        shapes={"se.reduce": ("1x6x1x1", "1x24x1x1"), "se.act": ("1x6x1x1", "1x24x1x1")},
    ),
    Break(
        "mux",
        "a bias too many",
        put("expand", lambda: nn.Conv2d(8, 32, 1, bias=True)),
        params={"expand": ("256 conv", "256 conv + 32 bias")},
    ),
    Break(
        "mux",
        "the convolution missing",
        put("conv", nn.Identity),
        params={"conv": ("576 conv", "none")},
        madds={"conv": ("27,648", "none")},
    ),
    Break(
        "mux",
        "BatchNorm without affine",
        put("conv_norm", lambda: nn.BatchNorm2d(32, affine=False)),
        params={"conv_norm": ("64 norm", "none")},
    ),
    Break(
        "mux",
        "BatchNorm missing",
        remove("project_norm"),
        params={"project_norm": ("16 norm", "none")},
        shapes={"project_norm": ("1x8x8x6", "none")},
    ),
    Break(
        "mux",
        "LayerNorm-like shift only",
        set_to("expand_norm", "bias", None),
        params={"expand_norm": ("64 norm", "32 norm")},
    ),
    Break(
        "mux",
        "two norms that share their scale",
        tie_norms,
        params={"conv_norm": ("64 norm", "32 norm")},
    ),
    Break(
        "mux",
        "a shuffle that makes a channel",
        put("shuffle", lambda: WideShuffle(2)),
        shapes={"shuffle": ("1x16x8x6", "1x17x8x6")},
    ),
    Break(
        "mux",
        "a convolution that runs twice",
        put("conv", lambda: TwiceConv(32, 32, 3, padding=1, groups=16, bias=False)),
        madds={"conv": ("27,648", "55,296")},
    ),
    Break(
        "mux",
        "a functional convolution in the forward of the block",  # 16 * 16 * 48
        lambda _: HiddenConv(MUX),
        params={"": ("none", "256 linear")},
        madds={"": ("none", "12,288")},
    ),
    Break(
        "ir",
        "a kernel 3 instead of 5 in one branch",  # 8 * 25 and 8 * 9 weights, * 48
        put("conv.branch1", lambda: depthwise(8, 3)),
        params={"conv.branch1": ("200 conv", "72 conv")},
        madds={"conv.branch1": ("9,600", "3,456")},
    ),
    Break(
        "ir",
        "half as many groups in one branch",  # 8 * 2 * 25
        put("conv.branch1", lambda: nn.Conv2d(8, 8, 5, padding=2, groups=4, bias=False)),
        params={"conv.branch1": ("200 conv", "400 conv")},
        madds={"conv.branch1": ("9,600", "19,200")},
    ),
    Break(
        "ir",
        "the remainder in the last branch",  # 9 * 9, 8 * 25 -> 8 * 9, 9 * 25, each * 48
        other_shares,
        params={"conv.branch0": ("81 conv", "72 conv"), "conv.branch1": ("200 conv", "225 conv")},
        madds={"conv.branch0": ("3,888", "3,456"), "conv.branch1": ("9,600", "10,800")},
        shapes={
            "conv.split": ("1x9x8x6 + 1x8x8x6", "1x8x8x6 + 1x9x8x6"),
            "conv.branch0": ("1x9x8x6", "1x8x8x6"),
            "conv.branch1": ("1x8x8x6", "1x9x8x6"),
        },
    ),
    Break(
        "ir",
        "a branch missing",
        put("conv.branch0", nn.Identity),
        params={"conv.branch0": ("81 conv", "none")},
        madds={"conv.branch0": ("3,888", "none")},
    ),
    Break(
        "ir",
        "SE without its last bias",
        put("se.expand", lambda: nn.Conv2d(6, 17, 1, bias=False)),
        params={"se.expand": ("102 conv + 17 bias", "102 conv")},
    ),
    Break(
        "ir",
        "the residual missing",
        remove("add"),
        shapes={"add": ("1x8x8x6", "none")},
    ),
    Break(
        "ir",
        "a convolution too many",  # 8 * 8 * 48
        lambda _: ExtraConv(IR),
        params={"extra": ("none", "64 conv")},
        madds={"extra": ("none", "3,072")},
        shapes={"extra": ("none", "1x8x8x6")},
    ),
    Break(
        "ir",
        "a convolution that is never run",
        lambda _: IdleConv(IR),
        params={"extra": ("none", "64 conv")},
    ),
    Break(
        "ir strided",
        "a stride 1 instead of 2",  # 16 * 9 * 12 -> * 48, and the projection of 16 * 12 weights likewise
        set_to("conv", "stride", (1, 1)),
        madds={"conv": ("1,728", "6,912"), "project": ("2,304", "9,216")},
        shapes={
            **dict.fromkeys(("conv", "conv_norm", "conv_act"), ("1x16x4x3", "1x16x8x6")),
            **dict.fromkeys(("project", "project_norm"), ("1x12x4x3", "1x12x8x6")),
        },
    ),
    Break(
        "muxnet-l",
        "a classifier without bias",
        put("head.classifier", lambda: nn.Linear(1536, 1000, bias=False)),
        params={"head.classifier": ("1,536,000 linear + 1,000 bias", "1,536,000 linear")},
    ),
    Break(
        "muxnet-l",
        "a kernel 3 instead of 5",  # 480 middle channels in groups of 2, 2 x 2 positions
        put("stage4.3.conv", lambda: nn.Conv2d(480, 480, 3, padding=1, groups=240, bias=False)),
        params={"stage4.3.conv": ("24,000 conv", "8,640 conv")},
        madds={"stage4.3.conv": ("96,000", "34,560")},
    ),
    Break(
        "muxnet-l",
        "a kernel 9 instead of 11",  # 720 middle channels in 5 branches of 144, 2 x 2 positions
        put("stage4.0.conv.branch4", lambda: depthwise(144, 9, 2)),
        params={"stage4.0.conv.branch4": ("17,424 conv", "11,664 conv")},
        madds={"stage4.0.conv.branch4": ("69,696", "46,656")},
    ),
    Break(
        "muxnet-l",
        "half as many groups",  # 360 middle channels, 5 x 5, 4 x 4 positions
        put("stage3.5.conv", lambda: nn.Conv2d(360, 360, 5, padding=2, groups=90, bias=False)),
        params={"stage3.5.conv": ("18,000 conv", "36,000 conv")},
        madds={"stage3.5.conv": ("288,000", "576,000")},
    ),
    Break(
        "muxnet-l",
        "a whole block missing",
        put("stage2.2", nn.Identity),
        params=gone(GONE_PARAMS),
        madds=gone(GONE_MADDS),
        shapes={**gone(GONE_SHAPES), "stage2.2": ("none", ALL)},
    ),
    Break(
        "muxnet-l",
        "a functional convolution in the forward of a block",  # 24 * 9 * 16 * 16
        hide_in("stage1.1"),
        madds={"stage1.1": ("none", "55,296")},
    ),
]


@pytest.mark.parametrize("broken", BREAKS, ids=lambda b: f"{b.subject}: {b.what}")
def test_a_broken_layer_is_named(broken: Break) -> None:
    subject = SUBJECTS[broken.subject]
    module = build(SPECS[broken.subject])
    module = broken.apply(module) or module
    check = check_of(subject, module)

    assert check.status == "differ"
    assert sorted(lines(check)) == sorted(broken.expected())
    expected = {
        "parameters": "differ" if broken.params else "agree",
        "FlopCounterMode": "differ" if broken.madds else "agree",
        "output shapes": "differ" if broken.shapes else "agree",
        "fvcore": "differ" if broken.madds else "agree",
    }
    assert statuses(check) == expected
    ops = {layer.path: layer.op for layer in subject.layers}
    assert all(m.op == ops.get(m.path, "?") for m in check.mismatches)
    # In the order in which the layers run, and layers that the spec does not have after them.
    order = list(ops)
    places = [order.index(m.path) if m.path in order else len(order) for m in check.mismatches]
    assert places == sorted(places)
    # The totals are what was found, not what was expected.
    found = {counter.name: counter for counter in check.counters}
    assert found["parameters"].params == sum(p.numel() for p in module.parameters())
    difference = sum(number(theirs) - number(ours) for ours, theirs in broken.madds.values())
    assert found["FlopCounterMode"].madds == found["fvcore"].madds == subject.totals.madds + difference


def number(text: str) -> int:
    return 0 if text == "none" else int(text.replace(",", ""))


@pytest.mark.parametrize("name", list(SUBJECTS))
def test_the_same_modules_unbroken_agree(name: str) -> None:
    check = check_of(SUBJECTS[name], build(SPECS[name]))
    assert check.status == "agree"
    assert check.mismatches == ()
    assert statuses(check) == dict.fromkeys(COUNTERS, "agree")


def test_a_stride_in_the_stem_is_seen_by_every_layer_with_positions() -> None:
    subject = SUBJECTS["muxnet-l"]
    module = build(MUXNET_L)
    set_to("stem.conv", "stride", (1, 1))(module)
    check = check_of(subject, module)
    # SE and the classifier work on one position whatever the resolution.
    convs = [layer for layer in subject.layers if layer.op == "conv2d" and ".se." not in layer.path]
    for name in MADDS_COUNTERS:
        mine = [m for m in check.mismatches if m.counter == name]
        assert [m.path for m in mine] == [layer.path for layer in convs]
        # All sizes of 64 x 64 are even down to 2 x 2: twice the height and twice the width everywhere.
        assert [number(m.found) for m in mine] == [4 * layer.cost.madds for layer in convs]
    assert check.mismatches[0].path == "stem.conv"
    assert statuses(check) == {**dict.fromkeys(COUNTERS, "differ"), "parameters": "agree"}


def failed_reasons(check: CheckResult) -> dict[str, str]:
    reasons = {c.name: c.reason for c in check.counters if c.reason is not None}
    assert all(c.status == "differ" for c in check.counters if c.name in reasons)
    return reasons


def test_a_module_that_cannot_run_is_reported_with_the_layer() -> None:
    """Kernel 5 with the padding of 3 in one branch: 6 x 4 comes out, and the concat raises."""
    module = build(IR)
    put("conv.branch0", lambda: nn.Conv2d(9, 9, 5, padding=1, groups=9, bias=False))(module)
    check = check_of(SUBJECTS["ir"], module)
    assert check.status == "differ"
    # 9 * 9 and 9 * 25 weights; * 48 and * 24 positions. Layers after the failure are not reported as missing.
    assert lines(check) == [
        ("conv.branch0", "parameters", "params", "81 conv", "225 conv"),
        ("conv.branch0", "FlopCounterMode", "madds", "3,888", "5,400"),
        ("conv.branch0", "output shapes", "output shape", "1x9x8x6", "1x9x6x4"),
    ]
    reasons = failed_reasons(check)
    assert reasons.keys() == {"FlopCounterMode", "output shapes", "fvcore"}
    assert all(
        reason.startswith("the forward pass raises RuntimeError: Sizes of tensors") for reason in reasons.values()
    )


def test_a_failure_far_behind_its_cause_names_the_cause_first() -> None:
    """Kernel 5 with the padding of 3 in a mux block: only the residual add raises, after SE and the projection."""
    module = build(MUX)
    put("conv", lambda: nn.Conv2d(32, 32, 5, padding=1, groups=16, bias=False))(module)
    check = check_of(SUBJECTS["mux"], module)
    assert check.status == "differ"
    by_counter = {name: [m for m in check.mismatches if m.counter == name] for name in COUNTERS}
    assert [(m.path, m.expected, m.found) for m in by_counter["parameters"]] == [("conv", "576 conv", "1,600 conv")]
    # 1,600 * 24 positions, and the projection's 32 * 8 weights on 24 instead of 48.
    assert [(m.path, m.expected, m.found) for m in by_counter["FlopCounterMode"]] == [
        ("conv", "27,648", "38,400"),
        ("project", "12,288", "6,144"),
    ]
    shapes = ["conv", "conv_norm", "conv_act", "se.scale", "project", "project_norm"]
    assert [m.path for m in by_counter["output shapes"]] == shapes
    assert {m.path for m in check.mismatches if m.op == "conv2d"} == {"conv", "project"}
    assert check.mismatches[0].path == "conv"
    assert failed_reasons(check).keys() == {"FlopCounterMode", "output shapes", "fvcore"}


def test_a_split_of_other_shapes_stops_the_block_and_is_named() -> None:
    module = build(MUX)
    put("split", lambda: Split([6, 10]))(module)
    check = check_of(SUBJECTS["mux"], module)
    assert check.status == "differ"
    assert lines(check) == [
        ("split", "output shapes", "output shape", "1x8x8x6 + 1x8x8x6", "1x6x8x6 + 1x10x8x6"),
    ]
    assert failed_reasons(check).keys() == {"FlopCounterMode", "output shapes", "fvcore"}


def test_a_network_that_cannot_run_names_the_block() -> None:
    """A reduction with stride 1 in one of its branches: the concat of stage3.0 raises."""
    module = build(MUXNET_L)
    set_to("stage3.0.conv.branch2", "stride", (1, 1))(module)
    check = check_of(SUBJECTS["muxnet-l"], module)
    assert check.status == "differ"
    # 240 middle channels in 4 branches of 60, K = 7: 2,940 weights on 8 x 8 instead of 4 x 4.
    assert lines(check) == [
        ("stage3.0.conv.branch2", "FlopCounterMode", "madds", "47,040", "188,160"),
        ("stage3.0.conv.branch2", "output shapes", "output shape", "1x60x4x4", "1x60x8x8"),
    ]


@pytest.mark.parametrize("name", ["mux", "ir", "muxnet-l"])
def test_an_exception_of_any_kind_is_a_difference_and_not_a_crash(name: str) -> None:
    class Refuses(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise KeyError(f"nothing here for {x.dim()} dimensions")

    module = build(SPECS[name])
    first = SUBJECTS[name].layers[0].path
    put(first, Refuses)(module)
    check = check_of(SUBJECTS[name], module)
    assert check.status == "differ"
    reasons = failed_reasons(check)
    assert reasons.keys() == {"FlopCounterMode", "output shapes", "fvcore"}
    assert all("KeyError" in reason and "nothing here" in reason for reason in reasons.values())


# The other side: a module as it should be, and a cost model that is off by one.

MUXCONV_LAYERS = [layer.path for layer in SUBJECTS["mux"].layers]


def with_layer(subject: Subject, path: str, change: Callable[[Layer], Layer]) -> Subject:
    assert sum(layer.path == path for layer in subject.layers) == 1
    return replace(subject, layers=tuple(change(x) if x.path == path else x for x in subject.layers))


def more_madds(layer: Layer) -> Layer:
    return replace(layer, cost=replace(layer.cost, madds=layer.cost.madds + 1))


def more_params(layer: Layer) -> Layer:
    params = replace(layer.cost.params, conv=layer.cost.params.conv + 1)
    return replace(layer, cost=replace(layer.cost, params=params))


def wider(layer: Layer) -> Layer:
    (n, c, *rest), *others = layer.outputs
    return replace(layer, outputs=((n, c + 1, *rest), *others))


WRONG = {
    "parameters": more_params,
    "FlopCounterMode": more_madds,
    "output shapes": wider,
    "fvcore": more_madds,
}


@pytest.fixture(scope="module")
def mux_counts() -> dict[str, TracedCount]:
    return {found.counter: found for found in count(build(MUX), SUBJECTS["mux"].input_shape)}


@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("path", MUXCONV_LAYERS)
def test_each_counter_catches_an_error_of_one_at_any_layer(
    counter: str, path: str, mux_counts: dict[str, TracedCount]
) -> None:
    subject = with_layer(SUBJECTS["mux"], path, WRONG[counter])
    check = checked(subject, [mux_counts[counter]]).check
    assert check is not None
    assert check.status == "differ"
    assert [(m.path, m.counter) for m in check.mismatches] == [(path, counter)]
    # And right again, with nothing but this counter.
    check = checked(SUBJECTS["mux"], [mux_counts[counter]]).check
    assert check is not None
    assert (check.status, check.mismatches) == ("agree", ())


def test_wrong_madds_of_a_network_layer_are_named_with_both_values() -> None:
    # stage1.1: mux K5 E6 24, L .5, G 2: 12 * 6 = 72 middle channels, 72 * 2 * 25 * 16 * 16 = 921,600.
    subject = with_layer(SUBJECTS["muxnet-l"], "stage1.1.conv", more_madds)
    assert lines(check_of(subject, build(MUXNET_L, "meta"))) == [
        ("stage1.1.conv", "FlopCounterMode", "madds", "921,601", "921,600"),
        ("stage1.1.conv", "fvcore", "madds", "921,601", "921,600"),
    ]


def test_errors_that_cancel_out_in_the_total_are_caught(mux_counts: dict[str, TracedCount]) -> None:
    def less_madds(layer: Layer) -> Layer:
        return replace(layer, cost=replace(layer.cost, madds=layer.cost.madds - 1))

    subject = with_layer(with_layer(SUBJECTS["mux"], "conv", more_madds), "expand", less_madds)
    assert subject.totals.madds == SUBJECTS["mux"].totals.madds
    check = checked(subject, mux_counts.values()).check
    assert check is not None
    assert check.status == "differ"
    assert {(m.path, m.counter) for m in check.mismatches} == {
        (path, name) for path in ("conv", "expand") for name in MADDS_COUNTERS
    }


def test_params_of_the_wrong_kind_are_caught_though_their_sum_is_right(mux_counts: dict[str, TracedCount]) -> None:
    def as_bias(layer: Layer) -> Layer:
        conv = layer.cost.params.conv
        return replace(layer, cost=replace(layer.cost, params=ParamsByKind(conv=conv - 8, bias=8)))

    subject = with_layer(SUBJECTS["mux"], "project", as_bias)
    assert subject.totals.params.total == SUBJECTS["mux"].totals.params.total
    check = checked(subject, mux_counts.values()).check
    assert check is not None
    assert lines(check) == [("project", "parameters", "params", "248 conv + 8 bias", "256 conv")]


def test_a_layer_that_the_module_does_not_have_is_caught(mux_counts: dict[str, TracedCount]) -> None:
    shape = (1, 16, 8, 6)
    ghost = Layer("ghost", "conv2d", (shape,), (shape,), (1, 1), (1, 1), 1, Cost(ParamsByKind(conv=256), 12288))
    subject = replace(SUBJECTS["mux"], layers=(*SUBJECTS["mux"].layers, ghost))
    check = checked(subject, mux_counts.values()).check
    assert check is not None
    assert sorted(lines(check)) == [
        ("ghost", "FlopCounterMode", "madds", "12,288", "none"),
        ("ghost", "fvcore", "madds", "12,288", "none"),
        ("ghost", "output shapes", "output shape", "1x16x8x6", "none"),
        ("ghost", "parameters", "params", "256 conv", "none"),
    ]


@pytest.mark.parametrize("path", MUXCONV_LAYERS)
def test_a_layer_that_the_closed_form_forgets_is_caught(path: str, mux_counts: dict[str, TracedCount]) -> None:
    layers = tuple(layer for layer in SUBJECTS["mux"].layers if layer.path != path)
    check = checked(replace(SUBJECTS["mux"], layers=layers), mux_counts.values()).check
    assert check is not None
    assert check.status == "differ"
    assert {(m.path, m.op) for m in check.mismatches} == {(path, "?")}
    assert "output shapes" in {m.counter for m in check.mismatches}


def test_a_layer_that_the_closed_form_counts_twice_is_caught(mux_counts: dict[str, TracedCount]) -> None:
    """Joined by path, a second layer of the same path must not vanish: the total that is printed has it twice."""
    conv = next(layer for layer in SUBJECTS["mux"].layers if layer.path == "conv")
    subject = replace(SUBJECTS["mux"], layers=(*SUBJECTS["mux"].layers, conv))
    assert subject.totals.madds == SUBJECTS["mux"].totals.madds + 27_648
    check = checked(subject, mux_counts.values()).check
    assert check is not None
    assert check.status == "differ"


def test_a_batch_does_not_change_the_comparison() -> None:
    check = check_of(block_subject("mux", MUX, 8, 6, batch=5), build(MUX))
    assert check.status == "agree"
    assert check.mismatches == ()


def test_a_batch_with_a_broken_layer() -> None:
    module = build(MUX)
    put("conv", lambda: depthwise(32, 3))(module)
    check = check_of(block_subject("mux", MUX, 8, 6, batch=5), module)
    assert {m.path for m in check.mismatches} == {"conv"}
    assert {(m.expected, m.found) for m in check.mismatches if m.what == "madds"} == {("27,648", "13,824")}


def test_a_skipped_check_says_why_and_is_neither_agree_nor_differ() -> None:
    check = unchecked(muxprof.block(), "--no-check").subjects[0].check
    assert check == CheckResult("skipped", reason="--no-check")


# Counters that are missing, and what they add.


@pytest.mark.parametrize("missing", ["fvcore.nn", "fvcore"])
def test_without_fvcore_the_others_decide(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == missing or name.startswith(f"{missing}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    check = check_of(SUBJECTS["mux"], build(MUX))
    assert check.status == "agree"
    assert check.mismatches == ()
    assert statuses(check) == {**dict.fromkeys(COUNTERS, "agree"), "fvcore": "skipped"}
    fvcore = check.counters[-1]
    assert (fvcore.params, fvcore.madds, fvcore.extras) == (None, None, ())
    assert fvcore.reason is not None
    assert "cannot be imported" in fvcore.reason
    assert missing in fvcore.reason

    module = build(MUX)
    put("conv", lambda: depthwise(32, 3))(module)
    broken = check_of(SUBJECTS["mux"], module)
    assert broken.status == "differ"
    assert [(m.path, m.counter) for m in broken.mismatches] == [("conv", "parameters"), ("conv", "FlopCounterMode")]


# muxnet-l at 224 x 224, from its table: per block the channels, the middle channels, and the map's side before and
# after (stride). Norm follows the expansion (at the side before), the KxK convolution and the projection (after it).
REDUCTIONS = [  # out, middle, side before, side after
    (24, 144, 112, 56),
    (40, 144, 56, 28),
    (80, 240, 28, 14),
    (120, 480, 14, 14),
    (160, 720, 14, 7),
    (200, 960, 7, 7),
]
NORMALS = [  # repeats, processed, middle, side
    (2, 12, 72, 56),
    (3, 20, 120, 28),
    (3, 40, 240, 14),
    (3, 60, 360, 14),
    (3, 80, 480, 7),
]


def test_what_fvcore_adds_to_muxnet_l_is_named() -> None:
    subject = network_subject(MUXNET_L, 224, 224)
    check = check_of(subject, build(MUXNET_L, "meta"))
    assert check.status == "agree"
    fvcore = check.counters[-1]
    assert (fvcore.name, fvcore.status, fvcore.madds) == ("fvcore", "agree", 316_454_832)
    normalised = 24 * 112**2 * 3  # stem and both norms of the first block
    normalised += sum(mid * before**2 + (mid + out) * after**2 for out, mid, before, after in REDUCTIONS)
    normalised += sum(n * (2 * mid + processed) * side**2 for n, processed, mid, side in NORMALS)
    normalised += 1536 * 7**2  # head
    norms = 3 + 3 * (6 + 14) + 1
    assert fvcore.extras == (
        Extra("adaptive_avg_pool2d", 1, 1536 * 7 * 7),
        Extra("batch_norm", norms, 2 * normalised),
        # Met and not counted: 15 residuals (the first block and 14 mux blocks), SE in each of 21 blocks, and swish
        # three times in each of the 17 blocks from stage 2 on, in the stem and in the head.
        Extra("add", 15, None),
        Extra("mean", 21, None),
        Extra("mul", 21, None),
        Extra("sigmoid", 21, None),
        Extra("silu", 3 * 17 + 2, None),
    )
    assert all(counter.extras == () for counter in check.counters[:-1])


def test_extras_are_no_difference() -> None:
    """Nothing that fvcore adds counts as a disagreement, and its madds are conv + linear alone."""
    check = check_of(SUBJECTS["mux"], build(MUX))
    fvcore = check.counters[-1]
    # Norm: 32 + 32 + 8 channels on 48 positions, at 2.
    assert Extra("batch_norm", 3, 2 * (32 + 32 + 8) * 48) in fvcore.extras
    # expand 8 * 32 * 48, conv 27,648, SE 192 + 192, project 32 * 8 * 48
    assert fvcore.madds == 12_288 + 27_648 + 192 + 192 + 12_288


# The user's module.


def state_of(module: nn.Module) -> dict[str, Any]:
    """Everything that a user can see of a module, tensors by identity."""
    return {
        "modules": [(path, id(m), type(m)) for path, m in module.named_modules()],
        "training": [m.training for m in module.modules()],
        "hooks": [
            (len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks), len(m._state_dict_hooks))
            for m in module.modules()
        ],
        "parameters": [(n, id(p), p.data_ptr(), p.device, p.requires_grad) for n, p in module.named_parameters()],
        "gradients": [p.grad if p.grad is None else id(p.grad) for p in module.parameters()],
        "buffers": [(n, id(b), b.device, b.dtype) for n, b in module.named_buffers()],
        "attributes": [sorted(m.__dict__) for m in module.modules()],
    }


@pytest.mark.parametrize("name", ["mux", "ir", "muxnet-l"])
def test_the_users_module_is_left_untouched(name: str) -> None:
    torch.manual_seed(7)
    module = build(SPECS[name]).train()
    modules = dict(module.named_modules())
    for index, each in enumerate(modules.values()):  # a mixture, as in fine-tuning
        each.training = index % 3 != 0
        for parameter in each.parameters(recurse=False):
            parameter.requires_grad_(index % 2 == 0)
    trained = next(p for p in module.parameters() if p.requires_grad)
    trained.grad = torch.ones_like(trained)
    calls: list[str] = []
    handle = module.register_full_backward_hook(lambda *_: calls.append("backward"))
    for buffer in module.buffers():
        if buffer.is_floating_point():
            buffer.uniform_()
    before, values = state_of(module), copy.deepcopy(module.state_dict())
    random = torch.get_rng_state()

    check = check_of(SUBJECTS[name], module)

    assert check.status == "agree"
    assert state_of(module) == before
    after = module.state_dict()
    assert after.keys() == values.keys()
    assert all(torch.equal(after[key], values[key]) for key in values)
    assert torch.equal(trained.grad, torch.ones_like(trained))
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.is_grad_enabled()
    assert calls == []
    handle.remove()


def test_a_module_on_the_meta_device_stays_there() -> None:
    module = build(MUX, "meta")
    before = state_of(module)
    assert check_of(SUBJECTS["mux"], module).status == "agree"
    assert state_of(module) == before
    assert {p.device.type for p in module.parameters()} == {b.device.type for b in module.buffers()} == {"meta"}


def test_a_module_that_fails_is_left_untouched_too() -> None:
    module = build(IR).train()
    put("conv.branch0", lambda: nn.Conv2d(9, 9, 5, padding=1, groups=9, bias=False))(module)
    before, values = state_of(module), copy.deepcopy(module.state_dict())
    assert check_of(SUBJECTS["ir"], module).status == "differ"
    assert state_of(module) == before
    assert all(torch.equal(value, values[key]) for key, value in module.state_dict().items())


def test_counting_twice_finds_the_same() -> None:
    module = build(MUX).train()
    assert count(module, (1, 16, 8, 6)) == count(module, (1, 16, 8, 6))
