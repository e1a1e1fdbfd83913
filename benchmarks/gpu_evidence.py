"""Everything that only a GPU can show, in one process: the GPU tests, the profiles, the measured heatmap.

    python benchmarks/gpu_evidence.py OUT [--minutes 8] [--only NAME ...] [--quick]

A bare machine needs torch (2.11 to 2.15), numpy, rich and typer; whatever else is missing goes along as wheels:

    pip wheel -w wheels . fvcore iopath plotly sympy nvidia-ml-py pytest hypothesis    # without torch and what is there
    pip install --no-index --find-links wheels 'muxprof[gpu]' pytest

Reports (JSON and HTML) and ``summary.json`` are written into OUT. A step that fails is recorded with its error and the
rest goes on; a step for which no time is left is recorded as not run. Exits 1 if any claim does not hold.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402 - after the path to the working tree

import muxprof  # noqa: E402
from muxprof.answers.report import Report  # noqa: E402
from muxprof.measurements import MODES, Samples, Timing  # noqa: E402
from muxprof.nets import build  # noqa: E402
from muxprof.timing.kernels import kernels_of  # noqa: E402
from muxprof.timing.prepare import inputs, ready  # noqa: E402
from muxprof.timing.switches import switched  # noqa: E402

NETWORKS = ("muxnet-l", "mobilenetv2")
BATCHES = (64, 8, 1)  # parts and kernels are those of the first
DTYPES = ("fp32", "fp16")
IMAGE = (3, 224, 224)

#: What the project claims: graph time against the sum of its kernels, and the medians of two runs.
KERNEL_SUM_LIMIT = 0.05
REPEAT_LIMIT = 0.03


@dataclass
class Evidence:
    """What was done, what was claimed and found, and how long it may still take."""

    out: Path
    deadline: float
    only: tuple[str, ...]
    steps: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)

    def step(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        """Do ``work``, which takes about so many seconds; whatever happens is recorded."""
        if self.only and name.split(" ")[0] not in self.only:
            return
        left = self.deadline - time.monotonic()
        if left < seconds:
            self.steps.append(
                {"step": name, "status": "not run", "why": f"{left:.0f} s left, about {seconds:.0f} needed"}
            )
            return
        started = time.monotonic()
        entry: dict[str, Any] = {"step": name, "status": "done"}
        try:
            work()
        except Exception as error:  # one broken step must not take the others along; it is in the summary
            traceback.print_exc()
            entry |= {"status": "failed", "why": f"{type(error).__name__}: {error}"}
        entry["seconds"] = round(time.monotonic() - started, 1)
        self.steps.append(entry)
        print(json.dumps(entry), flush=True)
        self.write()

    def claim(self, name: str, found: float, limit: float) -> None:
        """A deviation, and the limit it has to stay within."""
        holds = math.isfinite(found) and abs(found) <= limit
        self.claims.append({"claim": name, "deviation": found, "limit": limit, "holds": holds})

    def save(self, report: Report, name: str) -> None:
        """As JSON and as HTML."""
        report.save(self.out / f"{name}.json")
        report.save(self.out / f"{name}.html")

    def write(self) -> None:
        """The summary as it stands."""
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
        summary = {
            "device": device,
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "muxprof": muxprof.__version__,
            "command": "python benchmarks/gpu_evidence.py OUT",
            "steps": self.steps,
            "claims": self.claims,
        }
        (self.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def gpu_tests(evidence: Evidence) -> None:
    """The tests of the marker ``gpu``, in this process."""
    import pytest

    log = evidence.out / "gpu-tests.txt"
    with _stdout_into(log):
        code = pytest.main(
            ["-m", "gpu", "-q", "-ra", "-p", "no:cacheprovider", "--rootdir", str(ROOT), str(ROOT / "tests" / "gpu")]
        )
    lines = log.read_text(encoding="utf-8").splitlines()
    print("\n".join(lines[-25:]), flush=True)
    if code != 0:
        raise RuntimeError(f"pytest exits with {int(code)}: {lines[-1] if lines else 'no output'}")


def network(evidence: Evidence, name: str, dtype: str, channels_last: bool, seconds: float) -> Report:
    """One network in one dtype and memory format: every batch in every mode, every layer, every kernel."""
    report = muxprof.model(name, batch=BATCHES[0], depth="block")
    made = muxprof.profile(
        report,
        "cuda",
        batches=BATCHES,
        dtype=dtype,
        channels_last=channels_last,
        budget=seconds,
        kernels=True,
    )
    evidence.save(made, "-".join((name, dtype, "nhwc" if channels_last else "nchw")))
    return made


def kernel_sums(evidence: Evidence, report: Report, name: str) -> None:
    """At every batch size: the graph's time against the sum of the kernels of a profiled pass."""
    [subject] = report.subjects
    timing = _timing(report)
    setting = timing.setting
    device = torch.device(setting.device)
    with switched(setting), torch.inference_mode():
        module = ready(build(subject.spec), IMAGE, setting)
        for batch in setting.batches:
            x = inputs(IMAGE, batch, setting)
            by_path = kernels_of(module, lambda x=x: module(x), device)  # type: ignore[misc]  # bound at once
            kernels = sum(kernel.ns for found in by_path.values() for kernel in found) / 1e9
            graph = _samples(timing, batch, "graph").median
            evidence.claim(
                f"{name}, batch {batch}: graph over the sum of kernels, less 1", graph / kernels - 1, KERNEL_SUM_LIMIT
            )


def repeated(evidence: Evidence, name: str, dtype: str, seconds: float) -> None:
    """Two runs of the wholes: how far their medians are apart."""
    report = muxprof.model(name, batch=BATCHES[0])
    first, second = (
        _timing(muxprof.profile(report, "cuda", batches=BATCHES, dtype=dtype, budget=seconds, parts=False))
        for _ in range(2)
    )
    for batch in BATCHES:
        for mode in MODES:
            ratio = _samples(second, batch, mode).median / _samples(first, batch, mode).median
            evidence.claim(
                f"{name} {dtype}, batch {batch}, {mode}: second median over first, less 1", ratio - 1, REPEAT_LIMIT
            )


def heatmap(evidence: Evidence, dtype: str, seconds: float) -> None:
    """The measured heatmap of C = 64, E = 6, 56 x 56, batch 64."""
    report = muxprof.heatmap("madds", C=64, C_values=[64], E=6, H=56, W=56)
    evidence.save(muxprof.profile(report, "cuda", batches=[64], dtype=dtype, budget=seconds), f"heatmap-{dtype}")


def block(evidence: Evidence, seconds: float) -> None:
    """The default block beside MobileNet's."""
    report = muxprof.block(C=64, E=6, G=2, L="0.25", batch=BATCHES[0])
    evidence.save(muxprof.profile(report, "cuda", batches=BATCHES, budget=seconds, kernels=True), "block")


def _timing(report: Report) -> Timing:
    timing = report.subjects[0].timing
    if timing is None:
        raise LookupError(f"{report.subjects[0].name} was not timed")
    return timing


def _samples(timing: Timing, batch: int, mode: str) -> Samples:
    found = timing.whole(batch, mode)
    if found is None or found.samples is None:
        raise LookupError(f"batch {batch}, {mode}: {found.failed if found else 'not measured'}")
    return found.samples


@contextmanager
def _stdout_into(path: Path) -> Iterator[None]:
    """What is printed meanwhile, below Python too, goes into a file."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with path.open("wb") as sink:
            os.dup2(sink.fileno(), 1)
            yield
            sys.stdout.flush()
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def main() -> int:
    """Run all steps; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=8.0, help="all of it ends about here")
    parser.add_argument("--only", nargs="*", default=[], help="tests, network, repeat, heatmap, block")
    parser.add_argument("--quick", action="store_true", help="a tenth of every budget")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        print(f"no CUDA device is visible to this torch ({torch.__version__}); nothing can be shown.", file=sys.stderr)
        return 3
    arguments.out.mkdir(parents=True, exist_ok=True)
    evidence = Evidence(arguments.out, time.monotonic() + 60 * arguments.minutes - 15, tuple(arguments.only))
    scale = 0.1 if arguments.quick else 1.0
    evidence.step("tests", 60, lambda: gpu_tests(evidence))
    evidence.step("block", 15 * scale, lambda: block(evidence, 10 * scale))
    evidence.step("heatmap fp32", 30 * scale, lambda: heatmap(evidence, "fp32", 20 * scale))
    for channels_last in (False, True):
        for dtype in DTYPES:
            for name in NETWORKS:
                label = f"network {name} {dtype} {'nhwc' if channels_last else 'nchw'}"

                def one(name: str = name, dtype: str = dtype, last: bool = channels_last, label: str = label) -> None:
                    kernel_sums(evidence, network(evidence, name, dtype, last, 18 * scale), label)

                evidence.step(label, 30 * scale, one)
    for dtype in DTYPES:
        for name in NETWORKS:
            evidence.step(
                f"repeat {name} {dtype}",
                20 * scale,
                lambda name=name, dtype=dtype: repeated(evidence, name, dtype, 8 * scale),  # type: ignore[misc]
            )
    evidence.step("heatmap fp16", 30 * scale, lambda: heatmap(evidence, "fp16", 20 * scale))
    evidence.write()
    failed = [step for step in evidence.steps if step["status"] != "done"]
    broken = [claim for claim in evidence.claims if not claim["holds"]]
    print(f"{len(evidence.steps) - len(failed)} of {len(evidence.steps)} steps done, "
          f"{len(evidence.claims) - len(broken)} of {len(evidence.claims)} claims hold.")  # fmt: skip
    for claim in broken:
        print(f"does not hold: {claim['claim']}: {claim['deviation']:+.1%} (limit {claim['limit']:.0%})")
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
