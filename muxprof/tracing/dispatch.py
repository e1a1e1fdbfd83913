"""A recorder of the ops that torch dispatches, below autograd: modules, functions and autograd Functions alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from muxprof.records import TracedOp

Tensors: TypeAlias = Sequence[torch.Tensor]

_CONVOLUTIONS = ("aten.convolution", "aten._convolution")


class OpRecorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """Appends the ops that are dispatched while it is active to ``ops``; composite ops are decomposed.

    Views, which move no data, and queries about tensors are left out.
    """

    supports_higher_order_operators = True

    def __init__(self) -> None:
        """Start without ops."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.ops: list[TracedOp] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Execute ``func``, and record it unless it is a view or a query."""
        kwargs = kwargs or {}
        is_aten = isinstance(func, OpOverload) and func.namespace == "aten"
        if is_aten:
            with self:  # composite ops get here in inference mode only
                made = func.decompose(*args, **kwargs)
            if made is not NotImplemented:
                return made
        result = self.execute(func, args, kwargs)
        outputs = list(tensors(result))
        is_query = is_aten and not outputs and "_foreach" not in func.__name__  # or an assertion
        if not is_query and not (isinstance(func, OpOverload) and _is_view(func)):
            self.record(func, list(tensors((args, kwargs))), outputs, args, kwargs)
        return result

    def execute(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Return the result of ``func``."""
        return func(*args, **kwargs)

    def record(self, func: Any, inputs: Tensors, outputs: Tensors, args: Any, kwargs: Any, **more: Any) -> None:  # noqa: ARG002
        """Append an op with its name, its shapes and its settings as a convolution; ``more`` are other fields."""
        name = f"{func.namespace}.{func._overloadpacket.__name__}" if isinstance(func, OpOverload) else f"higher.{func}"
        more = {"module": "", "call": 0, "input_sizes": (), "output_sizes": (), **more}
        if name in _CONVOLUTIONS:
            more |= {"stride": tuple(map(int, args[3])), "transposed": bool(args[6]), "groups": int(args[8])}
        self.ops.append(
            TracedOp(
                name=name,
                inputs=tuple(map(self.shape, inputs)),
                outputs=tuple(map(self.shape, outputs)),
                pointwise=name.startswith("aten.") and torch.Tag.pointwise in func.tags,
                **more,
            )
        )

    def shape(self, tensor: torch.Tensor) -> tuple[Any, ...]:
        """Return the sizes of a tensor as they are recorded."""
        return shape(tensor)


def shape(tensor: torch.Tensor) -> tuple[int, ...]:
    """Return the sizes of a tensor."""
    return tuple(map(int, tensor.shape))


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors in arguments or results, nested or not, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from tensors(item)


def _is_view(func: OpOverload) -> bool:
    """Return whether an op returns a view of its input, or answers a query about it."""
    return func.namespace == "prim" or bool(func.is_view) or torch.Tag.inplace_view in func.tags
