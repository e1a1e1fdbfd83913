"""``muxprof paper``."""

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.deliver import deliver, refuse_output


@command
def paper(
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Every complexity claim of the MUXConv supplement: what it says, what comes out, the verdict, and why.

    Example: muxprof paper --out paper.html
    """
    from muxprof import api

    refuse_output(out, "paper")
    deliver(api.paper(), check=False, json=json, out=out, quiet=quiet)
