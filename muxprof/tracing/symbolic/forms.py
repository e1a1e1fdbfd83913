"""From a model and its inputs to its ops over sizes with names: by an export, or by following it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from muxprof.errors import BadInput
from muxprof.records import ModelInput
from muxprof.tracing.patience import at_most
from muxprof.tracing.stand_ins import Model
from muxprof.tracing.symbolic.exported import exported
from muxprof.tracing.symbolic.followed import followed
from muxprof.tracing.symbolic.ops import NoFormError, SymbolicPass
from muxprof.tracing.symbolic.sizes import SizedPass, sized

#: Seconds after which a way is given up: torch may take hours over sizes in sizes, such as those of windows.
PATIENCE = 30.0
#: Up to so many of the last dimension of images are channels, if the second is more.
_CHANNELS = 4

#: From a model, inputs and the dimensions of these that may vary, by index, to a pass.
Way: TypeAlias = Callable[[Model, tuple[ModelInput, ...], Sequence[Sequence[int]]], SymbolicPass]
#: Names of the dimensions that may vary, by index, for each input.
Names: TypeAlias = Sequence[Mapping[int, str]]


def ways(model: Model, inputs: tuple[ModelInput, ...]) -> tuple[tuple[Callable[[], SizedPass | str], ...], ...]:
    """Ways to a model's ops over sizes with names: by an export, and by a pass over symbolic sizes.

    Each gives the ops, or says why it cannot. There is one for sizes above 1, which torch's symbols are, and where one
    that was given is 1 another with that left as it is: torch executes fewer copies for a single image.
    """
    names = named_sizes(inputs)
    varied = tuple(_varied(given, dims) for given, dims in zip(inputs, names, strict=True))
    cases: list[tuple[tuple[ModelInput, ...], Names]] = [(varied, names)]
    if varied != inputs:
        pairs = zip(inputs, names, strict=True)
        larger = [{i: name for i, name in dims.items() if given.shape[i] > 1} for given, dims in pairs]
        cases.append((inputs, larger))
    return tuple(tuple(partial(_found, way, model, *case) for case in cases) for way in (exported, followed))


def _found(way: Way, model: Model, given: tuple[ModelInput, ...], names: Names) -> SizedPass | str:
    """The pass over the sizes with ``names``; others that could have one were left at 1."""
    try:
        with at_most(PATIENCE):
            found = way(model, given, [tuple(each) for each in names])
            called = tuple(_lengths(shape, each) for shape, each in zip(found.shapes, names, strict=True))
            made = sized(found, called, [each.shape for each in given], _silent(given, names))
    except TimeoutError:
        return "torch takes too long over the sizes"
    except (NoFormError, BadInput) as error:
        return str(error).rstrip(".")
    pairs = zip(named_sizes(given), names, strict=True)
    ones = {name: 1 for every, free in pairs for index, name in every.items() if index not in free}
    return replace(made, sizes=replace(made.sizes, fixed={**made.sizes.fixed, **ones}))


def resized(inputs: Sequence[ModelInput], names: Names, values: Mapping[str, int]) -> tuple[ModelInput, ...]:
    """The inputs at other sizes by name; ``names`` are those that vary, and others have the names they would have."""
    made = []
    for given, free, every in zip(inputs, names, named_sizes(inputs), strict=True):
        dims = {index: name for index, name in every.items() if name not in free.values()} | dict(free)
        shape = tuple(values.get(dims.get(index, ""), size) for index, size in enumerate(given.shape))
        made.append(replace(given, shape=shape))
    return tuple(made)


def named_sizes(inputs: Sequence[ModelInput]) -> tuple[dict[int, str], ...]:
    """Names of the dimensions that may vary, by index, for each input.

    Dimensions that would have one name have it where they are of one size; others have a number behind: H2.
    """
    known: dict[str, int] = {}
    made = []
    for given in inputs:
        dims = {}
        for index, name in size_names(given).items():
            size, number, free = given.shape[index], 1, name
            while known.setdefault(free, size) != size:
                number += 1
                free = f"{name}{number}"
            dims[index] = free
        made.append(dims)
    return tuple(made)


def size_names(given: ModelInput) -> dict[int, str]:
    """Names of the dimensions of an input that may vary: images, lengths, depth, height and width."""
    shape = given.shape
    whole = given.dtype is not None and "int" in given.dtype
    if len(shape) == 4:
        last = shape[3] <= _CHANNELS < shape[1]
        return {0: "N", 1: "H", 2: "W"} if last else {0: "N", 2: "H", 3: "W"}
    if len(shape) == 5:
        frames = shape[2] <= _CHANNELS < shape[1]
        return {0: "N", 1: "T", 3: "H", 4: "W"} if frames else {0: "N", 2: "D", 3: "H", 4: "W"}
    if len(shape) == 3:
        # One of the two is channels, mostly: which is for the model to say.
        return {0: "N", 1: "T", 2: "D"} if min(shape[1:]) > 1 else {0: "N", 1 if shape[1] > 1 else 2: "T"}
    if len(shape) == 2 and (whole or shape[1] > 1):
        return {0: "N", 1: "T"}
    return {0: "N"} if shape else {}


def _lengths(shape: Sequence[Any], dims: Mapping[int, str]) -> dict[int, str]:
    """The names, with that of a length for the last dimension of three where the one before is channels."""
    made = dict(dims)
    if len(shape) == 3 and 1 in made and 2 in made and shape[1].is_Integer and not shape[2].is_Integer:
        made[2] = made.pop(1)
    return made


def _silent(inputs: Sequence[ModelInput], names: Names) -> frozenset[str]:
    """Names of dimensions that are channels or features where the model fixes them."""
    return frozenset(
        name
        for given, dims in zip(inputs, names, strict=True)
        if len(given.shape) in (2, 3) and (given.dtype is None or "int" not in given.dtype)
        for name in dims.values()
        if name[0] in "TD"
    )


def _varied(given: ModelInput, names: Mapping[int, str]) -> ModelInput:
    """The input with sizes above 1 wherever they may vary: torch takes 0 and 1 for fixed."""
    shape = tuple(max(2, size) if index in names else size for index, size in enumerate(given.shape))
    return replace(given, shape=shape)
