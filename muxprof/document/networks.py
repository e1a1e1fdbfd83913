"""From a network to a subject: the closed form's layers from the stem to the classifier."""

from __future__ import annotations

from muxprof.cost.networks import network_ops
from muxprof.document.subjects import layers
from muxprof.document.types import Subject
from muxprof.spec import checks
from muxprof.spec.networks import Head, Network
from muxprof.spec.notation import describe


def network_subject(network: Network, height: int, width: int, batch: int = 1) -> Subject:
    """A network on [batch, in, height, width]."""
    checks.positive(batch, "batch", checks.MAX_BATCH)
    labels = {"": network.name}
    for stage in network.stages:
        for index, block in enumerate(stage.blocks):
            labels[f"{stage.name}.{index}"] = describe(block)
    if not isinstance(network.head, Head):
        labels["head"] = network.head.text
    return Subject(
        name=network.name,
        provenance=network.provenance,
        spec=network,
        input_shape=(batch, network.stem.in_channels, height, width),
        layers=layers(network_ops(network, height, width), batch),
        labels=labels,
    )
