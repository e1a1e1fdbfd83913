"""What a command takes, read off its signature: options and arguments, one by one or in groups.

A group is a ``NamedTuple`` whose fields are annotated like parameters; a command that has a parameter of that type has
all of its options, and gets them as one value::

    @command
    def show(*, path: Annotated[Path, Argument(help="A saved report.", metavar="FILE")], output: Output) -> None: ...

Nothing here imports typer, which takes as long to import as a whole answer takes.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Option:
    """An option: its flags as typer writes them, ``"--check/--no-check"`` for both sides of a switch, and its help."""

    def __init__(
        self,
        *flags: str,
        help: str,
        panel: str | None = None,
        metavar: str | None = None,
        envvar: str | None = None,
    ) -> None:
        """``panel`` is the heading that help lists the option under; ``envvar`` gives the value that is not typed."""
        self.flags, self.help, self.panel, self.metavar, self.envvar = flags, help, panel, metavar, envvar


class Argument:
    """A word without a flag."""

    def __init__(self, help: str, metavar: str) -> None:
        """``metavar`` is what help calls it."""
        self.help, self.metavar = help, metavar


class Parameter(NamedTuple):
    """A parameter: ``kind`` is its type, such as ``int`` or ``list[str] | None``; a ``default`` of ... is none."""

    name: str
    kind: Any
    declared: Option | Argument
    default: Any


def parameters(declaring: Any, defaults: Mapping[str, Any]) -> Iterator[Parameter]:
    """The parameters of a function, or of a group, in order; those of groups in place of the group."""
    for name, annotation in _annotations(declaring):
        if _is_group(annotation):
            yield from parameters(annotation, annotation._field_defaults)
        else:
            yield Parameter(name, annotation.__origin__, annotation.__metadata__[0], defaults.get(name, ...))


def filled(declaring: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that the function, or the group, is called with: ``values`` by parameter, groups made of theirs."""
    return {
        name: annotation(**filled(annotation, values)) if _is_group(annotation) else values[name]
        for name, annotation in _annotations(declaring)
    }


def _annotations(declaring: Any) -> list[tuple[str, Any]]:
    return [(name, annotation) for name, annotation in declaring.__annotations__.items() if name != "return"]


def _is_group(annotation: Any) -> bool:
    return hasattr(annotation, "_field_defaults")
