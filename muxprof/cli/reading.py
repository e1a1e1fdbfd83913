"""A well-formed command line, read without typer.

typer is there for what it does well: help, completion, and saying what is wrong with a command line and what was meant.
But it takes longer to import than an answer takes, and from 0.29 on it makes a pydantic validator for every option.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from muxprof.cli.declared import Argument, Option, Parameter

#: What an environment variable may say here; typer knows more words.
_SAID = {"0": False, "1": True}


class Unclear(Exception):  # noqa: N818 - it is no error: typer reads the line
    """The line is left to typer: it asks for help, is wrong, or is spelled in a rare way (``-qo FILE``, ``--``)."""


class _Flag(NamedTuple):
    """What a flag says: which parameter it gives, and the value of it where no text follows."""

    parameter: Parameter
    value: bool | None


def read(parameters: Sequence[Parameter], words: Iterable[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """The value of every parameter, typed, from the environment, or by default; raises :class:`Unclear`."""
    values: dict[str, Any] = {}
    for parameter, value in _typed(parameters, words):
        several = get_origin(_without_none(parameter.kind)) is list
        values[parameter.name] = [*values.get(parameter.name, ()), value] if several else value
    for name, _, declared, default in parameters:
        if name not in values:
            values[name] = _untyped(declared, default, environment)
    return values


def _typed(parameters: Sequence[Parameter], words: Iterable[str]) -> Iterator[tuple[Parameter, Any]]:
    """The values that are typed, in order, each with its parameter."""
    flags = {flag: _Flag(each, value) for each in parameters for flag, value in _flags(each)}
    arguments = [each for each in parameters if isinstance(each.declared, Argument)]
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            if not arguments:
                raise Unclear
            yield arguments[0], _value(arguments[0].kind, word)
            if get_origin(arguments[0].kind) is not list:
                del arguments[0]
            continue
        name, equals, text = word.partition("=") if word.startswith("--") else (word, "", "")
        flag = flags.get(name)
        if flag is None or (equals and flag.value is not None):
            raise Unclear
        if flag.value is None:
            yield flag.parameter, _value(flag.parameter.kind, text if equals else next(rest, ""))
        else:
            yield flag.parameter, flag.value


def _flags(parameter: Parameter) -> Iterator[tuple[str, bool | None]]:
    """The flags of an option, each with the value that it stands for; None where a text follows."""
    if isinstance(parameter.declared, Option):
        for flag in parameter.declared.flags:
            on, _, off = flag.partition("/")
            yield on, True if parameter.kind is bool else None
            if off:
                yield off, False


def _untyped(declared: Option | Argument, default: Any, environment: Mapping[str, str]) -> Any:
    said = environment.get(declared.envvar, "") if isinstance(declared, Option) and declared.envvar else ""
    if default is ... or (said and said not in _SAID):
        raise Unclear
    return _SAID.get(said, default)


def _value(kind: Any, text: str) -> Any:
    """The value of that type, or of the items of that list."""
    kind = _without_none(kind)
    if get_origin(kind) is list:
        [kind] = get_args(kind)
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise Unclear
        return text
    if not text or kind not in (str, int, float, Path):
        raise Unclear
    try:
        return kind(text)
    except ValueError:
        raise Unclear from None


def _without_none(kind: Any) -> Any:
    """The type itself of one that may also be None."""
    if get_origin(kind) in (Union, UnionType):
        [kind] = (each for each in get_args(kind) if each is not NoneType)
    return kind
