"""MUXNet-m and MUXNet-l, from the authors' released code; MUXNet-xs and MUXNet-s, reconstructed.

Source: https://github.com/human-analysis/MUXConv, ``muxnet.py`` (the rows), ``conv2d_helpers.py`` (the rules of the
blocks); published totals: MUXConv, CVPR 2020, Table 1. Stages are the paper's four, by resolution; stage 0 is the
fixed block before them.

MUXNet-xs and -s were never released. Here they are reconstructed from their published totals by the rule of
:mod:`muxprof.census.reconstruction`: MUXNet-m's widths times the largest multiplier that allows a fit, Table 1's
options with spatial multiplexing in stages 2 and 3, and among the networks that round to both totals the one that
differs from MUXNet-m in the fewest options. Thousands of others fit as well, and the networks' notes say so.
"""

from __future__ import annotations

from fractions import Fraction

from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem
from muxprof.spec.zoo.rows import Rows, stages

_SE = Fraction(3, 4)
_HALF = Fraction(1, 2)

_NOTES = (
    "K = [3,5,7,9,11] at the last reduction is not among the options of the published search space (Table 1).",
    "Spatial multiplexing is removed: an author says in the repository's issue 1 that it was taken out of m and l "
    "for latency, at about 0.1 % top-1.",
)


def _ir(
    given: int, channels: int, kernels: tuple[int, ...], stride: int, expansion: int, act: str = "swish"
) -> IrBlock:
    return IrBlock(given, channels, Fraction(expansion), kernels, stride, _SE, act)


def _mux(channels: int, kernel: int, expansion: int, act: str = "swish") -> MuxBlock:
    return MuxBlock(channels, Fraction(expansion), 2, _HALF, kernel, se=_SE, act=act)


def _spatial(channels: int, kernel: int, expansion: int, leave_out: Fraction, spatial: tuple[int, ...]) -> MuxBlock:
    return MuxBlock(channels, Fraction(expansion), 1, leave_out, kernel, spatial, se=_SE, act="swish")


#: By stage: (repeats, block function, its arguments after the input channels).
_M: Rows = {
    "stage1": ((1, _ir, 24, (3,), 2, 4, "relu"), (2, _mux, 3, 4, "relu")),
    "stage2": ((1, _ir, 40, (3, 5, 7), 2, 4), (2, _mux, 3, 6)),
    "stage3": ((1, _ir, 80, (3, 5, 7, 9), 2, 4), (2, _mux, 5, 6), (1, _ir, 112, (5,), 1, 6), (2, _mux, 5, 6)),
    "stage4": ((1, _ir, 160, (3, 5, 7, 9, 11), 2, 4), (3, _mux, 5, 6), (1, _ir, 200, (3,), 1, 6)),
}
_L: Rows = {
    "stage1": ((1, _ir, 24, (3,), 2, 6, "relu"), (2, _mux, 5, 6, "relu")),
    "stage2": ((1, _ir, 40, (3, 5, 7), 2, 6), (3, _mux, 5, 6)),
    "stage3": ((1, _ir, 80, (3, 5, 7, 9), 2, 6), (3, _mux, 5, 6), (1, _ir, 120, (5,), 1, 6), (3, _mux, 5, 6)),
    "stage4": ((1, _ir, 160, (3, 5, 7, 9, 11), 2, 6), (3, _mux, 5, 6), (1, _ir, 200, (3,), 1, 6)),
}
_XS: Rows = {
    "stage1": ((1, _ir, 16, (3,), 2, 4, "relu"), (1, _mux, 3, 4, "relu")),
    "stage2": ((1, _ir, 24, (3, 5, 7), 2, 4), (1, _spatial, 3, 6, _HALF, (1, 0, 1))),
    "stage3": ((1, _ir, 56, (3,), 2, 4), (1, _spatial, 5, 4, _HALF, (-1, 0, 0, 1))),
    "stage4": ((1, _ir, 104, (3,), 2, 4), (1, _mux, 3, 4), (1, _ir, 128, (3,), 1, 6)),
}
_S: Rows = {
    "stage1": ((1, _ir, 16, (3,), 2, 4, "relu"), (2, _mux, 3, 4, "relu")),
    "stage2": ((1, _ir, 32, (3, 5, 7), 2, 4), (2, _spatial, 5, 6, _HALF, (1, 0, 1))),
    "stage3": ((1, _ir, 56, (3, 5, 7, 9), 2, 6), (3, _spatial, 5, 6, Fraction(0), (-1, 0, 0))),
    "stage4": ((1, _ir, 112, (3, 5, 7, 9), 2, 4), (3, _mux, 5, 6), (1, _ir, 144, (3,), 1, 6)),
}


def muxnet_m() -> Network:
    """MUXNet-m: 3,354,276 params, 216,808,112 MAdds (conv + linear) at 224x224."""
    return _network("muxnet-m", 24, _M, 1280, "3.4 M", "218 M")


def muxnet_l() -> Network:
    """MUXNet-l: 4,041,178 params, 316,454,832 MAdds (conv + linear) at 224x224."""
    return _network("muxnet-l", 24, _L, 1536, "4.0 M", "318 M")


def muxnet_xs() -> Network:
    """A reconstruction of MUXNet-xs: 1,845,228 params, 65,935,296 MAdds (conv + linear) at 224x224."""
    return _network("muxnet-xs", 16, _XS, 1280, "1.8 M", "66 M", _reconstructed("0.65", 9, 154, 10_181))


def muxnet_s() -> Network:
    """A reconstruction of MUXNet-s: 2,401,490 params, 116,923,680 MAdds (conv + linear) at 224x224."""
    return _network("muxnet-s", 16, _S, 1280, "2.4 M", "117 M", _reconstructed("0.7", 4, 566, 296_410_692))


def _network(
    name: str, width: int, table: Rows, features: int, params: str, madds: str, reconstructed: tuple[str, ...] = ()
) -> Network:
    first = Stage("stage0", (DsBlock(width, width, 3, 1, Fraction(1, 4), "relu"),))
    later = stages(width, table, lambda given, make, *row: make(given, *row))
    note = "of the network that was not released" if reconstructed else ""
    return Network(
        name=name,
        stem=Stem(width, act="swish"),
        stages=(first, *later),
        head=Head(later[-1].width, features, act="swish"),
        provenance="reconstruction" if reconstructed else "released code",
        published=Published(params, madds, "MUXConv (CVPR 2020), Table 1", note),
        notes=reconstructed or _NOTES,
    )


def _reconstructed(multiplier: str, differing: int, similar: int, fitting: int) -> tuple[str, ...]:
    """The notes of a reconstructed network."""
    return (
        f"A reconstruction: the authors released no layout, and this is not theirs. It is MUXNet-m's skeleton times "
        f"{multiplier}, with options of Table 1 and spatial multiplexing in stages 2 and 3.",
        f"Under the same rule {fitting - 1:,} other networks round to both published totals; {similar:,} in all differ "
        f"from MUXNet-m in no more than {differing} options, and this is the nearest of them to the printed figures.",
    )
