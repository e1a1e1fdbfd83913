"""Every example runs, and prints what its docstring promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

#: Words that each prints; numbers by hand: the grid is 32 * 3 * 3 = 288.
PRINTS = {
    "compare_blocks.py": "C  params ratio",
    "check_your_module.py": "conv: params 3,200 conv instead of 1,152 conv (parameters)",  # 64 * 2 * 25 and 64 * 2 * 9
    # 64 patches of 192 * 16; two products of 64 * 64 pairs, 16 each; the classifier's 16 * 10.
    "count_any_model.py": f"in all {64 * 192 * 16 + 2 * 64 * 64 * 16 + 160:,} MAdds; complete; agrees: True",
    "sweep_configurations.py": "of 288 configurations",
    "compare_networks.py": f"muxnet-m has {216_808_112 / 300_774_272:.3f} times the MAdds of mobilenetv2",
    "paper_claims.py": f"864 x 4,320 x 4,320 x 864 = {864**2 * 4320**2:,}",
    "save_reports.py": "muxnet-l 316,454,832 MAdds",
    "time_a_block.py": f"promised: {25 / 73:.2f} of MobileNet's MAdds",  # (1-L)(2C(1-L) + 9G) / (2C + 9)
}


def test_every_example_is_listed() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == PRINTS.keys()


@pytest.mark.parametrize("name", PRINTS)
def test_example(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert PRINTS[name] in done.stdout
