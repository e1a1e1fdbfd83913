"""Networks with one thing changed, and other ways to write one that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

import muxprof
from muxprof import api
from muxprof.answers.against.types import Difference
from muxprof.answers.report import Report
from muxprof.nets import build
from muxprof.spec import zoo

SHAPE = (1, 3, 64, 64)


def compared(module: nn.Module, name: str = "muxnet-l", shape: tuple[int, ...] = SHAPE) -> Report:
    return api.against(muxprof.trace(module, shape), name)


def differences(module: nn.Module, name: str = "muxnet-l") -> tuple[Difference, ...]:
    report = compared(module, name)
    assert report.against is not None
    return report.against.differences


def unseen(module: nn.Module, name: str) -> str:
    """What is said not to have been compared, where nothing differs."""
    report = compared(module, name)
    assert report.against is not None
    assert report.against.differences == ()
    return " ".join(report.against.unseen)


def with_module(module: nn.Module, path: str, made: nn.Module) -> nn.Module:
    parent, _, name = path.rpartition(".")
    setattr(module.get_submodule(parent), name, made.eval())
    return module


#: What changes a network in place.
Change: TypeAlias = Callable[[nn.Module], nn.Module]


def built(network: str, *changes: Change) -> nn.Module:
    """A network of the zoo with these changes."""
    module = build(zoo.network(network), "meta")
    for change in changes:
        module = change(module)
    return module


def put(path: str, made: nn.Module) -> Change:
    """Another module at ``path``."""
    return lambda module: with_module(module, path, made.to("meta"))


def around(path: str, make: Callable[[Any], nn.Module]) -> Change:
    """The same, made of the one that is there."""
    return lambda module: with_module(module, path, make(module.get_submodule(path)))


def conv(path: str, **changes: Any) -> Change:
    """A convolution with other arguments."""
    return around(path, lambda old: _like(old, changes))


def _like(old: nn.Conv2d, changes: Mapping[str, Any]) -> nn.Conv2d:
    names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups")
    same = {name: getattr(old, name) for name in names}
    return nn.Conv2d(**{**same, "bias": old.bias is not None, **changes}, device="meta")


def every(kind: type[nn.Module] | str, make: Callable[[Any], nn.Module]) -> Change:
    """Every module of a class, or of a class of that name, written in another way."""

    def change(module: nn.Module) -> nn.Module:
        for path, old in list(module.named_modules()):
            if type(old).__name__ == kind if isinstance(kind, str) else isinstance(old, kind):
                with_module(module, path, make(old))
        return module

    return change


def changed_block(stage: int, index: int, **changes: Any) -> nn.Module:
    """MUXNet-l with one block of another spec."""
    network = zoo.network("muxnet-l")
    stages = list(network.stages)
    blocks = list(stages[stage].blocks)
    blocks[index] = replace(blocks[index], **changes)
    stages[stage] = replace(stages[stage], blocks=tuple(blocks))
    return build(replace(network, stages=tuple(stages)), "meta")


class By(nn.Module):
    """A module that is a function."""

    def __init__(self, function: Callable[..., Any], *parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.parts = nn.ModuleList(parts)

    def forward(self, *given: Tensor) -> Any:
        return self.function(*self.parts, *given)


def by(function: Callable[..., Any]) -> Callable[[Any], nn.Module]:
    return lambda _: By(function)


class Skipped(nn.Module):
    """What a module gives, and what it is given added to it."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, x: Tensor) -> Tensor:
        return self.inside(x) + x  # type: ignore[no-any-return]


def shuffled(x: Tensor, groups: int = 2) -> Tensor:
    """Channel shuffle by a view of all positions in a row."""
    n, channels, height, width = x.shape
    rows = x.view(n, groups, channels // groups, height * width)
    return rows.permute(0, 2, 1, 3).contiguous().view(n, channels, height, width)


def shuffled_by_stack(x: Tensor) -> Tensor:
    return torch.stack(x.chunk(2, 1), 2).flatten(1, 2)


def unshuffled_pixels(x: Tensor) -> Tensor:
    """nn.PixelUnshuffle(2) by views."""
    n, channels, height, width = x.shape
    blocks = x.reshape(n, channels, height // 2, 2, width // 2, 2).permute(0, 1, 3, 5, 2, 4)
    return blocks.reshape(n, channels * 4, height // 2, width // 2)


def shuffled_pixels(x: Tensor) -> Tensor:
    """nn.PixelShuffle(2) by views."""
    n, channels, height, width = x.shape
    blocks = x.reshape(n, channels // 4, 2, 2, height, width).permute(0, 1, 4, 2, 5, 3)
    return blocks.reshape(n, channels // 4, height * 2, width * 2)


def blocks_first(x: Tensor) -> Tensor:
    """Space to channel with the place in a block before the channel."""
    n, channels, height, width = x.shape
    blocks = x.reshape(n, channels, height // 2, 2, width // 2, 2).permute(0, 3, 5, 1, 2, 4)
    return blocks.reshape(n, channels * 4, height // 2, width // 2)


def blocks_back(x: Tensor) -> Tensor:
    """The reverse."""
    n, channels, height, width = x.shape
    blocks = x.reshape(n, 2, 2, channels // 4, height, width).permute(0, 3, 4, 1, 5, 2)
    return blocks.reshape(n, channels // 4, height * 2, width * 2)


def written_in_place(*parts: Tensor) -> Tensor:
    """A concatenation that writes its parts where they belong."""
    made = parts[0].new_empty(parts[0].shape[0], sum(part.shape[1] for part in parts), *parts[0].shape[2:])
    start = 0
    for part in parts:
        made[:, start : start + part.shape[1]] = part
        start += part.shape[1]
    return made


def padded(old: nn.Conv2d) -> nn.Module:
    """A convolution whose padding is an op of its own."""
    assert not isinstance(old.padding, str)
    height, width = old.padding
    old.padding = (0, 0)
    return nn.Sequential(nn.ZeroPad2d((width, width, height, height)), old)


def gated(x: Tensor, gate: Tensor) -> Tensor:
    return gate.expand_as(x).mul(x)


def hard_sigmoid(x: Tensor) -> Tensor:
    return functional.relu6(x + 3.0, inplace=True) / 6.0


def hard_swish(x: Tensor) -> Tensor:
    return x * (x + 3).clamp(0, 6) * 0.16667


class LinearSqueeze(nn.Module):
    """Squeeze and excite with linear layers, as it was published first."""

    def __init__(self, old: Any) -> None:
        super().__init__()
        self.reduce = nn.Linear(old.reduce.in_channels, old.reduce.out_channels, device="meta")
        self.expand = nn.Linear(old.expand.in_channels, old.expand.out_channels, device="meta")
        self.inner, self.outer = old.act, old.gate

    def forward(self, x: Tensor) -> Tensor:
        pooled = functional.adaptive_avg_pool2d(x, 1).flatten(1)
        gate = self.outer(self.expand(self.inner(self.reduce(pooled))))
        return x * gate[:, :, None, None]  # type: ignore[no-any-return]
