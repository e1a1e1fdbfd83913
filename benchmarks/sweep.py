"""Configurations a second: ten million random valid blocks through ``muxprof.cost.sweep.sweep``, on one core.

    python benchmarks/sweep.py [--configurations N] [--repeats N] [--json FILE]

All inputs are full int64 and float64 arrays, and numpy works on these in one thread. Baseline: the same three formulas
(params, MAdds, ratio) as sympy's ``lambdify`` makes them, over chunks of 16k elements, in float64 and without any
check; on top of these, ``sweep`` checks every range and whether such a block exists, and makes exact integers. The
results of both are compared, all of them: counts for equality once the baseline's are rounded, ratios to 1e-12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sympy
from _harness import call, interleaved, machine, parser, rate, ratio, report, versions

from muxprof.cost import symbolic
from muxprof.cost.sweep import sweep

Arrays: TypeAlias = dict[str, Any]

OWN = "sweep(...)"
REUSED = "sweep(..., out=earlier result)"
BASELINE = "sympy.lambdify, chunks of 16k, unchecked"
CHUNK = 1 << 14


def main() -> None:
    """Compare the results, then time both sides in turn."""
    arguments = parser(__doc__, repeats=10)
    arguments.add_argument("--configurations", type=int, default=10_000_000, metavar="N", help="default: %(default)s")
    options = arguments.parse_args()
    before = machine()
    given = configurations(options.configurations)
    baseline = lambdified()
    made = sweep(**given)
    assert made.valid.all()
    params, madds, share = baseline(given)
    np.testing.assert_array_equal(made.params, np.rint(params))
    np.testing.assert_array_equal(made.madds, np.rint(madds))
    np.testing.assert_allclose(made.ratio, share, rtol=1e-12, atol=0)
    del params, madds, share
    timings = interleaved(
        {
            OWN: call(lambda: sweep(**given)),
            REUSED: call(lambda: sweep(**given, out=made)),
            BASELINE: call(lambda: baseline(given)),
        },
        options.repeats,
    )
    report(
        f"sweep: {options.configurations:,} random valid configurations on one core; both sides agree on all of them",
        machine=before,
        versions=versions("muxprof", "numpy", "sympy"),
        timings=timings.values(),
        claims=[
            rate("configurations, fresh results", timings[OWN], options.configurations, at_least=50),
            rate("configurations, results written over", timings[REUSED], options.configurations, at_least=50),
            rate("configurations, baseline", timings[BASELINE], options.configurations),
            ratio("sweep / baseline, fresh results", timings[OWN], timings[BASELINE]),
            ratio("sweep, results written over / baseline", timings[REUSED], timings[BASELINE]),
        ],
        json_file=options.json,
    )


def configurations(count: int, seed: int = 2020) -> Arrays:
    """Random blocks that exist: any number of channels left out, and a G that divides the middle channels."""
    draw = np.random.default_rng(seed)
    C = draw.integers(8, 513, count)
    left = draw.integers(0, C)
    E = draw.integers(1, 9, count)
    G = np.gcd(E * (C - left), draw.choice(np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32]), count))
    K = draw.choice(np.array([1, 3, 5, 7, 9, 11]), count)
    H, W = draw.integers(7, 225, (2, count))
    return {"C": C, "E": E, "G": G, "L": left / C, "K": K, "H": H.copy(), "W": W.copy()}


def lambdified() -> Callable[[Arrays], tuple[npt.NDArray[np.float64], ...]]:
    """The formulas as sympy makes a numpy function of them, applied chunk by chunk."""
    formulas = symbolic.formulas()
    letters = "CEGLKHW"
    evaluate = sympy.lambdify(
        [getattr(symbolic, letter) for letter in letters],
        (formulas.mux.params, formulas.mux.madds, formulas.ratio),
        modules="numpy",
    )

    def over_chunks(given: Arrays) -> tuple[npt.NDArray[np.float64], ...]:
        columns = [given[letter] for letter in letters]
        made = tuple(np.empty(columns[0].size) for _ in range(3))
        for start in range(0, columns[0].size, CHUNK):
            part = slice(start, start + CHUNK)
            for whole, values in zip(made, evaluate(*(column[part] for column in columns)), strict=True):
                whole[part] = values
        return made

    return over_chunks


if __name__ == "__main__":
    main()
