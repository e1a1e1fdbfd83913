"""Running out of memory: told apart from other errors, put in words, and cleaned up after."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import torch

_HOST = torch.device("cpu")
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_ASKED = re.compile(r"[Tt]ried to allocate (\d+(?:\.\d+)?) ?(bytes|[KMGT]iB)")


def out_of_memory(error: BaseException, device: torch.device) -> str | None:
    """What an error says of memory: bytes asked and bytes free; None for an error about anything else."""
    text = str(error)
    on_cpu = isinstance(error, RuntimeError) and "DefaultCPUAllocator" in text
    if not (on_cpu or isinstance(error, (torch.OutOfMemoryError, MemoryError))):
        return None
    found = _ASKED.search(text)
    asked = f"asked for {_text(float(found[1]) * _UNITS[found[2]])}" if found else "bytes asked are not known"
    free = free_bytes(device)
    return f"out of memory: {asked}, " + ("free bytes are not known" if free is None else f"{_text(free)} free")


def free_bytes(device: torch.device) -> int | None:
    """Bytes that can still be had on a device, those that torch holds in reserve included; None if unknown."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), None)


def too_large(needed: int, device: torch.device = _HOST) -> str | None:
    """Why something of ``needed`` bytes does not fit; None where it may fit, or where free memory is unknown."""
    free = free_bytes(device)
    if free is None or needed <= free:
        return None
    return f"out of memory: it needs at least {_text(needed)}, {_text(free)} free"


def release(device: torch.device) -> None:
    """Give back what nothing refers to any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _text(count: float) -> str:
    return f"{count / (1 << 30):,.2f} GiB ({count:,.0f} bytes)"
