"""``torch.utils.flop_counter.FlopCounterMode``, which counts 2 per MAdd as ops are dispatched; it needs no data."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from muxprof.records import TracedCount
from muxprof.tracing.hooks import hooked
from muxprof.tracing.stand_ins import StandIn
from muxprof.tracing.target import described


def count_flops(stand_in: StandIn) -> TracedCount:
    """Return the MAdds of a forward pass by the path of the innermost module that was running.

    Modules compiled by torch.jit count as their parents. If the pass raises, ``failed`` says why, and ``madds`` holds
    what was counted until then.
    """
    counter = FlopCounterMode(display=False)
    flops: Counter[str] = Counter()
    running = [""]
    before = 0

    def charge() -> None:
        """Attribute what was counted since the last call or return of a module to the one that was running."""
        nonlocal before
        total = counter.get_total_flops()
        flops[running[-1]] += total - before
        before = total

    def enter(path: str, *_: Any) -> None:
        charge()
        running.append(path)

    def leave(path: str, *_: Any) -> None:
        charge()
        while len(running) > 1 and running.pop() != path:
            pass  # modules that raised while their caller continued

    failed = None
    try:
        with hooked(stand_in.module, enter=enter, leave=leave):
            stand_in.run(counter)
    except Exception as error:  # whatever a model raises: this counter says so
        failed = f"the forward pass raises {described(error)}"
    charge()
    odd = next((path for path, count in flops.items() if count % 2), None)
    if odd is not None:
        raise ArithmeticError(f"FlopCounterMode counts an odd number of FLOPs at {odd!r}")
    madds = {path: count // 2 for path, count in flops.items() if count}
    return TracedCount("FlopCounterMode", torch.__version__, madds=madds, failed=failed)
