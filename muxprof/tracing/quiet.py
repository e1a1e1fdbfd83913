"""Silence around a user's model: what it prints goes to stderr; logs and warnings are dropped."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

#: Logs what tensors without data cannot do; an error says it, or a second try does without them.
FAKE_TENSORS = "torch._subclasses.fake_tensor"


@contextmanager
def unlogged(name: str) -> Iterator[None]:
    """No messages of one logger."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def quiet() -> Iterator[None]:
    """No messages of any logger, no warnings, and nothing on stdout."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
