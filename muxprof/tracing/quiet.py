"""Settings of other packages that are changed for a while, such as what they log and warn of."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any


@contextmanager
def patched(place: Any, **values: Any) -> Iterator[None]:
    """Other values for attributes of a module, a class or an object."""
    before = {name: getattr(place, name) for name in values}
    try:
        for name, value in values.items():
            setattr(place, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(place, name, value)


@contextmanager
def quiet() -> Iterator[None]:
    """No messages of any logger, no warnings, and nothing on stdout: what is printed goes to stderr."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
