"""MUXNet-m and MUXNet-l, from the authors' released code; MUXNet-xs and MUXNet-s, reconstructed.

Source: https://github.com/human-analysis/MUXConv, ``muxnet.py`` (the rows), ``conv2d_helpers.py`` (the rules of the
blocks); published totals: MUXConv, CVPR 2020, Table 1. Stages are the paper's four, by resolution; stage 0 is the
fixed block before them.

MUXNet-xs and -s were never released. They are what the rule of :mod:`muxprof.census.reconstruction` picks for their
published totals: MUXNet-m's widths times the largest multiplier that allows a fit, Table 1's options with spatial
multiplexing in stages 2 and 3, and of what rounds to both totals the network that differs from MUXNet-m in the fewest
options. Thousands of others fit as well, so they are a reconstruction, and say so.
"""

from __future__ import annotations

from fractions import Fraction

from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem

_SE = Fraction(3, 4)
_HALF = Fraction(1, 2)

_NOTES = (
    "K = [3,5,7,9,11] at the last reduction is not among the options of the published search space (Table 1).",
    "Spatial multiplexing is removed: an author says in the repository's issue 1 that it was taken out of m and l "
    "for latency, at about 0.1 % top-1.",
)


def _ir(taken: int, given: int, kernels: tuple[int, ...], stride: int, expansion: int, act: str) -> IrBlock:
    return IrBlock(taken, given, Fraction(expansion), kernels, stride, _SE, act)


def _mux(repeats: int, channels: int, kernel: int, expansion: int, act: str) -> tuple[MuxBlock, ...]:
    return (MuxBlock(channels, Fraction(expansion), 2, _HALF, kernel, se=_SE, act=act),) * repeats


def _spatial(
    repeats: int, channels: int, kernel: int, expansion: int, leave_out: Fraction, spatial: tuple[int, ...]
) -> tuple[MuxBlock, ...]:
    return (MuxBlock(channels, Fraction(expansion), 1, leave_out, kernel, spatial, se=_SE, act="swish"),) * repeats


def _reconstructed(multiplier: str, differing: int, similar: int, fitting: int) -> tuple[str, ...]:
    """What has to be said of a network that nobody released."""
    return (
        f"A reconstruction: the authors released no layout, and this is not theirs. It is MUXNet-m's skeleton times "
        f"{multiplier}, with options of Table 1 and spatial multiplexing in stages 2 and 3.",
        f"Under the same rule {fitting - 1:,} other networks round to both published totals; {similar:,} in all differ "
        f"from MUXNet-m in no more than {differing} options, and this is the nearest of them to the printed figures.",
    )


def muxnet_m() -> Network:
    """MUXNet-m: 3,354,276 params, 216,808,112 MAdds (conv + linear) at 224x224."""
    return Network(
        name="muxnet-m",
        stem=Stem(24, act="swish"),
        stages=(
            Stage("stage0", (DsBlock(24, 24, 3, 1, Fraction(1, 4), "relu"),)),
            Stage("stage1", (_ir(24, 24, (3,), 2, 4, "relu"), *_mux(2, 24, 3, 4, "relu"))),
            Stage("stage2", (_ir(24, 40, (3, 5, 7), 2, 4, "swish"), *_mux(2, 40, 3, 6, "swish"))),
            Stage(
                "stage3",
                (
                    _ir(40, 80, (3, 5, 7, 9), 2, 4, "swish"),
                    *_mux(2, 80, 5, 6, "swish"),
                    _ir(80, 112, (5,), 1, 6, "swish"),
                    *_mux(2, 112, 5, 6, "swish"),
                ),
            ),
            Stage(
                "stage4",
                (
                    _ir(112, 160, (3, 5, 7, 9, 11), 2, 4, "swish"),
                    *_mux(3, 160, 5, 6, "swish"),
                    _ir(160, 200, (3,), 1, 6, "swish"),
                ),
            ),
        ),
        head=Head(200, 1280, act="swish"),
        provenance="released code",
        published=Published("3.4 M", "218 M", "MUXConv (CVPR 2020), Table 1"),
        notes=_NOTES,
    )


def muxnet_l() -> Network:
    """MUXNet-l: 4,041,178 params, 316,454,832 MAdds (conv + linear) at 224x224."""
    return Network(
        name="muxnet-l",
        stem=Stem(24, act="swish"),
        stages=(
            Stage("stage0", (DsBlock(24, 24, 3, 1, Fraction(1, 4), "relu"),)),
            Stage("stage1", (_ir(24, 24, (3,), 2, 6, "relu"), *_mux(2, 24, 5, 6, "relu"))),
            Stage("stage2", (_ir(24, 40, (3, 5, 7), 2, 6, "swish"), *_mux(3, 40, 5, 6, "swish"))),
            Stage(
                "stage3",
                (
                    _ir(40, 80, (3, 5, 7, 9), 2, 6, "swish"),
                    *_mux(3, 80, 5, 6, "swish"),
                    _ir(80, 120, (5,), 1, 6, "swish"),
                    *_mux(3, 120, 5, 6, "swish"),
                ),
            ),
            Stage(
                "stage4",
                (
                    _ir(120, 160, (3, 5, 7, 9, 11), 2, 6, "swish"),
                    *_mux(3, 160, 5, 6, "swish"),
                    _ir(160, 200, (3,), 1, 6, "swish"),
                ),
            ),
        ),
        head=Head(200, 1536, act="swish"),
        provenance="released code",
        published=Published("4.0 M", "318 M", "MUXConv (CVPR 2020), Table 1"),
        notes=_NOTES,
    )


def muxnet_xs() -> Network:
    """A reconstruction of MUXNet-xs: 1,845,228 params, 65,935,296 MAdds (conv + linear) at 224x224."""
    return Network(
        name="muxnet-xs",
        stem=Stem(16, act="swish"),
        stages=(
            Stage("stage0", (DsBlock(16, 16, 3, 1, Fraction(1, 4), "relu"),)),
            Stage("stage1", (_ir(16, 16, (3,), 2, 4, "relu"), *_mux(1, 16, 3, 4, "relu"))),
            Stage("stage2", (_ir(16, 24, (3, 5, 7), 2, 4, "swish"), *_spatial(1, 24, 3, 6, _HALF, (1, 0, 1)))),
            Stage("stage3", (_ir(24, 56, (3,), 2, 4, "swish"), *_spatial(1, 56, 5, 4, _HALF, (-1, 0, 0, 1)))),
            Stage(
                "stage4",
                (
                    _ir(56, 104, (3,), 2, 4, "swish"),
                    *_mux(1, 104, 3, 4, "swish"),
                    _ir(104, 128, (3,), 1, 6, "swish"),
                ),
            ),
        ),
        head=Head(128, 1280, act="swish"),
        provenance="reconstruction",
        published=Published("1.8 M", "66 M", "MUXConv (CVPR 2020), Table 1", "of the network that was not released"),
        notes=_reconstructed("0.65", 9, 154, 10_181),
    )


def muxnet_s() -> Network:
    """A reconstruction of MUXNet-s: 2,401,490 params, 116,923,680 MAdds (conv + linear) at 224x224."""
    return Network(
        name="muxnet-s",
        stem=Stem(16, act="swish"),
        stages=(
            Stage("stage0", (DsBlock(16, 16, 3, 1, Fraction(1, 4), "relu"),)),
            Stage("stage1", (_ir(16, 16, (3,), 2, 4, "relu"), *_mux(2, 16, 3, 4, "relu"))),
            Stage("stage2", (_ir(16, 32, (3, 5, 7), 2, 4, "swish"), *_spatial(2, 32, 5, 6, _HALF, (1, 0, 1)))),
            Stage(
                "stage3",
                (_ir(32, 56, (3, 5, 7, 9), 2, 6, "swish"), *_spatial(3, 56, 5, 6, Fraction(0), (-1, 0, 0))),
            ),
            Stage(
                "stage4",
                (
                    _ir(56, 112, (3, 5, 7, 9), 2, 4, "swish"),
                    *_mux(3, 112, 5, 6, "swish"),
                    _ir(112, 144, (3,), 1, 6, "swish"),
                ),
            ),
        ),
        head=Head(144, 1280, act="swish"),
        provenance="reconstruction",
        published=Published("2.4 M", "117 M", "MUXConv (CVPR 2020), Table 1", "of the network that was not released"),
        notes=_reconstructed("0.7", 4, 566, 296_410_692),
    )
