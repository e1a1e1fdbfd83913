"""A dataclass that is made quickly is the standard library's frozen one in all that muxprof relies on."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from functools import cached_property
from typing import Any

import pytest

from muxprof.frozen import dataclass


@dataclass(frozen=True)
class Point:
    """All kinds of fields."""

    x: int
    y: int = 2
    tags: dict[str, int] = field(default_factory=dict)
    label: str = field(default="p", kw_only=True)
    seen: object = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("x")
        object.__setattr__(self, "tags", dict(self.tags))

    @cached_property
    def total(self) -> int:
        return self.x + self.y


@dataclasses.dataclass(frozen=True)
class Standard:
    """The same of the standard library."""

    x: int
    y: int = 2
    tags: dict[str, int] = field(default_factory=dict)
    label: str = field(default="p", kw_only=True)
    seen: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Solid(Point):
    """One that has a base, and methods of its own."""

    z: int = 3

    def __repr__(self) -> str:
        return "solid"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Solid) and self.z == other.z

    def __hash__(self) -> int:
        return 7


@dataclass(frozen=True)
class Empty:
    """No fields at all."""


@pytest.mark.parametrize(
    "make",
    [
        lambda cls: cls(1),
        lambda cls: cls(1, 5, {"a": 1}, label="q", seen=3),
        lambda cls: cls(x=1, tags={"b": 2}),
        lambda cls: dataclasses.replace(cls(1, seen=4), y=9),
    ],
)
def test_it_holds_and_shows_what_the_standard_one_does(make: Callable[[Any], Any]) -> None:
    own, other = make(Point), make(Standard)
    assert repr(own) == repr(other).replace("Standard", "Point")
    assert dataclasses.astuple(own) == dataclasses.astuple(other)
    assert dataclasses.asdict(own) == dataclasses.asdict(other)
    assert own == make(Point)
    assert own != other
    assert own != dataclasses.replace(own, x=own.x + 1)


@pytest.mark.parametrize("arguments", [(), (1, 2, {}, None, "label")])
def test_it_refuses_the_arguments_that_the_standard_one_refuses(arguments: tuple[Any, ...]) -> None:
    cls: Any
    for cls in (Point, Standard):
        with pytest.raises(TypeError):
            cls(*arguments)
    with pytest.raises(TypeError):
        Point(1, w=2)  # type: ignore[call-arg]  # that is the point


def test_fields_keep_their_names_types_and_options() -> None:
    for own, other in zip(dataclasses.fields(Point), dataclasses.fields(Standard), strict=True):
        assert [
            getattr(own, name) for name in ("name", "type", "default", "default_factory", "compare", "kw_only")
        ] == [getattr(other, name) for name in ("name", "type", "default", "default_factory", "compare", "kw_only")]
    assert Point.__match_args__ == Standard.__match_args__
    own_types, types = Point.__init__.__annotations__, Standard.__init__.__annotations__
    assert own_types == {name: kind for name, kind in types.items() if name != "return"}


def test_it_is_frozen() -> None:
    point: Any = Point(1)
    for name in ("x", "new"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(point, name, 2)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(point, name)
    assert point.total == 3
    assert point.x == 1


def test_what_a_class_compares_is_what_it_hashes() -> None:
    assert Point(1, seen=1) == Point(1, seen=2)
    assert Point(1).tags is not Point(1).tags
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1))  # a dict is in it
    assert hash(Empty()) == hash(Empty())
    assert Empty() == Empty()
    assert repr(Empty()) == "Empty()"


def test_what_is_made_is_checked() -> None:
    with pytest.raises(ValueError, match="x"):
        Point(-1)
    with pytest.raises(ValueError, match="x"):
        dataclasses.replace(Point(1), x=-1)


def test_a_class_keeps_the_methods_that_it_has() -> None:
    one, two = Solid(1, z=4), Solid(2, z=4)
    assert (repr(one), hash(one), one == two) == ("solid", 7, True)
    assert (one.x, one.y, one.label) == (1, 2, "p")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.z = 5  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_it_is_copied_and_pickled(again: Callable[[Any], Any]) -> None:
    made = again(Point(1, tags={"a": 1}))
    assert made == Point(1, tags={"a": 1})
    assert made.total == 3
