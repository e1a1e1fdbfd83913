"""Compares the inputs of matched nodes: whether they come from matched nodes, element by element.

Nodes that only one side has are looked through.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from muxprof.answers.against.align import Match
from muxprof.answers.against.facts import Edge, GraphNode
from muxprof.answers.against.moves import UNTOLD, Origin, followed
from muxprof.answers.against.orders import UNTOLD_ORDER
from muxprof.records import CONSTANT, GIVEN

#: Nodes whose output has the elements of their inputs, place by place.
_IN_PLACE = frozenset({"act", "add", "mul", "elementwise", "batch_norm", "move"})

_SWAPPING = frozenset({"add", "mul"})


class Edges:
    """The edges of two lists of nodes, some of which are matched."""

    def __init__(self, ours: Sequence[GraphNode], theirs: Sequence[GraphNode], matches: Sequence[Match]) -> None:
        """``matches`` are indices of nodes of both."""
        pairs = [(at, to) for at, to in matches if at is not None and to is not None]
        self._sides = (ours, theirs)
        self._matched = ({at: at for at, _ in pairs}, {to: at for at, to in pairs})  # to indices of ours

    def apart(self, at: int, to: int) -> Iterator[tuple[str, str]]:
        """The expected and the found input, in words, for every input in which two matched nodes differ."""
        mine, other = self._sides[0][at].edges, self._sides[1][to].edges
        if len(mine) != len(other) or UNTOLD_ORDER in (self._sides[0][at].type, self._sides[1][to].type):
            return
        wrong = self._wrong(mine, other)
        if wrong and len(mine) == 2 and self._sides[1][to].op in _SWAPPING:
            turned = (mine[1], mine[0])
            swapped = self._wrong(turned, other)
            if len(swapped) < len(wrong):
                mine, wrong = turned, swapped
        for slot in wrong:
            expected, found = (self._said(side, edge) for side, edge in ((1, other[slot]), (0, mine[slot])))
            yield (expected, found) if expected != found else (expected, f"{found}, in another order")

    def _wrong(self, mine: Sequence[Edge], other: Sequence[Edge]) -> list[int]:
        return [slot for slot, two in enumerate(zip(mine, other, strict=True)) if not self._same(*two)]

    def _same(self, mine: Edge, other: Edge) -> bool:
        if mine.size != other.size:  # what differs is upstream; the elements of neither are those of the other
            found, expected = ([(source, 0) for source, _ in edge.origins] for edge in (mine, other))
            return self._meet(found, expected, True)
        return all(self._meet([one], [two], False) for one, two in zip(mine.origins, other.origins, strict=True))

    def _meet(self, mine: Sequence[Origin], other: Sequence[Origin], loosely: bool) -> bool:
        """Whether some node that the first may come from is also one that the second may come from."""
        found, expected = self._all(0, mine), self._all(1, other)
        if any(source == UNTOLD for source, _, _ in (*found, *expected)):
            return True
        return any(
            one == two and (loosely or place == element or count != their_count)  # of other outputs all are others
            for one, place, count in found
            for two, element, their_count in expected
        )

    def _all(self, side: int, origins: Sequence[Origin]) -> set[tuple[int, int, int]]:
        """The matched nodes that elements come from, through nodes that only this side has.

        Each is the index of our node, the element, and the number of elements of the output on this side.
        """
        found: set[tuple[int, int, int]] = set()
        waiting, seen = list(origins), set(origins)
        while waiting:
            source, element = waiting.pop()
            if source < 0:
                found.add((source, element, 0))
            elif source in self._matched[side]:
                found.add((self._matched[side][source], element, self._sides[side][source].count))
            else:
                more = set(self._before(side, source, element)) - seen
                seen |= more
                waiting += more
        return found

    def _before(self, side: int, source: int, element: int) -> list[Origin]:
        node = self._sides[side][source]
        if node.op in _IN_PLACE and node.edges and node.type != UNTOLD_ORDER:
            return [_at(edge, element) for edge in node.edges]
        if node.op == "concat":
            for edge in node.edges:
                if element < edge.size:
                    return [_at(edge, element)]
                element -= edge.size
        return [(UNTOLD, element)]

    def _said(self, side: int, edge: Edge) -> str:
        """An edge in words: the nodes it comes from, and the first channel where it is a part of one output."""
        places = dict.fromkeys(source for source, _ in edge.origins)
        said = " and ".join(self._name(side, source) for source in places)
        if len(places) != 1 or min(places) < 0:
            return said
        first, last = edge.origins[0][1], edge.origins[-1][1]
        area = math.prod(self._sides[side][edge.origins[0][0]].made[1:])
        if not first or last - first != edge.size - 1 or first % area:
            return said
        return f"{said} from channel {first // area} on"

    def _name(self, side: int, source: int) -> str:
        if source < 0:
            return {GIVEN: "the input", CONSTANT: "constants"}.get(source, "something")
        return self._sides[side][source].path


def _at(edge: Edge, element: int) -> Origin:
    """The origin of an element of an edge: a followed one, or any if the edge is a contiguous piece of one output."""
    places = followed((1, edge.size))
    if element in places:
        return edge.origins[places.index(element)]
    source, first = edge.origins[0]
    if all(origin == (source, first + place) for origin, place in zip(edge.origins, places, strict=True)):
        return source, first + element
    return UNTOLD, element
