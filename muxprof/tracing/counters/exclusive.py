"""From counts that include a module's children to counts of its own."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn


def exclusive(module: nn.Module, inclusive: Mapping[str, int]) -> dict[str, int]:
    """What each module path does itself; paths that do nothing are left out. The root's path is ``""``.

    A container that is never called, such as a list that its parent loops over, has no count; what is below it counts
    for its parent.
    """
    own = {}
    for path, submodule in module.named_modules():
        count = inclusive.get(path, 0)
        if count:
            count -= _below(path, submodule, inclusive)
        if count:
            own[path] = count
    return own


def _below(path: str, module: nn.Module, inclusive: Mapping[str, int]) -> int:
    """Counts of the nearest modules below ``path`` that have one."""
    total = 0
    for name, child in module.named_children():
        below = f"{path}.{name}" if path else name
        total += inclusive.get(below, 0) or _below(below, child, inclusive)
    return total
