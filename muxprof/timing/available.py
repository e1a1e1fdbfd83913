"""Whether a device can be had: as far as possible without importing torch, which takes seconds."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Any


def lacking(device: str) -> str | None:
    """What this machine lacks for ``device`` (cpu, cuda or cuda:N), in words; None if it is there."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return "torch is not installed"
    if device == "cpu":
        return None
    built = _built(Path(found.origin).with_name("version.py"))
    if built.get("cuda", "unknown") is None and built.get("hip") is None:
        return f"this torch ({built.get('__version__')}) was built without CUDA"
    return _invisible(device)


def _built(path: Path) -> dict[str, Any]:
    """The constants that torch's own version file assigns, by name; empty where it cannot be read."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError, ValueError):
        return {}
    found = {}
    for node in body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Constant):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found[ast.unparse(target)] = node.value.value
    return found


def _invisible(device: str) -> str | None:
    try:
        import torch
    except ImportError as error:
        return f"torch cannot be imported ({error})"
    if not torch.cuda.is_available():
        return f"no CUDA device is visible to this torch ({torch.__version__})"
    index = int(device.partition(":")[2] or 0)
    count = torch.cuda.device_count()
    if index >= count:
        return f"there is no {device}; torch sees {count} CUDA device{'s' * (count > 1)}, cuda:0 the first"
    return None
