"""The table of commands."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from muxprof.cli.boundary import Command, Group

#: In the order in which help lists them; each is a module of this package, imported when it is wanted.
COMMANDS = ("block", "heatmap", "model", "models", "compare", "trace", "paper", "show", "env", "space")


def named(name: str) -> "Command | Group":
    """The command, or the group of commands, of that name."""
    found: Any = getattr(importlib.import_module(f"muxprof.cli.{name}"), name)
    return found  # type: ignore[no-any-return]  # a module holds what its name says
