"""``muxprof model``."""

from typing import Annotated

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.deliver import deliver, refuse_output


@command
def model(
    name: Annotated[
        str, typer.Argument(help="A network of the zoo: muxnet-m, muxnet-l or mobilenetv2.", metavar="NAME")
    ],
    res: Annotated[str, typer.Option("--res", help="Input resolution: 224, or 224x192 for height x width.")] = "",
    batch: options.Batch = 1,
    classes: Annotated[int, typer.Option("--classes", help="Classes of the last layer.")] = 1000,
    depth: Annotated[
        options.DepthName,
        typer.Option("--depth", help="How deep the tree is shown; JSON and CSV always have all layers."),
    ] = options.DepthName.block,
    check: options.Check = True,
    unit: options.Unit = options.UnitName.madds,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """A network: params, MAdds, activations and traffic of every stage, block and layer.

    Example: muxprof model muxnet-l --depth stage
    """
    from muxprof import api

    refuse_output(out, "model")
    report = api.model(name, res or None, batch=batch, classes=classes, depth=depth.value, unit=unit.value)
    deliver(report, check=check, json=json, out=out, quiet=quiet)
