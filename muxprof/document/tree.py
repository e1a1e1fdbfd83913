"""The tree of a subject: layers joined into blocks, stages and the whole, and cut at a depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from muxprof.document.types import Layer, Subject, TracedFacts
from muxprof.errors import BadInput
from muxprof.frozen import dataclass
from muxprof.records import UNKNOWN, Cost, ParamsByKind, Shape, summed

Depth: TypeAlias = Literal["stage", "block", "layer"]
DEPTHS: tuple[Depth, ...] = ("stage", "block", "layer")
LAYER_LEVEL = 3
#: Deeper than any tree is shown.
_BOTTOMLESS = 1_000_000


@dataclass(frozen=True)
class Node:
    """A subject (level 0), stage (1), block (2) or layer (3): the cost of all below, and the shape that leaves it.

    In the tree of a traced model the level is the depth of a module or layer in its model; a parameter that nothing
    reads is a node without a shape.
    """

    path: str
    label: str
    level: int
    out_shape: Shape
    cost: Cost
    children: tuple[Node, ...] = ()
    #: Whether the cost has all MAdds: nothing below is unknown.
    complete: bool = True


def tree(subject: Subject) -> Node:
    """The whole subject as a tree: stages, blocks, layers; the cost of a node is the sum of its children's.

    The tree of a traced model is that of its modules.
    """
    if subject.traced is not None:
        return _by_module(_leaves(subject.layers, subject.traced), "", 0, subject.labels)
    return _node(subject.layers, "", 0, subject.labels)


def rows(root: Node, depth: str) -> Iterator[Node]:
    """The nodes below the root in order, a parent before its children, no deeper than ``depth``."""
    limit = module_level(depth)
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


def module_level(depth: str) -> int:
    """How many modules deep a traced model is shown: a number from 1 on, 1 for stage, 2 for block, all for layer.

    Raises :class:`BadInput` for anything else.
    """
    if depth.isascii() and depth.isdigit() and 1 <= int(depth) <= _BOTTOMLESS:
        return int(depth)
    if depth not in DEPTHS:
        raise BadInput(f"depth {depth!r} is unknown; it is a number from 1 on, or one of {', '.join(DEPTHS)}.")
    return _BOTTOMLESS if depth == "layer" else depth_level(depth)


def short_name(node: Node) -> str:
    """What a stage, block or layer of a network is called below its parents; a layer of a block keeps the rest."""
    return node.path if node.level < LAYER_LEVEL else node.path.split(".", 2 if "." in node.path else 0)[-1]


def kind(layer: Layer) -> str:
    """What a layer is, for totals by kind: convolutions by the way they mix channels, everything else by its op."""
    if not layer.op.startswith("conv") or layer.groups is None or layer.kernel is None:
        return layer.op
    channels, size = layer.inputs[0][1], "x".join(map(str, layer.kernel))
    conv = "transposed conv" if "transpose" in layer.op else "conv"
    if layer.groups == 1:
        return f"{conv} {size}"
    return f"depthwise {size}" if layer.groups == channels else f"group {conv} {size}"


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


def _leaves(layers: tuple[Layer, ...], facts: TracedFacts) -> list[Node]:
    """Layers, and the parameters that none of them reads, as nodes without children."""
    ops = {each.path: f"unknown: {each.op}" for each in facts.unknown}
    ran = [
        Node(
            path=layer.path,
            label=ops.get(layer.path, kind(layer)) + f", {layer.calls} times" * (layer.calls > 1),
            level=0,
            out_shape=layer.outputs[0],
            cost=layer.cost,
            complete=layer.op != UNKNOWN,
        )
        for layer in layers
    ]
    return ran + [Node(each.name, "never used", 0, (), Cost(ParamsByKind(other=each.size))) for each in facts.unused]


def _by_module(leaves: list[Node], path: str, level: int, labels: Mapping[str, str]) -> Node:
    """The node of the module at ``path``, which all ``leaves`` stand under."""
    groups: dict[str, list[Node]] = {}
    start = len(path) + 1 if path else 0
    for leaf in leaves:
        name = path if leaf.path == path else path + "." * bool(path) + leaf.path[start:].split(".")[0]
        groups.setdefault(name, []).append(leaf)
    children = tuple(
        replace(found[0], level=level + 1)
        if len(found) == 1 and found[0].path == name
        else _by_module(found, name, level + 1, labels)
        for name, found in groups.items()
    )
    shapes = [leaf.out_shape for leaf in leaves if leaf.out_shape]
    return Node(
        path=path,
        label=labels.get(path, ""),
        level=level,
        out_shape=shapes[-1] if shapes else (),
        cost=summed(child.cost for child in children),
        children=children,
        complete=all(child.complete for child in children),
    )
