"""What the consumers of a spec hand to the report: frozen, plain values, free of torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from muxprof.frozen import frozen

#: [N, C, H, W] of a feature map, or [N, C] of a vector.
Shape: TypeAlias = tuple[int, ...]

#: What a heatmap can show the ratio of.
METRICS = ("params", "madds", "activations", "traffic")


@dataclass(frozen=True)
class ParamsByKind:
    """Learnable elements: convolution weights, linear weights, biases, and norm (scale and shift)."""

    conv: int = 0
    linear: int = 0
    bias: int = 0
    norm: int = 0

    @property
    def total(self) -> int:
        """All learnable elements."""
        return self.conv + self.linear + self.bias + self.norm

    def __add__(self, other: ParamsByKind) -> ParamsByKind:
        """Sum kind by kind."""
        return ParamsByKind(
            self.conv + other.conv, self.linear + other.linear, self.bias + other.bias, self.norm + other.norm
        )


@dataclass(frozen=True)
class Cost:
    """What something costs: params, MAdds and activations (output elements) per image, traffic in bytes per batch."""

    params: ParamsByKind = ParamsByKind()
    madds: int = 0
    activations: int = 0
    traffic_bytes: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Sum of each."""
        return Cost(
            self.params + other.params,
            self.madds + other.madds,
            self.activations + other.activations,
            self.traffic_bytes + other.traffic_bytes,
        )


def summed(costs: Iterable[Cost]) -> Cost:
    """Sum of all; :class:`Cost` of nothing if there are none."""
    conv = linear = bias = norm = madds = activations = traffic = 0
    for cost in costs:
        conv += cost.params.conv
        linear += cost.params.linear
        bias += cost.params.bias
        norm += cost.params.norm
        madds += cost.madds
        activations += cost.activations
        traffic += cost.traffic_bytes
    return Cost(ParamsByKind(conv, linear, bias, norm), madds, activations, traffic)


@dataclass(frozen=True)
class Extra:
    """Something that a counter adds to conv + linear, or meets and cannot count (``madds`` is None then)."""

    op: str
    calls: int
    madds: int | None


@dataclass(frozen=True)
class TracedCount:
    """What one counter found in a built module, per module path and per image.

    ``params``, ``madds`` and ``shapes`` (all outputs of a leaf, [N, ...]) are None where the counter does not look
    at them. ``madds`` holds convolutions and linear layers only; whatever else it counted or could not count is in
    ``extras``. ``skipped`` says why a counter was not run; ``failed`` what went wrong when it was.
    """

    counter: str
    version: str
    params: Mapping[str, ParamsByKind] | None = None
    madds: Mapping[str, int] | None = None
    shapes: Mapping[str, tuple[Shape, ...]] | None = None
    extras: tuple[Extra, ...] = ()
    skipped: str | None = None
    failed: str | None = None


@dataclass(frozen=True)
class Environment:
    """Where a report was made: versions by package name, and the platform."""

    python: str
    platform: str
    packages: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Freeze the versions."""
        object.__setattr__(self, "packages", frozen(self.packages))
