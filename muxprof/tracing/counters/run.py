"""All counters over one module."""

from __future__ import annotations

import math

from torch import nn

from muxprof.records import Shape, TracedCount
from muxprof.tracing.counters import fvcore
from muxprof.tracing.counters.flop_counter import count_flops
from muxprof.tracing.counters.parameters import count_parameters


def count(module: nn.Module, input_shape: Shape) -> tuple[TracedCount, ...]:
    """Parameter count, FlopCounterMode, output shapes and fvcore, each per image.

    ``input_shape`` is [N, C, H, W]; the passes run at N = 1. ``module`` may be on the meta device and is left as it
    was: copies are traced, in eval mode.
    """
    one_image = (1, *input_shape[1:])
    parameters = count_parameters(module)
    flops, shapes = count_flops(module, one_image)
    weights = sum(kinds.total for kinds in (parameters.params or {}).values())
    outputs = sum(math.prod(shape) for made in (shapes.shapes or {}).values() for shape in made)
    reason = fvcore.too_large(weights + outputs, sum((flops.madds or {}).values()))
    traced = fvcore.skipped(reason) if reason else fvcore.count_fvcore(module, one_image)
    return parameters, flops, shapes, traced
