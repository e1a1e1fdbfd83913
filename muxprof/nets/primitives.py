"""Leaf modules for the ops that torch has no module for, and the activations by name."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Split(nn.Module):
    """[N, C, H, W] -> one map per entry of ``widths``, cut along the channels."""

    def __init__(self, widths: list[int]) -> None:
        """``widths`` sum up to C."""
        super().__init__()
        self.widths = widths

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Cut."""
        return torch.split(x, self.widths, dim=1)


class Concat(nn.Module):
    """Several [N, C_i, H, W] -> [N, sum of C_i, H, W]."""

    def forward(self, *parts: Tensor) -> Tensor:
        """Join along the channels."""
        return torch.cat(parts, dim=1)


class Add(nn.Module):
    """Element-wise sum of two maps of one shape."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Add."""
        return x + y


class Scale(nn.Module):
    """[N, C, H, W] times a gate [N, C, 1, 1]."""

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        """Multiply."""
        return x * gate


class GlobalMean(nn.Module):
    """[N, C, H, W] -> [N, C, 1, 1], the mean over H and W."""

    def forward(self, x: Tensor) -> Tensor:
        """Average."""
        return x.mean((2, 3), keepdim=True)


class ChannelShuffle(nn.Module):
    """[N, C, H, W] -> [N, C, H, W]: channels read as ``groups`` rows and written out column by column."""

    def __init__(self, groups: int) -> None:
        """``groups`` divides C."""
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        """Reorder."""
        n, c, h, w = x.shape
        return x.reshape(n, self.groups, c // self.groups, h, w).transpose(1, 2).reshape(n, c, h, w)


class Upsample(nn.Module):
    """[N, C, h, w] -> [N, C, H, W], bilinear, at the height and width of another map; corners are not aligned."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        """Interpolate."""
        return nn.functional.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


def activation(name: str) -> nn.Module:
    """The module of an activation: ``relu``, ``relu6``, ``swish`` or ``hard_swish``."""
    if name == "relu":
        return nn.ReLU()
    if name == "relu6":
        return nn.ReLU6()
    if name == "swish":
        return nn.SiLU()
    if name == "hard_swish":
        return nn.Hardswish()
    raise ValueError(f"no module for activation {name!r}")


def gate(name: str) -> nn.Module:
    """The module of a gate: ``sigmoid`` or ``hard_sigmoid``."""
    if name == "sigmoid":
        return nn.Sigmoid()
    if name == "hard_sigmoid":
        return nn.Hardsigmoid()
    raise ValueError(f"no module for gate {name!r}")
