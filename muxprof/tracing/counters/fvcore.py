"""fvcore, which traces a model on real tensors and counts 1 per MAdd, and batch normalization and pooling besides."""

from __future__ import annotations

import importlib.metadata
import inspect
from collections import Counter
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from muxprof.records import Extra, TracedCount
from muxprof.tracing.stand_ins import StandIn
from muxprof.tracing.target import described

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


def count_fvcore(stand_in: StandIn) -> TracedCount:
    """MAdds of convolutions and matrix products in a forward pass of a stand-in with data, by module path.

    ``extras`` are what fvcore counts besides and the ops that it cannot count, ``unseen`` those of them that hide
    products, by module path. ``skipped`` or ``failed`` say why there is no count.
    """
    inputs = _in_order(stand_in)
    with torch.no_grad():
        try:
            from fvcore.nn import FlopCountAnalysis
        except Exception as error:  # whatever it stumbles over in this torch: one counter less, and it says so
            return skipped(f"it cannot be imported ({type(error).__name__}: {error})")
        if inputs is None:
            return skipped("it takes inputs by position only, and these cannot be put in order")
        try:
            analysis = FlopCountAnalysis(stand_in.module, inputs)
            analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
            counted = analysis.by_module_and_operator()
            uncounted = analysis.unsupported_ops()
            hiding = sorted(filter(_hides_products, uncounted))
            places = {path: analysis.unsupported_ops(path) for path in counted} if hiding else {}
        except Exception as error:  # whatever a model or torch.jit raises: this counter says so
            return TracedCount(NAME, _version(), failed=described(error))
    module = stand_in.module
    extras = []
    for op in sorted({op for ops in counted.values() for op in ops} - _PRODUCTS):
        own = _own(module, counted, [op])
        extras.append(Extra(op, len(own), sum(own.values())))
    extras += [Extra(op.removeprefix("aten::"), calls, None) for op, calls in sorted(uncounted.items())]
    unseen: dict[str, tuple[str, ...]] = {}
    for op in hiding:
        for path in _own(module, places, [op]):
            unseen[path] = (*unseen.get(path, ()), op.removeprefix("aten::"))
    madds = _own(module, counted, _PRODUCTS)
    return TracedCount(NAME, _version(), madds=madds, extras=tuple(extras), unseen=unseen)


def _in_order(stand_in: StandIn) -> tuple[torch.Tensor, ...] | None:
    """All inputs by position; None where an argument without a value stands between them."""
    positional, named = stand_in.split(stand_in.tensors)
    if not named:
        return positional
    try:
        bound = inspect.signature(stand_in.module.forward).bind(*positional, **named)
    except (TypeError, ValueError):
        return None
    return None if bound.kwargs else bound.args


def _hides_products(op: str) -> bool:
    return op.startswith("prim::PythonOp") or op.removeprefix("aten::") in _HIDING.split()


def _own(module: nn.Module, inclusive: Mapping[str, Counter[str]], ops: Iterable[str]) -> dict[str, int]:
    """What each module path does itself of ``ops``; paths that do nothing are left out. The root's path is ``""``.

    ``inclusive`` counts include a module's children. A container that is never called, such as a list that its parent
    loops over, has no count; what is below it counts for its parent.
    """
    total = {path: sum(int(found.get(op, 0)) for op in ops) for path, found in inclusive.items()}

    def below(path: str, part: nn.Module) -> int:
        """The counts of the nearest modules below ``path`` that have one."""
        children = [(f"{path}.{name}" if path else name, child) for name, child in part.named_children()]
        return sum(total.get(name, 0) or below(name, child) for name, child in children)

    own = {path: total[path] - below(path, part) for path, part in module.named_modules() if total.get(path)}
    return {path: count for path, count in own.items() if count}


def _version() -> str:
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
