"""DARTS for ImageNet: 14 cells of the genotype found by the second-order search, with 48 initial channels.

Sources: Liu et al., "DARTS: Differentiable Architecture Search", ICLR 2019 (https://arxiv.org/abs/1806.09055), Figures
4 and 5 and Table 3; the authors' code (https://github.com/quark0/darts): ``cnn/genotypes.py``, DARTS_V2, and
``cnn/model.py``, NetworkImageNet. Without the auxiliary head, which the paper does not count either (issue 40 there).
"""

from __future__ import annotations

from muxprof.spec.cells import CellStack
from muxprof.spec.networks import Head, Network, Published, Stage, Stem

#: A node per line, with its two edges. Sources 0 and 1 are the cell before the last and the last one, 2 to 5 the nodes.
NORMAL = (
    ("sep_conv_3x3", 0), ("sep_conv_3x3", 1),
    ("sep_conv_3x3", 0), ("sep_conv_3x3", 1),
    ("sep_conv_3x3", 1), ("skip_connect", 0),
    ("skip_connect", 0), ("dil_conv_3x3", 2),
)  # fmt: skip
REDUCE = (
    ("max_pool_3x3", 0), ("max_pool_3x3", 1),
    ("skip_connect", 2), ("max_pool_3x3", 1),
    ("max_pool_3x3", 0), ("skip_connect", 2),
    ("skip_connect", 2), ("max_pool_3x3", 1),
)  # fmt: skip

_NOTES = (
    "The genotype in the released code (DARTS_V2) gives 529.9 M MAdds in convolutions and linear layers, not the 574 M "
    "that the paper prints; its 4.72 M params, without the auxiliary head, are the 4.7 M printed. What the paper "
    "counted besides is not known: norms, activations and pooling would make 544.6 M of it.",
    "Why 529.9 M is trusted: closed form, FlopCounterMode, fvcore and a separate sum over the genotype agree as "
    "integers; and a reader of the released code reports 544.59 M for DARTS_V2 "
    "(https://github.com/quark0/darts/issues/46) from a counter that adds 2 per BatchNorm element, 1 per activation "
    "and the inputs of pools: with these added, 544.59 M comes out here too. Another reader there reports 523 M, "
    "without saying how.",
    "The last pool is global, which at 224x224 is the released code's 7x7, so that other sizes work: H and W that are "
    "multiples of 32, or up to 3 less. Others leave an odd map to two convolutions that halve it to different sizes.",
)


def darts() -> Network:
    """DARTS: 4,718,752 params, 529,911,552 MAdds (conv + linear) at 224x224."""
    cells = CellStack(24, 48, 14, NORMAL, REDUCE)
    return Network(
        name="darts",
        stem=Stem(24),
        stages=(Stage("stage1", (cells,)),),
        head=Head(cells.out_channels),
        provenance="released code",
        published=Published("4.7 M", "574 M", "DARTS (ICLR 2019), Table 3"),
        notes=_NOTES,
    )
