"""A limit to what may take for ever."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Seconds between one reminder and the next, for code that goes on after an error.
_AGAIN = 5.0


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeoutError` out of what takes longer, wherever it is.

    There is no limit in other threads than the main one, nor where the program has an alarm clock set already, nor on
    systems that have none.
    """
    has_alarms = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not has_alarms or signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0):
        yield
        return

    def late(*_: Any) -> None:
        raise TimeoutError(f"that takes more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, late)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
    finally:  # also where the alarm rings on the way out
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
