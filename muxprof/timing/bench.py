"""A device as it is timed on: a clock for every mode, CUDA graphs, and a call that clears its cache."""

from __future__ import annotations

import torch

from muxprof.measurements import Mode
from muxprof.timing import graphs
from muxprof.timing.clocks import Clock, EventClock, HostClock
from muxprof.timing.harness import Call

_LEAST_FLUSHED = 256 << 20


class Bench:
    """A CPU or CUDA device of torch."""

    def __init__(self, device: torch.device) -> None:
        """``device`` is the CPU or a CUDA device."""
        self.device = device

    def clock(self, mode: Mode) -> Clock:
        """CUDA events for cold and graph, the host's timer for eager."""
        if mode != "eager":
            return EventClock(self.device)
        if self.device.type == "cuda":
            return HostClock(lambda: torch.cuda.synchronize(self.device))
        return HostClock()

    def captured(self, call: Call, times: int = 1) -> Call:
        """The replay of a graph of ``times`` runs of ``call``; see :func:`graphs.captured`."""
        return graphs.captured(call, self.device, times)

    def flush(self) -> Call:
        """A call that clears a buffer larger than the device's cache."""
        size = max(_LEAST_FLUSHED, 2 * torch.cuda.get_device_properties(self.device).L2_cache_size)
        return torch.empty(size, dtype=torch.int8, device=self.device).zero_
