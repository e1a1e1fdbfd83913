"""The adapter for ``torch.utils.flop_counter.FlopCounterMode``, which counts 2 per MAdd as ops are dispatched.

It needs no data, so it runs on the meta device; the outputs of every leaf are observed in the same pass.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from muxprof.records import Shape, TracedCount
from muxprof.tracing.counters.exclusive import exclusive


def count_flops(module: nn.Module, input_shape: Shape) -> tuple[TracedCount, TracedCount]:
    """What FlopCounterMode counts in a forward pass, and the output shapes of every leaf module.

    ``input_shape`` is [1, C, H, W], so that counts are per image.
    """
    twin = module if _is_meta_and_eval(module) else copy.deepcopy(module).to("meta").eval()
    shapes: dict[str, tuple[Shape, ...]] = {}
    hooks = [
        leaf.register_forward_hook(_observer(path, shapes))
        for path, leaf in twin.named_modules()
        if next(leaf.children(), None) is None
    ]
    failed = None
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        try:
            twin(torch.empty(input_shape, device="meta", dtype=_dtype(twin)))
        except Exception as error:  # whatever a module raises: it is reported as a failed count, never passed over
            failed = f"the forward pass raises {type(error).__name__}: {error}"
        finally:
            for hook in hooks:
                hook.remove()
    version = torch.__version__
    return (
        TracedCount("FlopCounterMode", version, madds=_madds(twin, counter), failed=failed),
        TracedCount("output shapes", version, shapes=shapes, failed=failed),
    )


def _madds(module: nn.Module, counter: FlopCounterMode) -> dict[str, int]:
    root = type(module).__name__
    flops = {
        name.removeprefix(root).removeprefix("."): sum(by_op.values())
        for name, by_op in counter.get_flop_counts().items()
        if name == root or name.startswith(f"{root}.")
    }
    own = exclusive(module, flops)
    odd = [path for path, count in own.items() if count % 2]
    if odd:
        raise ArithmeticError(f"FlopCounterMode counts an odd number of FLOPs at {odd[0]}")
    return {path: count // 2 for path, count in own.items()}


def _observer(path: str, shapes: dict[str, tuple[Shape, ...]]) -> Any:
    def observe(_module: nn.Module, _inputs: Any, output: Any) -> None:
        shapes[path] = tuple(tuple(tensor.shape) for tensor in _tensors(output))

    return observe


def _is_meta_and_eval(module: nn.Module) -> bool:
    """Whether a forward pass leaves the module as it was, so that no copy is needed."""
    tensors = (*module.parameters(), *module.buffers())
    return all(tensor.is_meta for tensor in tensors) and not any(part.training for part in module.modules())


def _dtype(module: nn.Module) -> torch.dtype:
    return next((tensor.dtype for tensor in module.parameters() if tensor.is_floating_point()), torch.float32)


def _tensors(output: Any) -> Iterator[torch.Tensor]:
    """The tensors of whatever a module returns, nested or not, in order."""
    if isinstance(output, torch.Tensor):
        yield output
    elif isinstance(output, Mapping):
        for item in output.values():
            yield from _tensors(item)
    elif isinstance(output, (tuple, list)):
        for item in output:
            yield from _tensors(item)
