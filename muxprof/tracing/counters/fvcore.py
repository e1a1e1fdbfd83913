"""The adapter for fvcore, which traces with real tensors and counts 1 per MAdd, BatchNorm and adaptive pooling too."""

from __future__ import annotations

import copy
import importlib.metadata
import warnings
from collections import Counter
from typing import Any

import torch
from torch import nn

from muxprof.records import Extra, Shape, TracedCount
from muxprof.tracing.counters.exclusive import exclusive

NAME = "fvcore"

#: fvcore's names of the operators that are convolutions and matrix products.
_PRODUCTS = frozenset({"conv", "linear", "matmul", "addmm", "bmm", "baddbmm", "einsum"})

#: Operators that fvcore cannot count and that multiply matrices inside.
_HIDING = (
    "_convolution_mode lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell bilinear "
    "scaled_dot_product_attention _native_multi_head_attention _transformer_encoder_layer_fwd mv addmv dot vdot inner "
    "baddbmm addbmm tensordot chain_matmul linalg_multi_dot conv_tbc"
)

#: Above these a forward pass with real tensors is not worth its memory (4 bytes each) or time: depthwise convolutions
#: run at about a thousand million MAdds a second on a core.
MAX_ELEMENTS = 1 << 27
MAX_MADDS = 4 * 10**9


def too_large(elements: int, madds: int) -> str | None:
    """Why a module with so many weights and activations, and so many MAdds, is not run with real tensors; or None."""
    if elements > MAX_ELEMENTS:
        return f"it needs real tensors, and these would take up to {elements * 4 / 2**30:,.0f} GiB"
    if madds > MAX_MADDS:
        return f"it needs a real forward pass, and this one has {madds:,} MAdds"
    return None


def skipped(reason: str) -> TracedCount:
    """The record of a count that was not made."""
    return TracedCount(NAME, _version(), skipped=reason)


def count_fvcore(module: nn.Module, input_shape: Shape) -> TracedCount:
    """What fvcore counts in a forward pass over [1, C, H, W] of zeros; a record that says why where it cannot."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch.jit, which fvcore is built on
        try:
            from fvcore.nn import FlopCountAnalysis
        except Exception as error:  # whatever it stumbles over in this torch: one counter less, and it says so
            return skipped(f"it cannot be imported ({type(error).__name__}: {error})")
        try:
            twin = _real_twin(module)
            analysis = _silent(FlopCountAnalysis(twin, torch.zeros(input_shape, dtype=_dtype(twin))))
            by_module = analysis.by_module_and_operator()
            unsupported = analysis.unsupported_ops()
        except Exception as error:  # whatever a module raises: it is reported as a failed count, never passed over
            return TracedCount(NAME, _version(), failed=f"the forward pass raises {type(error).__name__}: {error}")
    products = {path: sum(n for op, n in ops.items() if op in _PRODUCTS) for path, ops in by_module.items()}
    return TracedCount(
        NAME,
        _version(),
        madds=exclusive(twin, products),
        extras=(*_added(twin, by_module), *_unseen(unsupported)),
    )


def analysed(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> TracedCount:
    """What fvcore counts in a forward pass of a real model in eval mode, and where it meets products it cannot count.

    Where it cannot be run the record says that it was skipped, and why.
    """
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            from fvcore.nn import FlopCountAnalysis

            analysis = _silent(FlopCountAnalysis(module, inputs))
            by_module = analysis.by_module_and_operator()
            unsupported = {path: analysis.unsupported_ops(path) for path in by_module}
        except Exception as error:  # whatever it stumbles over: one counter less, and it says so
            text = str(error).strip().splitlines()
            return skipped(f"it fails with {type(error).__name__}: {text[0] if text else 'no reason given'}")
    products = {path: sum(int(n) for op, n in ops.items() if op in _PRODUCTS) for path, ops in by_module.items()}
    hidden: dict[str, tuple[str, ...]] = {}
    for op in sorted({op for ops in unsupported.values() for op in ops if _hides_products(op)}):
        for path in exclusive(module, {path: ops.get(op, 0) for path, ops in unsupported.items()}):
            hidden[path] = (*hidden.get(path, ()), op.removeprefix("aten::"))
    return TracedCount(
        NAME,
        _version(),
        madds=exclusive(module, products),
        extras=(*_added(module, by_module), *_unseen(unsupported.get("", Counter()))),
        unseen=hidden,
    )


def _hides_products(op: str) -> bool:
    return op.startswith("prim::PythonOp") or op.removeprefix("aten::") in _HIDING.split()


def _silent(analysis: Any) -> Any:
    return analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")


def _added(module: nn.Module, by_module: dict[str, Counter[str]]) -> list[Extra]:
    """What fvcore counts besides products, by operator; ``calls`` are the modules that it is counted in."""
    extras = []
    for op in sorted({op for ops in by_module.values() for op in ops} - _PRODUCTS):
        own = exclusive(module, {path: ops.get(op, 0) for path, ops in by_module.items()})
        extras.append(Extra(op, len(own), sum(own.values())))
    return extras


def _unseen(unsupported: Counter[str]) -> list[Extra]:
    return [Extra(op.removeprefix("aten::"), calls, None) for op, calls in sorted(unsupported.items())]


def _real_twin(module: nn.Module) -> nn.Module:
    """A copy on the CPU in eval mode; zeros stand in for weights that are on the meta device."""
    twin = copy.deepcopy(module).eval()
    if any(tensor.is_meta for tensor in (*twin.parameters(), *twin.buffers())):
        twin = twin.to_empty(device="cpu")
        for tensor in (*twin.parameters(), *twin.buffers()):
            tensor.data.zero_()
    return twin


def _dtype(module: nn.Module) -> torch.dtype:
    return next((tensor.dtype for tensor in module.parameters() if tensor.is_floating_point()), torch.float32)


def _version() -> str:
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
