"""The limit to what may take for ever."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from muxprof.tracing.patience import at_most


def alarm() -> tuple[object, tuple[float, float]]:
    return signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)


def test_what_takes_too_long_is_stopped_and_leaves_nothing_behind() -> None:
    def endless() -> None:
        with at_most(0.05):
            while True:
                pass

    before = alarm()
    with pytest.raises(TimeoutError, match=r"more than 0\.05 seconds"):
        endless()
    assert alarm() == before


def test_code_that_goes_on_after_errors_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muxprof.tracing.patience._AGAIN", 0.05)
    stopped: list[TimeoutError] = []
    with at_most(0.05):
        while len(stopped) < 3:
            try:
                time.sleep(1)
            except TimeoutError as error:
                stopped.append(error)
    assert len(stopped) == 3


def test_what_is_done_in_time_is_let_alone() -> None:
    before = alarm()
    with at_most(60):
        assert alarm() != before
        with at_most(0.01):  # there is one clock
            time.sleep(0.05)
    assert alarm() == before


def test_other_threads_have_no_limit() -> None:
    ended = []

    def work() -> None:
        with at_most(0.01):
            time.sleep(0.05)
        ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == [True]
