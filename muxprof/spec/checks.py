"""Checks that specs share. Each refuses one kind of impossible value with a message that says what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from muxprof.dims import divisors, shown
from muxprof.errors import BadInput
from muxprof.units import decimal_text

MAX_CHANNELS = 1 << 16
MAX_EXPANSION = 1024
MAX_KERNEL = 255
MAX_STRIDE = 8
MAX_DILATION = 64
MAX_SIZE = 1 << 14
MAX_BATCH = 1 << 16
MAX_CLASSES = 1 << 20
MAX_WEIGHTS = 1 << 58
ACTIVATIONS = ("relu", "relu6", "swish", "hard_swish")
GATES = ("sigmoid", "hard_sigmoid")


def fields(spec: Any, *names: str) -> None:
    """Check the named fields of a spec, each by its rule; those without a rule as integers from 1 to a limit."""
    for name in names:
        if name in _RULES:
            _RULES[name](spec)
        else:
            positive(getattr(spec, name), name, _LIMITS.get(name, MAX_CHANNELS))


def positive(value: int, name: str, limit: int) -> None:
    """Refuse anything but an integer from 1 to ``limit``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(f"{name} = {shown(value)} is not an integer; it must be one from 1 to {limit:,}.")
    if not 1 <= value <= limit:
        raise BadInput(f"{name} = {shown(value)} is out of range; it must be an integer from 1 to {limit:,}.")


def kernel(value: int, name: str = "K") -> None:
    """Refuse even kernels: symmetric padding keeps the size only for odd ones."""
    positive(value, name, MAX_KERNEL)
    if value % 2 == 0:
        near = f"{value - 1} or {value + 1}"
        raise BadInput(f"{name} = {value} is even; symmetric padding needs an odd kernel, such as {near}.")


def stride(value: int) -> None:
    """Refuse a stride other than 1 and 2."""
    if value not in (1, 2):
        raise BadInput(f"stride = {shown(value)} is not supported; blocks have stride 1 or 2.")


def dilation(value: int, stride_given: int = 1, undo_stride: bool = False) -> None:
    """Refuse a dilation that is not from 1 to the limit, and ``undo_stride`` for a stride of 1."""
    positive(value, "dilation", MAX_DILATION)
    if undo_stride and stride_given == 1:
        raise BadInput(
            "undo_stride = true has no stride to undo: stride = 1; give the stride, or leave undo_stride out."
        )


def padding(value: int | None, kernel_size: int, dilated: int) -> None:
    """Refuse a padding that is neither None nor from 0 to ``dilated * (kernel_size - 1)``."""
    most = dilated * (kernel_size - 1)
    if value is not None and not 0 <= value <= most:
        at = f" with dilation {dilated}" if dilated > 1 else ""
        raise BadInput(f"padding = {shown(value)} is out of range; kernel {kernel_size}{at} takes 0 to {most}.")


def activation(value: str) -> None:
    """Refuse an unknown activation."""
    one_of(value, "activation", ACTIVATIONS)


def one_of(value: str, name: str, allowed: tuple[str, ...]) -> None:
    """Refuse a word that is not one of ``allowed``."""
    if value not in allowed:
        raise BadInput(f"{name} = {shown(value)!r} is unknown; it is one of {', '.join(allowed)}.")


def squeeze_ratio(value: Fraction | None) -> None:
    """Refuse a squeeze-and-excite ratio that is not above 0 and at most 16."""
    if value is not None and not 0 < value <= 16:
        raise BadInput(f"SE = {decimal_text(value)} is out of range; the ratio must be above 0 and at most 16.")


def expansion(value: Fraction, channels: int | None = None) -> None:
    """Refuse an expansion that is out of range or does not give a whole number of channels of ``channels``."""
    if not 0 < value <= MAX_EXPANSION:
        raise BadInput(f"E = {decimal_text(value)} is out of range; it must be above 0 and at most {MAX_EXPANSION}.")
    if channels is not None and (middle := value * channels).denominator != 1:
        near = " or ".join(str(whole) for whole in (value.__floor__(), value.__ceil__()) if whole > 0)
        raise BadInput(
            f"E = {decimal_text(value)} makes {float(middle):g} middle channels of {channels}, which is no whole "
            f"number; a whole E always does, such as {near}."
        )


def leave_out(value: Fraction) -> None:
    """Refuse a leave-out ratio that is not from 0 to below 1."""
    if not 0 <= value < 1:
        raise BadInput(f"L = {decimal_text(value)} is out of range; it must be at least 0 and below 1.")


def spatial(entries: Iterable[int]) -> None:
    """Refuse entries of S other than -1, 0 and 1."""
    for entry in entries:
        if entry not in (-1, 0, 1):
            raise BadInput(f"S has the entry {entry}; entries are -1 (subpixel), 0 (plain) and 1 (superpixel).")


def countable(weights: int, letters: str) -> None:
    """Refuse a convolution whose size in bytes does not fit into 64 bits."""
    if weights > MAX_WEIGHTS:
        raise BadInput(f"{letters} give a convolution of {weights:.1e} weights; at most 2^58 can be addressed.")


def divisor_list(n: int, limit: int = 32) -> str:
    """The first ``limit`` divisors of ``n`` as text."""
    found = divisors(n)
    return ", ".join(map(str, found[:limit])) + (f", ... ({len(found)} in all)" if len(found) > limit else "")


_LIMITS = {"classes": MAX_CLASSES, "pool": MAX_KERNEL}
_RULES: Mapping[str, Callable[[Any], None]] = {
    "kernel": lambda spec: kernel(spec.kernel),
    "stride": lambda spec: stride(spec.stride),
    "dilation": lambda spec: dilation(spec.dilation, spec.stride, spec.undo_stride),
    "padding": lambda spec: padding(spec.padding, spec.kernel, getattr(spec, "dilation", 1)),
    "se": lambda spec: squeeze_ratio(spec.se),
    "act": lambda spec: activation(spec.act),
}
