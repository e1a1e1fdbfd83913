"""The device kernels behind every leaf of a module, from ``torch.profiler``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function

from muxprof.measurements import Kernel
from muxprof.timing.harness import Call
from muxprof.timing.parts import hooked

_PREFIX = "muxprof:"
_PASSES = 5


def kernels_of(module: nn.Module, forward: Call, device: torch.device) -> dict[str, tuple[Kernel, ...]]:
    """Kernels by leaf path, in the order of their first launch; calls and times are of one pass, a mean of several."""
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
    opened: list[Any] = []

    def enter(path: str, *_: object) -> None:
        opened.append(record_function(_PREFIX + path))
        opened[-1].__enter__()

    def leave(*_: object) -> None:
        opened.pop().__exit__(None, None, None)

    forward()
    with hooked(module, enter, leave), profile(activities=activities, acc_events=True) as profiler:
        for _ in range(_PASSES):
            forward()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
    return collected(profiler.events() or (), _PASSES)


def collected(events: Iterable[Any], passes: int) -> dict[str, tuple[Kernel, ...]]:
    """Kernels by path, from the events of so many passes in which every leaf stood under its own name."""
    found: dict[str, dict[str, list[float]]] = {}
    for event in events:
        if event.device_type.name == "CPU" and event.name.startswith(_PREFIX):
            of_path = found.setdefault(event.name.removeprefix(_PREFIX), {})
            for kernel in _below(event):
                of_path.setdefault(kernel.name, []).append(kernel.duration)
    # The profiler gives microseconds.
    return {
        path: tuple(Kernel(name, round(len(us) / passes), round(sum(us) * 1000 / passes)) for name, us in times.items())
        for path, times in found.items()
    }


def _below(event: Any) -> Iterator[Any]:
    """The kernels that an event and everything it called launched."""
    yield from event.kernels
    for child in event.cpu_children:
        yield from _below(child)
