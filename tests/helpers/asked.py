"""A report for each question about a search space, of the small example (and MUXNet-m, which it does not contain)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from muxprof import space
from muxprof.answers.report import Report

SMALL = Path(__file__).parents[2] / "examples" / "spaces" / "small.toml"
QUESTIONS = ("info", "count", "options", "hist", "sample", "find", "contains")


@cache
def asked(question: str) -> Report:
    """The report; ranges are such that some networks are within and some are not."""
    made: dict[str, Any] = {
        "info": lambda: space.info(SMALL),
        "count": lambda: space.count(SMALL, madds="<=12M", params="200K:400K"),
        "options": lambda: space.options(SMALL, madds="<=12M"),
        "hist": lambda: space.hist(SMALL, madds="<=12M", params_bin="100K", madds_bin=2_000_000),
        "sample": lambda: space.sample(3, SMALL, seed=7, madds="8M:12M", activations="<=2M"),
        "find": lambda: space.find(SMALL, k=4, params="300K", traffic=7_000_000),
        "contains": lambda: space.contains("muxnet-m", SMALL),
    }
    report: Report = made[question]()
    return report
