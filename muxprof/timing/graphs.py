"""CUDA graphs: a work captured once and replayed without launching its kernels one by one."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch

_WARM_UPS = 3


class CaptureError(Exception):
    """A work that cannot be captured as a CUDA graph."""


def captured(work: Callable[[], object], device: torch.device, times: int = 1) -> Callable[[], object]:
    """The replay of a graph that runs ``work`` so many times.

    Raises :class:`CaptureError` where it cannot be captured, and lets running out of memory through.
    """
    with torch.cuda.device(device):
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch does not type it
        beside.wait_stream(torch.cuda.current_stream())
        try:
            with torch.cuda.stream(beside):
                for _ in range(_WARM_UPS):
                    work()
            torch.cuda.current_stream().wait_stream(beside)
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of an empty graph: a split, say, launches nothing
                with torch.cuda.graph(graph):
                    for _ in range(times):
                        work()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise CaptureError(f"it cannot be captured as a CUDA graph: {first}") from error
        torch.cuda.synchronize()
    return graph.replay
