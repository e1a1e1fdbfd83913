"""Hooks on all modules of a model while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import nn


@contextmanager
def hooked(
    module: nn.Module, *, enter: Callable[..., None] | None = None, leave: Callable[..., None] | None = None
) -> Iterator[None]:
    """Call ``enter(path, part, inputs)`` before and ``leave(path, part, inputs, outputs)`` after each call of a part.

    Parts are ``module`` and all modules in it, except those compiled by torch.jit, which take no hooks.
    """
    hooks = []
    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            continue
        if enter is not None:
            hooks.append(part.register_forward_pre_hook(partial(enter, path), prepend=True))
        if leave is not None:
            hooks.append(part.register_forward_hook(partial(leave, path)))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
