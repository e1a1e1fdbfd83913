"""What a device offers to whoever times it: a clock for every mode, graphs, and a way to clear its cache."""

from __future__ import annotations

import torch

from muxprof.measurements import Mode
from muxprof.timing import graphs
from muxprof.timing.clocks import Clock, EventClock, HostClock
from muxprof.timing.harness import Work

_LEAST_FLUSHED = 256 << 20


class Bench:
    """A device as torch has it."""

    def __init__(self, device: torch.device) -> None:
        """``device`` is the CPU or a CUDA device."""
        self.device = device

    def clock(self, mode: Mode) -> Clock:
        """Events for what runs on the device, the host's timer for what a caller waits."""
        if mode != "eager":
            return EventClock(self.device)
        if self.device.type == "cuda":
            return HostClock(lambda: torch.cuda.synchronize(self.device))
        return HostClock()

    def captured(self, work: Work, times: int = 1) -> Work:
        """The replay of a graph that runs ``work`` so many times; see :func:`graphs.captured`."""
        return graphs.captured(work, self.device, times)

    def flush(self) -> Work:
        """A work that clears a buffer larger than the device's cache."""
        size = max(_LEAST_FLUSHED, 2 * torch.cuda.get_device_properties(self.device).L2_cache_size)
        return torch.empty(size, dtype=torch.int8, device=self.device).zero_
