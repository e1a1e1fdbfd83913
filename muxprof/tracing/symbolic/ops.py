"""The ops of a forward pass on tensors whose sizes are symbols: names and shapes, by torch's dispatch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, TypeVar

import sympy
import torch
from torch._dispatch.python import enable_python_dispatcher
from torch._ops import HigherOrderOperator, OpOverload
from torch.fx import GraphModule, Interpreter
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from torch.overrides import TorchFunctionMode

from muxprof.records import TracedOp
from muxprof.tracing.dispatch import OpRecorder
from muxprof.tracing.quiet import patched

_T = TypeVar("_T")

#: Queries of code in C++ that works on plain numbers; an answer would fix the sizes.
_PLAIN_SIZES = (torch.ops.aten.size.default, torch.ops.aten.stride.default)


class NoFormError(Exception):
    """A model has no closed form over the sizes of its inputs; the text says why, in part of a sentence."""


class SymbolicOps(OpRecorder):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """Records ops whose shapes are sympy expressions in torch's symbols."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Execute and record ``func``; raises :class:`NotImplementedError` for a query that would fix the sizes."""
        if func in _PLAIN_SIZES:
            if any(isinstance(size, torch.SymInt) for size in args[0].shape):
                raise NotImplementedError(f"{func} asks for sizes as plain numbers")
            return func(*args, **kwargs or {})
        return super().__torch_dispatch__(func, types, args, kwargs)

    def execute(self, func: Any, args: Any, kwargs: Any) -> Any:
        """The result of ``func``."""
        if not isinstance(func, OpOverload):
            return func(*args, **kwargs)
        with enable_python_dispatcher():  # it knows symbolic sizes where others do not
            return func(*args, **kwargs)

    def shape(self, tensor: torch.Tensor) -> tuple[Any, ...]:
        """Return the sizes of a tensor as sympy expressions."""
        return tuple(map(expression, tensor.shape))

    def again(self, run: Callable[[], _T]) -> _T:
        """Return the result of ``run``; if it fails, run it once more with torch's decompositions in Python.

        These support symbolic sizes where others do not. They are the second choice, because some execute more ops,
        such as a copy for a dropout that drops nothing.
        """
        before = len(self.ops)
        try:
            return run()
        except Exception:  # of any kind: the second try says what is wrong
            del self.ops[before:]
        with enable_python_dispatcher(), _NoDropout():
            return run()


def sized_upsampling(name: str, given: torch.Tensor, size: Any, *options: Any) -> torch.Tensor:
    """Upsample to a size or by factors, the last of ``options``; the size is computed here, and may be symbolic."""
    *corners, factors = options
    spatial = given.shape[2:]
    if size is None:
        size = [
            torch.sym_int(each * factor)  # type: ignore[no-untyped-call]
            for each, factor in zip(spatial, factors, strict=True)
        ]
    scales = [None] * len(spatial) if factors is None else list(factors)
    made: torch.Tensor = getattr(torch.ops.aten, name).default(given, list(size), *corners, *scales)
    return made


def sizes_of_upsampling() -> AbstractContextManager[None]:
    """Make all of torch's upsampling use :func:`sized_upsampling`: torch's own decompositions need plain numbers."""
    names = [name for name in dir(torch._C._nn) if name.strip("_").startswith("upsample_")]

    def by_size(name: str, whole: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        factors = args[-1] is None or isinstance(args[-1], (list, tuple))
        listed = not kwargs and len(args) == (3 if "nearest" in name else 4) and factors
        return sized_upsampling(name, *args) if listed else whole(*args, **kwargs)

    return patched(torch._C._nn, **{name: partial(by_size, name, getattr(torch._C._nn, name)) for name in names})


class _NoDropout(TorchFunctionMode):
    """Makes dropout that drops nothing return its input."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if "dropout" in getattr(func, "__name__", ""):
            training = kwargs.get("training", kwargs.get("train", args[2] if len(args) > 2 else True))
            if not training:
                return args[0] if args else kwargs["input"]
        return func(*args, **kwargs)


class Replayed(Interpreter):
    """Executes an exported graph op by op, including graphs that run under other settings, such as no gradients."""

    def __init__(self, graph: GraphModule, recorder: SymbolicOps) -> None:
        """Execute ``graph`` for ``recorder``."""
        super().__init__(graph)
        self._recorder = recorder

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Execute an op, or the graph that it wraps."""
        graphs = [index for index, each in enumerate(args) if isinstance(each, GraphModule)]
        if isinstance(target, HigherOrderOperator) and str(target).startswith("wrap") and len(graphs) == 1:
            return Replayed(args[graphs[0]], self._recorder).run(*args[graphs[0] + 1 :])
        if isinstance(target, OpOverload) and target._overloadname == "vec":
            return sized_upsampling(target.__name__.partition(".")[0], *args, **kwargs)
        return self._recorder.again(lambda: super(Replayed, self).call_function(target, args, kwargs))


@dataclass(frozen=True)
class SymbolicPass:
    """One pass: its ops, the shapes of its inputs in torch's symbols, and the conditions that torch assumed."""

    ops: tuple[TracedOp, ...]
    shapes: tuple[tuple[Any, ...], ...]
    guards: tuple[Any, ...]


def finished(ops: Iterable[TracedOp], shapes: Iterable[Sequence[Any]], environment: ShapeEnv) -> SymbolicPass:
    """Return the pass with the values that torch found for its symbols substituted."""
    settled = cache(environment.replace)
    return SymbolicPass(
        ops=tuple(with_sizes(op, settled) for op in ops),
        shapes=tuple(tuple(map(settled, shape)) for shape in shapes),
        guards=tuple(dict.fromkeys(environment.replace(guard.expr) for guard in environment.guards)),
    )


def with_sizes(op: TracedOp, change: Callable[[Any], Any]) -> TracedOp:
    """Return the op with ``change`` applied to every size in its shapes."""
    inputs, outputs = (tuple(tuple(map(change, shape)) for shape in shapes) for shapes in (op.inputs, op.outputs))
    return replace(op, inputs=inputs, outputs=outputs)


def sizes_in(op: TracedOp) -> tuple[Any, ...]:
    """Return all sizes in the shapes of an op."""
    return tuple(size for shape in (*op.inputs, *op.outputs) for size in shape)


def expression(size: Any) -> Any:
    """Return an int or a SymInt as a sympy expression."""
    return size.node.expr if isinstance(size, torch.SymInt) else sympy.Integer(int(size))
