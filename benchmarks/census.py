"""A budget count over all networks of the default space, and ten thousand samples: time and memory, on one core.

    python benchmarks/census.py [--repeats N] [--json FILE]

Whole processes of ``muxprof space``, cold: they start, fold the space into two sets of 0.8 million cost pairs, answer
and print. Where the system allows it, the benchmark and its processes are bound to one core. Memory is the largest
resident set of any of these processes. Baseline: a process that imports numpy and typer.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable

from _harness import Claim, Timing, call, interleaved, machine, parser, process, report, versions

BASELINE = 'python -c "import numpy, typer"'
COUNT = "muxprof space count --madds 60M:218M --params 2.5M:3.4M"
SAMPLE = "muxprof space sample -n 10000 --madds 200M:220M --params 3.4M"
DRAW = "10,000 samples from a census that is there"
HIST = "muxprof space hist"


def main() -> None:
    """Time the processes in turn, then read the peak memory of all of them."""
    options = parser(__doc__, repeats=5).parse_args()
    before = machine()
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    timings = interleaved(
        {
            BASELINE: process("-c", "import numpy, typer"),
            COUNT: process("-m", *COUNT.split()),
            SAMPLE: process("-m", *SAMPLE.split()),
        },
        options.repeats,
    )
    memory = peak_bytes()
    timings |= interleaved({DRAW: call(draws())}, options.repeats, warm_up=0)
    timings |= interleaved({HIST: process("-m", *HIST.split())}, 1, warm_up=0)
    claims = [
        seconds("a budget count, cold process", timings[COUNT], 10),
        seconds("10,000 samples, cold process", timings[SAMPLE]),
        seconds("10,000 samples, the census at hand", timings[DRAW], 5),
        seconds("every bin of the histogram, cold process", timings[HIST]),
    ]
    if memory is not None:
        claims.append(Claim("peak memory of count and sample", memory / 1e9, memory / 1e9, "GB", at_most=2))
    report(
        "census: all 724,511,554,128 networks of the default space, on one core",
        machine=before,
        versions=versions("muxprof", "numpy"),
        timings=timings.values(),
        claims=claims,
        json_file=options.json,
    )


def draws() -> Callable[[], object]:
    """A function that draws 10,000 networks within a budget from a census whose halves are folded."""
    from muxprof.census.census import Census
    from muxprof.spec.budgets import bounds
    from muxprof.spec.spaces import paper

    census = Census(paper())
    budgets = itertools.cycle({"madds": bounds(text, "madds")} for text in ("200M:220M", "200M:221M"))
    assert census.halves
    return lambda: [found.text for found in census.sample(next(budgets), 10_000, seed=7)]  # never the last budget


def seconds(text: str, timing: Timing, at_most: float | None = None) -> Claim:
    """A time as a claim."""
    return Claim(text, timing.best, timing.median, "s", at_most=at_most)


def peak_bytes() -> int | None:
    """The largest resident set of any finished child process; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


if __name__ == "__main__":
    main()
