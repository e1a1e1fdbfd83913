"""``muxprof paper``."""

from muxprof.cli.boundary import command
from muxprof.cli.deliver import deliver, refuse_output
from muxprof.cli.options import Output


@command
def paper(*, output: Output) -> None:
    """Every complexity claim of the MUXConv supplement: what it says, what comes out, the verdict, and why.

    Example: muxprof paper --out paper.html
    """
    from muxprof import api

    refuse_output(output.out, "paper")
    deliver(api.paper(), output, check=False)
