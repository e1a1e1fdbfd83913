"""From a model and its inputs to its ops over named sizes, by an export or by a pass over symbolic sizes."""

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

#: Seconds after which an attempt is given up: torch may take hours over nested sizes, such as those of windows.
PATIENCE = 30.0
#: A last dimension of at most this size is channels if the second dimension is larger.
_CHANNELS = 4

#: From a model, inputs and the dimensions of these that may vary, by index, to a pass.
Way: TypeAlias = Callable[[Model, tuple[ModelInput, ...], Sequence[Sequence[int]]], SymbolicPass]
#: Names of the dimensions that may vary, by index, for each input.
Names: TypeAlias = Sequence[Mapping[int, str]]


def ways(model: Model, inputs: tuple[ModelInput, ...]) -> tuple[tuple[Callable[[], SizedPass | str], ...], ...]:
    """Return functions that find a model's ops over named sizes: by an export, and by a pass over symbolic sizes.

    Each returns the ops, or the reason why there are none. The first of each kind takes all sizes above 1, as torch's
    symbols are. If a given size is 1, the second leaves it at 1: torch executes fewer copies for a single image.
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
    """Return the pass over the sizes in ``names``; the other sizes that :func:`named_sizes` has stay at 1."""
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
    """Return the inputs at other sizes by name; ``names`` are those of a pass, completed by :func:`named_sizes`."""
    made = []
    for given, free, every in zip(inputs, names, named_sizes(inputs), strict=True):
        dims = {index: name for index, name in every.items() if name not in free.values()} | dict(free)
        shape = tuple(values.get(dims.get(index, ""), size) for index, size in enumerate(given.shape))
        made.append(replace(given, shape=shape))
    return tuple(made)


def named_sizes(inputs: Sequence[ModelInput]) -> tuple[dict[int, str], ...]:
    """Return the names of the dimensions that may vary, by index, for each input.

    Dimensions of different inputs share a name if they have the same size; otherwise a number is added: H2.
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
    """Return the names of an input's dimensions that may vary: N images, T length, D depth, H height, W width."""
    shape = given.shape
    whole = given.dtype is not None and "int" in given.dtype
    if len(shape) == 4:
        last = shape[3] <= _CHANNELS < shape[1]
        return {0: "N", 1: "H", 2: "W"} if last else {0: "N", 2: "H", 3: "W"}
    if len(shape) == 5:
        frames = shape[2] <= _CHANNELS < shape[1]
        return {0: "N", 1: "T", 3: "H", 4: "W"} if frames else {0: "N", 2: "D", 3: "H", 4: "W"}
    if len(shape) == 3:
        # One of the two is usually channels, which the model then fixes.
        return {0: "N", 1: "T", 2: "D"} if min(shape[1:]) > 1 else {0: "N", 1 if shape[1] > 1 else 2: "T"}
    if len(shape) == 2 and (whole or shape[1] > 1):
        return {0: "N", 1: "T"}
    return {0: "N"} if shape else {}


def _lengths(shape: Sequence[Any], dims: Mapping[int, str]) -> dict[int, str]:
    """Return the names, with T for the last of three dimensions if the model fixes the one before, its channels."""
    made = dict(dims)
    if len(shape) == 3 and 1 in made and 2 in made and shape[1].is_Integer and not shape[2].is_Integer:
        made[2] = made.pop(1)
    return made


def _silent(inputs: Sequence[ModelInput], names: Names) -> frozenset[str]:
    """Return the names of dimensions that are channels or features if the model fixes them."""
    return frozenset(
        name
        for given, dims in zip(inputs, names, strict=True)
        if len(given.shape) in (2, 3) and (given.dtype is None or "int" not in given.dtype)
        for name in dims.values()
        if name[0] in "TD"
    )


def _varied(given: ModelInput, names: Mapping[int, str]) -> ModelInput:
    """Return the input with all named sizes above 1: torch treats 0 and 1 as fixed."""
    shape = tuple(max(2, size) if index in names else size for index, size in enumerate(given.shape))
    return replace(given, shape=shape)
