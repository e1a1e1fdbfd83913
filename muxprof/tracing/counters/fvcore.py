"""fvcore traces a model on real tensors and counts 1 per MAdd, and batch normalization and pooling as well."""

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

#: Operators that fvcore cannot count and that contain matrix products.
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
    """Return why a module is too large for real tensors, or None; ``elements`` are weights and activations."""
    if elements > MAX_ELEMENTS:
        return f"it needs real tensors, and these would take up to {elements * 4 / 2**30:,.0f} GiB"
    if madds > MAX_MADDS:
        return f"it needs a real forward pass, and this one has {madds:,} MAdds"
    return None


def skipped(reason: str) -> TracedCount:
    """Return the record of a count that was not made."""
    return TracedCount(NAME, _version(), skipped=reason)


def count_fvcore(stand_in: StandIn) -> TracedCount:
    """Return the MAdds of convolutions and matrix products in a forward pass with data, by module path.

    ``extras`` are other ops that fvcore counts or cannot count, ``unseen`` those that it cannot count and that contain
    products, by module path. ``skipped`` or ``failed`` say why there is no count.
    """
    inputs = _in_order(stand_in)
    with torch.no_grad():
        try:
            from fvcore.nn import FlopCountAnalysis
        except Exception as error:  # of any kind, with a torch that it does not know: the record says so
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
        except Exception as error:  # of any kind, by the model or by torch.jit: the record says so
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
    """Return all inputs by position, or None if an argument without a value stands between them."""
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
    """Return each module's own count of ``ops``, by path, without zeros. The root's path is ``""``.

    ``inclusive`` counts include a module's children. A container that is never called, such as a list that its parent
    loops over, has no count; the modules in it are treated as children of its parent.
    """
    total = {path: sum(int(found.get(op, 0)) for op in ops) for path, found in inclusive.items()}

    def below(path: str, part: nn.Module) -> int:
        """Return the sum over the nearest modules below ``path`` that have a count."""
        children = [(f"{path}.{name}" if path else name, child) for name, child in part.named_children()]
        return sum(total.get(name, 0) or below(name, child) for name, child in children)

    own = {path: total[path] - below(path, part) for path, part in module.named_modules() if total.get(path)}
    return {path: count for path, count in own.items() if count}


def _version() -> str:
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
