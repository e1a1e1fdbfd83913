"""What the proof costs: the cross-check of muxnet-l at 224x224 beside fvcore's count of the same module alone.

    python benchmarks/check.py [--repeats N] [--json FILE]

The check lowers the spec, builds the module, runs every counter and compares them layer by layer. Baseline: the same
module built on the CPU, and ``fvcore.nn.FlopCountAnalysis(...).total()``. Both as whole processes (imports, module,
count, exit) and again in one warm process.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import CodeType

from _harness import call, interleaved, machine, parser, process, ratio, report, versions

CHECK_IMPORTS = """
from muxprof.nets import build
from muxprof.answers.check.compared import checked
from muxprof.document.subjects import network_subject
from muxprof.spec import zoo
from muxprof.tracing import count
"""
CHECK = """
net = zoo.network("muxnet-l")
found = checked(network_subject(net, 224, 224), count(build(net, "meta"), (1, 3, 224, 224)))
assert found.check is not None and found.check.status == "agree", found.check
assert not [each for each in found.check.counters if each.status == "skipped"], found.check
"""
COUNT_IMPORTS = """
import logging, warnings
warnings.simplefilter("ignore")
logging.getLogger("fvcore").setLevel(logging.ERROR)
import torch
from fvcore.nn import FlopCountAnalysis
from muxprof.nets import build
from muxprof.spec import zoo
"""
COUNT = """
total = FlopCountAnalysis(build(zoo.network("muxnet-l")), torch.zeros(1, 3, 224, 224)).total()
assert total > 300e6, total
"""

COLD_OWN, COLD_BASELINE = "muxprof check, process", "fvcore alone, process"
WARM_OWN, WARM_BASELINE = "muxprof check, warm", "fvcore alone, warm"


def main() -> None:
    """Time the processes in turn, then the warm calls in turn."""
    options = parser(__doc__, repeats=10).parse_args()
    before = machine()
    timings = interleaved(
        {
            COLD_OWN: process("-c", CHECK_IMPORTS + CHECK),
            COLD_BASELINE: process("-c", COUNT_IMPORTS + COUNT),
        },
        options.repeats,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        timings |= interleaved(
            {
                WARM_OWN: call(prepared(CHECK_IMPORTS, CHECK)),
                WARM_BASELINE: call(prepared(COUNT_IMPORTS, COUNT)),
            },
            options.repeats,
        )
    report(
        "check: the cross-check of muxnet-l at 224x224",
        machine=before,
        versions=versions("muxprof", "torch", "fvcore"),
        timings=timings.values(),
        claims=[
            ratio("whole process: check / fvcore alone", timings[COLD_OWN], timings[COLD_BASELINE], at_most=2),
            ratio("warm: check / fvcore alone", timings[WARM_OWN], timings[WARM_BASELINE], at_most=2),
        ],
        json_file=options.json,
    )


def prepared(imports: str, work: str) -> Callable[[], None]:
    """The work as a function, its imports done, from the same text that the processes run."""
    names: dict[str, object] = {}
    exec(imports, names)
    code: CodeType = compile(work, "<benchmark>", "exec")
    return lambda: exec(code, names)


if __name__ == "__main__":
    main()
