"""Matches the nodes of two implementations in order, with the fewest differences.

Convolutions, linear layers and norms are matched first, because they tell networks apart. Activations, joins and other
nodes are then matched between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise, takewhile
from typing import TypeAlias

from muxprof.answers.against.facts import GraphNode, apart

#: Indices of two nodes that are one layer; None where one side has no such layer.
Match: TypeAlias = tuple[int | None, int | None]

#: What it costs to leave a weighed node out, beside what it costs that two differ in one thing.
_GAP, _EACH = 3, 2
#: The same of others: to leave out an activation is cheaper than what joins maps, so that it is what has moved. That
#: two are behind different weighed ones is the least: of several that may be it, it is the one in its place.
_ACT_GAP, _LIGHT_GAP, _LIGHT_EACH, _ELSEWHERE = 12, 16, 8, 1
#: What can never be one layer.
_NEVER = 1 << 30


def orders(nodes: Sequence[GraphNode]) -> Iterator[list[int]]:
    """Three orders in which nodes could have run: that of the trace, and two along the edges back from the outputs.

    Implementations run parallel branches in different orders; each order here sorts branches by another rule.
    """
    yield list(range(len(nodes)))
    depths: list[int] = []
    for node in nodes:
        depths.append(1 + max((depths[source] for source in sources(node)), default=0))
    yield _from_the_end(nodes, lambda source: -depths[source])
    yield _from_the_end(nodes, lambda source: depths[source])


def sources(node: GraphNode) -> list[int]:
    """The indices of the nodes whose outputs a node reads, each once."""
    return list(dict.fromkeys(source for edge in node.edges for source, _ in edge.origins if source >= 0))


def aligned(
    ours: Sequence[GraphNode], theirs: Sequence[GraphNode], mine: Sequence[int], others: Sequence[int]
) -> list[Match]:
    """Matches of nodes that run in the orders ``mine`` and ``others``, in the order of ``others`` where possible."""
    sides = (ours, theirs)
    weighed = [at for at in mine if ours[at].weighed], [to for to in others if theirs[to].weighed]
    matches = _matched(sides, *weighed, lambda at, to: _distance(ours[at], theirs[to]))
    places, spots = ({node: place for place, node in enumerate(way)} for way in (mine, others))
    anchors = [(at, to) for at, to in matches if at is not None and to is not None]
    behind, same = (_behind(ours), _behind(theirs)), {*anchors, (-1, -1)}

    def light(at: int, to: int) -> int:
        return _distance(ours[at], theirs[to]) + _ELSEWHERE * ((behind[0][at], behind[1][to]) not in same)

    bounds = [(-1, -1), *((places[at], spots[to]) for at, to in anchors), (len(mine), len(others))]
    for (start, begin), (end, stop) in pairwise(bounds):
        lights = [at for at in mine[start + 1 : end] if not ours[at].weighed]
        matches += _matched(sides, lights, [to for to in others[begin + 1 : stop] if not theirs[to].weighed], light)
    return _in_order(matches, places, spots)


def _behind(nodes: Sequence[GraphNode]) -> list[int]:
    """For each node the last weighed node upstream, along first inputs; -1 where there is none."""
    found: list[int] = []
    for node in nodes:
        source = next(iter(sources(node)), -1)
        found.append(source if source < 0 or nodes[source].weighed else found[source])
    return found


def _distance(mine: GraphNode, other: GraphNode) -> int:
    """The cost of matching two nodes; below two gaps for a layer with changes, so that it is not said to be missing."""
    if mine.kin != other.kin:
        return _NEVER
    kinds = {what for what, _, _ in apart(mine, other)}
    if not mine.weighed:
        return _LIGHT_EACH if kinds else 0
    return 0 if not kinds else min(_EACH + len(kinds) - 1, 2 * _GAP - 1)


def _gap(node: GraphNode) -> int:
    return _GAP if node.weighed else _ACT_GAP if node.op == "act" else _LIGHT_GAP


def _matched(
    sides: tuple[Sequence[GraphNode], Sequence[GraphNode]],
    mine: Sequence[int],
    others: Sequence[int],
    distance: Callable[[int, int], int],
) -> list[Match]:
    """Matches in order at the lowest total of distances, and of gaps for nodes without a counterpart."""

    def alike(one: Sequence[int], two: Sequence[int]) -> list[Match]:
        pairs = zip(one, two, strict=False)
        return [*takewhile(lambda pair: not distance(*pair), pairs)]

    front = alike(mine, others)
    mine, others = mine[len(front) :], others[len(front) :]
    back = alike(mine[::-1], others[::-1])[::-1]
    mine, others = mine[: len(mine) - len(back)], others[: len(others) - len(back)]
    gaps = [[_gap(nodes[at]) for at in way] for nodes, way in zip(sides, (mine, others), strict=True)]
    costs: list[int] = []  # of the first nodes of both, row by row
    steps: list[list[tuple[int, int]]] = []  # how many nodes of each the last step to there takes
    for row in range(len(mine) + 1):
        above, costs = costs, []
        steps.append([])
        for column in range(len(others) + 1):
            ways = []
            if row and column:
                ways.append((above[column - 1] + distance(mine[row - 1], others[column - 1]), (1, 1)))
            if row:
                ways.append((above[column] + gaps[0][row - 1], (1, 0)))
            if column:
                ways.append((costs[-1] + gaps[1][column - 1], (0, 1)))
            cost, step = min(ways, key=lambda way: way[0], default=(0, (0, 0)))
            costs.append(cost)
            steps[-1].append(step)
    between: list[Match] = []
    row, column = len(mine), len(others)
    while row or column:
        rows, columns = steps[row][column]
        row, column = row - rows, column - columns
        between.append((mine[row] if rows else None, others[column] if columns else None))
    return [*front, *between[::-1], *back]


def _in_order(matches: list[Match], places: dict[int, int], spots: dict[int, int]) -> list[Match]:
    """Matches sorted by their place in the other implementation; a node that only ours has follows its predecessor."""
    spot_at = {places[at]: spots[to] for at, to in matches if at is not None and to is not None}
    behind = list(accumulate(range(len(places)), lambda last, place: spot_at.get(place, last), initial=-1))

    def rank(match: Match) -> tuple[int, int]:
        at, to = match
        if to is not None:
            return spots[to], -1
        assert at is not None
        return behind[places[at] + 1], places[at]

    return sorted(matches, key=rank)


def _from_the_end(nodes: Sequence[GraphNode], rank: Callable[[int], int]) -> list[int]:
    """Nodes in a topological order: branches sorted by rank, outputs in the order of the trace."""
    fed = {source for node in nodes for source in sources(node)}
    order: dict[int, None] = {}
    for end in range(len(nodes)):
        waiting = [] if end in fed else [end]
        while waiting:
            branches = sorted((source for source in sources(nodes[waiting[-1]]) if source not in order), key=rank)
            if branches:
                waiting += reversed(branches)
            else:
                order[waiting.pop()] = None
    return list(order)
