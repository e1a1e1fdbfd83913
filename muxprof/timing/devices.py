"""The devices that torch sees."""

from __future__ import annotations

import torch


def devices() -> tuple[str, ...]:
    """One line per CUDA device, or why there is none; the CPU with its thread count first."""
    found = [f"cpu: {torch.get_num_threads()} threads"]
    if torch.version.cuda is None:
        found.append("cuda: none, this torch was built without CUDA")
    elif not torch.cuda.is_available():
        found.append(f"cuda: none visible to this torch, which was built for CUDA {torch.version.cuda}")
    else:
        found += [f"cuda:{index}: {torch.cuda.get_device_name(index)}" for index in range(torch.cuda.device_count())]
    return tuple(found)
