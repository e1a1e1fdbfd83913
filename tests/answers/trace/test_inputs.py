"""Inputs and arguments as text."""

from __future__ import annotations

from typing import Any

import pytest

from muxprof.answers.trace.inputs import model_input, read_arguments, read_input, text_of
from muxprof.errors import BadInput
from muxprof.records import ModelInput


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("1x3x224x224", ModelInput((1, 3, 224, 224))),
        ("7", ModelInput((7,))),
        ("x=1x3", ModelInput((1, 3), "x")),
        ("ids=1x128:int64", ModelInput((1, 128), "ids", "int64")),
        ("2x2:bool", ModelInput((2, 2), None, "bool")),
    ],
)
def test_inputs(text: str, made: ModelInput) -> None:
    assert read_input(text) == made
    assert text_of(made) == text


@pytest.mark.parametrize(
    "text", ["", "x", "1x", "x1", "1x3x", "1*3", "-1x3", "1x3:float", "1x3:", "0x3", "2x2=x", "1 x 3", "9" * 20, "٣x4"]
)
def test_what_is_no_input(text: str) -> None:
    with pytest.raises(BadInput, match="input = "):
        read_input(text)


def test_absurd_inputs() -> None:
    with pytest.raises(BadInput, match="at most 2\\^40"):
        read_input("1048576x1048576x2")
    with pytest.raises(BadInput, match="no integer from 1 on"):
        model_input((1, True))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1), ("a=0.5", 0.5), ("a=[1, 2]", [1, 2]), ("a=None", None), ("a=True", True), ("a='7'", "7"),
        ("a=small", "small"), ("a=", ""), ("a=b=c", "b=c"), ("a=1e400", float("inf")),
        ("a=__import__('os')", "__import__('os')"),
    ],
)  # fmt: skip
def test_arguments(text: str, value: Any) -> None:
    assert read_arguments([text]) == {"a": value}


def test_what_is_no_argument() -> None:
    for text in ("a", "=1", "a b=1", "1=1"):
        with pytest.raises(BadInput, match="is not KEY=VALUE"):
            read_arguments([text])
    with pytest.raises(BadInput, match="a is given twice"):
        read_arguments(["a=1", "b=2", "a=3"])
