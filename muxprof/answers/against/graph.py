"""From a forward pass to a graph: every op that computes is a node, what only moves is in the edges between them.

Other ways to write one thing end up as one node: an activation in several ops, a padding in front of a convolution, a
mean over height and width, a shuffle by views.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from muxprof.answers.against import windows
from muxprof.answers.against.facts import NORMS, Edge, Node
from muxprof.answers.against.functions import IDENTITY, Function, applied
from muxprof.answers.against.moves import (
    UNTOLD,
    Origin,
    Origins,
    broadcast,
    followed,
    image_size,
    in_rows,
    is_mover,
    raveled,
    unraveled,
)
from muxprof.answers.against.orders import UNTOLD_ORDER, movement
from muxprof.answers.trace.subject import paths
from muxprof.cost import traced
from muxprof.records import CONSTANT, GIVEN, ModelTrace, Shape, TracedOp

_POINTWISE = frozenset({"act", "add", "mul", "elementwise"})


@dataclass(frozen=True)
class Graph:
    """Nodes in the order in which they ran; origins in their edges are indices of nodes. And what could not be told."""

    nodes: tuple[Node, ...]
    unseen: tuple[str, ...] = ()


def graph(trace: ModelTrace) -> Graph:
    """The graph of a forward pass."""
    return _Builder(trace).built()


class _Builder:
    """Nodes by the index of the op that they end with; what a stack joins, by that beyond all ops."""

    def __init__(self, trace: ModelTrace) -> None:
        self._ops = trace.ops
        self._origins = Origins(trace)
        self._paths = paths(trace)
        self._users = _users(trace)
        self._nodes: dict[int, Node] = {}
        self._shapes: dict[int, Shape] = {}
        self._same: dict[int, int] = {}  # ops that give what another one gave
        self._constants: set[int] = set()
        self._unseen: list[str] = []

    def built(self) -> Graph:
        """The whole graph."""
        for index, op in enumerate(self._ops):
            kind = traced.kind(op)
            if kind is not None:
                self._add(index, op, kind)
        count = len(self._ops)
        keys = sorted(self._nodes, key=lambda key: (key % count, -key))
        place = {key: at for at, key in enumerate(keys)}

        def final(origin: Origin) -> Origin:
            known = origin[0] < 0 or origin[0] in place
            at = CONSTANT if origin[0] in self._constants else UNTOLD
            return (place.get(origin[0], origin[0]), origin[1]) if known else (at, origin[1])

        def settled(edge: Edge) -> Edge:
            return replace(edge, origins=tuple(map(final, edge.origins)))

        def whole(key: int) -> Node:
            node, shape = self._nodes[key], self._shapes[key]
            if not node.made and len(shape) == 4:
                node = replace(node, made=shape[1], size=shape[2:])
            return replace(node, count=image_size(shape), edges=tuple(map(settled, node.edges)))

        nodes = tuple(map(whole, keys))
        return Graph(nodes, tuple(dict.fromkeys(self._unseen)))

    def _add(self, index: int, op: TracedOp, kind: str) -> None:
        data = [at for at in range(len(op.inputs)) if not self._is_constant(op, at)]
        self._shapes[index] = op.outputs[0] if op.outputs else ()
        if kind in ("fill", "random") or not data or not op.outputs:
            self._constants.add(index)
        elif is_mover(op):
            self._move(index, op)
        elif kind in _POINTWISE:
            self._pointwise(index, op, kind, data)
        elif kind == "gather":
            self._untold(index, op, f"Which elements {self._paths[index]} picks by indices.")
        elif kind == "concat":
            self._concat(index, op)
        elif kind in ("pool", "reduce"):
            self._pool(index, op, data[0])
        else:
            self._other(index, op, kind, data)

    def _other(self, index: int, op: TracedOp, kind: str, data: list[int]) -> None:
        path = self._paths[index]
        if op.stride is not None:
            node, edge = self._unpadded(index, windows.convolution(path, kind, op), self._edge(op, 0), op.inputs[0])
            self._nodes[index] = node.on(edge)
            return
        edges = tuple(self._edge(op, at) for at in data)
        if kind == "linear":
            made = Node(path, kind, op.inputs[data[0]][-1], op.outputs[0][-1], bias="add" in op.name)
        elif kind in NORMS:
            channels = op.inputs[0][1] if len(op.inputs[0]) > 1 else 1
            made = Node(path, kind, channels, channels, size=op.outputs[0][2:])
        else:
            settings = ", ".join(f"{name} {value}" for name, value in op.settings if name in ("pad", "align_corners"))
            name = op.name.removeprefix("aten.").strip("_").replace("_", " ")
            made = Node(path, kind, type=f"{name} ({settings})" if settings else name)
        self._nodes[index] = made.on(*edges)

    def _unpadded(self, index: int, node: Node, edge: Edge, shape: Shape) -> tuple[Node, Edge]:
        """With the padding in front of it, which an op of its own may do."""
        pad = edge.origins[0][0] if edge.origins else GIVEN
        found = self._nodes.get(pad)
        if found is None or found.op != "pad" or not self._is_whole(edge, pad, shape) or self._users[pad] != {index}:
            return node, edge
        padded = windows.with_padding(node, self._ops[pad])
        if padded is None:
            return node, edge
        del self._nodes[pad]
        return padded, found.edges[0]

    def _pool(self, index: int, op: TracedOp, at: int) -> None:
        edge = self._edge(op, at)
        before = self._nodes.get(edge.origins[0][0]) if edge.origins else None
        node = windows.pooling(self._paths[index], op)
        both = windows.of_both_axes(before, node)
        if before is not None and both is not None:
            pool = edge.origins[0][0]
            if self._users[pool] == {index} and self._is_whole(edge, pool, op.inputs[at]):
                del self._nodes[pool]
                node, edge = both, before.edges[0]
        elif node.op == "pool":
            node, edge = self._unpadded(index, node, edge, op.inputs[at])
        source = edge.origins[0][0]
        if windows.is_nothing(node) and self._is_whole(edge, source, op.inputs[at]):
            self._same[index] = source
        else:
            self._nodes[index] = node.on(edge)

    def _concat(self, index: int, op: TracedOp) -> None:
        edges = tuple(self._edge(op, at) for at in range(len(op.inputs)))
        joined = Node(self._paths[index], "concat", type="concat").on(*edges)
        order = windows.joined_order(op)
        elements = followed(op.outputs[0])
        key = index
        if order is not None and tuple(map(order, elements)) != elements:
            key = len(self._ops) + index
            width = sum(shape[1] for shape in op.inputs)
            self._shapes[key] = (op.outputs[0][0], width, *op.inputs[0][2:])
            self._nodes[index] = self._moved(
                index, key, 0, image_size(op.outputs[0]), lambda many: tuple(map(order, many))
            )
        self._nodes[key] = joined

    def _move(self, index: int, op: TracedOp) -> None:
        elements = followed(op.outputs[0])
        origins = self._known(self._origins.through(op, elements))
        source = origins[0][0]
        before = self._nodes.get(source)
        if before is not None and self._users[source] == {index} and source in self._origins.stops:
            del self._nodes[source]  # two movements in a row are one
            self._origins.stops.remove(source)
            origins = self._known(self._origins.through(op, elements))
            source = origins[0][0]
        if source == UNTOLD:
            return
        if any(other != source for other, _ in origins):  # of what was joined by writing it in place
            self._untold(index, op, f"The order that {self._paths[index]} makes of several maps.")
            return
        count, first = image_size(op.outputs[0]), origins[0][1]
        inside = all(first <= element < first + count for _, element in origins)
        in_row = all(at == first + element for (_, at), element in zip(origins, elements, strict=True))
        if inside and not in_row and source >= 0 and first + count <= image_size(self._shapes[source]):
            self._origins.stops.add(index)
            self._nodes[index] = self._moved(
                index, source, first, count, lambda many: tuple(at - first for _, at in self._origins.through(op, many))
            )

    def _untold(self, index: int, op: TracedOp, unseen: str) -> None:
        self._unseen.append(unseen)
        self._origins.stops.add(index)
        self._nodes[index] = Node(self._paths[index], "move", type=UNTOLD_ORDER).on(self._edge(op, 0))

    def _moved(
        self, index: int, source: int, first: int, count: int, order: Callable[[Sequence[int]], tuple[int, ...]]
    ) -> Node:
        """A movement of ``count`` elements that a node gives, from the ``first`` on.

        ``order`` says of elements at their new places at which of these they were.
        """
        path, shape = self._paths[index], self._shapes[source]
        area = math.prod(shape[2:]) if len(shape) == 4 else 0
        moved = (1, count // area, *shape[2:]) if area and count % area == 0 else (1, count)
        elements, many = followed(moved), in_rows(moved)
        made = movement(moved, many, order(many), order(elements))
        self._shapes[index] = made.shape
        if made.unseen:
            self._unseen.append(f"The order of the channels that {path} makes, {made.unseen}.")
        edge = Edge(tuple((source, first + element) for element in elements), count)
        return Node(path, "move", type=made.name, order=made.order).on(edge)

    def _pointwise(self, index: int, op: TracedOp, kind: str, data: list[int]) -> None:
        shape, path = op.outputs[0], self._paths[index]
        edges = {at: self._edge(op, at, shape) for at in data}
        ways = {at: self._ways(index, edge, shape) for at, edge in edges.items()}
        shared = set.intersection(*({edge for edge, _ in options} for options in ways.values()))
        constants = len(data) < len(op.inputs)
        if not shared or (constants and kind != "act") or any(op.inputs[at] != shape for at in data):
            self._nodes[index] = _joining(path, op, constants).on(*edges.values())
            return
        base = next((edge for edge, _ in ways[data[0]] if edge in shared))
        given, spent = [], []
        for at in range(len(op.inputs)):
            function = Function(None, "parameters")
            if at in ways:
                function = next(function for edge, function in ways[at] if edge == base)
                spent += [edges[at].origins[0][0]] * (edges[at] != base)
            given.append(function)
        for node in spent:
            self._nodes.pop(node, None)
        made = applied(op, tuple(given))
        source = base.origins[0][0]
        if made.same_as(IDENTITY) and self._is_whole(base, source, shape):
            self._same[index] = source
        else:
            self._nodes[index] = Node(path, "act", type=made.name, function=made).on(base)

    def _ways(self, index: int, edge: Edge, shape: Shape) -> list[tuple[Edge, Function]]:
        """An input as a function of what an activation before was given, where nothing else needs that; or of itself.

        The first is what is better.
        """
        source = edge.origins[0][0]
        before = self._nodes.get(source)
        plain = (edge, IDENTITY)
        if before is None or before.function is None or self._users[source] != {index}:
            return [plain]
        return [(before.edges[0], before.function), plain] if self._is_whole(edge, source, shape) else [plain]

    def _edge(self, op: TracedOp, at: int, shape: Shape | None = None) -> Edge:
        """What an op is given at one input, as it is or broadcast to ``shape``."""
        own = op.inputs[at]
        elements = followed(shape or own)
        inside: Sequence[int] = elements
        if shape is not None and own != shape:
            inside = [raveled(broadcast(unraveled(each, shape), own), own) for each in elements]
        return Edge(tuple(self._known(self._origins.of_input(op, at, inside))), image_size(shape or own))

    def _known(self, origins: list[Origin]) -> list[Origin]:
        return [(self._same.get(source, source), element) for source, element in origins]

    def _is_whole(self, edge: Edge, source: int, shape: Shape) -> bool:
        """Whether an edge is all that a node gives, in its order."""
        whole = tuple((source, element) for element in followed(shape))
        return edge.origins == whole and (source < 0 or math.prod(self._shapes[source]) == math.prod(shape))

    def _is_constant(self, op: TracedOp, at: int) -> bool:
        writer = op.read[at].writer
        while writer >= 0 and traced.kind(self._ops[writer]) is None and self._ops[writer].read:
            writer = self._ops[writer].read[0].writer
        return writer == CONSTANT or writer in self._constants


def _joining(path: str, op: TracedOp, constants: bool) -> Node:
    name = op.name.removeprefix("aten.").rstrip("_")
    plain = name in ("add", "mul") and not constants and dict(op.settings).get("alpha", 1) == 1
    return Node(path, name if plain else "elementwise", type=name + " with parameters" * constants)


def _users(trace: ModelTrace) -> dict[int, set[int]]:
    """Which ops read what an op gives; those that do nothing are looked through."""
    users: dict[int, set[int]] = defaultdict(set)
    for index, op in enumerate(trace.ops):
        if traced.kind(op) is None:
            continue
        for place in op.read:
            writer = place.writer
            while writer >= 0 and traced.kind(trace.ops[writer]) is None and trace.ops[writer].read:
                writer = trace.ops[writer].read[0].writer
            users[writer].add(index)
    return users
