"""A command line that is read without typer means what it means to typer; what typer would refuse is left to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from muxprof.cli.application import typed
from muxprof.cli.boundary import Command, Group
from muxprof.cli.commands import COMMANDS, named
from muxprof.cli.declared import Argument, Option, Parameter
from muxprof.cli.reading import Unclear, read


def commands() -> Iterator[Command]:
    for name in COMMANDS:
        found = named(name)
        yield from found.commands.values() if isinstance(found, Group) else (found,)


ALL = {command.name: command for command in commands()}
VALUES = ["1", "-1", "0.5", "x", "-1,0,1", "224x192", "", "-", "--", "a=b", " 7 ", "1_0", "inf", "٣", "-q", "muxnet-l"]


class Recorder(Command):
    """A command that only keeps what it is called with."""

    called: dict[str, Any] | None = None

    def __call__(self, **values: Any) -> None:
        self.called = values


def by_typer(command: Command, words: list[str], check: str | None) -> dict[str, Any] | None:
    """What typer calls the command with; None where it refuses the words, or shows help."""
    recorder, application = Recorder(command.function), typer.Typer()
    application.command()(typed(recorder))
    done = CliRunner().invoke(application, words, env={"MUXPROF_CHECK": check})
    assert done.exit_code in (0, 2), done.output
    return recorder.called


def at_once(command: Command, words: list[str], check: str | None) -> dict[str, Any] | None:
    """The same, read without typer; None where the words are left to it."""
    try:
        return read(command.parameters, words, {} if check is None else {"MUXPROF_CHECK": check})
    except Unclear:
        return None


def spelled(declared: Option) -> list[str]:
    return [flag for both in declared.flags for flag in both.split("/")]


def suiting(parameter: Parameter) -> list[str]:
    """Words that may stand for a value of the parameter: the choices, where there are any."""
    return [str(each) for kind in (parameter.kind, *get_args(parameter.kind)) for each in get_args(kind)] or ["2"]


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A command and words for it: some well formed, some nearly."""
    name = draw(st.sampled_from(sorted(ALL)))
    words: list[str] = []
    for parameter in draw(st.lists(st.sampled_from(ALL[name].parameters), max_size=5)):
        value = draw(st.sampled_from(suiting(parameter)) | st.sampled_from(VALUES))
        if isinstance(parameter.declared, Argument):
            words.append(value)
            continue
        flag = draw(st.sampled_from(spelled(parameter.declared)))
        if parameter.kind is bool:
            words += draw(st.sampled_from([[flag]] * 8 + [[f"{flag}={value}"], [flag, value]]))
        else:
            words += draw(st.sampled_from([[flag, value], [f"{flag}={value}"], [flag]]))
    return name, words + draw(st.sampled_from([[]] * 8 + [["--help"], ["--nope"], ["-x"]]))


@given(lines(), st.sampled_from([None, None, "0", "1", "", "no", "maybe"]))
@settings(max_examples=500, deadline=None)
def test_what_is_read_at_once_is_what_typer_reads(line: tuple[str, list[str]], check: str | None) -> None:
    name, words = line
    found = at_once(ALL[name], words, check)
    assert found is None or found == by_typer(ALL[name], words, check)


@pytest.mark.parametrize(
    "line",
    [
        "block",
        "block --C 64 --E 6 --G 2 --L 0.25 --no-check",
        "block --channels=32 --S -1,0,1 --norm --json -o report.json -q",
        "model muxnet-l --depth stage --head ppm",
        "model --profile-cpu --budget 0.5 muxnet-l",
        "models --check",
        "compare a b c --unit flops",
        "heatmap --C-values 16,64 --metric latency --device cpu",
        "trace net.py:Net -i 1x3x8x8 --input y=1x3x8x8 --arg width=0.5",
        "paper",
        "show report.json",
        "env --json",
    ],
)
def test_a_well_formed_line_is_read_at_once(line: str) -> None:
    name, *words = line.split()
    found = at_once(ALL[name], words, None)
    assert found is not None
    assert found == by_typer(ALL[name], words, None)
    assert found.keys() == {parameter.name for parameter in ALL[name].parameters}


@pytest.mark.parametrize(
    "line",
    [
        "block --help",
        "block -h",
        "block --C",
        "block --C many",
        "block --unit bits",
        "block --se=",
        "block more",
        "block --no-check=1",
        "block -qo report.json",
        "block --",
        "model",
        "compare",
        "block --chan 64",
    ],
)
def test_any_other_is_left_to_typer(line: str) -> None:
    name, *words = line.split()
    assert at_once(ALL[name], words, None) is None


def test_the_environment_counts_where_nothing_is_typed() -> None:
    values = {check: at_once(ALL["block"], [], check) for check in (None, "0", "1", "no")}
    assert [found and found["check"] for found in values.values()] == [True, False, True, None]
    typed_too = at_once(ALL["block"], ["--check"], "0")
    assert typed_too is not None
    assert typed_too["check"] is True
