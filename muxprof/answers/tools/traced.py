"""What other tools print for a traced model, computed by a rule per tool.

FlopCounterMode and ptflops count ops that torch dispatches, torchprofile and fvcore those of the graph that torch.jit
traces, torchinfo and thop calls of modules. A number that depends on the device or on settings is not given.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_
from typing import TypeAlias

from muxprof.answers.tools import networks as tools
from muxprof.answers.tools.graph import EARLY_TORCHPROFILE, FVCORE, TORCHPROFILE, Rules, counted
from muxprof.answers.tools.modules import by_thop, by_torchinfo
from muxprof.answers.tools.networks import UnsaidError
from muxprof.answers.tools.types import ToolCount
from muxprof.cost import traced
from muxprof.records import ModelTrace, ToolsView, TracedOp

#: What a tool takes an op for: products and biases, each with its number.
Counted: TypeAlias = tuple[tuple[str, int], ...]

#: Products that both look for among dispatched ops, and those that FlopCounterMode alone knows.
_PRODUCTS = frozenset(f"aten.{name}" for name in ("mm", "addmm", "bmm", "convolution", "_convolution"))
_KNOWN_TO_TORCH = frozenset(
    {"aten.baddbmm", *(f"aten._scaled_dot_product_{kind}_attention" for kind in ("efficient", "flash", "cudnn"))}
)

#: What of a view is taken by those that look at ops.
_OPS = ("modules", "fused")

#: Ops for all of attention, or for all of a layer with it, that torch takes where gradients are off; and the modules.
_ATTENTION, _LAYER = "_native_multi_head_attention", "_transformer_encoder_layer_fwd"
_ATTENTIVE = frozenset({"MultiheadAttention", "TransformerEncoderLayer"})


def traced_tool_counts(madds: int, trace: ModelTrace, view: ToolsView) -> tuple[ToolCount, ...]:
    """A row per tool for the whole batch of a trace whose MAdds are ``madds``; None where a number is not known."""
    worlds = trace.ops, view.fused, view.laid_out
    numbers: dict[str, tuple[tuple[str, ...], Callable[[], int]]] = {
        tools.MUXPROF: ((), lambda: madds),
        tools.FLOP_COUNTER: (_OPS, lambda: _dispatched(view, _by_flop_counter, worlds[:2], "RNNBase")),
        tools.PTFLOPS: (_OPS, lambda: _dispatched(view, _by_ptflops, worlds, "RNNBase", "LSTMCell", "GRUCell")),
        tools.TORCHINFO: (("modules",), lambda: by_torchinfo(view)),
        tools.EARLY_TORCHPROFILE: (("graph",), lambda: _graphed(view, EARLY_TORCHPROFILE)),
        tools.TORCHPROFILE: (("graph",), lambda: _graphed(view, TORCHPROFILE)),
        tools.FVCORE: (("graph",), lambda: _graphed(view, FVCORE)),
        tools.THOP: (("modules",), lambda: by_thop(view)),
    }
    rows = []
    for tool, (needed, number) in numbers.items():
        lacking = [view.lacking[each] for each in (*needed, tool.split(" ")[0]) if each in view.lacking]
        try:
            rows.append(ToolCount(tool, _RULES[tool], None if lacking else number(), *lacking[:1]))
        except UnsaidError as error:
            rows.append(ToolCount(tool, _RULES[tool], None, str(error)))
    return tuple(rows)


def _dispatched(
    view: ToolsView, rule: Callable[[TracedOp], Counted], worlds: Iterable[Iterable[TracedOp]], *bound: str
) -> int:
    """The count over dispatched ops, if it is the same in all ``worlds``: ops as different devices dispatch them.

    Raises :class:`UnsaidError` with the range where it is not, and for modules of the classes in ``bound``.
    """
    sums = [Counter(part for op in ops for part in rule(op)) for ops in worlds]
    names = {op.name for ops in worlds for op in ops}
    strange = next((name for name in sorted(names) if name.startswith("higher.") or name == "aten._scaled_mm"), None)
    if strange is not None:
        raise UnsaidError(f"whether it sees into {strange} is not known here")
    apart = _total(sums[0])
    if any(_calls(view, name) for name in bound):
        raise UnsaidError(
            "recurrent layers are one op on some devices, of which it sees nothing, or less; where they are taken "
            f"apart it prints {apart:,}"
        )
    low, high = reduce(and_, sums), reduce(or_, sums)  # the least and the most of each
    if low == high:
        return apart
    reason = "whether a linear layer adds its bias at once depends on how a device's convolutions lay out maps"
    if any(what == "product" for what, _ in high - low):
        reason = (
            "attention is one op on some devices, or where gradients are off, and it does not see into all of these"
        )
    raise UnsaidError(f"{reason}: it prints {_total(low):,} to {_total(high):,}")


def _total(counted: Counter[tuple[str, int]]) -> int:
    return sum(number * times for (_, number), times in counted.items())


def _by_flop_counter(op: TracedOp) -> Counted:
    return (("product", traced.madds(op)),) if op.name in _PRODUCTS or op.name in _KNOWN_TO_TORCH else ()


def _by_ptflops(op: TracedOp) -> Counted:
    if op.name not in _PRODUCTS:
        return ()
    biased = op.name == "aten.addmm" or (op.stride is not None and len(op.inputs) > 2)
    biases = (("bias", math.prod(op.outputs[0])),) if biased else ()
    return (("product", traced.madds(op)), *biases)


def _graphed(view: ToolsView, rules: Rules) -> int:
    """The count over the graph that torch.jit traces with gradients on, if it is the same without them."""
    number, names = counted(view.graph, rules), {op.name for op in view.graph}
    if rules is FVCORE and f"aten::{_LAYER}" in names:
        raise UnsaidError("its hooks keep torch from fusing layers, which it does in the graph that is known here")
    fused = {op.name for op in view.fused} & {f"aten.{_ATTENTION}", f"aten.{_LAYER}"}
    guessed = "fused" in view.lacking and any(_calls(view, name) for name in _ATTENTIVE)
    if (fused or guessed) and not names & {f"aten::{_ATTENTION}", f"aten::{_LAYER}"}:
        raise UnsaidError(
            "where gradients are off, attention is one op, of which it sees nothing; where they are on, as for whoever "
            f"does not switch them off, it prints {number:,}"
        )
    return number


def _calls(view: ToolsView, kind: str) -> bool:
    """Whether a module of that class, or of one that descends from it, is called."""
    return any(kind in view.modules[call.path].kinds for call in view.calls)


_RULES = {
    tools.MUXPROF: "convolutions and products of matrices, one per weight use or term",
    tools.FLOP_COUNTER: "as muxprof, of the ops that torch dispatches, products with a vector aside; it counts 2 per "
    "multiply-add",
    tools.PTFLOPS: "the same, and one for every output of a convolution or product that torch adds a bias to at once; "
    "of fused attention and batched products with a sum nothing",
    tools.TORCHINFO: "weight and bias of modules without children alone: times the outputs per channel if Conv is in "
    "the class's name, else times the first size of the output, once for a linear layer on a sequence; parameters "
    "whose names only begin or end with these words once per step; functions for nothing",
    tools.EARLY_TORCHPROFILE: "of the graph that torch.jit traces: convolutions and products, and outputs of "
    "multiplications (those of sizes, too), means, average pooling, layer and instance norms; of early 2020, when the "
    "MUXNet paper was written",
    tools.TORCHPROFILE: "as 0.0.1, and einsum, LSTMs, attention in one op, outputs of every norm with a weight and of "
    "leaky ReLUs, and four for every output of bilinear upsampling and sampling",
    tools.FVCORE: "of the graph that torch.jit traces: convolutions whose padding is a number, products; two for every "
    "element of a BatchNorm, five of other norms (half or four without a weight), the inputs of two-dimensional "
    "adaptive pooling, outputs of the nearest upsampling, four for each of bilinear; attention in one op for nothing",
    tools.THOP: "modules of torch.nn's own classes alone, no functions: convolutions, transposed ones by their "
    "outputs, and linear layers; four for every element of a norm (two without a weight), the inputs and outputs of "
    "adaptive average pooling, outputs of other average pooling; softmax, upsampling and recurrent layers with all "
    "their element-wise work",
}
