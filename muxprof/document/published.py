"""What was published about a network, against what is computed."""

from __future__ import annotations

from fractions import Fraction

from muxprof.document.types import Subject
from muxprof.spec.networks import Network
from muxprof.units import figure, rounds_to

#: The classes of ImageNet, for which published figures are.
CLASSES = 1000


def comparable(subject: Subject) -> bool:
    """Whether a subject has the input size and the classes that its published figures are for."""
    spec = subject.spec
    return isinstance(spec, Network) and subject.input_shape[2:] == spec.resolution and spec.head.classes == CLASSES


def deviation(count: int, printed: str) -> Fraction:
    """Relative deviation of ``count`` from a printed figure; 0 where it rounds to it."""
    value, _ = figure(printed)
    return Fraction(0) if rounds_to(count, printed) else Fraction(count - value, value)
