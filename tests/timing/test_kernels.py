"""Kernels by layer, from a profiler's events."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from muxprof.measurements import Kernel
from muxprof.timing.kernels import collected, kernels_of

CPU, CUDA = SimpleNamespace(name="CPU"), SimpleNamespace(name="CUDA")


def kernel(name: str, microseconds: float) -> Any:
    return SimpleNamespace(name=name, duration=microseconds)


def event(name: str, kernels: list[Any] = [], children: list[Any] = [], device: Any = CPU) -> Any:  # noqa: B006 - read only
    return SimpleNamespace(name=name, kernels=kernels, cpu_children=children, device_type=device)


def test_kernels_are_gathered_below_the_range_of_their_layer() -> None:
    """Two passes over two layers; the convolution launches two kernels, one of them deep below."""
    passes = [
        [
            event(
                "muxprof:conv", [], [event("aten::conv2d", [kernel("im2col", a)], [event("x", [kernel("gemm", b)])])]
            ),
            event("muxprof:conv", device=CUDA, kernels=[kernel("the range itself, as the device shows it", 99)]),
            event("aten::add", [kernel("outside of every layer", 5)]),
            event("muxprof:act", [kernel("relu", 1.5)]),
        ]
        for a, b in ((2.0, 10.0), (3.0, 12.0))
    ]
    assert collected([found for events in passes for found in events], 2) == {
        "conv": (Kernel("im2col", 1, 2500), Kernel("gemm", 1, 11000)),
        "act": (Kernel("relu", 1, 1500),),
    }


def test_a_real_profile_on_the_cpu_has_every_layer_and_no_kernels() -> None:
    module = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Sequential(nn.ReLU()))
    x = torch.zeros(1, 1, 2, 2)
    assert kernels_of(module, lambda: module(x), torch.device("cpu")) == {"0": (), "1.0": ()}
    assert not module[0]._forward_hooks
