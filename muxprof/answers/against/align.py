"""Which node of one implementation is which of another: pairs in order, with the fewest differences.

Convolutions, linear layers and norms are paired first, for these are what tells a network from another; activations,
joins and the like then find their places between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TypeAlias

from muxprof.answers.against.facts import Node, apart

#: Indices of two nodes that are one layer; None where one side has no such layer.
Pair: TypeAlias = tuple[int | None, int | None]

#: What it costs to leave a weighed node out, beside what it costs that two differ in one thing.
_GAP, _EACH = 3, 2
#: The same of others: to leave out an activation is cheaper than what joins maps, so that it is what has moved. That
#: two are behind different weighed ones is the least: of several that may be it, it is the one in its place.
_ACT_GAP, _LIGHT_GAP, _LIGHT_EACH, _ELSEWHERE = 12, 16, 8, 1
#: What can never be one layer.
_NEVER = 1 << 30


def orders(nodes: Sequence[Node]) -> Iterator[list[int]]:
    """Orders in which nodes could have run: as they did, and along what feeds what, from the end.

    Which of several branches ran first is the implementation's own business; each order settles that by another rule.
    """
    yield list(range(len(nodes)))
    depths: list[int] = []
    for node in nodes:
        depths.append(1 + max((depths[source] for source in sources(node)), default=0))
    yield _from_the_end(nodes, lambda source: -depths[source])
    yield _from_the_end(nodes, lambda source: depths[source])


def sources(node: Node) -> list[int]:
    """The nodes that feed a node, each once."""
    return list(dict.fromkeys(source for edge in node.edges for source, _ in edge.origins if source >= 0))


def aligned(ours: Sequence[Node], theirs: Sequence[Node], mine: Sequence[int], others: Sequence[int]) -> list[Pair]:
    """Pairs of nodes that run in the orders ``mine`` and ``others``; in the latter, as far as they are in it."""

    @cache
    def distance(one: Node, other: Node) -> int:
        return _distance(one, other)

    plain = ([_without_place(node) for node in ours], [_without_place(node) for node in theirs])

    def between(at: int, to: int) -> int:
        return distance(plain[0][at], plain[1][to])

    frame = _paired(
        [at for at in mine if ours[at].weighed],
        [to for to in others if theirs[to].weighed],
        between,
        lambda _, __: _GAP,
    )
    places, spots = ({node: place for place, node in enumerate(way)} for way in (mine, others))
    pairs = [pair for pair in frame if None in pair]
    behind = (_behind(ours), _behind(theirs))
    same = {(at, to) for at, to in frame if at is not None and to is not None} | {(-1, -1)}

    def light(at: int, to: int) -> int:
        elsewhere = (behind[0][at], behind[1][to]) not in same
        return between(at, to) + _ELSEWHERE * elsewhere

    start = begin = 0
    for at, to in [*(pair for pair in frame if None not in pair), (None, None)]:
        end, stop = (len(mine), len(others)) if at is None or to is None else (places[at], spots[to])
        pairs += _paired(
            [node for node in mine[start:end] if not ours[node].weighed],
            [node for node in others[begin:stop] if not theirs[node].weighed],
            light,
            lambda node, is_mine: _ACT_GAP if (ours if is_mine else theirs)[node].op == "act" else _LIGHT_GAP,
        )
        pairs += [(at, to)] if at is not None else []
        start, begin = end + 1, stop + 1
    return _in_order(pairs, places, spots)


def _behind(nodes: Sequence[Node]) -> list[int]:
    """The last weighed node before each on the way of its first input; -1 where there is none."""
    found: list[int] = []
    for node in nodes:
        source = next(iter(sources(node)), -1)
        found.append(source if source < 0 or nodes[source].weighed else found[source])
    return found


def _without_place(node: Node) -> Node:
    """What a node is, wherever it stands."""
    return replace(node, path="", edges=node.edges if node.op == "concat" else ())


def _distance(mine: Node, other: Node) -> int:
    """How far two nodes are apart; below two gaps where it is one layer, changed in up to two things."""
    if mine.kin != other.kin:
        return _NEVER
    kinds = {what for what, _, _ in apart(mine, other)}
    if not mine.weighed:
        return _LIGHT_EACH if kinds else 0
    return 0 if not kinds else min(_EACH + len(kinds) - 1, 2 * _GAP - 1)


def _paired(
    mine: Sequence[int],
    others: Sequence[int],
    distance: Callable[[int, int], int],
    gap: Callable[[int, bool], int],
) -> list[Pair]:
    """Pairs in order at the lowest cost: of their distances, and of the gaps where a side (mine or not) has none."""
    front = 0
    while front < min(len(mine), len(others)) and not distance(mine[front], others[front]):
        front += 1
    back = 0
    while back < min(len(mine), len(others)) - front and not distance(mine[-1 - back], others[-1 - back]):
        back += 1
    rows, columns = mine[front : len(mine) - back], others[front : len(others) - back]
    best = [[0]]
    for to in columns:
        best[0].append(best[0][-1] + gap(to, False))
    for row, at in enumerate(rows, 1):
        line = [best[row - 1][0] + gap(at, True)]
        for column, to in enumerate(columns, 1):
            line.append(
                min(
                    best[row - 1][column - 1] + distance(at, to),
                    best[row - 1][column] + gap(at, True),
                    line[column - 1] + gap(to, False),
                )
            )
        best.append(line)
    pairs: list[Pair] = []
    row, column = len(rows), len(columns)
    while row or column:
        here = best[row][column]
        if row and column and here == best[row - 1][column - 1] + distance(rows[row - 1], columns[column - 1]):
            row, column = row - 1, column - 1
            pairs.append((rows[row], columns[column]))
        elif row and here == best[row - 1][column] + gap(rows[row - 1], True):
            row -= 1
            pairs.append((rows[row], None))
        else:
            column -= 1
            pairs.append((None, columns[column]))
    ends = list(zip(mine[len(mine) - back :], others[len(others) - back :], strict=True))
    return [*zip(mine[:front], others[:front], strict=True), *pairs[::-1], *ends]


def _in_order(pairs: list[Pair], places: dict[int, int], spots: dict[int, int]) -> list[Pair]:
    """As the other one runs; what only one of them has, behind what it runs behind there."""
    spot_at = {places[at]: spots[to] for at, to in pairs if at is not None and to is not None}
    behind, last = [], -1
    for place in range(len(places)):
        last = spot_at.get(place, last)
        behind.append(last)

    def rank(pair: Pair) -> tuple[int, int]:
        at, to = pair
        if to is not None:
            return spots[to], -1
        assert at is not None
        return behind[places[at]], places[at]

    return sorted(pairs, key=rank)


def _from_the_end(nodes: Sequence[Node], rank: Callable[[int], int]) -> list[int]:
    """Every node behind what feeds it, branches by their rank; what nothing needs comes as it ran."""
    fed = {source for node in nodes for source in sources(node)}
    order: list[int] = []
    done: set[int] = set()
    for end in (node for node in range(len(nodes)) if node not in fed):
        waiting = [(end, False)]
        while waiting:
            node, ready = waiting.pop()
            if node in done:
                continue
            if ready:
                done.add(node)
                order.append(node)
                continue
            waiting.append((node, True))
            branches = sorted((source for source in sources(nodes[node]) if source not in done), key=rank)
            waiting += [(source, False) for source in reversed(branches)]
    return order
