"""Mappings that stay as they are; dicts in every other respect: they compare, copy, pickle and print as such."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


class FrozenDict(dict[str, Any]):
    """A dict that refuses to be changed, and that can be hashed."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a report is frozen; make a new one with dataclasses.replace")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none
        """Equal mappings have equal keys, and so equal hashes."""
        return hash(frozenset(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by way of a plain dict."""
        return FrozenDict, (dict(self),)


def frozen(value: Any) -> Any:
    """``value`` with all of its mappings and lists, at any depth, made unchangeable."""
    if isinstance(value, Mapping):
        return FrozenDict({key: frozen(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(frozen(item) for item in value)
    return value
