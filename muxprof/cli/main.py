"""The application: its commands, and what happens before any of them."""

import importlib
from typing import Annotated, Any

import typer

from muxprof import __version__

#: In the order in which help lists them; each is a module of this package, imported when it is wanted.
COMMANDS = ("block", "heatmap", "model", "models", "compare", "trace", "paper", "show", "env", "space")


def application(*commands: str) -> typer.Typer:
    """The application with some of its commands: those that are not run need not be imported, nor built."""
    made = typer.Typer(
        name="muxprof",
        help="What an efficient CNN costs: closed-form params and multiply-adds, proven by tracing real modules.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Exit codes: 0 fine, 1 a check or comparison finds a difference, 2 bad input, 3 something this "
        "machine lacks, 130 interrupted.",
    )
    made.callback()(_options)
    for name in commands:
        module = importlib.import_module(f"muxprof.cli.{name}")
        if name == "space":
            made.add_typer(module.app)
        else:
            made.command()(getattr(module, name))
    return made


def __getattr__(name: str) -> Any:
    """``app``: the application with all of its commands."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault("app", application(*COMMANDS))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"muxprof {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
