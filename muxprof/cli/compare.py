"""``muxprof compare``."""

from typing import Annotated

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.deliver import deliver, refuse_output


@command
def compare(
    names: Annotated[
        list[str], typer.Argument(help="Networks of the zoo, or files; ratios are to the first.", metavar="NAME...")
    ],
    res: Annotated[
        str, typer.Option("--res", help="Input resolution of all: 224, or 224x192 for height x width.")
    ] = "",
    head: options.Head = None,
    batch: options.Batch = 1,
    check: options.Check = True,
    unit: options.Unit = options.UnitName.madds,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Networks side by side, with ratios; --out compare.html draws params against MAdds.

    Example: muxprof compare mobilenetv2 muxnet-m muxnet-l
    """
    from muxprof import api

    refuse_output(out, "compare")
    report = api.compare(*names, res=res or None, head=head and head.value, batch=batch, unit=unit.value)
    deliver(report, check=check, json=json, out=out, quiet=quiet)
