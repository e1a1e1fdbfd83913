"""Functions of one number that element-wise ops compute, and their names: ``x * sigmoid(x)`` is swish.

Two expressions are the same function if their values agree at a few points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from muxprof.records import TracedOp

#: At these, functions are told apart: both sides of every kink that an activation has, and none of them exactly.
POINTS = (-11.3, -6.2, -4.1, -3.05, -2.2, -1.3, -0.6, -0.1, 0.0, 0.2, 0.7, 1.4, 2.3, 2.95, 3.4, 5.2, 6.3, 7.9, 12.1)

#: Constants are often written with a few digits only, such as 0.1667 for a sixth.
_RELATIVE, _ABSOLUTE = 3e-4, 1e-4


@dataclass(frozen=True)
class Function:
    """A function: its values at :data:`POINTS`, None where an op without a rule is part of it, and its expression."""

    values: tuple[float, ...] | None
    text: str

    @property
    def name(self) -> str:
        """The name of the function, or its expression where it has none."""
        return next((name for name, known in _KNOWN.items() if self.same_as(known)), self.text)

    def same_as(self, other: Function) -> bool:
        """Whether both have the same values; or the same expression, where they have none."""
        if self.values is None or other.values is None:
            return self.values is other.values and self.text == other.text
        pairs = zip(self.values, other.values, strict=True)
        return all(math.isclose(ours, theirs, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE) for ours, theirs in pairs)


IDENTITY = Function(POINTS, "x")


def applied(op: TracedOp, given: tuple[Function, ...]) -> Function:
    """The function that an op computes of functions of the same number, which are its tensor inputs in order."""
    name, settings = op.name.removeprefix("aten.").rstrip("_"), dict(op.settings)
    numbers = [f"{value:.6g}" for value in settings.values() if isinstance(value, (int, float))]
    text = f"{name}({', '.join([*(each.text for each in given), *numbers])})"
    known = [each.values for each in given if each.values is not None]
    made = None
    if len(known) == len(given):
        with suppress(TypeError, ValueError, ArithmeticError, KeyError):  # an op or arguments without a rule
            rule = partial(_RULES[name], settings)
            made = tuple(max(-1e9, min(1e9, rule(*row))) for row in zip(*known, strict=True))
    return Function(made, text)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _clamp(x: float, low: Any, high: Any) -> float:
    x = x if low is None else max(x, low)
    return x if high is None else min(x, high)


def _gelu(x: float, approximate: str = "none") -> float:
    if approximate == "tanh":
        return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


def _elu(x: float, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> float:
    return scale * x if x > 0 else scale * alpha * math.expm1(input_scale * x)


#: What ops compute, by name: of their arguments that are no tensors, by name, and of a number from each tensor.
_RULES: Mapping[str, Callable[..., float]] = {
    "relu": lambda _, x: max(x, 0.0),
    "relu6": lambda _, x: _clamp(x, 0.0, 6.0),
    "hardtanh": lambda s, x: _clamp(x, s.get("min_val", -1), s.get("max_val", 1)),
    "clamp": lambda s, x: _clamp(x, s.get("min"), s.get("max")),
    "clamp_min": lambda s, x: max(x, s["min"]),
    "clamp_max": lambda s, x: min(x, s["max"]),
    "maximum": lambda _, x, y: max(x, y),
    "minimum": lambda _, x, y: min(x, y),
    "threshold": lambda s, x: x if x > s["threshold"] else s["value"],
    "leaky_relu": lambda s, x: x if x > 0 else s.get("negative_slope", 0.01) * x,
    "elu": lambda s, x: _elu(x, **s),
    "selu": lambda _, x: _elu(x, 1.6732632423543772, 1.0507009873554805),
    "celu": lambda s, x: max(x, 0.0) + min(0.0, s.get("alpha", 1.0) * math.expm1(x / s.get("alpha", 1.0))),
    "gelu": lambda s, x: _gelu(x, **s),
    "silu": lambda _, x: x * _sigmoid(x),
    "mish": lambda _, x: x * math.tanh(_softplus(x)),
    "softplus": lambda s, x: _softplus(s.get("beta", 1) * x) / s.get("beta", 1),
    "sigmoid": lambda _, x: _sigmoid(x),
    "log_sigmoid_forward": lambda _, x: -_softplus(-x),
    "hardsigmoid": lambda _, x: _clamp(x / 6 + 0.5, 0.0, 1.0),
    "hardswish": lambda _, x: x * _clamp(x / 6 + 0.5, 0.0, 1.0),
    "tanh": lambda _, x: math.tanh(x),
    "exp": lambda _, x: math.exp(x),
    "log1p": lambda _, x: math.log1p(x),
    "erf": lambda _, x: math.erf(x),
    "abs": lambda _, x: abs(x),
    "neg": lambda _, x: -x,
    "reciprocal": lambda _, x: 1 / x,
    "square": lambda _, x: x * x,
    "pow": lambda s, x: x ** s["exponent"],
    "add": lambda s, x, y=None: x + s.get("alpha", 1) * (s["other"] if y is None else y),
    "sub": lambda s, x, y=None: x - s.get("alpha", 1) * (s["other"] if y is None else y),
    "rsub": lambda s, x, y=None: (s["other"] if y is None else y) - s.get("alpha", 1) * x,
    "mul": lambda s, x, y=None: x * (s["other"] if y is None else y),
    "div": lambda s, x, y=None: x / (s["other"] if y is None else y),
}

#: Ops whose functions have a name: that of specs, or else that of torch.
_NAMED = {name: name for name in ("relu", "relu6", "sigmoid", "tanh", "gelu", "mish", "elu")} | {
    "silu": "swish",
    "hardswish": "hard_swish",
    "hardsigmoid": "hard_sigmoid",
}


def _known(rule: Callable[[float], float]) -> Function:
    return Function(tuple(map(rule, POINTS)), "")


_KNOWN: Mapping[str, Function] = {
    **{name: _known(partial(_RULES[op], {})) for op, name in _NAMED.items()},
    "gelu (by tanh)": _known(lambda x: _gelu(x, "tanh")),
    "gelu (by sigmoid)": _known(lambda x: x * _sigmoid(1.702 * x)),
}
