"""What the benchmarks share: interleaved timing, the machine they ran on, and how the result is printed and saved.

A benchmark times two sides in the same run, in turn, and compares the best times: noise only ever adds to a time. The
medians are given as well. Every raw sample is in the JSON document.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

#: Does the work once and returns the seconds it took.
Timer: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Timing:
    """The raw samples of one side, in seconds, in the order in which they were taken."""

    name: str
    seconds: tuple[float, ...]

    @property
    def best(self) -> float:
        """The shortest sample."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The middle sample."""
        return statistics.median(self.seconds)

    def line(self) -> str:
        """Best and median in milliseconds."""
        best, median = 1e3 * self.best, 1e3 * self.median
        return f"{self.name:<52} best {best:9.1f} ms   median {median:9.1f} ms   n = {len(self.seconds)}"


@dataclass(frozen=True)
class Claim:
    """One number that a benchmark is about, of the best and of the median samples, and its limit if it has one."""

    text: str
    best: float
    median: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the best samples keep the limit; None if there is none."""
        if self.at_most is not None:
            return self.best <= self.at_most
        return None if self.at_least is None else self.best >= self.at_least

    def line(self) -> str:
        """The number, its limit, and whether it is kept."""
        limit = f"at least {self.at_least}" if self.at_most is None else f"at most {self.at_most}"
        verdict = {None: "no limit", True: f"limit: {limit}: holds", False: f"limit: {limit}: DOES NOT HOLD"}[
            self.holds
        ]
        return f"{self.text:<42} {self.best:6.2f} {self.unit} (medians {self.median:.2f}), {verdict}"


def ratio(text: str, own: Timing, baseline: Timing, at_most: float | None = None) -> Claim:
    """How many times as long as the baseline our side takes."""
    return Claim(text, own.best / baseline.best, own.median / baseline.median, "x", at_most=at_most)


def rate(text: str, own: Timing, count: int, at_least: float | None = None) -> Claim:
    """How many millions of ``count`` things a second our side does."""
    return Claim(text, count / own.best / 1e6, count / own.median / 1e6, "M/s", at_least=at_least)


def interleaved(sides: Mapping[str, Timer], repeats: int, warm_up: int = 1) -> dict[str, Timing]:
    """Time all sides in turn, ``repeats`` times each, after ``warm_up`` rounds that do not count.

    The first round of processes also writes the bytecode caches that all of the later ones read, on every side.
    """
    samples: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(warm_up + repeats):
        progress(f"round {number + 1} of {warm_up + repeats}" + (" (warm-up)" if number < warm_up else ""))
        for name, timer in sides.items():
            seconds = timer()
            if number >= warm_up:
                samples[name].append(seconds)
    progress("")
    return {name: Timing(name, tuple(taken)) for name, taken in samples.items()}


def call(function: Callable[[], object]) -> Timer:
    """A timer of one call in this process; what it returns is thrown away outside of the time."""

    def timer() -> float:
        start = time.perf_counter()
        result = function()
        seconds = time.perf_counter() - start
        del result
        return seconds

    return timer


def process(*arguments: str) -> Timer:
    """A timer of a whole Python process, from start to exit, its output discarded.

    Bytecode caches are read and written as usual, whatever the environment of the benchmark says. Raises
    :class:`RuntimeError`, with what the process said, if it fails.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def timer() -> float:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            raise RuntimeError(f"{arguments} exited with {done.returncode}: {done.stderr.decode(errors='replace')}")
        return seconds

    return timer


def progress(text: str) -> None:
    """Show what is going on, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def parser(description: str | None, repeats: int) -> argparse.ArgumentParser:
    """The options that all benchmarks have: ``--repeats`` and ``--json``."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(
        "--repeats", type=int, default=repeats, metavar="N", help="samples of each side (default: %(default)s)"
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="also write the result, raw samples included, to FILE")
    return made


def machine() -> dict[str, Any]:
    """The processor, how many of its cores this process may use, and the load while it starts."""
    usable = os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1)
    return {
        "cpu": _cpu_model(),
        "cores": len(usable),
        "system": platform.platform(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
    }


def versions(*packages: str) -> dict[str, str]:
    """Python's version and those of installed packages."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in packages}


def report(
    title: str,
    *,
    machine: Mapping[str, Any],
    versions: Mapping[str, str],
    timings: Iterable[Timing],
    claims: Iterable[Claim],
    json_file: Path | None,
) -> None:
    """Print a benchmark's result, and write the same as a JSON document if a file is given."""
    timings, claims = list(timings), list(claims)
    load = "unknown" if machine["load"] is None else f"{machine['load'][0]:.2f}"
    print(title)
    print(f"machine:  {machine['cpu']}, {machine['cores']} cores, load {load} at the start, {machine['system']}")
    print("versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    for timing in timings:
        print(timing.line())
    for claim in claims:
        print(claim.line())
    if json_file is not None:
        document = {
            "schema": "muxprof.benchmark/1",
            "title": title,
            "machine": dict(machine),
            "versions": dict(versions),
            "timings": [
                {"name": each.name, "best_s": each.best, "median_s": each.median, "samples_s": each.seconds}
                for each in timings
            ],
            "claims": [asdict(claim) | {"holds": claim.holds} for claim in claims],
        }
        json_file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
