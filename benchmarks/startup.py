"""How soon the answer is there: whole muxprof processes beside one that only imports typer and rich.

    python benchmarks/startup.py [--repeats N] [--json FILE]

Baseline: ``python -c "import typer, rich.table"``, the least that a command line made of these can cost. The ratios are
those of the best of ``--repeats`` samples of each, taken in turn.
"""

from __future__ import annotations

from _harness import interleaved, machine, parser, process, ratio, report, versions

BASELINE = 'python -c "import typer, rich.table"'
BLOCK = "muxprof block --C 64 --E 6 --G 2 --L 0.25 --no-check"
MODEL = "muxprof model muxnet-l --no-check"


def main() -> None:
    """Time the three processes in turn."""
    options = parser(__doc__, repeats=30).parse_args()
    before = machine()
    timings = interleaved(
        {
            BASELINE: process("-c", "import typer, rich.table"),
            BLOCK: process("-m", *BLOCK.split()),
            MODEL: process("-m", *MODEL.split()),
        },
        options.repeats,
    )
    baseline, block, model = timings[BASELINE], timings[BLOCK], timings[MODEL]
    report(
        "startup: whole processes, cold (bytecode and file caches are warm)",
        machine=before,
        versions=versions("muxprof", "typer", "rich"),
        timings=timings.values(),
        claims=[
            ratio("muxprof block / import of typer and rich", block, baseline, at_most=1.5),
            ratio("muxprof model / import of typer and rich", model, baseline, at_most=2),
            ratio("muxprof model / muxprof block", model, block),
        ],
        json_file=options.json,
    )


if __name__ == "__main__":
    main()
