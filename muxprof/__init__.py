"""muxprof: what an efficient CNN costs.

Closed-form params and multiply-adds, proven by tracing real modules. The entry points are :func:`block`, :func:`model`,
:func:`models`, :func:`compare`, :func:`heatmap`, :func:`paper`, :func:`trace`, :func:`check`, :func:`profile`,
:func:`sweep` and :func:`load`; each returns frozen values. :mod:`muxprof.space` has the questions about search spaces.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from muxprof import space
    from muxprof.answers.report import Report
    from muxprof.api import block, check, compare, heatmap, load, model, models, paper, profile, trace
    from muxprof.cost.sweep import sweep
    from muxprof.errors import BadInput, Interrupted, MuxprofError, Unavailable

__all__ = [
    "BadInput",
    "Interrupted",
    "MuxprofError",
    "Report",
    "Unavailable",
    "__version__",
    "block",
    "check",
    "compare",
    "heatmap",
    "load",
    "model",
    "models",
    "paper",
    "profile",
    "space",
    "sweep",
    "trace",
]

#: Where each public name lives; modules are imported when a name is first used, so that `import muxprof` costs nothing.
_HOMES = {
    "Report": "muxprof.answers.report",
    "block": "muxprof.api",
    "check": "muxprof.api",
    "compare": "muxprof.api",
    "heatmap": "muxprof.api",
    "load": "muxprof.api",
    "model": "muxprof.api",
    "models": "muxprof.api",
    "paper": "muxprof.api",
    "profile": "muxprof.api",
    "space": "muxprof.space",
    "sweep": "muxprof.cost.sweep",
    "trace": "muxprof.api",
    "BadInput": "muxprof.errors",
    "Interrupted": "muxprof.errors",
    "MuxprofError": "muxprof.errors",
    "Unavailable": "muxprof.errors",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'muxprof' has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    return home if home.__name__ == f"{__name__}.{name}" else getattr(home, name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
