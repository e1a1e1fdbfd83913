"""What tests share."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import processes
import pytest
from processes import Run

# What the terminal of whoever runs the tests is like must not matter.
_TERMINAL = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "MUXPROF_CHECK")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--overwrite", action="store_true", help="write files that are generated, and golden outputs, anew"
    )


#: Tests that a plain run leaves out, like those marked slow: each takes more than a second of CPU and has quicker
#: siblings, or more than three. ``.ci/run`` runs them.
SLOW = Path(__file__).with_name("slow.txt")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that are listed as slow."""
    listed = set(SLOW.read_text(encoding="utf-8").splitlines())
    for item in items:
        if item.nodeid in listed:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def overwrite(request: pytest.FixtureRequest) -> bool:
    """Whether what is expected is written anew instead of being compared with."""
    return bool(request.config.getoption("--overwrite"))


@pytest.fixture(scope="session")
def muxprof_process() -> Run:
    inherited = {key: value for key, value in os.environ.items() if key not in _TERMINAL}

    def run(*arguments: str, env: dict[str, str] | None = None, cold: bool = False) -> subprocess.CompletedProcess[str]:
        # Python itself reads some variables, once, when it starts.
        cold = cold or any(name.startswith("PYTHON") for name in env or {})
        start = processes.cold if cold else processes.warm
        return start(arguments, {**inherited, "PYTHONIOENCODING": "utf-8", **(env or {})})

    return run
