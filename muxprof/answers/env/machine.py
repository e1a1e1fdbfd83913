"""What this machine has of what muxprof can use, and how to get what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from dataclasses import dataclass
from typing import Any

from muxprof import __version__

#: Package, what it is for, and how to get it.
_PACKAGES = (
    ("torch", "the cross-check, timing", "pip install torch"),
    ("fvcore", "one counter of the cross-check", "pip install fvcore"),
    ("sympy", "--symbolic, arrays", "pip install sympy"),
    ("numpy", "heatmaps, arrays", "pip install numpy"),
    ("plotly", "heatmap pages", "pip install plotly"),
    ("jinja2", "pages", "pip install jinja2"),
    ("msgspec", "JSON, saved reports", "pip install msgspec"),
    ("kaleido", "static images of heatmaps", "pip install 'muxprof[image]'"),
    ("nvidia-ml-py", "a GPU's clocks, power and temperature", "pip install 'muxprof[gpu]'"),
)
_BROWSERS = ("chromium", "google-chrome", "chromium-browser", "chrome")


@dataclass(frozen=True)
class Item:
    """Something muxprof can use: what was found (None where it is missing), what for, and how to get it."""

    name: str
    found: str | None
    purpose: str
    remedy: str


@dataclass(frozen=True)
class Machine:
    """muxprof, Python, platform, packages and devices."""

    version: str
    python: str
    platform: str
    cores: int
    items: tuple[Item, ...]
    devices: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "muxprof": self.version,
            "python": self.python,
            "platform": self.platform,
            "cores": self.cores,
            "items": {item.name: item.found for item in self.items},
            "missing": {item.name: item.remedy for item in self.items if item.found is None},
            "devices": list(self.devices),
        }


def describe() -> Machine:
    """This machine, as it is now."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    items = [Item(name, _version(name), purpose, remedy) for name, purpose, remedy in _PACKAGES]
    items.append(Item("browser", browser and "found", "static images of heatmaps", "install Chromium or Chrome"))
    return Machine(
        version=__version__,
        python=".".join(map(str, sys.version_info[:3])),
        platform=sys.platform,
        cores=os.cpu_count() or 1,
        items=tuple(items),
        devices=_devices(),
    )


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _devices() -> tuple[str, ...]:
    try:
        from muxprof.timing.devices import devices
    except ImportError as error:
        return (f"none that can be listed: torch cannot be imported ({error})",)
    return devices()
