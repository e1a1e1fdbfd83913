"""The application: its commands, and what happens before any of them."""

from typing import Annotated

import typer

from muxprof import __version__
from muxprof.cli import block, compare, env, heatmap, model, models, paper, show, space, trace

app = typer.Typer(
    name="muxprof",
    help="What an efficient CNN costs: closed-form params and multiply-adds, proven by tracing real modules.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 a check disagrees, 2 bad input, 3 something this machine lacks, 130 interrupted.",
)

for _function in (
    block.block,
    heatmap.heatmap,
    model.model,
    models.models,
    compare.compare,
    trace.trace,
    paper.paper,
    show.show,
    env.env,
):
    app.command()(_function)
app.add_typer(space.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"muxprof {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
