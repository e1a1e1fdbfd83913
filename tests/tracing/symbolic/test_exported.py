"""Closed forms of modules, found by torch.export: by hand, beside those of specs, and beside numeric counts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
import torch
from sized import (
    EXPORT,
    FOLLOW,
    Patches,
    SamePadding,
    Twice,
    UNet,
    Upsampled,
    Windows,
    counted,
    forms_of,
    found,
    report_of,
    values,
)
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from muxprof.cost import ops
from muxprof.cost.forms import network_form
from muxprof.cost.networks import network_ops
from muxprof.errors import BadInput
from muxprof.nets import build
from muxprof.records import TracedOp
from muxprof.spec import zoo


def flop_counter(module: nn.Module, *shape: int) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.to("meta").eval()(torch.empty(shape, device="meta"))
    return int(counter.get_total_flops()) // 2


#: What the spec counts here as a layer of its own is a view in the module, or a copy that makes two tensors of one.
MOVES = ("muxnet", "shufflenet")


@pytest.mark.parametrize("name", ["resnet18", "alexnet"])
def test_a_network_s_traced_form_is_its_spec_s(name: str) -> None:
    compare_with_spec(name)


#: Their branches work on even maps alone, where a half that a spec rounds is whole: another form, which has the same
#: value wherever the network runs.
EVEN = ("darts", "muxnet-xs", "muxnet-s")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in zoo.names() if name not in EVEN])
def test_every_network_s_traced_form_is_its_spec_s(name: str) -> None:
    compare_with_spec(name)


def compare_with_spec(name: str) -> None:
    """As expressions, and at sizes where both count the same ops."""
    network = zoo.network(name)
    madds, activations = forms_of(build(network), 2, 3, 224, 224)
    assert madds == network_form(network, ops.madds)
    if not name.startswith(MOVES):
        spec = network_form(network, ops.activations)
        for sizes in ({"N": 1, "H": 224, "W": 224}, {"N": 3, "H": 256, "W": 320}, {"N": 2, "H": 96, "W": 160}):
            assert activations.at(**sizes) == spec.at(**sizes)


@pytest.mark.slow
@pytest.mark.parametrize("name", EVEN)
def test_forms_over_even_maps_have_one_value_wherever_the_network_runs(name: str) -> None:
    network = zoo.network(name)
    (traced, _), spec = forms_of(build(network), 2, 3, 224, 224), network_form(network, ops.madds)
    compared = 0
    for height in range(64, 300, 3):
        try:
            count = sum(ops.madds(op) for op in network_ops(network, height, 320))
        except BadInput:
            continue  # an odd map where a subpixel branch is
        assert traced.at(N=1, H=height, W=320) == spec.at(N=1, H=height, W=320) == count
        compared += 1
    assert compared >= 10


#: By hand: MAdds and activations.
FORMS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int], str, str]] = {
    "unet": (
        UNet,
        (64, 64),
        # MAdds: down 27 * 8, middle 9 * 4 * 8, up 8 * 4 * 2 * 2 at half the size; last 7 * 2 at the whole.
        f"N*(14*H*W + {27 * 8 + 36 * 8 + 128}*ceil(H/2)*ceil(W/2))",
        # Outputs: down, its relu and middle have 8 channels at half the size; up has 4, at twice that; a slice moves
        # nothing; both join to 7 channels, of which 2 are made.
        f"N*({7 + 2}*H*W + {3 * 8 + 4 * 4}*ceil(H/2)*ceil(W/2))",
    ),
    "twice": (
        Twice,
        (64, 64),
        "N*(162*H*W + 81*(floor(H/2) - 2)*(floor(W/2) - 2))",
        # Two convolutions, the pool, and the convolution without padding, of 3 channels each.
        "N*(6*H*W + 3*floor(H/2)*floor(W/2) + 3*(floor(H/2) - 2)*(floor(W/2) - 2))",
    ),
    "windows": (
        Windows,
        (112, 168),
        # 48 * 8 for each patch; then, for each of 49 rows in a window, 8 * 8 of the linear layer, and 8 * 49 twice.
        f"N*({48 * 8}*floor(H/4)*floor(W/4) + {49 * (8 * 8 + 8 * 49 * 2)}*floor(H/28)*floor(W/28))",
        # 8 for each patch; in a window 8 each for the 49 rows' copies, for the linear layer and for the last product,
        # and 49 * 49 between the two products.
        f"N*({8}*floor(H/4)*floor(W/4) + {49 * 49 + 3 * 49 * 8}*floor(H/28)*floor(W/28))",
    ),
    "same padding": (
        SamePadding,
        (33, 64),
        "108*N*ceil(H/2)*ceil(W/2)",
        # The padded image has every position that the kernel of 3 reaches: twice the outputs, and one.
        "N*(3*(2*ceil(H/2) + 1)*(2*ceil(W/2) + 1) + 4*ceil(H/2)*ceil(W/2))",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_by_hand(name: str) -> None:
    make, (height, width), madds, activations = FORMS[name]
    for way in (EXPORT, FOLLOW):
        if (name, way) == ("unet", EXPORT):
            continue  # for even sizes alone: see below
        made = forms_of(make(), 2, 3, height, width, way=way)
        assert [form.text for form in made] == [madds, activations]
    rng = random.Random(name)
    step = 28 if name == "windows" else 1
    for _ in range(5):
        height, width = (rng.randrange(33, 150) * step for _ in "HW")
        sizes = {"N": rng.randrange(2, 5), "H": height, "W": width}
        assert (made[0].at(**sizes), made[1].at(**sizes)) == counted(make(), sizes["N"], 3, height, width)
        assert made[0].at(**sizes) == flop_counter(make(), sizes["N"], 3, height, width)


def test_attention_by_hand() -> None:
    """Of patches: 192 * 16, MHA's four projections 4 * 256, classifier 16 * 5. Of pairs: two products of attention,
    twice, 16 each; then 16 for the outer product and 16 for its product with y."""
    madds, _ = forms_of(Patches(), 2, 3, 64, 64)
    assert madds.text == f"N*({6 * 16}*floor(H/8)**2*floor(W/8)**2 + {192 * 16 + 4 * 256 + 80}*floor(H/8)*floor(W/8))"


@pytest.mark.parametrize("make", [Twice, SamePadding])
def test_both_ways_find_the_same_ops(make: Callable[[], nn.Module]) -> None:
    def calls(way: int) -> Counter[TracedOp]:
        return Counter(found(make(), 2, 3, 112, 168, way=way).ops)

    assert calls(EXPORT) == calls(FOLLOW)


def test_of_two_ways_that_is_taken_which_asks_less_of_the_sizes() -> None:
    """Even sizes are no need of this U-Net: it cuts off what is too much. An export compares sizes, and says so."""
    assert found(UNet(), 2, 3, 64, 64).sizes.multiples == {"H": 2, "W": 2}
    report = report_of(UNet, "1x3x64x64")
    assert [formula.text for formula in report.formulas[:2]] == list(FORMS["unet"][2:])
    assert not any("multiple" in note for note in report.notes)


def test_what_no_output_needs_is_executed_and_counted() -> None:
    """27 * 4 MAdds at every position of a convolution without padding: 4 outputs there, and of the sigmoid 4."""
    report = report_of(Upsampled, "1x3x21x33")
    assert [formula.text for formula in report.formulas if formula.name == "MAdds"] == ["108*N*(H - 2)*(W - 2)"]
    for sizes in ({"N": 1, "H": 21, "W": 33}, {"N": 3, "H": 40, "W": 51}):
        assert values(report, **sizes) == counted(Upsampled, sizes["N"], 3, sizes["H"], sizes["W"])
    # 3 channels: 1.5 times as many positions each way, 4 times as many of these, 600, and the input's; the first works
    # out from where it takes its rows and columns, in four steps.
    here = 8 * (21 - 2) * (33 - 2) + 3 * (31 * 49 + 62 * 98 + 20 * 30 + 21 * 33) + 4 * (31 + 49)
    assert values(report, N=1, H=21, W=33)[1] == here


def test_the_module_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    for way in (EXPORT, FOLLOW):
        forms_of(module, 2, 3, 16, 16, way=way)
    assert module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
