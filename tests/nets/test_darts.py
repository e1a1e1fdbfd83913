"""DARTS: totals summed a second time over the genotype, every counter in agreement, layers worked out by hand.

The genotype and the rules are those of the authors' code (https://github.com/quark0/darts, ``cnn/genotypes.py``,
``cnn/model.py``, ``cnn/operations.py``), written down here once more, so that a slip in the zoo shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import pytest
import torch

import muxprof
from muxprof.answers.check.compared import checked
from muxprof.document.subjects import network_subject
from muxprof.document.types import Layer, Subject
from muxprof.nets import build
from muxprof.spec import codec, zoo
from muxprof.spec.cells import MAX_CELLS, CellStack
from muxprof.tracing import count

NORMAL = "sep3 0, sep3 1, sep3 0, sep3 1, sep3 1, skip 0, skip 0, dil3 2"
REDUCE = "max 0, max 1, skip 2, max 1, max 0, skip 2, skip 2, max 1"
WORDS = {"sep_conv_3x3": "sep3", "dil_conv_3x3": "dil3", "skip_connect": "skip", "max_pool_3x3": "max"}

#: The published size; two whose sides are no multiples of 32, odd among them; and a rectangle.
SIZES = [(224, 224), (221, 190), (189, 160), (96, 256)]
EVERY_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@dataclass
class Sum:
    """Params and MAdds so far."""

    params: int = 0
    madds: int = 0

    def conv(self, given: int, made: int, kernel: int, positions: int, groups: int = 1) -> None:
        weights = made * (given // groups) * kernel**2
        self.params += weights
        self.madds += weights * positions

    def norm(self, channels: int) -> None:
        self.params += 2 * channels


def up(size: int, by: int) -> int:
    return -(-size // by)


def summed(height: int, width: int) -> tuple[int, int]:
    """Params and MAdds of the network, added up operation by operation."""

    def area(by: int) -> int:
        return up(height, by) * up(width, by)

    s = Sum()
    for given, made, by in ((3, 24, 2), (24, 48, 4), (48, 48, 8)):
        s.conv(given, made, 3, area(by))
        s.norm(made)
    widths, c, by = [48, 48], 48, 8
    for index in range(14):
        reduces = index in (4, 9)
        c *= 2 if reduces else 1
        # Two halves of the channels or a plain 1x1: the same weights and positions.
        for given in widths[-2:]:
            s.conv(given, c, 1, area(by))
            s.norm(c)
        by *= 2 if reduces else 1
        for words in (REDUCE if reduces else NORMAL).split(", "):
            for _ in range({"sep3": 2, "dil3": 1}.get(words.split()[0], 0)):
                s.conv(c, c, 3, area(by), groups=c)
                s.conv(c, c, 1, area(by))
                s.norm(c)
        widths.append(4 * c)
    assert widths[-1] == 768
    return s.params + 769 * 1000, s.madds + 768 * 1000


@cache
def subject(size: str = "224") -> Subject:
    return muxprof.model("darts", size).subjects[0]


def layers() -> dict[str, Layer]:
    return {layer.path: layer for layer in subject().layers}


def stack() -> CellStack:
    (block,) = zoo.network("darts").stages[0].blocks
    assert isinstance(block, CellStack)
    return block


def small(**changes: object) -> CellStack:
    one_node = (("sep_conv_3x3", 0), ("skip_connect", 1))
    return replace(CellStack(4, 8, 3, one_node, one_node), **changes)  # type: ignore[arg-type]


def test_the_genotype_is_the_published_one() -> None:
    for edges, written in ((stack().normal, NORMAL), (stack().reduce, REDUCE)):
        assert ", ".join(f"{WORDS[name]} {source}" for name, source in edges) == written
    assert (stack().cells, stack().channels, stack().reductions, stack().out_channels) == (14, 48, (4, 9), 768)


@EVERY_SIZE
def test_totals_as_summed_a_second_time(size: tuple[int, int]) -> None:
    totals = subject(f"{size[0]}x{size[1]}").totals
    assert (totals.params.total, totals.madds) == summed(*size)


def test_totals_that_the_notes_state() -> None:
    totals, network = subject().totals, zoo.network("darts")
    assert (totals.params.total, totals.madds) == (4_718_752, 529_911_552)
    assert network.published is not None
    assert (network.published.params, network.published.madds) == ("4.7 M", "574 M")
    assert f"{totals.madds / 1e6:.1f} M" in network.notes[0]
    assert f"{totals.params.total / 1e6:.2f} M" in network.notes[0]


def test_a_count_of_the_authors_module_comes_out_in_that_counters_convention() -> None:
    # flops-counter.pytorch adds 2 per BatchNorm element, 1 per activation and the inputs of pools. Issue 46 of
    # quark0/darts has its result for DARTS_V2: 544.59 M.
    extra = 0
    for layer in subject().layers:
        elements = torch.Size(layer.inputs[0]).numel()
        extra += {"batch_norm": 2, "act": 1, "pool": 1}.get(layer.op, 0) * elements
    assert subject().totals.madds + extra == 544_588_032
    assert "544.59 M" in zoo.network("darts").notes[1]


def test_every_counter_agrees_at_every_layer_at_sizes_of_no_special_kind() -> None:
    check = muxprof.model("darts", "221x190", check=True).subjects[0].check  # more sizes: test_zoo.py
    assert check is not None
    assert check.mismatches == ()
    assert {counter.name: counter.status for counter in check.counters} == dict.fromkeys(
        ("parameters", "FlopCounterMode", "output shapes", "fvcore"), "agree"
    )


@pytest.mark.parametrize(
    "spec",
    [
        small(),
        small(cells=1),
        small(cells=2),
        small(cells=7, normal=(("sep_conv_5x5", 1), ("avg_pool_3x3", 0), ("dil_conv_5x5", 2), ("sep_conv_7x7", 0))),
        small(reduce=(("skip_connect", 0), ("dil_conv_5x5", 1), ("avg_pool_3x3", 1), ("sep_conv_7x7", 2))),
        small(reduce=(("dil_conv_3x3", 0), ("sep_conv_5x5", 1), ("max_pool_3x3", 2), ("skip_connect", 0))),
    ],
    ids=lambda spec: f"{spec.cells} cells",
)
@pytest.mark.parametrize("size", [(64, 64), (61, 96)], ids=str)
def test_other_stacks_agree_too(spec: CellStack, size: tuple[int, int]) -> None:
    network = zoo.network("darts")
    stage = replace(network.stages[0], blocks=(spec,))
    stem, head = replace(network.stem, out_channels=4), replace(network.head, in_channels=spec.out_channels)
    network = replace(network, stem=stem, stages=(stage,), head=head)
    counts = count(build(network, "meta"), (1, 3, *size))
    check = checked(network_subject(network, *size), counts).check
    assert check is not None
    assert check.mismatches == ()
    assert {counter.status for counter in check.counters} == {"agree"}


def test_layers_by_hand() -> None:
    found = layers()
    stem = "stage1.0.stem"
    assert found[f"{stem}0.conv"].outputs == ((1, 48, 56, 56),)
    assert found[f"{stem}0.conv"].cost.madds == 48 * 24 * 9 * 56 * 56
    assert f"{stem}0.conv_act" not in found
    assert found[f"{stem}1.conv"].outputs == ((1, 48, 28, 28),)

    cells = "stage1.0.cells"
    # Cells 0, 5 and 10 halve what the last but one gave.
    halved = sorted(path for path in found if path.endswith("pre0.conv2"))
    assert halved == [f"{cells}.{index}.pre0.conv2" for index in (0, 10, 5)]
    second = found[f"{cells}.10.pre0.conv2"]
    assert (second.inputs, second.outputs) == (((1, 384, 13, 13),), ((1, 96, 7, 7),))
    assert (second.kernel, second.stride, second.cost.madds) == ((1, 1), (2, 2), 384 * 96 * 49)
    assert found[f"{cells}.10.pre0.norm"].cost.params.norm == 2 * 192

    depthwise = found[f"{cells}.3.node1.edge0.conv1"]
    assert (depthwise.groups, depthwise.kernel, depthwise.cost.madds) == (48, (3, 3), 48 * 9 * 28 * 28)
    assert found[f"{cells}.3.node1.edge0.project2"].cost.madds == 48 * 48 * 28 * 28
    assert not any(path.startswith(f"{cells}.3.node2.edge1.") for path in found)  # a skip
    assert found[f"{cells}.3.node3.edge1.conv"].outputs == ((1, 48, 28, 28),)  # dilated, the size kept

    pool = found[f"{cells}.4.node0.edge0.pool"]
    assert (pool.inputs, pool.outputs, pool.stride) == (((1, 96, 28, 28),), ((1, 96, 14, 14),), (2, 2))
    assert found[f"{cells}.13.concat"].outputs == ((1, 768, 7, 7),)
    assert found["head.classifier"].cost.params.total == 769 * 1000


def test_the_module_is_what_the_genotype_says() -> None:
    module = build(zoo.network("darts"), "meta")
    cell = module.get_submodule("stage1.0.cells.3")
    dilated = cell.get_submodule("node3.edge1.conv")
    assert isinstance(dilated, torch.nn.Conv2d)
    assert (dilated.dilation, dilated.padding, dilated.groups) == ((2, 2), (2, 2), 48)
    assert [type(m).__name__ for m in cell.get_submodule("node0.edge0").children()] == [
        "ReLU", "Conv2d", "Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "Conv2d", "BatchNorm2d",
    ]  # fmt: skip


def test_halving_sees_both_diagonals_of_a_square() -> None:
    halve = build(small(), "cpu").get_submodule("cells.0.pre0")
    x = torch.rand(1, 8, 6, 4)
    conv1, conv2 = halve.get_submodule("conv1"), halve.get_submodule("conv2")
    assert isinstance(conv1, torch.nn.Conv2d)
    assert isinstance(conv2, torch.nn.Conv2d)
    halve.register_module("norm", torch.nn.Identity())
    expected = [
        torch.einsum("oc,nchw->nohw", conv.weight[:, :, 0, 0], part)
        for conv, part in ((conv1, x[:, :, ::2, ::2]), (conv2, x[:, :, 1::2, 1::2]))
    ]
    assert torch.allclose(halve(x), torch.cat(expected, 1), atol=1e-6)


def test_possible_sizes_are_those_at_which_the_module_runs() -> None:
    spec = small(cells=4)  # two reductions, and a cell behind them, as in DARTS
    module = build(spec, "meta")
    for height in range(1, 130):
        x = torch.empty(1, 4, up(height, 2), 16, device="meta")
        if up(height, 4) % 8 == 0:  # multiples of 32, and up to 3 less
            spec.check_size(x.shape[2], 16)
            assert module(x).shape == (1, spec.out_channels, up(height, 32), 1)
        else:
            with pytest.raises(muxprof.BadInput, match=rf"^H = {x.shape[2]} at this block's input leaves cells\.\d\."):
                spec.check_size(x.shape[2], 16)
            with pytest.raises(RuntimeError):
                module(x)


def test_an_impossible_size_is_named_with_what_would_be_right() -> None:
    with pytest.raises(muxprof.BadInput) as found:
        muxprof.model("darts", "230x224")
    assert str(found.value) == (
        "stage1.0: H = 115 at this block's input leaves cells.5.pre0 a map of the odd height 29, which its two "
        "convolutions would halve to different sizes; H = 112 or 128 would do (after a stem of stride 2: images of "
        "height 224 or 256)."
    )
    with pytest.raises(muxprof.BadInput, match=r"W = 17 .*cells\.0\.pre0.*odd width 9.*W = 16 or 32 would do"):
        muxprof.model("darts", "224x33")
    with pytest.raises(muxprof.BadInput, match=r"H = 16 would do \(.*height 32\)"):
        muxprof.model("darts", "1")


def test_a_skip_that_halves_needs_an_even_map_too() -> None:
    one = small(cells=1, reduce=(("skip_connect", 0), ("max_pool_3x3", 1)))
    with pytest.raises(muxprof.BadInput, match=r"cells\.0\.node0\.edge0 a map of the odd height 5,.*H = 16 or 24"):
        one.check_size(20, 16)
    one.check_size(24, 16)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"normal": ()}, "normal has 0 edges"),
        ({"reduce": (("skip_connect", 0),)}, "reduce has 1 edges"),
        ({"normal": (("skip_connect", 0),) * 18}, "1 to 8 nodes"),
        (
            {"normal": (("sep_conv_9x9", 0), ("skip_connect", 1))},
            "'sep_conv_9x9' is unknown; it is one of skip_connect",
        ),
        ({"normal": (("none", 0), ("skip_connect", 1))}, "'none' is unknown"),
        ({"normal": (("skip_connect", 0), ("skip_connect", 2))}, r"normal\[1\] works on 2; .* from 0 to 1"),
        ({"reduce": (("skip_connect", -1), ("skip_connect", 0))}, r"reduce\[0\] works on -1"),
        ({"reduce": (("skip_connect", True), ("skip_connect", 0))}, "works on True"),
        ({"reduce": (("skip_connect",), ("skip_connect", 0))}, "an edge is an operation and the number"),
        ({"cells": 0}, "cells = 0 is out of range"),
        ({"cells": MAX_CELLS + 1}, "cells = 101 is out of range"),
        ({"channels": 7}, "channels = 7 is odd; .* such as 8"),
        ({"channels": 1 << 16}, "channels after the last cell"),
        ({"in_channels": 0}, "in_channels = 0"),
    ],
)
def test_impossible_stacks_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(muxprof.BadInput, match=said):
        small(**changes)


def test_codec_round_trip() -> None:
    network = zoo.network("darts")
    assert codec.decode(codec.encode(network)) == network
    assert codec.decode(codec.encode(stack())) == stack()


@pytest.mark.parametrize(
    ("edge", "said"),
    [
        (["skip_connect"], r"spec\.normal\[0\] is .*it must be a list of 2"),
        (["skip_connect", 0, 1], "must be a list of 2"),
        (["skip_connect", "0"], r"spec\.normal\[0\]\[1\] is '0'; it must be of type int"),
        ([3, 0], r"spec\.normal\[0\]\[0\] is '3'; it must be of type str"),
        ("skip_connect", "must be a list"),
    ],
)
def test_broken_edges_in_a_file_are_named(edge: object, said: str) -> None:
    value = codec.encode(small())
    value["normal"][0] = edge
    with pytest.raises(muxprof.BadInput, match=said):
        codec.decode(value)


def test_the_label() -> None:
    assert stack().text == "cells N14 24-768 C48"
    assert subject().labels["stage1.0"] == "cells N14 24-768 C48"
