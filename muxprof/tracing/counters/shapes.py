"""The output shapes of leaf modules, observed while another counter runs the module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from muxprof.records import Shape
from muxprof.tracing.dispatch import shape, tensors
from muxprof.tracing.hooks import hooked


@contextmanager
def output_shapes(module: nn.Module) -> Iterator[dict[str, tuple[Shape, ...]]]:
    """Collect the output shapes, [N, ...], of each leaf module, by path, in forward passes within the context."""
    shapes: dict[str, tuple[Shape, ...]] = {}

    def leave(path: str, part: nn.Module, _inputs: Any, outputs: Any) -> None:
        if next(part.children(), None) is None:
            shapes[path] = tuple(map(shape, tensors(outputs)))

    with hooked(module, leave=leave):
        yield shapes
