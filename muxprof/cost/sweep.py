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

#: Elements that are worked on at a time: some twenty temporaries of this length stay in a core's level-2 cache.
CHUNK = 1 << 13

#: Products below this are exact in int64, whatever the order of multiplication.
_MAX_MADDS = 2.0**62


@dataclass(frozen=True)
class Sweep:
    """Costs of MUXConv blocks, element by element, in the broadcast shape of what was asked for.

    ``ratio`` is MUXConv over MobileNet, the same for params and MAdds. ``valid`` is False where no such block exists (a
    fraction of a channel is left, or G does not divide): counts are 0 and the ratio is NaN there.
    """

    params: Ints
    madds: Ints
    ratio: Floats
    valid: npt.NDArray[np.bool_]


def sweep(
    C: npt.ArrayLike = 64,
    E: npt.ArrayLike = 6,
    G: npt.ArrayLike = 1,
    L: npt.ArrayLike = 0.0,
    K: npt.ArrayLike = 3,
    H: npt.ArrayLike = 56,
    W: npt.ArrayLike = 56,
    invalid: Literal["raise", "mask"] = "raise",
) -> Sweep:
    """Params, MAdds and ratio of the paper's block for every combination of arrays that broadcast.

    C, E, G, K, H, W are integers, L is a float. Counts are exact int64. The MobileNet block is G = 1, L = 0. Raises
    :class:`BadInput` for values below 1, L outside [0, 1), counts that int64 cannot hold, and for configurations that
    no block has unless ``invalid`` is ``"mask"``. Source: MUXConv supplement, section 2.
    """
    integers = [_integers(value, name) for name, value in zip("CEGKHW", (C, E, G, K, H, W), strict=True)]
    leave_out = np.asarray(L, dtype=np.float64)
    try:
        inputs = np.broadcast_arrays(*integers, leave_out)
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in (*integers, leave_out))
        raise BadInput(f"the arrays C, E, G, K, H, W, L do not broadcast: their shapes are {shapes}.") from None
    shape = inputs[0].shape
    flat = [array.reshape(-1) for array in inputs]
    size = flat[0].size
    params, madds = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    ratio, valid = np.empty(size, dtype=np.float64), np.empty(size, dtype=np.bool_)
    compiled = _compiled()
    _settle_allocator()
    bounds = []
    for start in range(0, size, CHUNK):
        part = slice(start, start + CHUNK)
        arrays = [array[part] for array in flat]
        bounds.append([(np.minimum.reduce(array), np.maximum.reduce(array)) for array in arrays])
        _chunk(compiled, arrays, params[part], madds[part], ratio[part], valid[part])
    _check_bounds(bounds)
    if not valid.all():
        if invalid == "raise":
            raise BadInput(_complaint(flat, valid))
        params[~valid] = madds[~valid] = 0
        ratio[~valid] = np.nan
    return Sweep(params.reshape(shape), madds.reshape(shape), ratio.reshape(shape), valid.reshape(shape))


def _chunk(
    compiled: Callable[..., tuple[Ints, Ints, Ints]],
    arrays: list[npt.NDArray[Any]],
    params: Ints,
    madds: Ints,
    ratio: Floats,
    valid: npt.NDArray[np.bool_],
) -> None:
    C, E, G, K, H, W, L = arrays
    left = C * L  # values out of range run through here too, and are refused afterwards
    whole = np.rint(left)
    processed = C - whole.astype(np.int64)
    middle = E * processed
    # A float L stands for its decimal text, so C * L may miss a whole number by rounding, but by no more than this.
    np.less(np.abs(left - whole), 1e-6, out=valid)
    quotient = middle / G
    valid &= quotient == np.rint(quotient)
    params[:], madds[:], baseline = compiled(processed, middle, C, E, G, K, H, W)
    np.divide(params, baseline, out=ratio)


@functools.cache
def _compiled() -> Callable[..., tuple[Ints, Ints, Ints]]:
    """Params and MAdds of MUXConv and params of MobileNet, factored, as one numpy function, their common parts worked out once."""
    processed, middle = sympy.symbols("C_hat middle", positive=True)
    symbols = (processed, middle, symbolic.C, symbolic.E, symbolic.G, symbolic.K, symbolic.H, symbolic.W)
    made: Callable[..., tuple[Ints, Ints, Ints]] = sympy.lambdify(
        symbols, symbolic.totals(processed, middle)[:3], modules="numpy", cse=True
    )
    return made


def _settle_allocator() -> None:
    """Let the allocator keep the memory of one chunk's temporaries for the next.

    glibc raises the size from which it returns free memory to the system once a block of some size was mapped and
    freed. Without that, every chunk faults its pages in anew, at several times the cost of the arithmetic.
    """
    np.empty(1 << 24, dtype=np.uint8)


def _integers(value: npt.ArrayLike, name: str) -> Ints:
    array: npt.NDArray[Any] = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise BadInput(f"{name} must be integers, not {array.dtype}.")
    return array.astype(np.int64, copy=False)


def _check_bounds(bounds: list[list[tuple[Any, Any]]]) -> None:
    """Refuse what is out of range, from the smallest and largest C, E, G, K, H, W and L of each chunk."""
    if not bounds:
        return
    lows, highs = np.array(bounds, dtype=np.float64).transpose(2, 1, 0)
    for name, low in zip("CEGKHW", lows.min(axis=1), strict=False):
        if low < 1:
            raise BadInput(f"{name} = {low:g} is out of range; it must be at least 1.")
    if not (lows[-1].min() >= 0 and highs[-1].max() < 1):
        raise BadInput("L must be at least 0 and below 1 everywhere.")
    c, e, g, k, h, w, _ = highs.max(axis=1)
    madds = e * c * (2 * c + g * k * k) * h * w
    if madds > _MAX_MADDS:
        raise BadInput(f"the largest C, E, G, K, H and W make up to {madds:.1e} MAdds; int64 holds 9.2e18.")


def _complaint(flat: list[npt.NDArray[Any]], valid: npt.NDArray[np.bool_]) -> str:
    first = int(np.argmin(valid))
    C, E, G, _, _, _, L = (array[first] for array in flat)
    return (
        f"{int((~valid).sum()):,} of {valid.size:,} configurations have no block, first at index {first}: C = {C}, "
        f"E = {E}, G = {G}, L = {L:g}; (1-L)C must be whole and G must divide E(1-L)C. "
        'invalid="mask" leaves them out.'
    )
