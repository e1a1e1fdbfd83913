"""Models that other counters get wrong, and targets that cannot be traced."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody writes it
from torch import Tensor, nn
from torch.nn.attention.flex_attention import flex_attention


class Functional(nn.Module):
    """A convolution that no module stands for."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(8, 3, 3, 3))

    def forward(self, x: Tensor) -> Any:
        return F.conv2d(x, self.weight, padding=1)


class MyConv(nn.Conv2d):
    """A subclass, which type tables miss; it standardises its weights first."""

    def forward(self, x: Tensor) -> Any:
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        return self._conv_forward(x, weight, self.bias)


class Same(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding="same")

    def forward(self, x: Tensor) -> Any:
        return self.conv(x)


class Twice(nn.Module):
    """One module called twice, on maps of two sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Any:
        return self.conv(F.max_pool2d(self.conv(x), 2))


class Shared(nn.Module):
    """Two modules with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Linear(6, 6, bias=False)
        self.decode = nn.Linear(6, 6, bias=False)
        self.decode.weight = self.encode.weight

    def forward(self, x: Tensor) -> Any:
        return self.decode(torch.relu(self.encode(x)))


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Any:
        ctx.save_for_backward(x, weight)
        y = x @ weight.t()
        return y * torch.sigmoid(y)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError


class PythonFunction(nn.Module):
    """A product inside of a Python autograd Function, which traces of the Python interpreter cannot see."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(7, 5))

    def forward(self, x: Tensor) -> Any:
        return Swish.apply(x, self.weight)  # type: ignore[no-untyped-call]


class Grouped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 16, 3, groups=4, bias=False)
        self.up = nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1, groups=2, bias=False)

    def forward(self, x: Tensor) -> Any:
        return self.up(self.conv(x))


class Branch(nn.Module):
    """One of two branches is taken; the output of another layer is thrown away."""

    def __init__(self, big: bool = False) -> None:
        super().__init__()
        self.big = big
        self.large = nn.Linear(8, 100)
        self.small = nn.Linear(8, 4)
        self.probe = nn.Linear(8, 3, bias=False)

    def forward(self, x: Tensor) -> Any:
        self.probe(x)
        return self.large(x) if self.big else self.small(x)


class Normed(nn.Module):
    """In train mode BatchNorm would refuse a single value per channel, and change its statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.9)

    def forward(self, x: Tensor) -> Any:
        return self.drop(self.bn(self.conv(x)).mean((2, 3)))


class Spectrum(nn.Module):
    """Ops that no formula is known for: a Fourier transform, distances."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.filter = nn.Parameter(torch.zeros(4, 4))

    def forward(self, x: Tensor) -> Any:
        return torch.fft.fft(self.fc(x)).real + torch.cdist(x, self.filter)


class Loops(nn.Module):
    """Two steps of a recurrence by hand, and a list of modules that is not registered."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.Linear(6, 3)
        self.hidden = [nn.Linear(3, 3, bias=False)]

    def forward(self, x: Tensor) -> Any:
        h = x.new_zeros(x.shape[0], 3)
        for step in x.unbind(1):
            h = torch.tanh(self.cell(torch.cat([step, h], 1)))
        return self.hidden[0](h)


class Values(nn.Module):
    """What it does depends on the values of its input."""

    def __init__(self) -> None:
        super().__init__()
        self.positive, self.other = nn.Linear(4, 10), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Any:
        print("looking at the values")
        return self.positive(x) if x.sum().item() > 0 else self.other(x)


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 4)
        self.fc = nn.Linear(4, 2)

    def forward(self, ids: Tensor, *, scale: Tensor, mask: Tensor | None = None) -> dict[str, Any]:
        x = self.table(ids) * scale
        return {"out": [self.fc(x if mask is None else x.masked_fill(mask[..., None], 0))]}


class Vectors(nn.Module):
    """A matrix times a vector, a scalar product, and a bilinear form, which FlopCounterMode passes over."""

    def __init__(self) -> None:
        super().__init__()
        self.form = nn.Bilinear(4, 4, 2, bias=False)

    def forward(self, x: Tensor) -> Any:
        return self.form(x, x).sum() + torch.mv(x, x[0]).sum() + torch.dot(x[0], x[1])


def factory(width: int = 4, kind: str = "linear") -> nn.Module:
    return nn.Sequential(nn.Linear(width, 2 * width)) if kind == "linear" else nn.Conv2d(width, width, 1)


instance = nn.Linear(3, 5)
number = 7


def no_module() -> int:
    return 7


def failing() -> nn.Module:
    raise RuntimeError("the weights are not here")


def leaving() -> nn.Module:
    raise SystemExit(5)


class Endless(nn.Module):
    def forward(self, x: Tensor) -> Any:
        print("on and on", flush=True)
        while True:
            pass
        return x


class Chosen(nn.Module):
    """A branch that the data choose, in torch's own words."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.short, self.long = nn.Linear(4, 3), nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))

    def forward(self, x: Tensor) -> Any:
        x = self.first(x)
        return torch.cond(x.sum() > 0, self.short, self.long, (x,))


class Experts(nn.Module):
    """Four linear layers, each for its share of the rows, as in mixtures of experts."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 16, 32, dtype=torch.bfloat16))

    def forward(self, x: Tensor) -> Any:
        ends = torch.tensor([1, 2, 5, 8], dtype=torch.int32)
        return torch._grouped_mm(x, self.weight, offs=ends)


class Settling(nn.Module):
    """It replaces a part of itself, and builds another, when it first runs."""

    def __init__(self) -> None:
        super().__init__()
        self.first: nn.Module = nn.Linear(4, 9)
        self.last: nn.Module | None = None

    def forward(self, x: Tensor) -> Any:
        if self.last is None:
            self.first, self.last = nn.Linear(4, 5, bias=False), nn.Linear(5, 3, bias=False)
        return self.last(self.first(x))


class Cloned(nn.Module):
    """Layers that are deep copies of one, as in torch's own transformers."""

    def __init__(self) -> None:
        super().__init__()
        one = nn.Linear(4, 4, bias=False)
        self.layers = nn.ModuleList(copy.deepcopy(one) for _ in range(3))

    def forward(self, x: Tensor) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


class Flexible(nn.Module):
    """Attention that torch wants to compile."""

    def forward(self, x: Tensor) -> Any:
        return flex_attention(x, x[:, :, :64], x[:, :, :64, :32])
