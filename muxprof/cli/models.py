"""``muxprof models``."""

from typing import Annotated

from muxprof.cli.boundary import command
from muxprof.cli.declared import Option
from muxprof.cli.deliver import deliver, refuse_output
from muxprof.cli.options import Output, Unit


@command
def models(
    *,
    check: Annotated[
        bool, Option("--check/--no-check", help="Build and count every network; takes about a second for each.")
    ] = False,
    unit: Unit = "madds",
    output: Output,
) -> None:
    """What the zoo holds: params and MAdds beside the published figures, and where each network comes from."""
    from muxprof import api

    refuse_output(output.out, "models")
    deliver(api.models(unit=unit), output, check=check)
