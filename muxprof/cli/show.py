"""``muxprof show``."""

from pathlib import Path
from typing import Annotated, Literal

from muxprof.cli.boundary import command
from muxprof.cli.declared import Argument, Option
from muxprof.cli.deliver import deliver, refuse_output
from muxprof.cli.options import Output


@command
def show(
    *,
    path: Annotated[Path, Argument(help="A report saved as JSON.", metavar="REPORT.json")],
    depth: Annotated[
        str | None,
        Option(
            "--depth",
            help="How deep the tree of a network is shown: stage, block or layer; of a traced model also a number.",
        ),
    ] = None,
    unit: Annotated[
        Literal["madds", "flops"] | None, Option("--unit", help="Show multiply-adds, or FLOPs (2 per multiply-add).")
    ] = None,
    output: Output,
) -> None:
    """A saved report again, in any format, without running anything.

    Example: muxprof show report.json --out report.html
    """
    from muxprof import api

    report = api.load(path)
    refuse_output(output.out, report.command)
    if depth is not None:
        report = api.at_depth(report, depth)
    if unit is not None:
        report = api.in_unit(report, unit)
    deliver(report, output, check=False)
