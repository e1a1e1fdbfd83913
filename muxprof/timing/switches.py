"""torch's global switches while something is timed: set, recorded, and put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from muxprof.measurements import Dtype, Setting

_SHORT_TYPES: dict[Dtype, torch.dtype] = {"fp16": torch.float16, "bf16": torch.bfloat16}


def dtype_of(setting: Setting) -> torch.dtype:
    """The element type of weights and inputs."""
    return _SHORT_TYPES.get(setting.dtype, torch.float32)


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
    precision = "tf32" if setting.dtype == "tf32" else "ieee"
    wanted = (
        (backends.cuda.matmul, "fp32_precision", precision),
        (backends.cudnn.conv, "fp32_precision", precision),
        (backends.cudnn, "benchmark", setting.cudnn_benchmark),
    )
    threads, before = torch.get_num_threads(), [getattr(backend, name) for backend, name, _ in wanted]
    try:
        torch.set_num_threads(setting.threads or threads)
        for backend, name, value in wanted:
            setattr(backend, name, value)
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
        torch.set_num_threads(threads)
        for (backend, name, _), value in zip(wanted, before, strict=True):
            setattr(backend, name, value)
