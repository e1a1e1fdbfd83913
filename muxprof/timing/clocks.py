"""Clocks: the host's timer and CUDA events. The harness takes any of them; tests pass their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import torch


class Clock(Protocol):
    """A clock that sets marks and tells the time between two of them."""

    def mark(self) -> Any:
        """A mark at this point of the work."""

    def settle(self) -> None:
        """Wait until every mark so far can be read."""

    def elapsed_ns(self, start: Any, end: Any) -> int:
        """Nanoseconds between two marks, after :meth:`settle`."""


class ClockError(Exception):
    """A clock that cannot be trusted: it stands still, or goes backwards."""


class HostClock:
    """The host's timer; ``wait`` lets a device finish first, so that a mark stands behind all work before it."""

    def __init__(self, wait: Callable[[], object] = lambda: None) -> None:
        """``wait`` is, for a CUDA device, its synchronisation; the CPU works in step with the caller."""
        self._wait = wait

    def mark(self) -> int:
        """Now, with the work before it done."""
        self._wait()
        return time.perf_counter_ns()

    def settle(self) -> None:
        """Host marks can be read at once."""

    def elapsed_ns(self, start: int, end: int) -> int:
        """The difference."""
        return end - start


class EventClock:
    """CUDA events on the current stream of a device; they are read to about half a microsecond."""

    def __init__(self, device: torch.device) -> None:
        """Marks are set in the current stream of ``device``."""
        self._device = device

    def mark(self) -> torch.cuda.Event:
        """An event behind the work that was launched so far."""
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]  # torch does not type it
        event.record(torch.cuda.current_stream(self._device))
        return event

    def settle(self) -> None:
        """Wait for the device."""
        torch.cuda.synchronize(self._device)

    def elapsed_ns(self, start: torch.cuda.Event, end: torch.cuda.Event) -> int:
        """From the milliseconds that CUDA gives."""
        milliseconds: float = start.elapsed_time(end)
        return round(milliseconds * 1e6)
