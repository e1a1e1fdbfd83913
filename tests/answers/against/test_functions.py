"""Functions of one number, as they are read off a trace, against what torch computes at the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
import torch
from mutations import By
from torch import Tensor
from torch.nn import functional

import muxprof
from muxprof.answers.against.functions import POINTS, Function
from muxprof.answers.against.graph import graph

Made: TypeAlias = Callable[[Tensor], Tensor]

#: One at least for each op that is known, with arguments that are not the defaults.
FUNCTIONS: dict[str, Made] = {
    "relu": torch.relu,
    "relu6": functional.relu6,
    "hardtanh": functional.hardtanh,
    "hardtanh to 3": lambda x: functional.hardtanh(x, -2, 3),
    "clamp": lambda x: torch.clamp(x, -2.5, 4.5),
    "clamp from below": lambda x: torch.clamp(x, min=-2.5),
    "clamp from above": lambda x: torch.clamp(x, max=2.5),
    "clamp_min": lambda x: torch.clamp_min(x, -1.5),
    "clamp_max": lambda x: torch.clamp_max(x, 1.5),
    "threshold": lambda x: functional.threshold(x, 1, -5),
    "leaky relu": functional.leaky_relu,
    "leaky relu of 0.2": lambda x: functional.leaky_relu(x, 0.2),
    "elu": functional.elu,
    "elu of 0.5": lambda x: functional.elu(x, 0.5),
    "celu": functional.celu,
    "celu of 2": lambda x: functional.celu(x, 2.0),
    "selu": functional.selu,
    "gelu": functional.gelu,
    "gelu by tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "mish": functional.mish,
    "softplus": functional.softplus,
    "softplus of 2": lambda x: functional.softplus(x, 2),
    "sigmoid": torch.sigmoid,
    "log sigmoid": functional.logsigmoid,
    "hardsigmoid": functional.hardsigmoid,
    "hardswish": functional.hardswish,
    "tanh": torch.tanh,
    "exp": torch.exp,
    "log1p of exp": lambda x: torch.log1p(torch.exp(x)),
    "erf": torch.erf,
    "abs": torch.abs,
    "neg": torch.neg,
    "square": torch.square,
    "cube": lambda x: x**3,
    "reciprocal": lambda x: torch.reciprocal(x + 20),
    "maximum": lambda x: torch.maximum(x, torch.tanh(x)),
    "minimum": lambda x: torch.minimum(x, torch.tanh(x)),
    "add twice a number": lambda x: torch.add(x, 1.5, alpha=2),
    "add half of another": lambda x: torch.add(x, torch.tanh(x), alpha=0.5),
    "subtract twice a number": lambda x: torch.sub(x, 1.5, alpha=2),
    "subtract half of another": lambda x: torch.sub(x, torch.tanh(x), alpha=0.5),
    "subtract from": lambda x: torch.rsub(x, 1.5, alpha=2),
    "multiply": lambda x: x * 1.7 * torch.sigmoid(x),
    "divide": lambda x: x / 1.7 / torch.exp(x),
}


def of(made: Made) -> Function:
    """What a function is found to be in a trace of it."""
    subject = muxprof.trace(By(made), (1, 2, 3, 3)).subjects[0]
    assert subject.traced is not None
    assert subject.traced.trace is not None
    (node,) = graph(subject.traced.trace).nodes
    assert node.function is not None
    return node.function


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_those_that_torch_computes(name: str) -> None:
    computed = FUNCTIONS[name](torch.tensor(POINTS, dtype=torch.float64)).tolist()
    assert of(FUNCTIONS[name]).values == pytest.approx(computed, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (functional.gelu, "gelu"),
        (lambda x: 0.5 * x * (1 + torch.erf(x / 2**0.5)), "gelu"),
        # The two differ by 0.0005 at most.
        (lambda x: functional.gelu(x, approximate="tanh"), "gelu (by tanh)"),
        (lambda x: x * torch.sigmoid(1.702 * x), "gelu (by sigmoid)"),
        # A sixth is often written with a few digits; with three of them it is wrong by 0.2 %.
        (lambda x: x * (x + 3).clamp(0, 6) * 0.1667, "hard_swish"),
        (lambda x: x * (x + 3).clamp(0, 6) * 0.167, "mul(mul(x, clamp(add(x, 3), 0, 6)), 0.167)"),
        (lambda x: torch.add(x, 1.5, alpha=2).clamp(0, 6) / 6, "hard_sigmoid"),
        (lambda x: torch.add(x, 1.5).clamp(0, 6) / 6, "div(clamp(add(x, 1.5), 0, 6), 6)"),
        (functional.elu, "elu"),
        (functional.celu, "elu"),
        (lambda x: x * torch.tanh(functional.softplus(x)), "mish"),
    ],
)
def test_a_function_has_the_name_of_what_it_computes(made: Made, name: str) -> None:
    assert of(made).name == name


def test_what_cannot_be_computed_is_one_function_only_where_it_is_written_alike() -> None:
    unknown, other = Function(None, "bessel(x)"), Function(None, "airy(x)")
    assert unknown.same_as(Function(None, "bessel(x)"))
    assert not unknown.same_as(other)
    assert not unknown.same_as(Function((0.0,) * len(POINTS), "bessel(x)"))
