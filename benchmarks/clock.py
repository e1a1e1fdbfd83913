"""muxprof's CPU clock beside ``torch.utils.benchmark``: one module, one process, in turns.

    python benchmarks/clock.py [--network muxnet-l] [--threads 1] [--rounds 3] [--seconds 8] [--json FILE]

In every round each times the same network for so many seconds, in turns of a second at most, so that a machine whose
speed drifts drifts for both; the ratio of their medians is claimed to stay within 5 % of 1. The sum of the parts beside
the passes that they were timed in is claimed to stay within 15 %.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median

import torch
from torch.utils.benchmark import Timer

import muxprof
from muxprof.measurements import Setting
from muxprof.nets import build
from muxprof.timing.clocks import HostClock
from muxprof.timing.conditions import device_name, state
from muxprof.timing.harness import MOST_SAMPLES, Plan, measure
from muxprof.timing.prepare import inputs, ready
from muxprof.timing.profile import Target, profile

#: Seconds of a turn.
_TURN = 1.0


def main() -> None:
    """Time in turns, print a line a round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="muxnet-l")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    module = build(muxprof.model(options.network).subjects[0].spec)
    image = (3, 224, 224)
    setting = Setting(threads=options.threads, budget=options.seconds)
    twin, x = ready(module, image, setting), inputs(image, 1, setting)
    device = torch.device("cpu")
    rounds = []
    before = state(device)
    for _ in range(options.rounds):
        theirs: list[float] = []
        ours: list[float] = []
        while min(sum(theirs), sum(ours)) < options.seconds:
            with torch.inference_mode():
                timer = Timer("twin(x)", globals={"twin": twin, "x": x}, num_threads=options.threads)
                theirs += timer.blocked_autorange(min_run_time=_TURN).times
                clock = Plan(_TURN, most=MOST_SAMPLES)
                [samples] = measure([lambda: twin(x)], HostClock(), clock)
            ours += [ns / samples.runs / 1e9 for ns in samples.ns]
        timing = profile([Target(options.network, module, image)], setting)[options.network]
        if timing.parts is None or timing.parts.whole is None:
            raise RuntimeError(f"nothing was timed: {timing.notes}")
        parts = sum(part.samples.median for part in timing.parts.parts if part.samples is not None)
        rounds.append(
            {
                "torch_ms": median(theirs) * 1e3,
                "muxprof_ms": median(ours) * 1e3,
                "muxprof_over_torch": median(ours) / median(theirs),
                "torch_n": len(theirs),
                "muxprof_n": len(ours),
                "parts_over_their_passes": parts / timing.parts.whole.median,
            }
        )
        print("  ".join(f"{name} {value:.4g}" for name, value in rounds[-1].items()), flush=True)
    found = {
        "device": device_name(device),
        "torch": str(torch.__version__),
        "threads": options.threads,
        "network": options.network,
        "before": before,
        "after": state(device),
        "rounds": rounds,
    }
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
