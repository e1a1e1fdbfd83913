"""The device kernels behind every leaf of a module, from ``torch.profiler``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function

from muxprof.measurements import Kernel
from muxprof.timing.parts import Forward, leaves

_PREFIX = "muxprof:"
_PASSES = 5


def kernels_of(module: nn.Module, forward: Forward, device: torch.device) -> dict[str, tuple[Kernel, ...]]:
    """Kernels by leaf path, in the order of their first launch; calls and times are of one pass, a mean of several."""
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
    forward()
    hooks = list(_named(module))
    try:
        with profile(activities=activities, acc_events=True) as profiler:
            for _ in range(_PASSES):
                forward()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
    finally:
        for hook in hooks:
            hook.remove()
    return collected(profiler.events() or (), _PASSES)


def collected(events: Iterable[Any], passes: int) -> dict[str, tuple[Kernel, ...]]:
    """Kernels by path, from the events of so many passes in which every leaf stood under its own name."""
    found: dict[str, dict[str, list[float]]] = {}
    for event in events:
        if event.device_type.name == "CPU" and event.name.startswith(_PREFIX):
            of_path = found.setdefault(event.name.removeprefix(_PREFIX), {})
            for kernel in _below(event):
                of_path.setdefault(kernel.name, []).append(kernel.duration)
    return {path: _kernels(by_name, passes) for path, by_name in found.items()}


def _kernels(by_name: Mapping[str, list[float]], passes: int) -> tuple[Kernel, ...]:
    """Kernels of one path; the profiler gives microseconds."""
    return tuple(
        Kernel(name, round(len(times) / passes), round(sum(times) * 1000 / passes)) for name, times in by_name.items()
    )


def _below(event: Any) -> Iterator[Any]:
    """The kernels that an event and everything it called launched."""
    yield from event.kernels
    for child in event.cpu_children:
        yield from _below(child)


def _named(module: nn.Module) -> Iterator[Any]:
    """Hooks that put a range of its own name around every call of a leaf."""
    for path, leaf in leaves(module):
        enter, leave = _range(_PREFIX + path)
        yield leaf.register_forward_pre_hook(enter)
        yield leaf.register_forward_hook(leave)


def _range(name: str) -> tuple[Callable[..., None], Callable[..., None]]:
    """A hook that opens a range of that name, and one that closes it."""
    opened: list[Any] = []

    def enter(*_: object) -> None:
        opened.append(record_function(name))
        opened[-1].__enter__()

    def leave(*_: object) -> None:
        opened.pop().__exit__(None, None, None)

    return enter, leave
