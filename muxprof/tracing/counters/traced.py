"""The independent counters over a traced model: parameters, FlopCounterMode and fvcore; none of them knows the trace.

They count copies: the one that was traced, and for fvcore a real one.
"""

from __future__ import annotations

import inspect
import logging
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from muxprof.errors import BadInput
from muxprof.records import ModelTrace, TracedCount
from muxprof.tracing.counters import fvcore
from muxprof.tracing.counters.parameters import count_parameters
from muxprof.tracing.quiet import quiet
from muxprof.tracing.stand_ins import Source, Twin
from muxprof.tracing.target import described


def count_model(source: Source, arguments: Mapping[str, Any], trace: ModelTrace, twin: Twin) -> tuple[TracedCount, ...]:
    """Parameters, FlopCounterMode and fvcore, over the whole inputs; a record that says why where one cannot count.

    ``source`` and ``arguments`` are what was traced, ``twin`` is the copy that ran.
    """
    with quiet("fvcore", logging.ERROR):
        parameters, flops = count_parameters(twin.module), count_flops(twin)
        outputs = sum(math.prod(shape) for op in trace.ops for shape in op.outputs)
        weights = sum(trace.parameters.values())
        reason = fvcore.too_large(weights + outputs, sum((flops.madds or {}).values()))
        traced = fvcore.skipped(reason) if reason else _count_fvcore(source, arguments, trace, twin)
    return parameters, flops, traced


def count_flops(twin: Twin) -> TracedCount:
    """What FlopCounterMode counts inside each module's own calls, what its children count taken off."""
    counter = FlopCounterMode(display=False)
    own: Counter[str] = Counter()
    running: list[list[Any]] = []  # path, total when it was entered, what was counted in children

    def enter(path: str) -> Any:
        return lambda *_: running.append([path, counter.get_total_flops(), 0])

    def leave(path: str) -> Any:
        def left(*_: Any) -> None:
            while running:
                left_path, before, below = running.pop()
                inside = counter.get_total_flops() - before
                own[left_path] += inside - below
                if running:
                    running[-1][2] += inside
                if left_path == path:
                    return

        return left

    hooks = []
    for path, part in twin.module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            continue  # these take none
        hooks += [part.register_forward_pre_hook(enter(path), prepend=True), part.register_forward_hook(leave(path))]
    failed = None
    try:
        twin.run(counter)
    except Exception as error:  # whatever a model raises: this counter says so
        failed = f"the forward pass raises {described(error)}"
    finally:
        for hook in hooks:
            hook.remove()
    own[""] += counter.get_total_flops() - sum(own.values())  # of modules that take no hooks
    if any(count % 2 for count in own.values()):
        raise ArithmeticError("FlopCounterMode counts an odd number of FLOPs")
    madds = {path: count // 2 for path, count in own.items() if count}
    return TracedCount("FlopCounterMode", torch.__version__, madds=madds, failed=failed)


def _count_fvcore(source: Source, arguments: Mapping[str, Any], trace: ModelTrace, twin: Twin) -> TracedCount:
    try:
        real = twin if twin.real else Twin(source, arguments, trace.inputs, real=True)
    except BadInput as error:
        return fvcore.skipped(f"it needs a model with real tensors: {error}")
    inputs = _in_order(real.module, real.positional, real.named)
    if inputs is None:
        return fvcore.skipped("it takes inputs by position only, and these cannot be put in order")
    return fvcore.analysed(real.module, inputs)


def _in_order(
    module: nn.Module, positional: tuple[torch.Tensor, ...], named: Mapping[str, torch.Tensor]
) -> tuple[torch.Tensor, ...] | None:
    """All inputs by position; None where something without a value stands between them."""
    if not named:
        return positional
    try:
        bound = inspect.signature(module.forward).bind(*positional, **named)
    except (TypeError, ValueError):
        return None
    return None if bound.kwargs else bound.args
