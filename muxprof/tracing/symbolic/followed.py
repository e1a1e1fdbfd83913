"""The ops of a model over the sizes of its inputs, by a pass on tensors without data whose sizes are symbols.

This works for models that ``torch.export`` cannot export, and for models that behave otherwise in an export.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext

from muxprof.records import ModelInput
from muxprof.tracing.quiet import quiet
from muxprof.tracing.stand_ins import Model, taken_apart, without_data
from muxprof.tracing.symbolic.exported import reason
from muxprof.tracing.symbolic.ops import NoFormError, SymbolicOps, SymbolicPass, finished, sizes_of_upsampling


def followed(model: Model, inputs: tuple[ModelInput, ...], free: Sequence[Sequence[int]]) -> SymbolicPass:
    """Return a pass of a model over inputs of which the dimensions in ``free``, by index, may vary.

    Raises :class:`NoFormError` where the model does not run on such tensors.
    """
    sizes, recorder = ShapeEnv(duck_shape=False), SymbolicOps()
    try:
        with quiet():
            stand_in = without_data(model, inputs, sizes)
            given = [_symbolic(tensor, dims) for tensor, dims in zip(stand_in.tensors, free, strict=True)]
            with stand_in.world(), torch.no_grad(), taken_apart(), sizes_of_upsampling(), recorder:
                recorder.again(lambda: stand_in.call(given))
            shapes = list(map(recorder.shape, given))
    except Exception as error:  # whatever somebody's module stumbles over
        raise NoFormError(f"it does not run on symbolic sizes: {reason(error)}") from error
    return finished(recorder.ops, shapes, sizes)


def _symbolic(tensor: Any, free: Sequence[int]) -> torch.Tensor:
    """Return a tensor without data like this one, with a symbol for every size in ``free``."""
    sizes = [DimDynamic.DYNAMIC if index in free else DimDynamic.STATIC for index in range(tensor.dim())]
    example = torch.empty(tensor.shape, dtype=tensor.dtype)
    made: torch.Tensor = tensor.fake_mode.from_tensor(
        example, symbolic_context=StatelessSymbolicContext(dynamic_sizes=sizes)
    )
    return made
