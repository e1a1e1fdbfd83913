"""A module made ready to be timed: a copy in eval mode on its device, with inputs and activations in range."""

from __future__ import annotations

import copy

import torch
from torch import nn

from muxprof.measurements import Setting
from muxprof.records import Shape
from muxprof.timing.switches import dtype_of, memory_format_of

_SEED = 0
_CALIBRATION_BATCH = 2


def ready(module: nn.Module, image: Shape, setting: Setting) -> nn.Module:
    """A copy of ``module`` as ``setting`` wants it; ``image`` is [C, H, W] of an input."""
    device = torch.device(setting.device)
    twin = copy.deepcopy(module).to(device).eval()
    _settle_norms(twin, image, device)
    moved: nn.Module = twin.to(dtype=dtype_of(setting))
    return moved.to(memory_format=memory_format_of(setting))  # type: ignore[call-overload, no-any-return]  # not typed


def inputs(image: Shape, batch: int, setting: Setting) -> torch.Tensor:
    """``batch`` images of standard normal noise, always the same."""
    generator = torch.Generator().manual_seed(_SEED)
    noise = torch.randn((1, *image), generator=generator).to(setting.device, dtype_of(setting))
    return noise.repeat(batch, *[1] * len(image)).contiguous(memory_format=memory_format_of(setting))


def _settle_norms(module: nn.Module, image: Shape, device: torch.device) -> None:
    """Give every BatchNorm that has seen no batch the statistics of one.

    With fresh weights and without it, activations shrink layer by layer, down to 1e-10 in MUXNet-l: zeros in fp16, and
    in deeper networks numbers so small that a CPU slows down on them.
    """
    norms = [
        part
        for part in module.modules()
        if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.num_batches_tracked == 0
    ]
    if not norms:
        return
    for norm in norms:
        norm.momentum, norm.training = None, True  # a plain mean over all batches, of which there is one
    generator = torch.Generator().manual_seed(_SEED)
    with torch.no_grad():
        module(torch.randn((_CALIBRATION_BATCH, *image), generator=generator).to(device))
    for norm in norms:
        norm.training = False
