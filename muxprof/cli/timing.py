"""The timing options: what they ask for, and the work with its progress on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from muxprof.cli.options import ConditionOptions, TimingOptions
from muxprof.errors import BadInput

if TYPE_CHECKING:
    from muxprof.answers.report import Report

_REDRAW_SECONDS = 0.2
_NEEDED = "--profile-cpu or --profile-gpu"


class TimingRequest(NamedTuple):
    """A device, the keywords of :func:`muxprof.profile` that were given, and what makes the modules if no spec does."""

    device: str
    keywords: Mapping[str, Any]
    modules: Callable[[Report], Mapping[str, Any]] | None = None

    def lacking(self) -> str | None:
        """What this machine lacks for the device, and what would help; None if it is there."""
        from muxprof import api

        return api.device_lacking(self.device)

    def run(self, report: Report, quiet: bool, spent: float = 0.0) -> Report:
        """The timed report; where stderr is a terminal, it shows what is done, how far, and the time left.

        Of the budget, ``spent`` seconds are gone already, but never more than half of it.
        """
        from muxprof import api
        from muxprof.measurements import Setting

        budget = self.keywords.get("budget") or Setting().budget
        keywords = {**self.keywords, "budget": max(budget / 2, budget - spent)}
        if self.modules is not None:
            keywords["modules"] = self.modules(report)

        def work(progress: Callable[[str, float], None] | None) -> Report:
            return api.profile(report, self.device, progress=progress, **keywords)

        if quiet or sys.stderr is None or not sys.stderr.isatty():
            return work(None)
        return with_progress(work, keywords["budget"])


def batches(text: str) -> tuple[int, ...]:
    """The sizes of ``--batch``; raises :class:`BadInput` for what is no list of integers."""
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"batch = {text!r} is no list of integers like 1,8,64.") from None
    return found


def network_timing(timing: TimingOptions, sizes: tuple[int, ...]) -> TimingRequest | None:
    """What the timing options ask for, at batches of these ``sizes``; None where nothing is to be timed.

    Raises :class:`BadInput` for options that need one of ``--profile-cpu`` and ``--profile-gpu``, for both, and for
    values that cannot be measured.
    """
    device = timing.device
    given = _given(timing.conditions, modes=timing.modes, kernels=timing.kernels)
    if not timing.profile_cpu and not timing.profile_gpu:
        _refuse_idle({**given, **_given(device=device)}, _NEEDED)
        if len(sizes) > 1:
            raise BadInput(f"--batch {','.join(map(str, sizes))}: a list is for timing; it goes with {_NEEDED}.")
        return None
    if timing.profile_cpu and timing.profile_gpu:
        raise BadInput("--profile-cpu and --profile-gpu exclude one another; save one report of each.")
    if timing.profile_cpu and device not in (None, "cpu"):
        raise BadInput(f"--device {device} is a GPU's; it goes with --profile-gpu.")
    if timing.profile_gpu and device == "cpu":
        raise BadInput("--device cpu goes with --profile-cpu.")
    return _checked(TimingRequest("cpu" if timing.profile_cpu else device or "cuda", {"batches": sizes, **given}))


def heatmap_timing(
    latency: bool, device: str | None, batch: int, modes: str | None, conditions: ConditionOptions
) -> TimingRequest | None:
    """The same for a heatmap: what ``--metric latency`` and its options ask for."""
    given = _given(conditions, modes=modes)
    if not latency:
        _refuse_idle({**given, **_given(device=device, batch=None if batch == 1 else batch)}, "--metric latency")
        return None
    if device is None:
        raise BadInput("--metric latency is measured somewhere; say where, by --device cpu or --device cuda.")
    return _checked(TimingRequest(device, {"batches": (batch,), **given}))


def _given(conditions: ConditionOptions = ConditionOptions(), **others: Any) -> dict[str, Any]:  # noqa: B008 - it is immutable
    """The options that were given; modes as a tuple."""
    options = {**others, **conditions._asdict()}
    given = {name: value for name, value in options.items() if value is not None and value is not False}
    if "modes" in given:
        given["modes"] = tuple(mode.strip() for mode in given["modes"].split(","))
    return given


def _refuse_idle(given: Mapping[str, Any], needed: str) -> None:
    for name in given:
        raise BadInput(f"--{name.replace('_', '-')} is about timing; it goes with {needed}.")


def _checked(made: TimingRequest) -> TimingRequest:
    """The same, when nothing about it is nonsense: that is refused before anything is done."""
    from muxprof import api

    api.timing_setting(made.device, **made.keywords)
    return made


def with_progress(work: Callable[[Callable[[str, float], None]], Report], budget: float) -> Report:
    """Do ``work`` with a bar on stderr, which is drawn between measurements only: a thread would be timed with them."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=1.0, left="")
        drawn = 0.0

        def show(what: str, share: float) -> None:
            nonlocal drawn
            if time.monotonic() - drawn >= _REDRAW_SECONDS:
                bar.update(task, description=what, completed=share, left=f"{(1 - share) * budget:.0f} s left")
                bar.refresh()
                drawn = time.monotonic()

        return work(show)
