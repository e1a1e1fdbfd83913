"""The commands, and how one of them is found and run."""

import importlib
import os
import sys
from typing import Any

#: In the order in which help lists them; each is a module of this package, imported when it is wanted.
COMMANDS = ("block", "heatmap", "model", "models", "compare", "trace", "paper", "show", "env", "space")


def named(name: str) -> Any:
    """The :class:`~muxprof.cli.boundary.Command` or :class:`~muxprof.cli.boundary.Group` of that name."""
    return getattr(importlib.import_module(f"muxprof.cli.{name}"), name)


def run() -> None:
    """Run the command that ``sys.argv`` asks for; where it is not well formed, typer says what is wrong."""
    wanted = [word for word in sys.argv[1:2] if word in COMMANDS]
    # On Windows typer expands patterns, which the shell has not.
    if wanted and os.name != "nt" and _run_at_once(named(*wanted), sys.argv[2:]):
        return
    from muxprof.cli.application import application

    application(*(wanted or COMMANDS))()


def _run_at_once(found: Any, words: list[str]) -> bool:
    """Run a command whose words are well formed; False, and nothing is done, where they are not."""
    from muxprof.cli.boundary import Group
    from muxprof.cli.reading import Unclear, read

    if isinstance(found, Group):
        if not words or words[0] not in found.commands:
            return False
        found, words = found.commands[words[0]], words[1:]
    try:
        values = read(found.parameters, words, os.environ)
    except Unclear:
        return False
    found(**values)
    return True


def __getattr__(name: str) -> Any:
    """``app``: the application with all of its commands."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from muxprof.cli.application import application

    return globals().setdefault("app", application(*COMMANDS))
