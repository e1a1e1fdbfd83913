"""CUDA graphs: a call is captured once and replayed without launching its kernels one by one."""

from __future__ import annotations

import warnings

import torch

from muxprof.timing.harness import Call

_WARM_UPS = 3


class CaptureError(Exception):
    """A call that cannot be captured as a CUDA graph."""


def captured(call: Call, device: torch.device, times: int = 1) -> Call:
    """The replay of a graph of ``times`` runs of ``call``.

    Raises :class:`CaptureError` where it cannot be captured, and torch.OutOfMemoryError.
    """
    with torch.cuda.device(device):
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch does not type it
        beside.wait_stream(torch.cuda.current_stream())
        try:
            with torch.cuda.stream(beside):
                for _ in range(_WARM_UPS):
                    call()
            torch.cuda.current_stream().wait_stream(beside)
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of an empty graph: a split, say, launches nothing
                with torch.cuda.graph(graph):
                    for _ in range(times):
                        call()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise CaptureError(f"it cannot be captured as a CUDA graph: {first}") from error
        torch.cuda.synchronize()
    return graph.replay
