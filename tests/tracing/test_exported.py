"""Closed forms of modules, found by torch.export, beside those of specs and beside numeric counts."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from muxprof.cost import ops
from muxprof.cost.forms import ClosedForm, closed_form, network_form
from muxprof.cost.networks import network_ops
from muxprof.errors import BadInput
from muxprof.nets import build
from muxprof.spec import zoo
from muxprof.tracing.exported import NotExportable, exported

IMAGES = ({0: "N", 2: "H", 3: "W"},)


def form_of(module: nn.Module, side: int = 64) -> ClosedForm:
    found = exported(module, (torch.zeros(2, 3, side, side),), IMAGES)
    assert found.uncounted == ()
    return closed_form(found.madds)


def counted(module: nn.Module, *shape: int) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.to("meta").eval()(torch.empty(shape, device="meta"))
    return int(counter.get_total_flops()) // 2


@pytest.mark.parametrize("name", ["shufflenetv2-x0.5", "resnet18", "alexnet"])
def test_a_network_s_traced_form_is_its_spec_s(name: str) -> None:
    network = zoo.network(name)
    assert form_of(build(network), 224) == network_form(network, ops.madds)


#: Their subpixel branches work on even maps alone, and an export writes these as twice a half: another form, which has
#: the same value wherever the network runs.
EVEN = ("muxnet-xs", "muxnet-s")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in zoo.names() if name not in EVEN])
def test_every_network_s_traced_form_is_its_spec_s(name: str) -> None:
    network = zoo.network(name)
    assert form_of(build(network), 224) == network_form(network, ops.madds)


@pytest.mark.slow
@pytest.mark.parametrize("name", EVEN)
def test_forms_over_even_maps_have_one_value_wherever_the_network_runs(name: str) -> None:
    network = zoo.network(name)
    traced, spec = form_of(build(network), 224), network_form(network, ops.madds)
    compared = 0
    for height in range(64, 300, 3):
        try:
            count = sum(ops.madds(op) for op in network_ops(network, height, 320))
        except BadInput:
            continue  # an odd map where a subpixel branch is
        assert traced.at(N=1, H=height, W=320) == spec.at(N=1, H=height, W=320) == count
        compared += 1
    assert compared >= 10


class UNet(nn.Module):
    """Down, up by a transposed convolution, and a skip; after the classic tutorials."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.middle = nn.Conv2d(8, 8, 3, padding="same", groups=2)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.last = nn.Conv2d(7, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.up(self.middle(functional.relu(self.down(x))))
        y = y[:, :, : x.shape[2], : x.shape[3]]
        return self.last(torch.cat([x, y], 1))  # type: ignore[no-any-return]


class Patches(nn.Module):
    """Attention over patches of 8 x 8, in both of torch's ways, and a classifier on their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 8, 8)
        self.attend = nn.MultiheadAttention(16, 2, batch_first=True)
        self.classify = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.patch(x).flatten(2).transpose(1, 2)
        y = y + self.attend(y, y, y, need_weights=False)[0]
        y = y + functional.scaled_dot_product_attention(y, y, y)
        return self.classify(torch.einsum("nij,nkj->nik", y, y) @ y).mean(1)  # type: ignore[no-any-return]


class Twice(nn.Module):
    """One convolution called twice, beside a functional one."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(self.conv(x))
        return functional.conv2d(functional.max_pool2d(y, 2), self.conv.weight)


#: A U-Net by hand: down 27 * 8, middle 9 * 4 * 8, up 8 * 4 * 2 * 2 at half the size; last 7 * 2 at the whole.
FORMS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "unet": (UNet, f"N*(14*H*W + {27 * 8 + 36 * 8 + 128}*ceil(H/2)*ceil(W/2))"),
    "twice": (Twice, "N*(162*H*W + 81*(floor(H/2) - 2)*(floor(W/2) - 2))"),
    "patches": (
        Patches,
        # Patch 192 * 16; MHA's four projections 4 * 256; classifier 16 * 5: per patch. Of pairs of patches: two
        # products of attention, twice, 16 each; then 16 for the outer product and 16 for its product with y.
        f"N*({6 * 16}*floor(H/8)**2*floor(W/8)**2 + {192 * 16 + 4 * 256 + 80}*floor(H/8)*floor(W/8))",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_by_hand(name: str) -> None:
    make, expected = FORMS[name]
    form = form_of(make())
    assert form.text == expected
    rng = random.Random(name)
    for _ in range(5):
        images, height, width = rng.randrange(1, 5), rng.randrange(33, 150), rng.randrange(33, 150)
        assert form.at(N=images, H=height, W=width) == counted(make(), images, 3, height, width)


def test_a_module_that_fixes_a_size_says_so() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Flatten(2), nn.Linear(32 * 32, 7))
    found = exported(module, (torch.zeros(2, 3, 32, 32),), ({0: "N"},))
    assert found.symbols == ("N",)
    assert closed_form(found.madds).text == f"{108 * 1024 + 4 * 1024 * 7}*N"


class Branching(nn.Module):
    """What it does depends on its data."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2 if x.sum() > 0 else x


def test_a_module_that_cannot_be_exported_says_why() -> None:
    with pytest.raises(NotExportable, match=r"torch\.export cannot follow it"):
        exported(Branching(), (torch.zeros(2, 3, 8, 8),), IMAGES)


def test_the_module_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    form_of(module)
    assert module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
