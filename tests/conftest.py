"""What tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TypeAlias

import pytest

#: Runs ``muxprof`` as a process of its own and returns what it printed and how it ended.
Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def muxprof_process() -> Run:
    # What the terminal of whoever runs the tests is like must not matter.
    inherited = {
        k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "MUXPROF_CHECK")
    }

    def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "muxprof", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**inherited, "PYTHONIOENCODING": "utf-8", **(env or {})},
            timeout=120,
            stdin=subprocess.DEVNULL,
        )

    return run
