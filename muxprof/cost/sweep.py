"""The block formulas over arrays: a grid of configurations in one call, in chunks that stay in cache."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import sympy

from muxprof.cost import symbolic
from muxprof.errors import BadInput

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[Any]

#: Elements that are worked on at a time: enough to hide the cost of a numpy call, few enough to stay in cache.
CHUNK = 1 << 15

#: Sums and products of whole numbers below this are exact in float64.
_EXACT_FLOAT = 2.0**53

#: Estimates up to this, made in float64, are of counts that int64 holds.
_EXACT_INT = 2.0**62

#: What C * L may miss a whole number by: a float L stands for its decimal text, and rounding stays well below this.
_TOLERANCE = 1e-6

#: The types of a sweep's arrays.
_MADE: tuple[type[Any], ...] = (np.int64, np.int64, np.float64, np.bool_)

_READ: list[Literal["readonly", "writeonly"]] = ["readonly"]
_WRITE: list[Literal["readonly", "writeonly"]] = ["writeonly"]


@dataclass(frozen=True)
class Sweep:
    """Costs of MUXConv blocks, element by element, in the broadcast shape of what was asked for.

    ``ratio`` is MUXConv over MobileNet, the same for params and MAdds. ``valid`` is False where no such block exists (a
    fraction of a channel is left, or G does not divide): counts are 0 and the ratio is NaN there. That follows the
    formulas: an odd C, which the block's channel shuffle cannot take, and an even K are not looked for.
    """

    params: Ints
    madds: Ints
    ratio: Floats
    valid: Bools


def sweep(
    C: npt.ArrayLike = 64,
    E: npt.ArrayLike = 6,
    G: npt.ArrayLike = 1,
    L: npt.ArrayLike = 0.0,
    K: npt.ArrayLike = 3,
    H: npt.ArrayLike = 56,
    W: npt.ArrayLike = 56,
    invalid: Literal["raise", "mask"] = "raise",
    out: Sweep | None = None,
) -> Sweep:
    """Params, MAdds and ratio of the paper's block for every combination of arrays that broadcast.

    C, E, G, K, H, W are integers of any width, L is a float. Counts are exact int64. The MobileNet block is G = 1,
    L = 0. Raises :class:`BadInput` for what is no number, values below 1, L outside [0, 1), counts that int64 cannot
    hold, and for configurations that no block has unless ``invalid`` is ``"mask"``. ``out`` is an earlier result of the
    same shape to write over, which spares the system the clearing of fresh memory.

    Source: MUXConv supplement, section 2.
    """
    inputs = [_integers(value, name) for name, value in zip("CEGKHW", (C, E, G, K, H, W), strict=True)]
    inputs.append(_floats(L, "L"))
    try:
        shape = np.broadcast_shapes(*(array.shape for array in inputs))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in inputs)
        raise BadInput(f"the arrays C, E, G, K, H, W, L do not broadcast: their shapes are {shapes}.") from None
    made = Sweep(*(np.empty(shape, dtype) for dtype in _MADE)) if out is None else out
    if made.valid.shape != shape:
        raise BadInput(f"out has the shape {made.valid.shape}; these arrays make {shape}.")
    if made.valid.size and _largest(_fill(made, inputs, np.float64)) >= _EXACT_FLOAT:
        _fill(made, inputs, np.int64)
    if not made.valid.all():
        missing = ~made.valid
        if invalid == "raise":
            raise BadInput(_complaint(inputs, missing))
        made.params[missing] = made.madds[missing] = 0
        made.ratio[missing] = np.nan
    return made


def _fill(made: Sweep, inputs: list[Numbers], dtype: type[np.float64 | np.int64]) -> Floats:
    """Work out every element, with C, E, G and K as ``dtype``; returns the bounds of each chunk, one row for each.

    float64 is the faster one: the processor has vector instructions for all of its steps. Inputs of another type and
    those that are broadcast are converted and repeated chunk by chunk.
    """
    chunks = np.nditer(
        [*inputs, made.params, made.madds, made.ratio, made.valid],
        flags=["external_loop", "buffered"],
        op_flags=[_READ] * 7 + [_WRITE] * 4,
        op_dtypes=[dtype] * 4 + [np.int64, np.int64, np.float64, *_MADE],
        order="C",
        casting="same_kind",
        buffersize=CHUNK,
    )
    _settle_allocator()
    with chunks, np.errstate(all="ignore"):  # values out of range run through here too, and are refused afterwards
        return np.array([_chunk(chunk) for chunk in chunks], dtype=np.float64)


def _chunk(chunk: tuple[Numbers, ...]) -> tuple[Any, ...]:
    """Work out one chunk: seven arrays of inputs, and four to write into.

    Returns the smallest C, E, G, K, H, W and L, then the largest L, MAdds, params, and params of MobileNet.
    """
    C, E, G, K, H, W, L, params, madds, ratio, valid = chunk
    weights, positions = _compiled()
    left = C * L
    whole = np.rint(left)
    processed = C - whole.astype(C.dtype, copy=False)
    middle = E * processed
    left -= whole
    np.less(np.abs(left, out=left), _TOLERANCE, out=valid)
    valid &= processed > 0
    valid &= _divides(G, middle)
    mux, mobilenet = weights(processed, middle, C, E, G, K)
    params[:] = mux
    np.multiply(positions(H, W), params, out=madds)
    np.divide(mux, mobilenet, out=ratio)
    lows = map(np.minimum.reduce, (C, E, G, K, H, W, L))
    high_L, high_H, high_W, high_mux, high_mobilenet = map(np.maximum.reduce, (L, H, W, mux, mobilenet))
    high_madds = 1.0 * high_mux * high_H * high_W
    if high_madds > _EXACT_INT:  # these three may not meet in one element
        high_madds = np.maximum.reduce(1.0 * mux * H * W)
    return (*lows, high_L, high_madds, high_mux, high_mobilenet)


def _divides(divisor: Numbers, number: Numbers) -> Bools:
    """Where ``divisor`` divides ``number``; exact for float64 as well, as long as that holds the number exactly."""
    if number.dtype == np.int64:
        divides: Bools = number % divisor == 0
        return divides
    quotient = number / divisor  # several times as fast as a remainder
    return np.equal(quotient, np.rint(quotient))


@functools.cache
def _compiled() -> tuple[Callable[..., tuple[Numbers, Numbers]], Callable[[Ints, Ints], Ints]]:
    """Two numpy functions: params of MUXConv and of MobileNet, and the positions at which each weight is used."""
    processed, middle = sympy.symbols("C_hat middle", positive=True)
    mux, madds, mobilenet, _ = symbolic.totals(processed, middle)
    symbols = (processed, middle, symbolic.C, symbolic.E, symbolic.G, symbolic.K)
    weights = sympy.lambdify(symbols, (mux, mobilenet), modules="numpy", cse=True)
    positions = sympy.lambdify((symbolic.H, symbolic.W), sympy.cancel(madds / mux), modules="numpy")
    return weights, positions


def _settle_allocator() -> None:
    """Let the allocator keep the memory of one chunk's temporaries for the next.

    glibc raises the size from which it returns free memory to the system once a block of some size was mapped and
    freed. Without that, every chunk faults its pages in anew, at several times the cost of the arithmetic.
    """
    np.empty(1 << 24, dtype=np.uint8)


def _integers(value: npt.ArrayLike, name: str) -> Numbers:
    array: Numbers = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise BadInput(f"{name} must be 64-bit integers, not {array.dtype}.")
    if array.dtype == np.uint64 and (array >= 2**63).any():
        raise BadInput(f"{name} = {array.max()} is out of range; int64 holds 9.2e18.")
    return array


def _floats(value: npt.ArrayLike, name: str) -> Numbers:
    array: Numbers = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise BadInput(f"{name} must be floats, not {array.dtype}.")
    return array


def _largest(bounds: Floats) -> float:
    """The largest count of params there is, from the bounds of each chunk; refuses what is out of range."""
    *lows, low_L = bounds[:, :7].min(axis=0)
    high_L, madds, mux, mobilenet = bounds[:, 7:].max(axis=0)
    for name, low in zip("CEGKHW", lows, strict=True):
        if low < 1:
            raise BadInput(f"{name} = {int(low)} is out of range; it must be at least 1.")
    if not (low_L >= 0 and high_L < 1):
        wrong = high_L if low_L >= 0 else low_L
        raise BadInput(f"L = {wrong} is out of range; it must be at least 0 and below 1.")
    if max(madds, mobilenet) > _EXACT_INT:
        raise BadInput(f"these blocks have counts up to {max(madds, mobilenet):.1e}; int64 holds 9.2e18.")
    return float(max(mux, mobilenet))


def _complaint(inputs: list[Numbers], missing: Bools) -> str:
    index = np.unravel_index(np.argmax(missing), missing.shape)
    C, E, G, _, _, _, L = (np.broadcast_to(array, missing.shape)[index] for array in inputs)
    return (
        f"{np.count_nonzero(missing):,} of {missing.size:,} configurations have no block, first at index "
        f"{[int(i) for i in index]}: C = {C}, E = {E}, G = {G}, L = {L:g}; (1-L)C must be whole and G must divide "
        'E(1-L)C. invalid="mask" leaves them out.'
    )
