"""Is this implementation the published network? Its layers beside those of the spec, in order and by shape.

Compared are the layers that weigh something: convolutions, linear layers and norms. How an implementation moves data,
and which activations it has, is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from muxprof.report.types import Against, Difference, Layer, Subject
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.networks import Network

_WEIGHED = frozenset({"conv2d", "linear", "batch_norm"})

#: What it costs to leave a layer out, beside what it costs that two differ in one thing; other kinds never match.
_GAP, _EACH, _NEVER = 3, 2, 1 << 30


@dataclass(frozen=True)
class _Facts:
    """A layer by what two implementations of it have in common, whatever they call it."""

    path: str
    op: str
    given: int
    made: int
    kernel: tuple[int, int] | None
    stride: tuple[int, int] | None
    groups: int | None
    bias: bool
    given_size: tuple[int, ...]
    size: tuple[int, ...]

    @property
    def text(self) -> str:
        """The layer in a few words."""
        kernel = f" {self.kernel[0]}x{self.kernel[1]}" if self.kernel else ""
        stride = f" s{self.stride[0]}" if self.stride and max(self.stride) > 1 else ""
        groups = f" in {self.groups} groups" if self.groups and self.groups > 1 else ""
        bias = " with bias" if self.bias and self.op != "batch_norm" else ""
        return f"{self.op.replace('_', ' ')}{kernel}{stride} {self.given}-{self.made}{groups}{bias}"


def against(found: Subject, published: Subject) -> Against:
    """A traced model beside a network; both on images of one size."""
    return Against(published.name, len(_facts(published)), differences(found, published))


def differences(found: Subject, published: Subject) -> tuple[Difference, ...]:
    """Every difference of a traced model from a network, in the order of the layers; none if they are one network.

    ``found`` and ``published`` are on images of one size. The first difference is the one to look at: what follows may
    follow from it.
    """
    ours, theirs = _facts(found), _facts(published)
    made: list[Difference] = []
    for mine, other in _aligned(ours, theirs):
        if mine is None and other is not None:
            made.append(Difference(None, other.path, "layer", other.text, "missing"))
        elif other is None and mine is not None:
            made.append(Difference(mine.path, None, "layer", "none", mine.text))
        elif mine is not None and other is not None:
            made += (
                Difference(mine.path, other.path, what, expected, actual, _why(published, other, what, mine))
                for what, expected, actual in _apart(mine, other)
            )
    return tuple(made)


def _facts(subject: Subject) -> list[_Facts]:
    return [
        _Facts(
            layer.path,
            layer.op,
            layer.inputs[0][1],
            layer.outputs[0][1],
            _pair(layer.kernel),
            _pair(layer.stride),
            layer.groups,
            layer.cost.params.bias > 0,
            layer.inputs[0][2:],
            layer.outputs[0][2:],
        )
        for layer in subject.layers
        if layer.op in _WEIGHED and _is_image(layer)
    ]


def _pair(sizes: tuple[int, ...] | None) -> tuple[int, int] | None:
    return None if sizes is None or len(sizes) != 2 else (sizes[0], sizes[1])


def _is_image(layer: Layer) -> bool:
    return bool(layer.inputs) and bool(layer.outputs) and len(layer.inputs[0]) > 1 and len(layer.outputs[0]) > 1


def _apart(mine: _Facts, other: _Facts) -> Iterator[tuple[str, str, str]]:
    """What two layers of one kind differ in: its name, what was expected, what was found."""
    if mine.kernel != other.kernel:
        yield "kernel", _side(other.kernel), _side(mine.kernel)
    if mine.stride != other.stride:
        yield "stride", _side(other.stride), _side(mine.stride)
    if mine.given != other.given and mine.op != "batch_norm":  # a norm's channels are said once
        yield "input channels", str(other.given), str(mine.given)
    if mine.made != other.made:
        yield "output channels", str(other.made), str(mine.made)
    if mine.groups != other.groups and mine.groups and other.groups:
        G, expected = Fraction(mine.given, mine.groups), Fraction(other.given, other.groups)
        if expected != G:  # that groups grow with the channels is no difference of its own
            yield "channels per group", str(expected), str(G)
    if mine.bias != other.bias and mine.op != "batch_norm":
        yield "bias", "yes" if other.bias else "no", "yes" if mine.bias else "no"
    if mine.size != other.size and mine.given_size == other.given_size and mine.stride == other.stride:
        yield "output size", _times(other.size), _times(mine.size)  # elsewhere it follows from the layer before


def _times(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size))


def _side(pair: tuple[int, int] | None) -> str:
    if pair is None:
        return "none"
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _aligned(ours: list[_Facts], theirs: list[_Facts]) -> list[tuple[_Facts | None, _Facts | None]]:
    """Pairs in order, with the fewest differences; None where one side has no such layer."""
    rows, columns = len(ours), len(theirs)
    best = [[_GAP * column for column in range(columns + 1)]]
    for row in range(1, rows + 1):
        line = [_GAP * row]
        for column in range(1, columns + 1):
            line.append(
                min(
                    best[row - 1][column - 1] + _distance(ours[row - 1], theirs[column - 1]),
                    best[row - 1][column] + _GAP,
                    line[column - 1] + _GAP,
                )
            )
        best.append(line)
    pairs: list[tuple[_Facts | None, _Facts | None]] = []
    row, column = rows, columns
    while row or column:
        here = best[row][column]
        if row and column and here == best[row - 1][column - 1] + _distance(ours[row - 1], theirs[column - 1]):
            row, column = row - 1, column - 1
            pairs.append((ours[row], theirs[column]))
        elif row and best[row][column] == best[row - 1][column] + _GAP:
            row -= 1
            pairs.append((ours[row], None))
        else:
            column -= 1
            pairs.append((None, theirs[column]))
    return pairs[::-1]


def _distance(mine: _Facts, other: _Facts) -> int:
    """How far two layers are apart; below two gaps where it is one layer, changed in up to two things."""
    if mine.op != other.op:
        return _NEVER
    kinds = {what for what, _, _ in _apart(mine, other)}
    return 0 if not kinds else min(_EACH + len(kinds) - 1, 2 * _GAP - 1)


def _why(published: Subject, layer: _Facts, what: str, mine: _Facts) -> str:
    """A likely reason in words, where one is known: how squeeze and excite takes its ratio."""
    squeezed = {"se.reduce": mine.made, "se.expand": mine.given}.get(layer.path[-9:].lstrip("."))
    block = _block(published, layer.path)
    if squeezed is None or block is None or block.se is None or not what.endswith("channels"):
        return ""
    middle = block.in_channels if isinstance(block, DsBlock) else block.middle
    given = block.processed if isinstance(block, MuxBlock) else block.in_channels
    for base, name in ((middle, "expanded"), (given, "input")):
        if squeezed == int(base * block.se) and base != (given if block.squeeze.base == "input" else middle):
            return f"SE ratio taken from the {name} width, {base}, instead of {given if name == 'expanded' else middle}"
    return f"SE ratio {Fraction(squeezed, given)} of the input width" if squeezed else ""


def _block(subject: Subject, path: str) -> DsBlock | IrBlock | MuxBlock | None:
    network = subject.spec
    stage, _, rest = path.partition(".")
    index = rest.partition(".")[0]
    if not isinstance(network, Network) or not index.isdigit():
        return None
    for found in network.stages:
        if found.name == stage and int(index) < len(found.blocks):
            block = found.blocks[int(index)]
            return block if isinstance(block, (DsBlock, IrBlock, MuxBlock)) else None
    return None
