"""A stack of searched cells, such as DARTS' for ImageNet: each cell works on the outputs of the two before it.

Networks are chains of blocks here, so the whole stack is one block. It takes the map of the network's stem and contains
the rest of the stem (two more convolutions of stride 2, whose outputs are the first cell's two inputs) and all cells.

Sources: Liu et al., "DARTS: Differentiable Architecture Search", ICLR 2019 (https://arxiv.org/abs/1806.09055), section
2.1 and appendix A; the authors' code (https://github.com/quark0/darts, ``cnn/model.py``, ``cnn/operations.py``).
"""

from __future__ import annotations

from typing import TypeAlias

from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.frozen import dataclass
from muxprof.spec import checks

#: The operations of edges.
OPERATIONS = (
    "skip_connect",
    "max_pool_3x3",
    "avg_pool_3x3",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
MAX_CELLS = 100
MAX_NODES = 8

#: The edges of a cell, two for each of its nodes: (operation, source). Sources 0 and 1 are the cell's inputs, which are
#: the outputs of the cell before the last and of the last one; 2 is its first node, and so on.
Edges: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class CellStack:
    """``cells`` cells: [N, in, H, W] -> [N, out_channels, H/16, W/16], with maps at H/4 and H/8 before.

    A node adds the outputs of its two edges; a cell concatenates its nodes. The cells at one and two thirds of the
    stack are ``reduce`` cells: the edges from their inputs halve the size, and they and all later cells have twice the
    channels of those before; the first cells have ``channels``. ReLU, 1x1 convolution and BatchNorm bring both inputs
    of a cell to its width. An input of twice the size, and a skip that has to halve, instead pass two 1x1 convolutions
    of stride 2, each to half the channels, the second of which starts one pixel further down and right.
    """

    in_channels: int
    channels: int
    cells: int
    normal: Edges
    reduce: Edges

    def __post_init__(self) -> None:
        """Refuse impossible values with :class:`BadInput`."""
        checks.fields(self, "in_channels", "channels")
        checks.positive(self.cells, "cells", MAX_CELLS)
        if self.channels % 2:
            raise BadInput(
                f"channels = {self.channels} is odd; where a cell halves the size, two convolutions make half of the "
                f"channels each, so take an even number, such as {self.channels + 1}."
            )
        _check_edges(self.normal, "normal")
        _check_edges(self.reduce, "reduce")
        checks.positive(self.out_channels, "channels after the last cell", checks.MAX_CHANNELS)

    @property
    def reductions(self) -> tuple[int, ...]:
        """The indices of the cells that halve the size."""
        return tuple(sorted({self.cells // 3, 2 * self.cells // 3}))

    @property
    def out_channels(self) -> int:
        """Output channels of the last cell."""
        last = self.reduce if self.cells - 1 in self.reductions else self.normal
        return self.channels * (len(last) // 2) << len(self.reductions)

    @property
    def text(self) -> str:
        """The compact notation."""
        return f"cells N{self.cells} {self.in_channels}-{self.out_channels} C{self.channels}"

    def check_size(self, height: int, width: int) -> None:
        """Refuse a size at which an odd map would have to be halved: the two convolutions would give unequal maps."""
        for letter, what, size in (("H", "height", height), ("W", "width", width)):
            odd = self._odd(size)
            if odd is not None:
                near = [v for v in range(max(2, size - 64) & ~1, size + 64, 2) if v != size and self._odd(v) is None]
                right = [*[v for v in near if v < size][-1:], *[v for v in near if v > size][:1]]
                raise BadInput(
                    f"{letter} = {size} at this block's input leaves {odd[0]} a map of the odd {what} {odd[1]}, which "
                    f"its two convolutions would halve to different sizes; {letter} = {' or '.join(map(str, right))} "
                    f"would do (after a stem of stride 2: images of {what} {' or '.join(str(2 * v) for v in right)})."
                )

    def _odd(self, size: int) -> tuple[str, int] | None:
        """Path and side of the first odd map that two convolutions have to halve, for an input side; None if none is.

        All other ops of stride 2 round up.
        """
        before = (size + 1) // 2
        given = (before + 1) // 2
        halves = True
        for index in range(self.cells):
            path = f"cells.{index}"
            if halves and before % 2:
                return f"{path}.pre0", before
            before, halves = given, index in self.reductions
            if halves:
                for edge, (name, source) in enumerate(self.reduce):
                    if name == "skip_connect" and source < 2 and given % 2:
                        return f"{path}.node{edge // 2}.edge{edge % 2}", given
                given = (given + 1) // 2
        return None


def _check_edges(edges: Edges, name: str) -> None:
    if len(edges) % 2 or not 2 <= len(edges) <= 2 * MAX_NODES:
        raise BadInput(
            f"{name} has {len(edges)} edges; a cell has 1 to {MAX_NODES} nodes with two edges each, so 2 to "
            f"{2 * MAX_NODES}."
        )
    for index, edge in enumerate(edges):
        where = f"{name}[{index}]"
        if not isinstance(edge, tuple) or len(edge) != 2:
            raise BadInput(f"{where} is {shown(edge)}; an edge is an operation and the number of what it works on.")
        operation, source = edge
        checks.one_of(operation, f"{where}: operation", OPERATIONS)
        last = 1 + index // 2
        if isinstance(source, bool) or not isinstance(source, int) or not 0 <= source <= last:
            raise BadInput(
                f"{where} works on {shown(source)}; an edge of node {index // 2} works on an integer from 0 to {last}: "
                f"0 and 1 are the cell's inputs, 2 is node 0."
            )
