"""The commands as a typer application: help, completion, and what is said about a command line that is wrong."""

import inspect
from typing import Annotated, Any

import typer

from muxprof import __version__
from muxprof.cli.boundary import Command, Group
from muxprof.cli.commands import named
from muxprof.cli.declared import Argument, Parameter

_SETTINGS: dict[str, Any] = {"no_args_is_help": True, "context_settings": {"help_option_names": ["-h", "--help"]}}


def application(*commands: str) -> typer.Typer:
    """The application with some of its commands: those that are not run need not be imported, nor built."""
    made = typer.Typer(
        name="muxprof",
        help="What an efficient CNN costs: closed-form params and multiply-adds, proven by tracing real modules.",
        pretty_exceptions_enable=False,
        epilog="Exit codes: 0 fine, 1 a check or comparison finds a difference, 2 bad input, 3 something this "
        "machine lacks, 130 interrupted.",
        **_SETTINGS,
    )
    made.callback()(_options)
    for name in commands:
        found = named(name)
        if isinstance(found, Group):
            inner = typer.Typer(name=name, help=found.help, epilog=found.epilog, **_SETTINGS)
            for own_name, own in found.commands.items():
                inner.command(own_name)(typed(own))
            made.add_typer(inner)
        else:
            made.command(name)(typed(found))
    return made


def typed(command: Command) -> Any:
    """The command as typer wants it: a function whose signature has its options, one by one."""

    def run(**values: Any) -> None:
        command(**values)

    run.__name__, run.__doc__ = command.function.__name__, command.function.__doc__
    run.__signature__ = inspect.Signature([_parameter(each) for each in command.parameters])  # type: ignore[attr-defined]  # inspect reads it
    return run


def _parameter(given: Parameter) -> inspect.Parameter:
    declared = given.declared
    info = (
        typer.Argument(help=declared.help, metavar=declared.metavar)
        if isinstance(declared, Argument)
        else typer.Option(
            *declared.flags,
            help=declared.help,
            rich_help_panel=declared.panel,
            metavar=declared.metavar,
            envvar=declared.envvar,
            readable=False,  # of an output; the commands say what is wrong with an input
        )
    )
    return inspect.Parameter(
        given.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if given.default is ... else given.default,
        annotation=Annotated[given.kind, info],
    )


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
