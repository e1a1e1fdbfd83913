"""From counts that include a module's children to counts of its own."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn


def exclusive(module: nn.Module, inclusive: Mapping[str, int]) -> dict[str, int]:
    """What each module path does itself; paths that do nothing are left out. The root's path is ``""``."""
    own = {}
    for path, submodule in module.named_modules():
        prefix = f"{path}." if path else ""
        children = sum(inclusive.get(prefix + name, 0) for name, _ in submodule.named_children())
        count = inclusive.get(path, 0) - children
        if count:
            own[path] = count
    return own
