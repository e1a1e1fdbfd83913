"""All counters over one module."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import torch
from torch import nn

from muxprof.errors import BadInput
from muxprof.records import ModelInput, ModelTrace, Shape, TracedCount
from muxprof.tracing.counters import fvcore
from muxprof.tracing.counters.flop_counter import count_flops
from muxprof.tracing.counters.parameters import count_parameters
from muxprof.tracing.counters.shapes import output_shapes
from muxprof.tracing.quiet import quiet
from muxprof.tracing.stand_ins import Model, StandIn, on_meta, with_data


def count(module: nn.Module, input_shape: Shape) -> tuple[TracedCount, ...]:
    """Return the counts of parameters, FlopCounterMode, output shapes and fvcore, per image.

    ``input_shape`` is [N, C, H, W]; the passes run at N = 1. ``module`` may be on the meta device and is not changed:
    copies run, in eval mode.
    """
    inputs = (ModelInput((1, *input_shape[1:])),)
    with quiet():
        parameters = count_parameters(module)
        flops, shapes = count_on_meta(module, inputs[0].shape)
        outputs = itertools.chain(*(shapes.shapes or {}).values())
        traced = _count_fvcore(parameters, flops, outputs, lambda: with_data(Model(module), inputs))
        return parameters, flops, shapes, traced


def count_on_meta(module: nn.Module, input_shape: Shape) -> tuple[TracedCount, TracedCount]:
    """Return what FlopCounterMode counts in a forward pass without data, and the output shapes of all leaf modules."""
    stand_in = on_meta(module, input_shape)
    with output_shapes(stand_in.module) as shapes:
        flops = count_flops(stand_in)
    return flops, TracedCount("output shapes", torch.__version__, shapes=shapes, failed=flops.failed)


def count_traced(model: Model, trace: ModelTrace, stand_in: StandIn) -> tuple[TracedCount, ...]:
    """Return the counts of parameters, FlopCounterMode and fvcore for the whole inputs of a trace.

    ``stand_in`` is the one that was traced. Of the trace only inputs and sizes are read.
    """
    with quiet():
        parameters, flops = count_parameters(stand_in.module), count_flops(stand_in)
        outputs = itertools.chain(*(op.outputs for op in trace.ops))
        traced = _count_fvcore(
            parameters, flops, outputs, lambda: stand_in if stand_in.real else with_data(model, trace.inputs)
        )
        return parameters, flops, traced


def _count_fvcore(
    parameters: TracedCount, flops: TracedCount, outputs: Iterable[Shape], real: Callable[[], StandIn]
) -> TracedCount:
    """Return what fvcore counts in a stand-in with data, unless the other counts say that it is too large."""
    elements = sum(map(math.prod, outputs)) + sum(kinds.total for kinds in (parameters.params or {}).values())
    reason = fvcore.too_large(elements, sum((flops.madds or {}).values()))
    if reason is not None:
        return fvcore.skipped(reason)
    try:
        found = fvcore.count_fvcore(real())
    except BadInput as error:
        return fvcore.skipped(f"it needs a model with real tensors: {error}")
    if found.failed is None:
        return found
    who = "it fails with" if flops.failed is None else "the forward pass raises"
    return replace(found, failed=f"{who} {found.failed}")
