"""Temporary changes of other packages: their attributes, logs, warnings and output."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any


@contextmanager
def patched(place: Any, **values: Any) -> Iterator[None]:
    """Set attributes of a module, a class or an object, and restore them."""
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
    """Suppress all loggers and warnings, and redirect stdout to stderr."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
