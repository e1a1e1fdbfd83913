"""``muxprof show``."""

from pathlib import Path
from typing import Annotated

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.deliver import deliver, refuse_output


@command
def show(
    path: Annotated[Path, typer.Argument(help="A report saved as JSON.", metavar="REPORT.json")],
    depth: Annotated[
        str | None,
        typer.Option(
            "--depth",
            help="How deep the tree of a network is shown: stage, block or layer; of a traced model also a number.",
        ),
    ] = None,
    unit: Annotated[
        options.UnitName | None, typer.Option("--unit", help="Show multiply-adds, or FLOPs (2 per multiply-add).")
    ] = None,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """A saved report again, in any format, without running anything.

    Example: muxprof show report.json --out report.html
    """
    from muxprof import api

    report = api.load(path)
    refuse_output(out, report.command)
    if depth is not None:
        report = api.at_depth(report, depth)
    if unit is not None:
        report = api.in_unit(report, unit.value)
    deliver(report, check=False, json=json, out=out, quiet=quiet)
