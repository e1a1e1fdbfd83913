"""From a forward pass to a graph: ops that compute are nodes, and ops that only move data are part of the edges.

Different ways to write a layer give the same node: an activation of several ops, a padding op before a convolution, a
mean over height and width, a channel shuffle by views.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from muxprof.answers.against import moves, windows
from muxprof.answers.against.facts import NORMS, Edge, GraphNode, in_words
from muxprof.answers.against.functions import IDENTITY, Function, applied
from muxprof.answers.against.moves import UNTOLD, Origin, Origins, followed, image_size
from muxprof.answers.against.orders import UNTOLD_ORDER, Before, movement
from muxprof.answers.trace.subject import paths
from muxprof.cost import traced
from muxprof.records import CONSTANT, GIVEN, MemoryPlace, ModelTrace, Shape, TracedOp

_POINTWISE = frozenset({"act", "add", "mul", "elementwise"})


@dataclass(frozen=True)
class Graph:
    """Nodes in the order in which they ran, with indices of nodes as origins; ``unseen`` says what is unknown."""

    nodes: tuple[GraphNode, ...]
    unseen: tuple[str, ...] = ()


def graph(trace: ModelTrace) -> Graph:
    """The graph of a forward pass."""
    return _Builder(trace).built()


class _Builder:
    """Collects nodes by the index of their last op; the concatenation in a stack has the number of ops added to it."""

    def __init__(self, trace: ModelTrace) -> None:
        self._ops = trace.ops
        self._origins = Origins(trace)
        self._paths = paths(trace)
        self._nodes: dict[int, GraphNode] = {}
        self._shapes: dict[int, Shape] = {}
        self._constants: set[int] = set()
        self._unseen: list[str] = []
        self._users: dict[int, set[int]] = defaultdict(set)  # which ops read what an op gives
        for index, op in enumerate(trace.ops):
            if traced.kind(op) is not None:
                for place in op.read:
                    self._users[self._writer(place)].add(index)

    def built(self) -> Graph:
        """The whole graph."""
        for index, op in enumerate(self._ops):
            kind = traced.kind(op)
            if kind is not None:
                self._add(index, op, kind)
        count = len(self._ops)
        place = {key: at for at, key in enumerate(sorted(self._nodes, key=lambda key: (key % count, -key)))}

        def final(origin: Origin) -> Origin:
            source, element = origin
            if source >= 0 and source not in place:
                return CONSTANT if source in self._constants else UNTOLD, element
            return place.get(source, source), element

        def whole(key: int) -> GraphNode:
            node, shape = self._nodes[key], self._shapes[key]
            made = shape[1:] if not node.made and len(shape) == 4 else node.made
            edges = tuple(replace(edge, origins=tuple(map(final, edge.origins))) for edge in node.edges)
            return replace(node, made=made, count=image_size(shape), edges=edges)

        return Graph(tuple(map(whole, place)), tuple(dict.fromkeys(self._unseen)))

    def _add(self, index: int, op: TracedOp, kind: str) -> None:
        data = [at for at in range(len(op.inputs)) if not self._is_constant(op, at)]
        self._shapes[index] = op.outputs[0] if op.outputs else ()
        if kind in ("fill", "random") or not data or not op.outputs:
            self._constants.add(index)
        elif moves.is_mover(op):
            self._move(index, op)
        elif kind in _POINTWISE:
            self._pointwise(index, op, kind, data)
        elif kind == "gather":
            self._untold(index, op, f"Which elements {self._paths[index]} picks by indices.")
        elif kind == "concat":
            self._concat(index, op)
        elif kind in ("pool", "reduce"):
            self._pool(index, op, data[0])
        elif op.stride is not None:
            node = windows.convolution(self._paths[index], kind, op)
            node, edge = self._unpadded(index, node, self._edge(op, 0), op.inputs[0])
            self._nodes[index] = node.on(edge)
        else:
            self._nodes[index] = self._other(index, op, kind, data).on(*(self._edge(op, at) for at in data))

    def _other(self, index: int, op: TracedOp, kind: str, data: list[int]) -> GraphNode:
        path = self._paths[index]
        if kind == "linear":
            return GraphNode(path, kind, op.inputs[data[0]][-1:], op.outputs[0][-1:], bias="add" in op.name)
        if kind in NORMS:
            channels = op.inputs[0][1:2] or (1,)
            return GraphNode(path, kind, channels, (*channels, *op.outputs[0][2:]))
        settings = ", ".join(f"{name} {value}" for name, value in op.settings if name in ("pad", "align_corners"))
        return GraphNode(path, kind, type=f"{in_words(op)} ({settings})" if settings else in_words(op))

    def _unpadded(self, index: int, node: GraphNode, edge: Edge, shape: Shape) -> tuple[GraphNode, Edge]:
        """A node and its input with a padding op before it taken in."""
        pad = self._before(index, edge, shape)
        padded = None if pad is None else windows.with_padding(node, self._ops[edge.origins[0][0]])
        if pad is None or padded is None:
            return node, edge
        del self._nodes[edge.origins[0][0]]
        return padded, pad.edges[0]

    def _pool(self, index: int, op: TracedOp, at: int) -> None:
        edge, shape = self._edge(op, at), op.inputs[at]
        node, before = windows.pooling(self._paths[index], op), self._before(index, edge, shape)
        both = windows.of_both_axes(before, node)
        if before is not None and both is not None:
            del self._nodes[edge.origins[0][0]]
            node, edge = both, before.edges[0]
        elif node.op == "pool":
            node, edge = self._unpadded(index, node, edge, shape)
        self._put(index, node, edge, shape, windows.is_nothing(node))

    def _concat(self, index: int, op: TracedOp) -> None:
        edges = tuple(self._edge(op, at) for at in range(len(op.inputs)))
        order = windows.joined_order(op)
        elements = followed(op.outputs[0])
        key = index
        if order is not None and tuple(map(order, elements)) != elements:
            key = len(self._ops) + index
            width = sum(shape[1] for shape in op.inputs)
            self._shapes[key] = (op.outputs[0][0], width, *op.inputs[0][2:])
            self._nodes[index] = self._moved(index, key, 0, lambda many: tuple(map(order, many)))
        self._nodes[key] = GraphNode(self._paths[index], "concat", type="concat", edges=edges)

    def _move(self, index: int, op: TracedOp) -> None:
        elements = followed(op.outputs[0])
        origins = self._origins.through(op, elements)
        source = origins[0][0]
        if source in self._nodes and self._users[source] == {index} and source in self._origins.stops:
            del self._nodes[source]  # two movements in a row are one
            self._origins.stops.remove(source)
            origins = self._origins.through(op, elements)
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
                index, source, first, lambda many: tuple(at - first for _, at in self._origins.through(op, many))
            )

    def _untold(self, index: int, op: TracedOp, unseen: str) -> None:
        self._unseen.append(unseen)
        self._origins.stops.add(index)
        self._nodes[index] = GraphNode(self._paths[index], "move", type=UNTOLD_ORDER).on(self._edge(op, 0))

    def _moved(self, index: int, source: int, first: int, before: Before) -> GraphNode:
        """The node of a movement of the output of ``source``, from the element ``first`` on.

        ``before`` maps elements of the result to those of the input, which are counted from ``first``.
        """
        path, shape, count = self._paths[index], self._shapes[source], image_size(self._ops[index].outputs[0])
        area = math.prod(shape[2:]) if len(shape) == 4 else 0
        moved = (1, count // area, *shape[2:]) if area and count % area == 0 else (1, count)
        made = movement(moved, before)
        self._shapes[index] = made.shape
        if made.unseen:
            self._unseen.append(f"The order of the channels that {path} makes, {made.unseen}.")
        edge = Edge(tuple((source, first + element) for element in followed(moved)), count)
        return GraphNode(path, "move", type=made.name, order=made.order).on(edge)

    def _pointwise(self, index: int, op: TracedOp, kind: str, data: list[int]) -> None:
        shape, path = op.outputs[0], self._paths[index]
        edges = {at: self._edge(op, at, shape) for at in data}
        ways = {at: self._ways(index, edge, shape) for at, edge in edges.items()}
        shared = set.intersection(*map(set, ways.values()))
        constants = len(data) < len(op.inputs)
        if not shared or (constants and kind != "act") or any(op.inputs[at] != shape for at in data):
            name = op.name.removeprefix("aten.").rstrip("_")
            plain = name in ("add", "mul") and not constants and dict(op.settings).get("alpha", 1) == 1
            joining = GraphNode(path, name if plain else "elementwise", type=name + " with parameters" * constants)
            self._nodes[index] = joining.on(*edges.values())
            return
        base = next(edge for edge in ways[data[0]] if edge in shared)
        for edge in edges.values():
            if edge != base:
                self._nodes.pop(edge.origins[0][0], None)
        parameters = {base: Function(None, "parameters")}
        made = applied(op, tuple(ways.get(at, parameters)[base] for at in range(len(op.inputs))))
        node = GraphNode(path, "act", type=made.name, function=made)
        self._put(index, node, base, shape, made.same_as(IDENTITY))

    def _ways(self, index: int, edge: Edge, shape: Shape) -> dict[Edge, Function]:
        """Edges that an input is a function of: that of an activation which only this op reads, and the edge itself."""
        before = self._before(index, edge, shape)
        if before is None or before.function is None:
            return {edge: IDENTITY}
        return {before.edges[0]: before.function, edge: IDENTITY}

    def _before(self, index: int, edge: Edge, shape: Shape) -> GraphNode | None:
        """The node whose whole output is this edge, if only the op at ``index`` reads it."""
        source = edge.origins[0][0] if edge.origins else GIVEN
        alone = self._users[source] == {index} and self._is_whole(edge, source, shape)
        return self._nodes.get(source) if alone else None

    def _put(self, index: int, node: GraphNode, edge: Edge, shape: Shape, nothing: bool) -> None:
        """Add a node; or stand for its input by it, if it does nothing."""
        source = edge.origins[0][0]
        if nothing and self._is_whole(edge, source, shape):
            self._origins.same[index] = source
        else:
            self._nodes[index] = node.on(edge)

    def _edge(self, op: TracedOp, at: int, shape: Shape | None = None) -> Edge:
        """The edge of one input of an op, broadcast to ``shape`` if that is given."""
        own = op.inputs[at]
        shape = shape or own
        inside: Sequence[int] = followed(shape)
        if own != shape:
            inside = [moves.raveled(moves.broadcast(moves.unraveled(each, shape), own), own) for each in inside]
        return Edge(tuple(self._origins.of_input(op, at, inside)), image_size(shape))

    def _is_whole(self, edge: Edge, source: int, shape: Shape) -> bool:
        """Whether an edge is the whole output of ``source``, in its order."""
        whole = tuple((source, element) for element in followed(shape))
        return edge.origins == whole and (source < 0 or math.prod(self._shapes[source]) == math.prod(shape))

    def _is_constant(self, op: TracedOp, at: int) -> bool:
        writer = self._writer(op.read[at])
        return writer == CONSTANT or writer in self._constants

    def _writer(self, place: MemoryPlace) -> int:
        """The index of the op that wrote a tensor, past ops that do nothing."""
        while place.writer >= 0:
            op = self._ops[place.writer]
            if traced.kind(op) is not None or not op.read:
                break
            place = op.read[0]
        return place.writer
