"""``muxprof compare``."""

from typing import Annotated

from muxprof.cli.boundary import command
from muxprof.cli.declared import Argument, Option
from muxprof.cli.deliver import deliver, refuse_output
from muxprof.cli.options import Check, Head, Output, Unit


@command
def compare(
    *,
    names: Annotated[
        list[str], Argument(help="Networks of the zoo, or files; ratios are to the first.", metavar="NAME...")
    ],
    res: Annotated[str, Option("--res", help="Input resolution of all: 224, or 224x192 for height x width.")] = "",
    head: Head = None,
    batch: Annotated[
        int, Option("--batch", help="Images in the input; MAdds stay per image, traffic is per batch.")
    ] = 1,
    check: Check = True,
    unit: Unit = "madds",
    output: Output,
) -> None:
    """Networks side by side, with ratios; --out compare.html draws params against MAdds.

    Example: muxprof compare mobilenetv2 muxnet-m muxnet-l
    """
    from muxprof import api

    refuse_output(output.out, "compare")
    report = api.compare(*names, res=res or None, head=head, batch=batch, unit=unit)
    deliver(report, output, check=check)
