"""A clock that moves only when it is told to, and works that take exactly as long as they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from muxprof.timing.bench import Bench


class FakeClock:
    """Marks are its own time; ``skew`` changes what is read at the n-th mark, counted from 0."""

    def __init__(self, skew: Callable[[int], int] = lambda _: 0) -> None:
        self.time = 0
        self.marks = 0
        self.settled = 0
        self._skew = skew

    def mark(self) -> int:
        self.marks += 1
        return self.time + self._skew(self.marks - 1)

    def settle(self) -> None:
        self.settled += 1

    def elapsed_ns(self, start: int, end: int) -> int:
        return end - start

    def now(self) -> int:
        return self.time

    def taking(self, *durations: int) -> Callable[[], None]:
        """A work that takes these durations one after the other, the last of them from then on."""
        left = _endless(durations)

        def work() -> None:
            self.time += next(left)

        return work


def _endless(durations: tuple[int, ...]) -> Iterator[int]:
    yield from durations
    while True:
        yield durations[-1]


class FrozenClock(FakeClock):
    """It stands still, whatever happens."""

    def mark(self) -> int:
        return 0


class FakeBench(Bench):
    """One fake clock for every mode; a graph runs its work, and clearing the cache takes 5 ms."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(torch.device("cpu"))
        self.fake = clock
        self.captures: list[int] = []
        self.flushes = 0

    def clock(self, mode: object) -> Any:  # noqa: ARG002 - one clock serves all modes
        return self.fake

    def captured(self, work: Callable[[], object], times: int = 1) -> Callable[[], object]:
        self.captures.append(times)

        def replay() -> None:
            for _ in range(times):
                work()

        return replay

    def flush(self) -> Callable[[], object]:
        def work() -> None:
            self.flushes += 1
            self.fake.time += 5_000_000

        return work
