"""What tracing costs: ``muxprof trace`` of MobileNetV2 at 224x224 beside FlopCounterMode alone, each a cold process.

    python benchmarks/trace.py [--repeats N] [--json FILE]

The trace imports the model from a file, makes it, runs it once, and prints the whole report. Baseline: a process that
imports torch, makes the same model and runs ``torch.utils.flop_counter.FlopCounterMode`` over a forward pass of it. The
cross-check, which runs that counter and fvcore besides, is timed as well.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from _harness import interleaved, machine, parser, process, ratio, report, versions

MODEL = """
from torch import nn


class InvertedResidual(nn.Module):
    def __init__(self, inside, out, stride, expansion):
        super().__init__()
        width = inside * expansion
        layers = []
        if expansion != 1:
            layers += [nn.Conv2d(inside, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU6(inplace=True)]
        layers += [
            nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False), nn.BatchNorm2d(width),
            nn.ReLU6(inplace=True), nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out),
        ]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inside == out

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU6(inplace=True)]
        channels = 32
        for t, c, n, s in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ):
            for i in range(n):
                layers.append(InvertedResidual(channels, c, s if i == 0 else 1, t))
                channels = c
        layers += [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6(inplace=True)]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x):
        return self.classifier(self.features(x).mean([2, 3]))
"""
BASELINE_CODE = """
import sys
sys.path.insert(0, sys.argv[1])
import torch
from torch.utils.flop_counter import FlopCounterMode
from mobilenet_v2 import MobileNetV2
model = MobileNetV2().eval()
with torch.no_grad(), FlopCounterMode(display=False) as counter:
    model(torch.zeros(1, 3, 224, 224))
assert counter.get_total_flops() == 2 * 300774272, counter.get_total_flops()
"""
OWN, CHECKED, BASELINE = "muxprof trace, process", "muxprof trace with its check, process", "FlopCounterMode, process"


def main() -> None:
    """Time the processes in turn."""
    options = parser(__doc__, repeats=10).parse_args()
    before = machine()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mobilenet_v2.py"
        path.write_text(MODEL, encoding="utf-8")
        trace = ("-m", "muxprof", "trace", f"{path}:MobileNetV2", "--input", "1x3x224x224")
        timings = interleaved(
            {
                OWN: process(*trace, "--no-check"),
                CHECKED: process(*trace, "--check"),
                BASELINE: process("-c", BASELINE_CODE, folder),
            },
            options.repeats,
        )
    report(
        "trace: MobileNetV2 at 224x224",
        machine=before,
        versions=versions("muxprof", "torch", "fvcore"),
        timings=timings.values(),
        claims=[
            ratio("trace / FlopCounterMode alone", timings[OWN], timings[BASELINE], at_most=1.3),
            ratio("trace and check / FlopCounterMode alone", timings[CHECKED], timings[BASELINE]),
        ],
        json_file=options.json,
    )


if __name__ == "__main__":
    main()
