"""A stack of cells as a torch module; every module takes and returns [N, C, H, W].

A skip that keeps the size has no module, and drop path, which is training's alone, does not exist here.
Sources: https://arxiv.org/abs/1806.09055, section 2.1 and appendix A; https://github.com/quark0/darts,
``cnn/model.py`` and ``cnn/operations.py``.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from muxprof.nets.primitives import Add, Concat
from muxprof.spec.cells import CellStack


def _chain(**modules: nn.Module) -> nn.Sequential:
    """Modules in a row, under their names."""
    return nn.Sequential(OrderedDict(modules))


def _strided(given: int, made: int) -> nn.Conv2d:
    return nn.Conv2d(given, made, 3, stride=2, padding=1, bias=False)


def _depthwise(width: int, kernel: int, stride: int, dilation: int = 1) -> nn.Conv2d:
    pad = dilation * (kernel // 2)
    return nn.Conv2d(width, width, kernel, stride, pad, dilation, groups=width, bias=False)


def _mix(given: int, made: int) -> nn.Conv2d:
    return nn.Conv2d(given, made, 1, bias=False)


def _separable(width: int, kernel: int, stride: int) -> nn.Sequential:
    """ReLU, depthwise, 1x1 and norm, twice; the first of them has the stride."""
    return _chain(
        act1=nn.ReLU(),
        conv1=_depthwise(width, kernel, stride),
        project1=_mix(width, width),
        project1_norm=nn.BatchNorm2d(width),
        act2=nn.ReLU(),
        conv2=_depthwise(width, kernel, 1),
        project2=_mix(width, width),
        project2_norm=nn.BatchNorm2d(width),
    )


def _dilated(width: int, kernel: int, stride: int) -> nn.Sequential:
    """ReLU, depthwise with dilation 2, 1x1, norm."""
    return _chain(
        act=nn.ReLU(),
        conv=_depthwise(width, kernel, stride, dilation=2),
        project=_mix(width, width),
        project_norm=nn.BatchNorm2d(width),
    )


def _adapted(given: int, made: int) -> nn.Sequential:
    """ReLU, 1x1, norm: an input brought to the width of its cell."""
    return _chain(act=nn.ReLU(), conv=_mix(given, made), conv_norm=nn.BatchNorm2d(made))


class Halve(nn.Module):
    """[N, given, H, W] -> [N, made, H/2, W/2], H and W even.

    Half of the channels see the first pixel of each 2x2 square, the others the one diagonal to it.
    """

    def __init__(self, given: int, made: int) -> None:
        """``made`` is even."""
        super().__init__()
        self.act = nn.ReLU()
        self.conv1 = nn.Conv2d(given, made // 2, 1, stride=2, bias=False)
        self.conv2 = nn.Conv2d(given, made - made // 2, 1, stride=2, bias=False)
        self.concat = Concat()
        self.norm = nn.BatchNorm2d(made)

    def forward(self, x: Tensor) -> Tensor:
        """Halve."""
        y = self.act(x)
        return self.norm(self.concat(self.conv1(y), self.conv2(y[:, :, 1:, 1:])))  # type: ignore[no-any-return]


def _operation(name: str, width: int, stride: int) -> nn.Module | None:
    """The module of an edge; None for a skip that keeps the size."""
    if name == "skip_connect":
        return Halve(width, width) if stride == 2 else None
    if name == "max_pool_3x3":
        return _chain(pool=nn.MaxPool2d(3, stride, 1))
    if name == "avg_pool_3x3":
        return _chain(pool=nn.AvgPool2d(3, stride, 1, count_include_pad=False))
    kernel = {"3x3": 3, "5x5": 5, "7x7": 7}[name[9:]]
    if name.startswith("sep_conv_"):
        return _separable(width, kernel, stride)
    if name.startswith("dil_conv_"):
        return _dilated(width, kernel, stride)
    raise ValueError(f"no module for operation {name!r}")


class Node(nn.Module):
    """The sum of two edges, each of which works on a cell's input or on an earlier node."""

    def __init__(self, edges: tuple[tuple[str, int], tuple[str, int]], width: int, halves: bool) -> None:
        """In a cell that ``halves``, the edges from its two inputs have stride 2."""
        super().__init__()
        (name0, self.source0), (name1, self.source1) = edges
        self.edge0 = _operation(name0, width, 2 if halves and self.source0 in (0, 1) else 1)
        self.edge1 = _operation(name1, width, 2 if halves and self.source1 in (0, 1) else 1)
        self.add = Add()

    def forward(self, states: list[Tensor]) -> Tensor:
        """Add."""
        x, y = states[self.source0], states[self.source1]
        return self.add(x if self.edge0 is None else self.edge0(x), y if self.edge1 is None else self.edge1(y))  # type: ignore[no-any-return]


class Cell(nn.Module):
    """Both inputs at the width of the cell, the nodes in order, and their concatenation."""

    def __init__(
        self, pre0: nn.Module, pre1: nn.Module, edges: tuple[tuple[str, int], ...], width: int, halves: bool
    ) -> None:
        """``pre0`` and ``pre1`` bring the outputs of the last but one and of the last cell to [N, width, H, W]."""
        super().__init__()
        self.pre0 = pre0
        self.pre1 = pre1
        self.nodes = len(edges) // 2
        for index, pair in enumerate(zip(edges[::2], edges[1::2], strict=True)):
            self.add_module(f"node{index}", Node(pair, width, halves))
        self.concat = Concat()

    def forward(self, given: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """(last but one, last) -> (last, this one), which is what the next cell takes."""
        before, last = given
        states = [self.pre0(before), self.pre1(last)]
        for index in range(self.nodes):
            states.append(self.get_submodule(f"node{index}")(states))
        return last, self.concat(*states[2:])


class Cells(nn.Module):
    """The rest of the stem, then all cells."""

    def __init__(self, spec: CellStack) -> None:
        """Modules for ``spec``."""
        super().__init__()
        width = spec.channels
        self.stem0 = _chain(conv=_strided(spec.in_channels, width), conv_norm=nn.BatchNorm2d(width))
        self.stem1 = _chain(act=nn.ReLU(), conv=_strided(width, width), conv_norm=nn.BatchNorm2d(width))
        cells: list[Cell] = []
        before = last = width
        shrunk = True  # the first input of the next cell is still twice as large as the second
        for index in range(spec.cells):
            halves = index in (spec.cells // 3, spec.cells * 2 // 3)
            edges = spec.reduce if halves else spec.normal
            width = width * 2 if halves else width
            pre0 = Halve(before, width) if shrunk else _adapted(before, width)
            cells.append(Cell(pre0, _adapted(last, width), edges, width, halves))
            before, last, shrunk = last, width * (len(edges) // 2), halves
        self.cells = nn.Sequential(*cells)

    def forward(self, x: Tensor) -> Tensor:
        """Run the stack."""
        before = self.stem0(x)
        return self.cells((before, self.stem1(before)))[1]  # type: ignore[no-any-return]
