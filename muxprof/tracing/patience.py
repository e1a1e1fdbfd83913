"""A time limit for code that may never end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Seconds after which the error is raised again, in code that continues after it.
_AGAIN = 5.0


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeoutError` in code that takes longer.

    There is no limit outside of the main thread, if the program has set an alarm already, or on systems without
    alarms.
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
