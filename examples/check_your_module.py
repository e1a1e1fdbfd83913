"""Is this module what the paper's formula says? Check one of your own against a block, layer by layer.

Run: python examples/check_your_module.py
"""

from torch import nn

import muxprof
from muxprof.nets import build


def main() -> None:
    """Check the right block, then one with the wrong kernel."""
    report = muxprof.block(C=32, E=4, G=2, L=0.5, H=8, W=8)
    print("as specified:", muxprof.check(report).subject("muxconv").check)

    mine = build(report.subject("muxconv").spec)
    mine.conv = nn.Conv2d(64, 64, 5, padding=2, groups=32, bias=False)
    check = muxprof.check(report, {"muxconv": mine}).subject("muxconv").check
    assert check is not None
    print("with a 5x5 kernel:", check.status)
    for mismatch in check.mismatches:
        print(
            f"  {mismatch.path}: {mismatch.what} {mismatch.found} instead of {mismatch.expected} ({mismatch.counter})"
        )


if __name__ == "__main__":
    main()
