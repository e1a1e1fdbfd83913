"""The ops of a module over its input's sizes, by ``torch.export`` with dynamic shapes.

The exported graph keeps torch's composite ops. It is executed once more, on its own tensors without data, and what that
dispatches is what a forward pass of the module dispatches.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.export import Dim, export

from muxprof.tracing.quiet import all_quiet
from muxprof.tracing.stand_ins import taken_apart
from muxprof.tracing.symbolic.ops import Replayed, SymbolicOps, SymbolicPass, expression, finished

if TYPE_CHECKING:
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

#: More of an error's text than this is no help.
_LONGEST = 160

#: What errors of torch say, by a part of their text or class.
_KNOWN = {
    "data-dependent": "what it does depends on the values in its tensors",
    "DataDependent": "what it does depends on the values in its tensors",
    "unbacked": "the sizes of its tensors depend on values in them",
    "TimeoutError": "torch takes too long over the sizes",
    "Constraints violated": "torch finds no conditions for the sizes that it can write down",
}


class NotExportable(Exception):  # noqa: N818 - what it says of a module
    """A module that has no closed form here; the text says why."""


def exported(
    module: nn.Module,
    inputs: Sequence[torch.Tensor],
    free: Sequence[Sequence[int]],
    keywords: Mapping[str, torch.Tensor] = MappingProxyType({}),
    keyword_free: Sequence[Sequence[int]] = (),
) -> SymbolicPass:
    """A pass of ``module`` over inputs of these shapes, of which the dimensions in ``free`` may vary.

    ``free`` has indices of dimensions for every input, ``keyword_free`` for every one of ``keywords``, whose shapes
    come last. Sizes that may vary have to be above 1. Raises :class:`NotExportable` where ``torch.export`` cannot
    follow the module.
    """
    twin = copy.deepcopy(module).eval()
    dynamic = [dict.fromkeys(dims, Dim.AUTO) for dims in (*free, *keyword_free)]
    shapes: Any = tuple(dynamic)
    if keywords:
        shapes = dict(zip(_arguments(twin, len(inputs), keywords), dynamic, strict=True))
    try:
        with all_quiet(), torch.no_grad(), taken_apart(), _unsolved():
            program = export(twin, tuple(inputs), dict(keywords), dynamic_shapes=shapes, strict=False)
            return _replayed(program, list(keywords))
    except Exception as error:  # whatever export stumbles over in somebody's module
        raise NotExportable(f"torch.export cannot follow it: {reason(error)}") from error


@contextmanager
def _unsolved() -> Iterator[None]:
    """An export without solving for sizes, which only serves advice in error messages here, and may take minutes."""
    from torch.fx.experimental.symbolic_shapes import DimConstraints

    solve = DimConstraints.solve
    DimConstraints.solve = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005 - it has nothing to do
    try:
        yield
    finally:
        DimConstraints.solve = solve  # type: ignore[method-assign]


def _replayed(program: Any, keywords: Sequence[str]) -> SymbolicPass:
    placeholders = [node for node in program.graph.nodes if node.op == "placeholder"]
    values = [node.meta["val"] for node in placeholders]
    fake = next(value.fake_mode for value in values if isinstance(value, FakeTensor))
    user = set(program.graph_signature.user_inputs)
    given = {
        node.name: tuple(map(expression, value.shape))
        for node, value in zip(placeholders, values, strict=True)
        if node.name in user and isinstance(value, torch.Tensor)
    }
    named = [given.pop(name) for name in keywords]
    recorder = SymbolicOps()
    with fake, recorder:
        Replayed(program.graph_module, recorder).run(*values)
    return finished(recorder.ops, (*given.values(), *named), cast("ShapeEnv", fake.shape_env))


def reason(error: BaseException) -> str:
    """What an error of torch says, in part of a sentence."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    whole = f"{type(error).__name__}: {' '.join(lines)}"
    for part, meaning in _KNOWN.items():
        if part in whole:
            return meaning
    text = f"{type(error).__name__}: {lines[0]}".split(". ")[0] if lines else type(error).__name__
    return text.rstrip(".") if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} ..."


def _arguments(module: nn.Module, count: int, keywords: Mapping[str, Any]) -> list[str]:
    """The names that ``forward`` has for its inputs, positional ones first."""
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    known = [name for name, one in inspect.signature(module.forward).parameters.items() if one.kind in plain]
    if len(known) < count:
        raise NotExportable("its inputs have no names of their own")
    return [*known[:count], *keywords]
