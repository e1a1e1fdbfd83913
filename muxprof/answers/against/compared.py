"""Compares a traced model with a published network: layers in order, by shape and by input.

The published network is built and traced like the model, so that both are seen in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from muxprof.answers.against.align import Match, aligned, orders, sources
from muxprof.answers.against.edges import Edges
from muxprof.answers.against.facts import GraphNode, apart
from muxprof.answers.against.graph import Graph, graph
from muxprof.answers.against.orders import UNTOLD_ORDER
from muxprof.answers.against.types import Against, Difference
from muxprof.document.types import Subject
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.networks import Network

#: How nodes are counted for readers.
_COUNTED = {
    "act": "activations",
    "pool": "poolings",
    "add": "additions",
    "mul": "multiplications",
    "concat": "concatenations",
    "move": "movements of channels or pixels",
    "upsample": "upsamplings",
}

#: What no forward pass shows; it is said with every verdict.
_NEVER_SEEN = (
    "Values: weights, and eps and momentum of norms.",
    "What runs in training only, such as dropout, and what does nothing at this size of image.",
)
_READ = (
    "Activations, paddings, dilations, and what joins, pools and moves maps: the report was read from a file, which "
    "does not say how layers are connected; trace the model again."
)


def against(found: Subject, published: Subject, built: Graph) -> Against:
    """The comparison of a traced model with a network on images of the same size; ``built`` is the network's graph.

    Of a report that was read from a file only convolutions, linear layers and norms are compared.
    """
    own = found.traced.trace if found.traced is not None else None
    mine, other = (_weighed(found), _weighed(published)) if own is None else (graph(own), built)
    counts = Counter(_COUNTED.get(node.op, "other operations") for node in other.nodes if not node.weighed)
    return Against(
        published.name,
        sum(node.weighed for node in other.nodes),
        _differences(mine.nodes, other.nodes, published),
        {kind: counts[kind] for kind in (*_COUNTED.values(), "other operations") if kind in counts},
        (*dict.fromkeys((*mine.unseen, *other.unseen)), *((_READ,) if own is None else ()), *_NEVER_SEEN),
    )


def _differences(ours: Sequence[GraphNode], theirs: Sequence[GraphNode], published: Subject) -> tuple[Difference, ...]:
    """The differences in the order of the layers, under the order of branches that gives the fewest.

    The first is the one to look at: later ones may be consequences of it.
    """
    found: list[tuple[Difference, ...]] = []
    for mine, others in zip(orders(ours), orders(theirs), strict=True):
        found.append(tuple(_said(ours, theirs, aligned(ours, theirs, mine, others), published)))
        if not found[-1]:
            break
    return min(found, key=len)


def _said(
    ours: Sequence[GraphNode], theirs: Sequence[GraphNode], pairs: list[Match], published: Subject
) -> Iterator[Difference]:
    edges = Edges(ours, theirs, pairs)
    extra = _worth_saying(ours, [at for at, to in pairs if to is None and at is not None])
    missing = _worth_saying(theirs, [to for at, to in pairs if at is None and to is not None])
    for at, to in pairs:
        if at is not None and to is not None:
            mine, other = ours[at], theirs[to]
            for what, expected, actual in apart(mine, other):
                yield Difference(mine.path, other.path, what, expected, actual, _why(published, other, what, mine))
            for expected, actual in edges.apart(at, to):
                yield Difference(mine.path, other.path, "input", expected, actual)
        elif to is not None and to in missing:
            path = theirs[to].path
            why = "squeeze and excite is missing" if path.endswith((".se.reduce", ".se.expand")) else ""
            yield Difference(None, path, "layer", _placed(theirs, missing[to]), "missing", why)
        elif at is not None and at in extra:
            yield Difference(ours[at].path, None, "layer", "none", _placed(ours, extra[at]))


def _placed(nodes: Sequence[GraphNode], group: Sequence[int]) -> str:
    """Nodes in a few words; those without weights also with the nodes before them, since their paths are vague."""
    before = {source for node in group for source in sources(nodes[node])} - set(group)
    text = ", ".join(nodes[node].text for node in group)
    if nodes[group[0]].weighed or not before:
        return text
    return f"{text} behind {' and '.join(nodes[node].path for node in sorted(before))}"


def _worth_saying(nodes: Sequence[GraphNode], alone: Iterable[int]) -> dict[int, list[int]]:
    """The nodes to report of those that only one side has, each with the nodes that are reported along with it.

    Of connected nodes only convolutions, linear layers and norms are reported; where there are none of these, such as
    in a normalisation written by hand, three nodes or more are one difference.
    """
    left_out = set(alone)
    groups: list[set[int]] = []
    for node in left_out:
        joined = left_out & {node, *sources(nodes[node])}
        linked = [group for group in groups if group & joined]
        groups = [*(group for group in groups if group not in linked), joined.union(*linked)]
    said: dict[int, list[int]] = {}
    for group in groups:
        weighed = [node for node in group if nodes[node].weighed]
        left = sorted(node for node in group if nodes[node].op != "concat" and nodes[node].type != UNTOLD_ORDER)
        if not weighed and len(left) > 2:
            said[left[0]] = left
        else:
            said |= {node: [node] for node in weighed or left}
    return said


def _weighed(subject: Subject) -> Graph:
    """The graph of a subject without a trace: its convolutions, linear layers and norms, without edges."""
    nodes = []
    for each in subject.layers:
        shapes, bias = (each.inputs[0][1:], each.outputs[0][1:]), each.cost.params.bias > 0
        nodes.append(GraphNode(each.path, each.op, *shapes, each.kernel, each.stride, groups=each.groups, bias=bias))
    return Graph(tuple(node for node in nodes if node.weighed and node.given and node.made))


def _why(published: Subject, layer: GraphNode, what: str, mine: GraphNode) -> str:
    """A likely reason for a difference in words, or an empty text."""
    if what == "padding" and mine.padding and mine.padding[0] + 1 == mine.padding[1]:
        return "padded more behind than in front, as TensorFlow's SAME does"
    if layer.op == "pool" and what in ("padding", "output size") and _rounded_up(mine):
        return "sizes are rounded up, as in ceil mode"
    shape = {"se.reduce": mine.made, "se.expand": mine.given}.get(layer.path[-9:].lstrip("."))
    block = _block(published.spec, layer.path)
    if not shape or block is None or block.se is None or not what.endswith("channels"):
        return ""
    squeezed = shape[0]
    middle = block.in_channels if isinstance(block, DsBlock) else block.middle
    given = block.processed if isinstance(block, MuxBlock) else block.in_channels
    for base, name, published_base in ((middle, "expanded", given), (given, "input", middle)):
        if squeezed == int(base * block.se) and base != (given if block.squeeze.base == "input" else middle):
            return f"SE ratio taken from the {name} width, {base}, instead of {published_base}"
    return f"SE ratio {Fraction(squeezed, given)} of the input width" if squeezed else ""


def _rounded_up(node: GraphNode) -> bool:
    """Whether the windows of a pooling reach beyond the map and its padding."""
    if node.kernel is None or node.stride is None or node.padding is None:
        return False
    above, below, left, right = node.padding
    room = (node.given[1] + above + below, node.given[2] + left + right)
    reach = ((size - 1) * step + side for size, step, side in zip(node.made[1:], node.stride, node.kernel, strict=True))
    return any(needed > given for needed, given in zip(reach, room, strict=True))


def _block(network: Network, path: str) -> DsBlock | IrBlock | MuxBlock | None:
    """The block that a layer is in, as in ``stage2.1.conv``, where it may have squeeze and excite."""
    blocks = {f"{stage.name}.{at}": block for stage in network.stages for at, block in enumerate(stage.blocks)}
    block = blocks.get(".".join(path.split(".")[:2]))
    return block if isinstance(block, (DsBlock, IrBlock, MuxBlock)) else None
