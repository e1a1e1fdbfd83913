"""The networks that muxprof knows by name, as tables with their sources."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable

from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.spec.networks import Network
from muxprof.spec.zoo import alexnet, darts, mnasnet, mobilenetv2, mobilenetv3, muxnet, resnet, shufflenetv2

_ZOO: dict[str, Callable[[], Network]] = {
    "muxnet-xs": muxnet.muxnet_xs,
    "muxnet-s": muxnet.muxnet_s,
    "muxnet-m": muxnet.muxnet_m,
    "muxnet-l": muxnet.muxnet_l,
    "mobilenetv2": mobilenetv2.mobilenetv2,
    **{
        f"mobilenetv2-{width}": functools.partial(mobilenetv2.mobilenetv2, width)
        for width in mobilenetv2.WIDTHS
        if width != "1.0"
    },
    "mobilenetv3-large": mobilenetv3.mobilenetv3_large,
    "mobilenetv3-small": mobilenetv3.mobilenetv3_small,
    **{f"shufflenetv2-{width}": functools.partial(shufflenetv2.shufflenetv2, width) for width in shufflenetv2.WIDTHS},
    "mnasnet-a1": mnasnet.mnasnet_a1,
    "darts": darts.darts,
    "resnet18": resnet.resnet18,
    "alexnet": alexnet.alexnet,
}

#: Other common names.
_ALIASES = {"mobilenetv2-1.0": "mobilenetv2", "shufflenetv2": "shufflenetv2-x1.0", "mnasnet": "mnasnet-a1"}


def names() -> tuple[str, ...]:
    """The names of all networks, in the order of lists."""
    return tuple(_ZOO)


def network(name: str) -> Network:
    """The network of that name; case, spaces, ``_`` and ``-`` do not matter.

    Raises :class:`BadInput` for an unknown name, with a suggestion.
    """
    known = {_plain(name): name for name in _ZOO} | {_plain(alias): name for alias, name in _ALIASES.items()}
    wanted = _plain(name)
    if wanted in known:
        return _ZOO[known[wanted]]()
    near = difflib.get_close_matches(wanted[:64], known, n=1, cutoff=0.6)
    hint = f"; did you mean {known[near[0]]}?" if near else "."
    raise BadInput(f"there is no network {shown(name)!r} in the zoo{hint} It holds: {', '.join(_ZOO)}.")


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c not in "-_ ")
