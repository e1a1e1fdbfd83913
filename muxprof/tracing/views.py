"""What other tools look at in a model's forward pass, recorded on demand in passes of their own, on copies.

Module calls and fused ops need no data. The graph is what torch.jit traces, which needs real tensors: in it, the sizes
that Python computes with are tensors, and their products are nodes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any, TypeVar

import torch
from torch import nn
from torch.jit._trace import _get_trace_graph
from torch.utils._python_dispatch import TorchDispatchMode

from muxprof.errors import BadInput
from muxprof.records import Constant, GraphOp, ModelTrace, ModuleCall, ModuleFacts, Shape, ToolsView
from muxprof.tracing.dispatch import shape
from muxprof.tracing.hooks import hooked
from muxprof.tracing.quiet import quiet
from muxprof.tracing.stand_ins import Model, StandIn, with_data, without_data
from muxprof.tracing.target import described
from muxprof.tracing.tracer import fused_ops

_T = TypeVar("_T")

#: A forward pass of more weights and activations (4 GiB in fp32), or of more MAdds (minutes), is not made with data.
MAX_ELEMENTS = 1 << 30
MAX_MADDS = 10**11

#: Attributes of torch.nn's modules that say what they compute.
_SETTINGS = (
    *("groups", "affine", "elementwise_affine", "dim", "mode", "in_features"),
    *("input_size", "hidden_size", "num_layers", "bidirectional", "bias", "batch_first"),
)

#: Modules whose calls torchinfo does not follow.
_UNHOOKED = (nn.ParameterList, nn.ModuleList, torch.jit.ScriptModule)


def tools_view(model: Model, trace: ModelTrace, madds: int) -> ToolsView:
    """Return what other tools look at in the model that was traced.

    ``madds``, those of the trace, decide whether the model is run with data. ``lacking`` says why something is left
    out.
    """
    lacking: dict[str, str] = {}

    def stand_in() -> StandIn:
        return (with_data if trace.real else without_data)(model, trace.inputs)

    with quiet():
        facts, calls = _tried(lacking, "modules", lambda: _modules(stand_in(), lacking)) or ({}, ())
        fused = _tried(lacking, "fused", lambda: fused_ops(stand_in())) or ()
        again = None if "fused" in lacking else _tried(lacking, "fused", lambda: fused_ops(stand_in(), _ByChannel()))
        if (large := _too_large(trace, madds)) is not None:
            lacking["graph"] = large
        graph = () if large else _tried(lacking, "graph", lambda: _graph(with_data(model, trace.inputs), lacking)) or ()
    return ToolsView(graph, fused, again or (), facts, calls, lacking)


def _too_large(trace: ModelTrace, madds: int) -> str | None:
    """Return why a model is not run with data, or None; the graph keeps all tensors that are computed."""
    made = sum(math.prod(shape) for op in trace.ops for shape in op.outputs)
    elements = sum(trace.parameters.values()) + made
    if elements > MAX_ELEMENTS:
        return f"it needs a forward pass with data, which would take up to {elements * 4 / 2**30:,.0f} GiB"
    if madds > MAX_MADDS:
        return f"it needs a forward pass with data, and this one has {madds:,} MAdds"
    return None


def _tried(lacking: dict[str, str], what: str, work: Callable[[], _T]) -> _T | None:
    """Return the result of ``work``, or None with the error as the reason in ``lacking``."""
    try:
        return work()
    except Exception as error:  # whatever a model raises where the first pass did not
        reason = re.sub(r" at 0x[0-9a-f]+", "", str(error) if isinstance(error, BadInput) else described(error))
        lacking[what] = f"the forward pass that it needs fails with {reason.rstrip('.')}"
        return None


def _modules(stand_in: StandIn, lacking: dict[str, str]) -> tuple[dict[str, ModuleFacts], tuple[ModuleCall, ...]]:
    """Return all modules, and their calls in the order in which they end."""
    paths = {part: path for path, part in stand_in.module.named_modules()}
    for part, path in paths.items():
        kernel = getattr(part, "kernel_size", 0)
        if not isinstance(kernel, (int, Iterable)):
            lacking["torchinfo"] = f"it stops at {path or 'the model'}, whose kernel_size is a {type(kernel).__name__}"
        if isinstance(part, torch.jit.ScriptModule):
            # ptflops has hooks on the model's own children alone.
            tools = ("thop", "fvcore", "ptflops") if "." not in path else ("thop", "fvcore")
            reason = f"{path or 'the model'} is compiled by torch.jit and takes none of its hooks"
            lacking.update(dict.fromkeys(tools, reason))
    calls: list[ModuleCall] = []

    def leave(path: str, _: nn.Module, inputs: Any, outputs: Any) -> None:
        first = inputs[0] if inputs else None
        calls.append(ModuleCall(path, shape(first) if isinstance(first, torch.Tensor) else None, _size(outputs)))

    with hooked(stand_in.module, leave=leave):
        stand_in.run(nullcontext())
    return {path: _facts(part, paths) for part, path in paths.items()}, tuple(calls)


def _facts(part: nn.Module, paths: Mapping[nn.Module, str]) -> ModuleFacts:
    name = type(part).__name__
    own = getattr(nn, name, None) is type(part)
    settings: dict[str, Constant] = {}
    if own:
        found = {key: getattr(part, key, None) for key in _SETTINGS}
        settings = {key: value for key, value in found.items() if isinstance(value, (bool, int, str))}
        if isinstance(weight := getattr(part, "weight", None), torch.Tensor):
            settings["weight"] = shape(weight)
    return ModuleFacts(
        name=name,
        own=own,
        kinds=tuple(each.__name__ for each in type(part).__mro__ if getattr(nn, each.__name__, None) is each),
        children=tuple(paths[child] for child in part.children()),
        leaf=not any(part.children()) and not isinstance(part, _UNHOOKED),
        params={key: parameter.numel() for key, parameter in part.named_parameters()},
        settings=settings,
    )


def _size(value: Any) -> Shape | None:
    """Return the shape of a module's output: of the first tensor in a list, of the last in a mapping, at any depth.

    It is () for no output, and None for an output that is neither a tensor nor a container.
    """
    if value is None:
        return ()
    if isinstance(value, dict) and value:
        value = list(value.values())[-1]
    elif not isinstance(value, (torch.Tensor, list, tuple)):
        return None
    while not isinstance(value, torch.Tensor):
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, (list, tuple)) or not value:
            return ()
        value = value[0]
    return shape(value)


class _ByChannel(TorchDispatchMode):
    """Makes convolutions return maps channel by channel; some would keep the layout of their input."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Execute ``func``."""
        made = func(*args, **(kwargs or {}))
        return made.contiguous() if func is torch.ops.aten.convolution.default else made


class _Flat(nn.Module):
    """A model that takes all inputs by position and returns tensors alone."""

    def __init__(self, stand_in: StandIn, lacking: dict[str, str]) -> None:
        super().__init__()
        self.model = stand_in.module
        self._stand_in, self._lacking = stand_in, lacking

    def forward(self, *given: torch.Tensor) -> Any:
        """Return the tensors in the outputs, at any depth in tuples, lists and mappings."""
        outputs = list(_leaves(self._stand_in.call(given)))
        if not all(each is None or isinstance(each, (str, torch.Tensor)) for each in outputs):
            self._lacking["fvcore"] = "it takes models that give out tensors alone"
        return tuple(each for each in outputs if isinstance(each, torch.Tensor))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _graph(stand_in: StandIn, lacking: dict[str, str]) -> tuple[GraphOp, ...]:
    """Return the ops that torch.jit traces in a model with data, with gradients, without those that no output needs."""
    with torch.enable_grad():
        graph, _ = _get_trace_graph(_Flat(stand_in, lacking), stand_in.tensors)  # type: ignore[no-untyped-call]
    ops = []
    for node in graph.nodes():
        values = [*node.inputs(), *node.outputs()]
        if any(_is_tensor(each) and each.type().scalarType() is None for each in values):
            lacking["torchprofile"] = "torch.jit knows no type of some of its tensors"
        if node.kind().startswith("aten::"):
            ops.append(_op(node))
    return tuple(ops)


def _op(node: Any) -> GraphOp:
    inputs = list(node.inputs())
    constants = {index: each.toIValue() for index, each in enumerate(inputs) if each.node().kind() == "prim::Constant"}
    lists = [each.node() for each in inputs if each.node().kind() == "prim::ListConstruct"]
    return GraphOp(
        name=node.kind(),
        inputs=tuple(map(_type_shape, inputs)),
        outputs=tuple(map(_type_shape, node.outputs())),
        values={index: value for index, value in constants.items() if isinstance(value, (bool, int, float, str))},
        operands=tuple(found for made in lists for each in made.inputs() if (found := _type_shape(each)) is not None),
    )


def _is_tensor(value: Any) -> bool:
    return bool(value.type().kind() == "TensorType")


def _type_shape(value: Any) -> Shape | None:
    sizes = value.type().sizes() if _is_tensor(value) else None
    return None if sizes is None else tuple(sizes)
