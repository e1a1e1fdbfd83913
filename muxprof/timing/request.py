"""From what a caller asks for to a setting; free of torch, so that nonsense is refused at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from muxprof.errors import BadInput
from muxprof.measurements import DTYPES, MODES, Mode, Setting

MAX_BATCHES = 16
MAX_BATCH = 1 << 16
MAX_THREADS = 1024
MAX_BUDGET = 86_400.0
_DEVICE = re.compile(r"cpu|cuda(:\d{1,3})?")


def setting(device: str = "cpu", modes: Iterable[str] | None = None, **others: Any) -> Setting:
    """The setting with these fields; ``modes`` None is all that the device has.

    Raises :class:`BadInput` for what cannot be measured.
    """
    if not isinstance(device, str) or not _DEVICE.fullmatch(device):
        raise BadInput(f"device = {device!r} is unknown; it is cpu, cuda, or one of several, such as cuda:1.")
    asked = Setting(device, **others)
    on_cpu, dtype, threads, budget = device == "cpu", asked.dtype, asked.threads, asked.budget
    if dtype not in DTYPES:
        raise BadInput(f"dtype = {dtype!r} is unknown; it is one of {', '.join(DTYPES)}.")
    if on_cpu and dtype == "tf32":
        raise BadInput("dtype = 'tf32' is a way of multiplying on a GPU; on the CPU it is fp32, fp16 or bf16.")
    if on_cpu and asked.kernels:
        raise BadInput("kernels are those of a GPU; leave them out with --profile-cpu.")
    if threads is not None and (isinstance(threads, bool) or not 1 <= threads <= MAX_THREADS):
        raise BadInput(f"threads = {threads} is out of range; it must be an integer from 1 to {MAX_THREADS:,}.")
    if not 0 < budget <= MAX_BUDGET:
        raise BadInput(f"budget = {budget:g} is out of range; it is in seconds, above 0 and at most {MAX_BUDGET:,.0f}.")
    return replace(asked, batches=_batches(asked.batches), modes=_modes(modes, on_cpu), budget=float(budget))


def _batches(values: Iterable[int]) -> tuple[int, ...]:
    found = tuple(values)
    if not 1 <= len(found) <= MAX_BATCHES or len(set(found)) < len(found):
        raise BadInput(f"batch = {','.join(map(str, found))} is no list of 1 to {MAX_BATCHES} different sizes.")
    for value in found:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_BATCH:
            raise BadInput(f"batch = {value} is out of range; it must be an integer from 1 to {MAX_BATCH:,}.")
    return found


def _modes(values: Iterable[str] | None, on_cpu: bool) -> tuple[Mode, ...]:
    """The modes in their own order, each once."""
    if values is None:
        return ("eager",) if on_cpu else MODES
    wanted = tuple(values)
    unknown = next((mode for mode in wanted if mode not in MODES), None)
    if unknown is not None or not wanted:
        raise BadInput(f"mode {unknown or ''!r} is unknown; modes are {', '.join(MODES)}.")
    if on_cpu and set(wanted) != {"eager"}:
        raise BadInput(f"mode {next(m for m in wanted if m != 'eager')!r} needs a CUDA device; on the CPU it is eager.")
    return tuple(mode for mode in MODES if mode in wanted)
