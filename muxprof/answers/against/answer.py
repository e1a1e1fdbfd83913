"""Adds a comparison with a published network to a report."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from muxprof.answers.report import Report
from muxprof.errors import BadInput, Unavailable
from muxprof.records import ModelInput

if TYPE_CHECKING:
    from muxprof.answers.against.graph import Graph
    from muxprof.spec.networks import Network


def against(report: Report, name: str | Path) -> Report:
    """The report about a traced model with every difference from a network of the zoo or of a file.

    Convolutions, linear layers, norms, activations, joins, poolings and movements are compared in order, by their
    shapes and inputs; ``against.unseen`` lists what is not compared. Of a report that was read from a file only
    convolutions, linear layers and norms are compared. Raises :class:`BadInput` for a model that was not traced on one
    image-like input, [N, C, H, W], and for what :func:`model` refuses.
    """
    from muxprof.answers.against.compared import against as compared
    from muxprof.answers.model.answer import spec_of
    from muxprof.document.subjects import network_subject

    facts = report.subjects[0].traced if len(report.subjects) == 1 else None
    if facts is None:
        raise BadInput(f"a {report.command} report is about no traced model; that of a trace command is.")
    if len(facts.inputs) != 1 or len(facts.inputs[0].shape) != 4:
        raise BadInput(
            f"a network takes one input, N x C x H x W; this model was traced on {len(facts.inputs)} others."
        )
    batch, _, height, width = facts.inputs[0].shape
    published = network_subject(spec_of(name), height, width, batch)
    built = _graph_of(published.spec, published.input_shape)
    return report.having(against=compared(report.subjects[0], published, built))


@lru_cache(maxsize=8)
def _graph_of(network: Network, shape: tuple[int, ...]) -> Graph:
    """The graph of a forward pass of the module that is built from a network."""
    from muxprof.answers.against.graph import graph

    try:
        from muxprof.nets import build
        from muxprof.tracing.session import Session
    except ImportError as error:
        raise Unavailable(f"a network is built by torch, which cannot be imported ({error}); install it.") from None
    return graph(Session(build(network, "meta"), (ModelInput(shape),)).trace)
