"""The parts of a module: every leaf timed on the input that a forward pass gives it.

In place, the clock stands around every leaf inside whole passes, so that caches are as they are in the real run.
Alone, a leaf is run over and over on its input, which is what a CUDA graph needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import nn

from muxprof.measurements import Part, Samples
from muxprof.timing.clocks import Clock, ClockError
from muxprof.timing.harness import LEAST_SAMPLES, Call, Plan

#: Passes with the clock around every leaf; more tell nothing new and make long reports.
MOST_PASSES = 100


def leaves(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Paths and modules that have no children, in the order in which they were made; a shared one once."""
    for path, found in module.named_modules():
        if next(found.children(), None) is None:
            yield path, found


@contextmanager
def hooked(module: nn.Module, before: Callable[..., None], after: Callable[..., None]) -> Iterator[None]:
    """Call ``before`` and ``after`` around every call of a leaf while the context is open.

    Both take the leaf's path and then what torch gives to its hooks: the leaf, its arguments and, ``after`` only, its
    keyword arguments and what it returned.
    """
    hooks = []
    try:
        for path, leaf in leaves(module):
            hooks.append(leaf.register_forward_pre_hook(partial(before, path)))
            hooks.append(leaf.register_forward_hook(partial(after, path), with_kwargs=True))
        yield
    finally:
        for hook in hooks:
            hook.remove()


def in_place(
    module: nn.Module, forward: Call, clock: Clock, plan: Plan, each: Call = lambda: None
) -> tuple[tuple[Part, ...], Samples]:
    """Every leaf that a pass calls, in the order of calls, and the passes themselves, timed together.

    A leaf that is called several times in a pass has the sum. Raises :class:`ClockError` for a clock that cannot be
    trusted.
    """
    passes: list[tuple[int, dict[str, int]]] = []
    dropped = 0
    starts: dict[str, Any] = {}
    marks: list[tuple[str, Any, Any]] = []

    def before(path: str, *_: object) -> None:
        starts[path] = clock.mark()

    def after(path: str, *_: object) -> None:
        end = clock.mark()
        marks.append((path, starts[path], end))

    deadline = plan.now() + plan.seconds * 1e9
    with hooked(module, before, after):
        forward()
        while len(passes) < LEAST_SAMPLES or (plan.now() < deadline and len(passes) < MOST_PASSES):
            marks.clear()
            start = clock.mark()
            forward()
            end = clock.mark()
            clock.settle()
            whole, by_path = clock.elapsed_ns(start, end), _by_path(marks, clock)
            if whole > 0 and all(taken > 0 for taken in by_path.values()):
                passes.append((whole, by_path))
            else:
                dropped += 1
                if dropped > MOST_PASSES:
                    raise ClockError(f"the clock stood still or went backwards in {dropped} passes")
            each()
    parts = tuple(
        Part(path, Samples(tuple(by_path[path] for _, by_path in passes), 1, dropped)) for path in passes[0][1]
    )
    return parts, Samples(tuple(whole for whole, _ in passes), 1, dropped)


def alone(module: nn.Module, forward: Call, time_one: Callable[[str, Call], object]) -> None:
    """Call ``time_one`` for every leaf that a pass calls: its path, and its forward on the input of its first call."""
    seen: set[str] = set()

    def after(path: str, leaf: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any], _made: object) -> None:
        if path not in seen:
            seen.add(path)
            time_one(path, lambda: leaf.forward(*arguments, **named))

    with hooked(module, lambda *_: None, after):
        forward()


def _by_path(marks: list[tuple[str, Any, Any]], clock: Clock) -> dict[str, int]:
    """Time of every path in a pass; zero for one with any interval that is none."""
    calls: dict[str, list[int]] = {}
    for path, start, end in marks:
        calls.setdefault(path, []).append(clock.elapsed_ns(start, end))
    return {path: sum(taken) if min(taken) > 0 else 0 for path, taken in calls.items()}
