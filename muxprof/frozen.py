"""Values that stay as they are: mappings, and dataclasses that are made quickly."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool) -> Callable[[type], type]:
        """What :func:`dataclasses.dataclass` makes of a class with ``frozen=True``, in a fifth of the time.

        That one compiles six methods for every class, which took 40 % of the time of ``muxprof block``. This one
        compiles ``__init__``; the others are closures. A class and its bases are all made by the same one of the two.
        """
        assert frozen
        return lambda cls: _completed(dataclasses.dataclass(init=False, repr=False, eq=False)(cls))


def _completed(cls: type) -> type:
    """The dataclass with the methods of a frozen one, those that it defines itself excepted."""
    fields = dataclasses.fields(cls)
    compared = [field.name for field in fields if field.compare]
    shown = [field.name for field in fields if field.repr]
    values: Callable[[Any], Any] = attrgetter(*compared) if compared else type
    methods: dict[str, Callable[..., Any]] = {
        "__init__": _init(cls, fields),
        "__repr__": lambda self: (
            f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"
        ),
        "__eq__": lambda self, other: values(self) == values(other) if type(other) is type(self) else NotImplemented,
        "__hash__": lambda self: hash(values(self)),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }
    for name, method in methods.items():
        if cls.__dict__.get(name) is None:  # where a class defines __eq__, its __hash__ is None
            setattr(cls, name, method)
    return cls


def _init(cls: type, fields: Iterable[dataclasses.Field[Any]]) -> Callable[..., None]:
    """``__init__``, compiled, since it is called for every layer of every network."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    head, tail, body = ["self"], ["*"], []
    for field in fields:
        name, default = field.name, f"_default_{field.name}"
        parameter, value = f"{name}={default}", name
        if field.default is not dataclasses.MISSING:
            known[default] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            known[default] = field.default_factory
            parameter, value = f"{name}=_missing", f"{default}() if {name} is _missing else {name}"
        else:
            parameter = name
        (tail if field.kw_only else head).append(parameter)
        body.append(f"_set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    exec(f"def __init__({', '.join(head + tail * (len(tail) > 1))}): {'; '.join(body) or 'pass'}", known)
    made: Callable[..., None] = known["__init__"]
    made.__annotations__ = {field.name: field.type for field in fields}
    return made


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot change {name!r} of a frozen {type(self).__qualname__}")


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
