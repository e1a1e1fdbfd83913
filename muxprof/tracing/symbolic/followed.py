"""The ops of a module over its input's sizes, by running it once on tensors without data whose sizes are symbols.

Nothing is exported: this follows what ``torch.export`` cannot write down, and models that do something else in an
export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext

from muxprof.errors import BadInput
from muxprof.records import ModelInput
from muxprof.tracing.quiet import all_quiet
from muxprof.tracing.stand_ins import Source, Twin, module_from, taken_apart
from muxprof.tracing.symbolic.exported import NotExportable, reason
from muxprof.tracing.symbolic.ops import SymbolicOps, SymbolicPass, expression, finished, sizes_of_upsampling


def followed(
    source: Source, arguments: Mapping[str, Any], inputs: tuple[ModelInput, ...], free: Sequence[Sequence[int]]
) -> SymbolicPass:
    """A pass of a model over inputs of these shapes, of which the dimensions in ``free`` may vary.

    Raises :class:`NotExportable` where the model does not run on such tensors.
    """
    sizes = ShapeEnv(duck_shape=False)
    try:
        with all_quiet():
            twin = lean_twin(source, arguments, inputs, sizes)
            plain = iter(twin.positional)
            given = [next(plain) if each.name is None else twin.named[each.name] for each in inputs]
            symbolic = [_symbolic(tensor, dims) for tensor, dims in zip(given, free, strict=True)]
            named = {each.name: made for each, made in zip(inputs, symbolic, strict=True) if each.name is not None}
            positional = [made for each, made in zip(inputs, symbolic, strict=True) if each.name is None]
            recorder = SymbolicOps()
            with twin.world(), torch.no_grad(), taken_apart(), sizes_of_upsampling(), recorder:
                recorder.again(lambda: twin.module(*positional, **named))
            shapes = tuple(tuple(map(expression, made.shape)) for made in symbolic)
    except Exception as error:  # whatever somebody's module stumbles over
        raise NotExportable(f"it does not run on symbolic sizes: {reason(error)}") from error
    return finished(recorder.ops, shapes, sizes)


def lean_twin(
    source: Source, arguments: Mapping[str, Any], inputs: tuple[ModelInput, ...], sizes: ShapeEnv | None = None
) -> Twin:
    """A twin without data; a model whose making asks for values is made with them first."""
    try:
        return Twin(source, arguments, inputs, real=False, sizes=sizes)
    except BadInput:
        return Twin(module_from(source, arguments), {}, inputs, real=False, sizes=sizes)


def _symbolic(tensor: Any, free: Sequence[int]) -> torch.Tensor:
    """A tensor without data like this one, with a symbol for every size in ``free``."""
    sizes = [DimDynamic.DYNAMIC if index in free else DimDynamic.STATIC for index in range(tensor.dim())]
    example = torch.empty(tensor.shape, dtype=tensor.dtype)
    made: torch.Tensor = tensor.fake_mode.from_tensor(
        example, symbolic_context=StatelessSymbolicContext(dynamic_sizes=sizes)
    )
    return made
