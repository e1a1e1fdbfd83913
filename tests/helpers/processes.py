"""``muxprof`` run as processes: cold ones, which import all that they need, and warm ones, forked from one that has.

A warm process is a process of its own in all other respects, and seconds sooner done where torch is needed.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any, TypeAlias

#: Runs ``muxprof`` as a process of its own and returns what it printed and how it ended.
Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

#: Where modules lie that tests trace.
HELPERS = Path(__file__).parent

SECONDS = 120
#: What takes time to import.
_PRELOADED = ["torch", "torch._dynamo", "fvcore.nn", "rich.table", "typer", "numpy"]
_TESTS = str(HELPERS.parent)


def cold(arguments: tuple[str, ...], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What a ``muxprof`` with ``arguments`` printed, and how it ended."""
    return subprocess.run(
        [sys.executable, "-m", "muxprof", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=env,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
    )


def warm(arguments: tuple[str, ...], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The same of a process that is forked where torch is imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        outputs = (DupFd(out.fileno()), DupFd(errors.fileno()))
        process = context.Process(target=_child, args=(arguments, dict(env), str(Path.cwd()), *outputs))
        process.start()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(["muxprof", *arguments], SECONDS)
        texts = [file.read().decode("utf-8") for file in (out, errors) if file.seek(0) == 0]
        return subprocess.CompletedProcess(["muxprof", *arguments], process.exitcode, *texts)


def _child(arguments: tuple[str, ...], env: dict[str, str], folder: str, *outputs: Any) -> None:
    for number, output in enumerate(outputs, start=1):
        os.dup2(output.detach(), number)
    # Standard input is empty already: multiprocessing sees to that.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.path[:] = [folder, *(path for path in sys.path if not path.startswith(_TESTS) and path not in ("", folder))]
    sys.argv = ["muxprof", *arguments]
    from muxprof.start import main

    main()
