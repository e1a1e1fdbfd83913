"""What a device is, and the state it is in: clocks, power and temperature where they can be read."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


def device_name(device: torch.device) -> str:
    """The name that a device gives itself."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    for line in _lines("/proc/cpuinfo"):
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def versions(device: torch.device) -> dict[str, str]:
    """torch and, for a CUDA device, CUDA, cuDNN and the driver where it can be asked."""
    found = {"torch": str(torch.__version__)}
    if device.type == "cuda":
        cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]  # torch does not type it
        asked = {"cuda": str(torch.version.cuda), "cudnn": cudnn, "driver": _driver()}
        found |= {name: str(version) for name, version in asked.items() if version is not None}
    return found


def state(device: torch.device) -> dict[str, float]:
    """Clocks, power, temperature and load of the device now, by name; what cannot be read is left out."""
    return _gpu_state(device) if device.type == "cuda" else _cpu_state()


def _cpu_state() -> dict[str, float]:
    found = {}
    clocks = [float(line.split(":")[1]) for line in _lines("/proc/cpuinfo") if line.startswith("cpu MHz")]
    if clocks:
        found["clock_mhz"] = round(max(clocks), 1)
    load = _lines("/proc/loadavg")
    if load:
        found["load_1min"] = float(load[0].split()[0])
    return found


def _gpu_state(device: torch.device) -> dict[str, float]:
    nvml = _nvml()
    if nvml is None:
        return {}
    try:
        # torch counts the visible devices only, so NVML looks the device up by its UUID.
        uuid = str(torch.cuda.get_device_properties(device).uuid)
        handle = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}".encode())
    except (nvml.NVMLError, AttributeError):
        return {}
    readers: dict[str, Callable[[], float]] = {
        "sm_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
        "memory_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
        "power_w": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
        "temperature_c": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
    }
    found = {}
    for name, read in readers.items():
        try:
            found[name] = float(read())
        except nvml.NVMLError:
            continue  # not every device says everything
    return found


def _driver() -> str | None:
    nvml = _nvml()
    if nvml is not None:
        try:
            found = nvml.nvmlSystemGetDriverVersion()
            return found.decode() if isinstance(found, bytes) else str(found)
        except nvml.NVMLError:
            return None
    for line in _lines("/proc/driver/nvidia/version"):
        if line.startswith("NVRM version:"):
            return next((word for word in line.split() if word[:1].isdigit() and "." in word), None)
    return None


def _nvml() -> Any:
    """NVML, started; None without the extra ``muxprof[gpu]`` or without a driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
