"""Questions about all networks of a search space: exact counts, distributions, samples and searches.

``space`` is "paper" (Table 1 of the MUXConv supplement, over the released MUXNet-m's skeleton), a file whose name ends
in .toml, or a :class:`muxprof.spec.spaces.Space`. Keywords such as ``madds`` and ``params`` (also ``activations``, and
``traffic`` in bytes) bound the costs of one image: "<=218M", ">=60M", "60M:70M", "=216808112", "~1.8M" for what rounds
to it, several of these as a list, or an integer for an upper bound. ``over`` "distinct" counts different networks,
"valid" every encoding that a module exists for. All counts are exact integers; the report of :func:`count` has them in
``report.sections["space"].count``.

Every function raises :class:`muxprof.BadInput` for a space, a bound or a name that is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from muxprof.answers.model.answer import spec_of
from muxprof.answers.report import Report
from muxprof.answers.space import answer
from muxprof.answers.space.types import Over
from muxprof.errors import BadInput
from muxprof.spec import space_files
from muxprof.spec.budgets import Bounds, all_of, amount
from muxprof.spec.networks import Network
from muxprof.spec.spaces import Space

__all__ = ["contains", "count", "find", "hist", "info", "options", "sample", "specs"]

SpaceLike: TypeAlias = str | Path | Space
BoundsLike: TypeAlias = str | int | Bounds | Iterable[str] | None


def info(space: SpaceLike = "paper") -> Report:
    """The options of every stage, the numbers of encodings, of valid ones and of networks, and the reach of costs."""
    return answer.info(_space(space))


def count(space: SpaceLike = "paper", **bounds: BoundsLike) -> Report:
    """How many networks and valid encodings lie within bounds."""
    return answer.count(_space(space), _budget(bounds))


def options(space: SpaceLike = "paper", *, over: Over = "distinct", **bounds: BoundsLike) -> Report:
    """How often each option occurs among the networks within bounds, beside the whole space."""
    return answer.options(_space(space), _budget(bounds), over)


def hist(
    space: SpaceLike = "paper",
    *,
    over: Over = "distinct",
    params_bin: str | int | None = None,
    madds_bin: str | int | None = None,
    **bounds: BoundsLike,
) -> Report:
    """The joint distribution of params and MAdds; bounds are drawn into it, and what is within them is counted.

    ``params_bin`` and ``madds_bin`` are widths of bins, such as "100K"; by default round ones for about 40 bins.
    """
    widths = _width(params_bin, "params_bin"), _width(madds_bin, "madds_bin")
    return answer.hist(_space(space), _budget(bounds), over, *widths)


def sample(
    size: int = 10, space: SpaceLike = "paper", *, seed: int = 0, over: Over = "distinct", **bounds: BoundsLike
) -> Report:
    """``size`` networks, each drawn uniformly from those within bounds; the same ``seed`` draws the same networks.

    :func:`specs` gives the networks themselves. Raises :class:`muxprof.BadInput` where no network is within the bounds.
    """
    return answer.sample(_space(space), _budget(bounds), size, seed, over)


def find(space: SpaceLike = "paper", *, k: int = 10, **wish: str | int | None) -> Report:
    """The ``k`` networks whose costs are nearest to a wish, such as ``params="3.4M", madds="218M"``, nearest first.

    The distance is the largest relative deviation of the costs that are wished for.
    """
    wanted = {name: amount(str(given), name) for name, given in wish.items() if given is not None}
    return answer.find(_space(space), wanted, k)


def contains(network: str | Path | Network, space: SpaceLike = "paper") -> Report:
    """Whether a network, of the zoo or of a file, is one of the space; if not, each choice that the space lacks."""
    return answer.contains(_space(space), network if isinstance(network, Network) else spec_of(network))


def specs(report: Report, space: SpaceLike = "paper") -> Iterator[Network]:
    """The specs of the networks of a report of :func:`sample` or :func:`find` about ``space``, in its order.

    :mod:`muxprof.spec.files` writes them as files. Raises :class:`muxprof.BadInput` for any other report.
    """
    return answer.specs(report, _space(space))


def _space(given: SpaceLike) -> Space:
    return given if isinstance(given, Space) else space_files.space(str(given))


def _budget(given: dict[str, BoundsLike]) -> dict[str, Bounds]:
    """Bounds by cost, where there are any; contradictory ones are refused."""
    return {name: _bounds(bounds, name) for name, bounds in given.items() if bounds is not None}


def _bounds(given: str | int | Bounds | Iterable[str], name: str) -> Bounds:
    if isinstance(given, Bounds):
        return given
    return all_of([str(given)] if isinstance(given, str | int) else given, name)


def _width(given: str | int | None, name: str) -> int | None:
    if given is None:
        return None
    width: Fraction = amount(str(given), name)
    if width.denominator != 1 or width < 1:
        raise BadInput(f"{name} = {given} is out of range; a bin is a whole number of at least 1.")
    return int(width)
