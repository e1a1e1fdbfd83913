"""What other ways of counting add to conv + linear, per image: the search for the one behind a printed total."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

from muxprof.document.types import Subject
from muxprof.spec.blocks import DsBlock, IrBlock, MuxBlock
from muxprof.spec.networks import Head, Network

#: What may be added: one for each element that such an op puts out (or, of pooling, takes in).
ADDITIONS = ("products", "sums", "biases", "BatchNorm", "ReLU", "swish", "sigmoid")
POOLING = ("pooling outputs", "pooling inputs")

#: Rules by name: what each adds. torchprofile 0.0.1, which the authors' code asks for, counts BatchNorm as nothing and
#: cannot see into a swish that is an autograd function, as theirs is.
PLAIN, RULE = "conv + linear alone", "torchprofile 0.0.1"
RULES: Mapping[str, tuple[str, ...]] = {
    PLAIN: (),
    RULE: ("products", "pooling outputs"),
    "the same, seeing the product in swish": ("products", "pooling outputs", "swish"),
    "torchprofile 0.1.0": ("products", "pooling outputs", "BatchNorm"),
    "with biases": ("biases",),
    "with residual sums": ("sums",),
}

_ELEMENTWISE = {"mul": "products", "add": "sums", "batch_norm": "BatchNorm"}
_ACTIVATIONS = {"relu": "ReLU", "swish": "swish", "sigmoid": "sigmoid"}


def every_rule() -> Iterator[tuple[str, ...]]:
    """All unions of additions, with pooling counted by its outputs, its inputs or not at all."""
    for size in range(len(ADDITIONS) + 1):
        for chosen in itertools.combinations(ADDITIONS, size):
            yield chosen
            for pooling in POOLING:
                yield *chosen, pooling


def additions(network: Network, subject: Subject) -> dict[str, int]:
    """How many elements each addition has in a network of ds, ir and mux blocks."""
    found = dict.fromkeys((*ADDITIONS, *POOLING), 0)
    for layer in subject.layers:
        made, taken = math.prod(layer.outputs[0][1:]), math.prod(layer.inputs[0][1:])
        if layer.op == "pool":
            found["pooling outputs"] += made
            found["pooling inputs"] += taken
        elif layer.op == "act":
            found[_ACTIVATIONS[_activation(network, layer.path)]] += made
        elif layer.op in _ELEMENTWISE:
            found[_ELEMENTWISE[layer.op]] += made
        elif layer.cost.params.bias:
            found["biases"] += made
    return found


def _activation(network: Network, path: str) -> str:
    """Which activation stands at a path of a network."""
    first, *rest = path.split(".")
    if first == "stem":
        return network.stem.act
    if first == "head":
        assert isinstance(network.head, Head)
        return network.head.act
    block = next(stage for stage in network.stages if stage.name == first).blocks[int(rest[0])]
    assert isinstance(block, DsBlock | IrBlock | MuxBlock)
    if path.endswith("se.gate"):
        return block.squeeze.gate
    return block.squeeze.act or block.act if path.endswith("se.act") else block.act
