"""Multiply-adds of a module as expressions in its input's sizes, by ``torch.export`` with dynamic shapes.

Every product of the exported and decomposed graph gives one expression, in torch's own symbols; nothing here knows what
they are for. What the outputs do not need is not in an exported graph.
"""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any

import sympy
import torch
from torch import nn
from torch.export import Dim, export
from torch.utils._sympy.functions import CeilToInt, FloorDiv, ModularIndexing, PythonMod

#: Ops that may multiply matrices inside without showing it.
_HIDING = ("_cdist", "cdist", "linalg_", "_fft_", "stft", "lstm", "gru", "rnn", "bilinear")


class NotExportable(Exception):  # noqa: N818 - what it says of a module
    """A module that has no closed form here; the text says why."""


@dataclass(frozen=True)
class Exported:
    """MAdds of every product, in the order of execution, over ``symbols``; ``fixed`` says what was taken as it is.

    ``symbols`` are names of input sizes that may vary; the sympy symbols in ``madds`` have these names. ``uncounted``
    are ops whose products cannot be seen.
    """

    madds: tuple[Any, ...]
    symbols: tuple[str, ...]
    fixed: Mapping[str, int]
    uncounted: tuple[str, ...]


def exported(
    module: nn.Module,
    inputs: Sequence[torch.Tensor],
    names: Sequence[Mapping[int, str]],
    keywords: Mapping[str, torch.Tensor] = MappingProxyType({}),
    keyword_names: Sequence[Mapping[int, str]] = (),
) -> Exported:
    """The products of ``module`` on inputs of these shapes, of which the dimensions in ``names`` may vary.

    ``names`` has, for every input, names of dimensions by index, such as ``{0: "N", 2: "H", 3: "W"}``;
    ``keyword_names`` the same for every one of ``keywords``. Example sizes have to be above 1. Raises
    :class:`NotExportable` where ``torch.export`` cannot follow the module.
    """
    twin = copy.deepcopy(module).eval()
    all_names = (*names, *keyword_names)
    free = [dict.fromkeys(dims, Dim.AUTO) for dims in all_names]
    shapes = dict(zip(_arguments(twin, len(inputs), keywords), free, strict=True)) if keywords else tuple(free)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of torch's own making
            program = export(
                twin, tuple(inputs), dict(keywords), dynamic_shapes=shapes, strict=False
            ).run_decompositions()
    except Exception as error:  # whatever export stumbles over in somebody's module
        lines = str(error).strip().splitlines()
        raise NotExportable(f"torch.export cannot follow it: {lines[0] if lines else type(error).__name__}") from error
    placeholders = [node for node in program.graph.nodes if node.op == "placeholder"]
    given = [node for node in placeholders if node.name in program.graph_signature.user_inputs]
    replacements, fixed = _sizes(given, all_names)
    madds = []
    uncounted: list[str] = []
    for node in program.graph.nodes:
        if node.op != "call_function":
            continue
        name = _name(node.target)
        formula = _PRODUCTS.get(name)
        if formula is not None:
            madds.append(_plain(formula(node), replacements))
        elif _hides(node.target, name):
            uncounted.append(str(node.target))
    used = {str(symbol) for value in madds for symbol in value.free_symbols}
    unknown = used - {name for dims in all_names for name in dims.values()}
    if unknown:
        raise NotExportable(f"its sizes depend on its data ({', '.join(sorted(unknown))})")
    return Exported(tuple(madds), tuple(sorted(used)), fixed, tuple(uncounted))


def _arguments(module: nn.Module, count: int, keywords: Mapping[str, Any]) -> list[str]:
    """The names that ``forward`` has for its inputs, positional ones first."""
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    known = [name for name, one in inspect.signature(module.forward).parameters.items() if one.kind in plain]
    if len(known) < count:
        raise NotExportable("its inputs have no names of their own")
    return [*known[:count], *keywords]


def _sizes(given: Sequence[Any], names: Sequence[Mapping[int, str]]) -> tuple[dict[Any, Any], dict[str, int]]:
    """torch's symbols by the names they stand for, and the sizes that the module fixes."""
    replacements: dict[Any, Any] = {}
    fixed: dict[str, int] = {}
    for node, dims in zip(given, names, strict=True):
        for index, name in dims.items():
            size = _expression(node.meta["val"].shape[index])
            if isinstance(size, sympy.Symbol) and size not in replacements:
                replacements[size] = sympy.Symbol(name, integer=True, positive=True)
            elif isinstance(size, sympy.Symbol):
                if str(replacements[size]) != name:
                    raise NotExportable(f"it works only where {name} and {replacements[size]} are the same")
            elif size.is_Integer:
                fixed[name] = int(size)
            else:
                raise NotExportable(f"it works only where {name} is {size}")
    return replacements, fixed


def _expression(size: Any) -> Any:
    """An int or a SymInt as sympy has it."""
    return sympy.Integer(size) if isinstance(size, int) else size.node.expr


def _plain(value: Any, replacements: Mapping[Any, Any]) -> Any:
    """The expression in sympy's own functions and our symbols."""
    value = sympy.sympify(value).subs(replacements)
    value = value.replace(FloorDiv, lambda a, b: sympy.floor(a / b))
    value = value.replace(CeilToInt, lambda a: sympy.ceiling(a))
    value = value.replace(PythonMod, lambda a, b: a - b * sympy.floor(a / b))
    return value.replace(ModularIndexing, lambda a, b, c: sympy.floor(a / b) - c * sympy.floor(sympy.floor(a / b) / c))


def _shape(node: Any) -> list[Any]:
    return [_expression(size) for size in node.meta["val"].shape]


def _convolution(node: Any) -> Any:
    """One MAdd for every use of a weight: at every output, or for a transposed convolution at every input."""
    given, weight = _shape(node.args[0]), _shape(node.args[1])
    transposed = node.args[6]
    positions = given if transposed else _shape(node)
    return positions[0] * prod(positions[2:]) * prod(weight)


def _product(first: int) -> Callable[[Any], Any]:
    """A product of matrices, [..., n, k] times [..., k, m]; the operands start at ``first``."""

    def madds(node: Any) -> Any:
        return prod(_shape(node.args[first])) * _shape(node.args[first + 1])[-1]

    return madds


def _vector(first: int) -> Callable[[Any], Any]:
    """A product of a matrix or a vector with a vector."""

    def madds(node: Any) -> Any:
        return prod(_shape(node.args[first]))

    return madds


def _attention(node: Any) -> Any:
    """Both products of attention: queries with keys, and the weights with values."""
    query, key, value = (_shape(node.args[index]) for index in range(3))
    return prod(query) * key[-2] + prod(query[:-1]) * key[-2] * value[-1]


_PRODUCTS: Mapping[str, Callable[[Any], Any]] = {
    "convolution": _convolution,
    "mm": _product(0),
    "bmm": _product(0),
    "addmm": _product(1),
    "baddbmm": _product(1),
    "mv": _vector(0),
    "dot": _vector(0),
    "addmv": _vector(1),
    "_scaled_dot_product_flash_attention_for_cpu": _attention,
    "_scaled_dot_product_flash_attention": _attention,
    "_scaled_dot_product_efficient_attention": _attention,
    "_scaled_dot_product_cudnn_attention": _attention,
}


def _name(target: Any) -> str:
    """An op's name without its overload; empty for Python's own functions on sizes."""
    return str(target._schema.name).partition("::")[2] if isinstance(target, torch._ops.OpOverload) else ""


def _hides(target: Any, name: str) -> bool:
    if not isinstance(target, torch._ops.OpOverload):
        return isinstance(target, torch._ops.HigherOrderOperator)
    return target.namespace not in ("aten", "prims") or name.startswith(_HIDING)
