"""``muxprof models``."""

from typing import Annotated

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.deliver import deliver, refuse_output


@command
def models(
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Build and count every network; takes about a second for each.")
    ] = False,
    unit: options.Unit = options.UnitName.madds,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """What the zoo holds: params and MAdds beside the published figures, and where each network comes from."""
    from muxprof import api

    refuse_output(out, "models")
    deliver(api.models(unit=unit.value), check=check, json=json, out=out, quiet=quiet)
