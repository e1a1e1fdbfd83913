"""torch's global switches while something is timed: set, recorded, and put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from muxprof.measurements import Dtype, Setting

_TYPES: dict[Dtype, torch.dtype] = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
}


def dtype_of(setting: Setting) -> torch.dtype:
    """The element type of weights and inputs."""
    return _TYPES[setting.dtype]


def memory_format_of(setting: Setting) -> torch.memory_format:
    """The memory format of weights and inputs."""
    return torch.channels_last if setting.channels_last else torch.contiguous_format


@contextmanager
def switched(setting: Setting) -> Iterator[dict[str, str | int | bool | None]]:
    """Threads, TF32 and cuDNN's search as ``setting`` wants them, and all as it was afterwards.

    Yields what holds meanwhile, by name. TF32 is on for ``tf32`` and off for everything else, cuDNN included, whose
    own default is on.
    """
    backends: Any = torch.backends  # torch's types do not know all of its switches
    before = (
        torch.get_num_threads(),
        backends.cuda.matmul.fp32_precision,
        backends.cudnn.conv.fp32_precision,
        backends.cudnn.benchmark,
    )
    precision = "tf32" if setting.dtype == "tf32" else "ieee"
    try:
        if setting.threads is not None:
            torch.set_num_threads(setting.threads)
        backends.cuda.matmul.fp32_precision = precision
        backends.cudnn.conv.fp32_precision = precision
        backends.cudnn.benchmark = setting.cudnn_benchmark
        on_cuda = setting.device != "cpu"
        yield {
            "dtype": setting.dtype,
            "memory_format": "channels_last" if setting.channels_last else "contiguous",
            "compile": setting.compile,
            "threads": torch.get_num_threads(),
            "tf32": setting.dtype == "tf32" if on_cuda else None,
            "cudnn_benchmark": setting.cudnn_benchmark if on_cuda else None,
        }
    finally:
        threads, matmul, conv, benchmark = before
        torch.set_num_threads(threads)
        backends.cuda.matmul.fp32_precision = matmul
        backends.cudnn.conv.fp32_precision = conv
        backends.cudnn.benchmark = benchmark
