"""The tree of a subject: layers joined into blocks, stages and the whole, and cut at a depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from muxprof.errors import BadInput
from muxprof.records import Cost, Shape, summed
from muxprof.report.types import Layer, Subject

Depth: TypeAlias = Literal["stage", "block", "layer"]
DEPTHS: tuple[Depth, ...] = ("stage", "block", "layer")
LAYER_LEVEL = 3


@dataclass(frozen=True)
class Node:
    """A subject (level 0), stage (1), block (2) or layer (3): the cost of all below, and the shape that leaves it."""

    path: str
    label: str
    level: int
    out_shape: Shape
    cost: Cost
    children: tuple[Node, ...] = ()


def tree(subject: Subject) -> Node:
    """The whole subject as a tree: stages, blocks, layers; the cost of a node is the sum of its children's."""
    return _node(subject.layers, "", 0, subject.labels)


def rows(root: Node, depth: Depth) -> Iterator[Node]:
    """The nodes below the root in order, a parent before its children, no deeper than ``depth``."""
    limit = depth_level(depth)
    for child in root.children:
        if child.level <= limit:
            yield child
            yield from rows(child, depth)


def depth_level(depth: str) -> int:
    """1 for stages, 2 for blocks, 3 for layers; raises :class:`BadInput` for anything else."""
    levels = {"stage": 1, "block": 2, "layer": LAYER_LEVEL}
    if depth not in levels:
        raise BadInput(f"depth {depth!r} is unknown; it is one of {', '.join(DEPTHS)}.")
    return levels[depth]


def kind(layer: Layer) -> str:
    """What a layer is, for totals by kind: convolutions by the way they mix channels, everything else by its op."""
    if layer.op != "conv2d" or layer.groups is None or layer.kernel is None:
        return layer.op
    channels, size = layer.inputs[0][1], "x".join(map(str, layer.kernel))
    if layer.groups == 1:
        return "conv 1x1" if layer.kernel == (1, 1) else f"conv {size}"
    return f"depthwise {size}" if layer.groups == channels else f"group conv {size}"


def by_kind(subject: Subject) -> Mapping[str, tuple[int, Cost]]:
    """Number of layers and their cost for each kind, the most MAdds first, then the most traffic."""
    counts = Counter(kind(layer) for layer in subject.layers)
    costs = {name: summed(layer.cost for layer in subject.layers if kind(layer) == name) for name in counts}
    order = sorted(counts, key=lambda name: (-costs[name].madds, -costs[name].traffic_bytes))
    return {name: (counts[name], costs[name]) for name in order}


def _node(layers: tuple[Layer, ...], path: str, level: int, labels: Mapping[str, str]) -> Node:
    """The node at ``path``, which all ``layers`` stand under."""
    if len(layers) == 1 and layers[0].path == path:
        layer = layers[0]
        return Node(path, labels.get(path, kind(layer)), LAYER_LEVEL, layer.outputs[0], layer.cost)
    groups: dict[str, list[Layer]] = {}
    start = len(path) + 1 if path else 0
    for layer in layers:
        # Below a block everything is a layer: blocks are the second level, and stem and head are blocks themselves.
        name = layer.path if level >= 2 else path + "." * bool(path) + layer.path[start:].split(".")[0]
        groups.setdefault(name, []).append(layer)
    children = tuple(_node(tuple(found), name, level + 1, labels) for name, found in groups.items())
    cost = summed(child.cost for child in children)
    return Node(path, labels.get(path, ""), level, layers[-1].outputs[0], cost, children)
