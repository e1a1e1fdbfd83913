"""The parameter counter: every learnable tensor of a module, by path and by kind."""

from __future__ import annotations

import torch
from torch import nn

from muxprof.records import ParamsByKind, TracedCount

_NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)
_CONVS = nn.modules.conv._ConvNd


def count_parameters(module: nn.Module) -> TracedCount:
    """Return the learnable elements of each module that has some; a shared tensor counts for its first module."""
    params: dict[str, ParamsByKind] = {}
    seen: set[int] = set()
    for path, owner in module.named_modules():
        found = ParamsByKind()
        for name, tensor in owner.named_parameters(recurse=False):
            if id(tensor) not in seen:
                seen.add(id(tensor))
                found += _by_kind(owner, name, tensor.numel())
        if found.total:
            params[path] = found
    return TracedCount("parameters", torch.__version__, params=params)


def _by_kind(owner: nn.Module, name: str, size: int) -> ParamsByKind:
    if isinstance(owner, _NORMS):
        return ParamsByKind(norm=size)
    if name == "bias":
        return ParamsByKind(bias=size)
    if isinstance(owner, _CONVS):
        return ParamsByKind(conv=size)
    return ParamsByKind(linear=size)
