"""Random valid blocks of every type: the closed form equals what is counted in the real module, layer by layer.

Three counts that share no code with the closed form are taken from each module: the package's adapters (parameters,
FlopCounterMode, output shapes, fvcore on a subset), and, here in the test, the plain sum of ``numel`` and the plain
total of FlopCounterMode, together with one weight use per output position taken from forward hooks.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from muxprof.answers.check.compared import checked
from muxprof.cost.ops import kinds
from muxprof.document.subjects import block_subject
from muxprof.document.types import Subject
from muxprof.nets import build
from muxprof.spec import Block, DsBlock, IrBlock, MuxBlock
from muxprof.spec.checks import ACTIVATIONS
from muxprof.tracing import count
from muxprof.tracing.counters.parameters import count_parameters
from muxprof.tracing.counters.run import count_on_meta

FVCORE_EXAMPLES = 30
PROFILE = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # the first trace in a process imports sympy
)


@dataclass(frozen=True)
class Case:
    block: Block
    height: int
    width: int


KERNELS = st.sampled_from((1, 3, 5, 7, 9, 11))
RATIOS = st.one_of(
    st.none(),
    st.builds(Fraction, st.integers(1, 40), st.sampled_from((1, 3, 4, 16, 20))).filter(lambda ratio: ratio <= 16),
)
ACTS = st.sampled_from(ACTIVATIONS)
DILATIONS = st.sampled_from((1, 1, 2, 3, 4))
SIZES = st.tuples(st.integers(1, 13), st.integers(1, 13))
EVEN_SIZES = SIZES.map(lambda size: (2 * size[0], 2 * size[1]))


@st.composite
def ds_cases(draw: st.DrawFn) -> Case:
    given_channels = draw(st.integers(1, 24))
    made = draw(st.one_of(st.just(given_channels), st.integers(1, 24)))
    stride = draw(st.sampled_from((1, 2)))
    block = DsBlock(
        given_channels,
        made,
        draw(KERNELS),
        stride,
        draw(RATIOS),
        draw(ACTS),
        draw(st.booleans()),
        dilation=draw(DILATIONS),
        undo_stride=stride == 2 and draw(st.booleans()),
    )
    return Case(block, *draw(SIZES))


@st.composite
def ir_cases(draw: st.DrawFn, count_of_kernels: int) -> Case:
    given_channels = draw(st.integers(1, 16))
    made = draw(st.one_of(st.just(given_channels), st.integers(1, 16)))
    kernels = tuple(draw(st.lists(KERNELS, min_size=count_of_kernels, max_size=count_of_kernels)))
    middle = draw(st.integers(count_of_kernels, 40))
    stride = draw(st.sampled_from((1, 2)))
    block = IrBlock(
        given_channels,
        made,
        Fraction(middle, given_channels),
        kernels,
        stride,
        draw(RATIOS),
        draw(ACTS),
        draw(st.booleans()),
        dilation=draw(DILATIONS),
        undo_stride=stride == 2 and draw(st.booleans()),
    )
    return Case(block, *draw(SIZES))


@st.composite
def mux_cases(draw: st.DrawFn, entries: int) -> Case:
    spatial = tuple(draw(st.lists(st.sampled_from((-1, 0, 1)), min_size=entries, max_size=entries)))
    group = draw(st.integers(1, 6))
    middle = draw(middles(spatial)) if spatial else group * draw(st.integers(1, 10))
    processed = draw(st.integers(1, 12))
    left = 2 * draw(st.sampled_from((0, 0, 1, 2, 3, 6))) + processed % 2  # makes C even, which the shuffle needs
    channels = processed + left
    block = MuxBlock(
        channels,
        Fraction(middle, processed),
        group,
        Fraction(left, channels),
        draw(KERNELS),
        spatial,
        draw(RATIOS),
        draw(ACTS),
        draw(st.booleans()),
        dilation=draw(DILATIONS),
    )
    return Case(block, *draw(EVEN_SIZES if -1 in spatial else SIZES))


@st.composite
def middles(draw: st.DrawFn, spatial: tuple[int, ...]) -> int:
    """Middle channels whose split gives every superpixel branch a multiple of 4; only the first takes a remainder."""
    each = draw(st.integers(1, 4)) * 4 if 1 in spatial else draw(st.integers(1, 10))
    rests = [rest for rest in range(len(spatial)) if spatial[0] != 1 or rest % 4 == 0]
    return each * len(spatial) + draw(st.sampled_from(rests))


# Each family of blocks with the number of its examples.
FAMILIES: tuple[tuple[st.SearchStrategy[Case], int], ...] = (
    (ds_cases(), 70),
    *((ir_cases(count_of_kernels), 45) for count_of_kernels in range(1, 6)),
    (mux_cases(0), 100),
    *((mux_cases(entries), 60) for entries in range(1, 5)),
)
ANY = st.one_of(*(cases for cases, _ in FAMILIES))


def channels_of(block: Block) -> int:
    return block.channels if isinstance(block, MuxBlock) else block.in_channels


def subject_of(case: Case) -> Subject:
    return block_subject("random", case.block, case.height, case.width)


def counted_by_hand(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Params; MAdds as half the total of FlopCounterMode; MAdds as the weights of each conv times its positions."""
    uses = 0

    def observe(conv: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
        nonlocal uses
        assert isinstance(conv, nn.Conv2d)
        uses += conv.weight.numel() * output.shape[2] * output.shape[3]

    hooks = [m.register_forward_hook(observe) for m in module.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(shape, device="meta"))
    for hook in hooks:
        hook.remove()
    flops = counter.get_total_flops()
    assert flops % 2 == 0
    return sum(p.numel() for p in module.parameters()), flops // 2, uses


def seen_in(case: Case, subject: Subject) -> set[str]:
    """What an example covers, in words."""
    block = case.block
    words = {type(block).__name__, block.act, f"norm {block.norm}", f"SE {block.se is not None}"}
    words |= {f"op {layer.op}" for layer in subject.layers}
    words.add("dilated" if block.dilation > 1 else "not dilated")
    words.add("square" if case.height == case.width else "rectangular")
    if case.height % 2 or case.width % 2:
        words.add("odd size")
    if isinstance(block, MuxBlock):
        words.add(f"{len(block.spatial)} entries of S")
        words |= {f"S {entry}" for entry in block.spatial}
        words.add("left out" if block.leave_out else "nothing left out")
        if len(set(block.branches)) > 1:
            words.add("odd split by S")
        if not block.spatial:
            words.add("G 1" if block.group == 1 else "G above 1")
            if block.group == block.middle:
                words.add("one group")
    else:
        words |= {f"stride {block.stride}", f"residual {block.residual}"}
        words.add("stride undone" if block.undo_stride else "stride as it is")
    if isinstance(block, IrBlock):
        words.add(f"{len(block.kernels)} kernels")
        if block.middle % len(block.kernels):
            words.add("odd split by K")
        if block.expansion.denominator > 1:
            words.add("fractional E")
    return words


# Upsampling is that of a segmentation head: test_segmentation.py.
ZERO_COST = kinds() - {"conv2d", "linear", "batch_norm", "upsample"}
# What the examples have to contain, and how often. The first are the least that this test promises.
WANTED = {
    **dict.fromkeys(("DsBlock", "IrBlock", "MuxBlock", "S -1", "S 0", "S 1"), 20),
    **dict.fromkeys(("odd split by S", "odd split by K", "rectangular", "odd size", "G above 1", "fractional E"), 20),
    **dict.fromkeys(("dilated", "not dilated", "stride undone", "stride as it is"), 20),
    **dict.fromkeys(("norm True", "norm False", "SE True", "SE False", *ACTIVATIONS), 20),
    **dict.fromkeys(("stride 1", "stride 2", "residual True", "residual False", "left out", "nothing left out"), 20),
    **dict.fromkeys((f"op {kind}" for kind in ("conv2d", "batch_norm", *ZERO_COST)), 20),
    **dict.fromkeys((f"{n} kernels" for n in range(1, 6)), 10),
    **dict.fromkeys((f"{n} entries of S" for n in range(5)), 10),
    **dict.fromkeys(("G 1", "one group"), 5),
}


def test_zero_cost_ops_are_the_expected_ones() -> None:
    expected = {"act", "pool", "add", "mul", "split", "concat", "shuffle", "space_to_channel", "channel_to_space"}
    assert expected == ZERO_COST


@pytest.mark.parametrize("share", [4, pytest.param(1, marks=pytest.mark.slow)], ids=["a quarter", "all"])
def test_formula_equals_module_on_random_blocks(share: int) -> None:
    distinct: set[Case] = set()
    coverage: Counter[str] = Counter()

    def formula_equals_module(case: Case) -> None:
        shape = (1, channels_of(case.block), case.height, case.width)
        subject = subject_of(case)
        module = build(case.block, "meta")
        params, madds, uses = counted_by_hand(module, shape)
        assert subject.totals.params.total == params > 0
        assert subject.totals.madds == madds == uses > 0

        check = checked(subject, [count_parameters(module), *count_on_meta(module, shape)]).check
        assert check is not None
        assert check.mismatches == ()
        assert check.status == "agree"
        assert [(c.name, c.status, c.params, c.madds) for c in check.counters] == [
            ("parameters", "agree", params, None),
            ("FlopCounterMode", "agree", None, madds),
            ("output shapes", "agree", None, None),
        ]
        for layer in subject.layers:
            if layer.op in ZERO_COST:
                assert layer.cost.madds == layer.cost.params.total == 0
                assert layer.cost.activations > 0
                assert layer.cost.traffic_bytes > 0
        if case not in distinct:
            distinct.add(case)
            coverage.update(seen_in(case, subject))

    for cases, examples in FAMILIES:
        settings(PROFILE, max_examples=examples // share)(given(cases)(formula_equals_module))()

    # The strategy is not weak: at least 500 different blocks in all, and enough of everything that a block can be.
    assert len(distinct) >= 500 // share
    assert {word: coverage[word] for word, least in WANTED.items() if coverage[word] < least // share} == {}


def test_fvcore_agrees_on_random_blocks() -> None:
    types: Counter[str] = Counter()

    @settings(PROFILE, max_examples=FVCORE_EXAMPLES)
    @given(ANY)
    def fvcore_agrees(case: Case) -> None:
        shape = (1, channels_of(case.block), case.height, case.width)
        module = build(case.block)
        subject = checked(subject_of(case), count(module, shape))
        assert subject.check is not None
        assert subject.check.mismatches == ()
        assert subject.check.status == "agree"
        names = [counter.name for counter in subject.check.counters]
        assert names == ["parameters", "FlopCounterMode", "output shapes", "fvcore"]
        fvcore = subject.check.counters[-1]
        assert fvcore.status == "agree"
        assert fvcore.madds == subject.totals.madds > 0
        # fvcore's BatchNorm, 2 per element of each normalised map, is named and not absorbed.
        norms = [layer for layer in subject.layers if isinstance(module.get_submodule(layer.path), nn.BatchNorm2d)]
        normalised = sum(math.prod(layer.outputs[0]) for layer in norms)
        assert sum(e.madds or 0 for e in fvcore.extras if e.op == "batch_norm") == 2 * normalised
        types[type(case.block).__name__] += 1

    fvcore_agrees()
    assert types.keys() == {"DsBlock", "IrBlock", "MuxBlock"}
    assert types.total() >= FVCORE_EXAMPLES
