"""What tests of closed forms share: the forms of a module, their text read by Python alone, and networks to try."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace

import torch
from torch import nn
from torch.nn import functional

import muxprof
from muxprof import api
from muxprof.answers.report import Report
from muxprof.cost import traced
from muxprof.cost.forms import ClosedForm, closed_form
from muxprof.records import ModelInput
from muxprof.tracing.stand_ins import Model
from muxprof.tracing.symbolic.forms import ways
from muxprof.tracing.symbolic.sizes import SizedPass

EXPORT, FOLLOW = 0, 1


def found(module: nn.Module, *shape: int, way: int = EXPORT, dtype: str | None = None) -> SizedPass:
    """A module's ops over sizes above 1."""
    made = ways(Model(module), (ModelInput(shape, dtype=dtype),))[way][0]()
    assert not isinstance(made, str), made
    return made


def forms_of(module: nn.Module, *shape: int, way: int = EXPORT) -> tuple[ClosedForm, ClosedForm]:
    """MAdds and activations."""
    ops = [op for op in found(module, *shape, way=way).ops if traced.kind(op) is not None]
    return closed_form(map(traced.madds, ops)), closed_form(map(traced.activations, ops))


def report_of(source: nn.Module | Callable[[], nn.Module], *shapes: str, **at: int) -> Report:
    """What the command makes."""
    return api.with_traced_forms(*api.traced(source, *shapes), at)


def counted(source: nn.Module | Callable[[], nn.Module], *shape: int) -> tuple[int, int]:
    """MAdds and activations of one traced pass."""
    totals = muxprof.trace(source, shape).subjects[0].totals
    return totals.madds, totals.activations


def values(report: Report, **sizes: int) -> tuple[int, int]:
    """The formulas' text at these sizes, read as Python with exact quotients."""
    names = {name: Fraction(size) for name, size in sizes.items()}
    functions = {"floor": math.floor, "ceil": math.ceil, "max": max, "min": min}
    texts = {formula.name: formula.text for formula in report.formulas}
    case = ", N = 1" if sizes["N"] == 1 else ", N > 1"
    madds, activations = (
        Fraction(eval(texts.get(name + case) or texts[name], dict(functions), names))  # our own text
        for name in ("MAdds", "activations")
    )
    assert madds.denominator == activations.denominator == 1
    return int(madds), int(activations)


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


class Windows(nn.Module):
    """Patches of 4, then every 7 x 7 of them by themselves: a linear layer and products of each with each."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.mix = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.patch(x).permute(0, 2, 3, 1)
        n, h, w, c = y.shape
        y = y.view(n, h // 7, 7, w // 7, 7, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 49, c)
        return self.mix(y) @ y.mT @ y  # type: ignore[no-any-return]


class SamePadding(nn.Module):
    """A convolution of stride 2 that pads its input as TensorFlow does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h, w = (max((math.ceil(size / 2) - 1) * 2 + 3 - size, 0) for size in x.shape[2:])
        return self.conv(functional.pad(x, (w // 2, w - w // 2, h // 2, h - h // 2)))  # type: ignore[no-any-return]


class Upsampled(nn.Module):
    """Upsampling by factors and to a size, dropout that drops nothing, and something that no output needs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.drop = nn.Dropout()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.conv(x).sigmoid()
        y = functional.interpolate(self.drop(x), scale_factor=1.5)
        y = functional.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        y = functional.interpolate(y, size=(20, 30), mode="bicubic", align_corners=True)
        return functional.interpolate(y, size=x.shape[2:], mode="bilinear")


class Recurrent(nn.Module):
    """A recurrent layer over a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 8, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.lstm(x)[0]  # type: ignore[no-any-return]


class Branch(nn.Module):
    """More for large images."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.relu().sigmoid() if x.shape[2] > 100 else x.relu()


class Single(nn.Module):
    """One image at a time."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] != 1:
            raise ValueError("one image at a time")
        return x.relu()


class Stuck(nn.Module):
    """Never exported to the end."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        while torch.compiler.is_exporting():
            pass
        return x.relu()


class Square(nn.Module):
    """The square of a matrix."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ x


class Placed(nn.Module):
    """Positions are learnt for one size, as in vision transformers."""

    def __init__(self) -> None:
        super().__init__()
        self.places = nn.Parameter(torch.zeros(1, 3, 32, 40))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.places


class Skip(nn.Module):
    """Half the size and back, added to the input: for even sizes alone."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 8, 3, 2, 1), nn.ConvTranspose2d(8, 3, 2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.up(self.down(x)) + x  # type: ignore[no-any-return]


class Branching(nn.Module):
    """What it does depends on its data."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ x.mT if x.sum() >= 0 else x


class Wrapped(nn.Module):
    """Gives something out that an export cannot write down, and asks for sizes like a user's own code would."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3, 2)

    def forward(self, x: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(maps=self.conv(x))
