"""The report about a network of the zoo or of a file."""

from __future__ import annotations

import os
from pathlib import Path

from muxprof import __version__
from muxprof.answers.report import Report, environment
from muxprof.dims import integer
from muxprof.document.subjects import network_subject
from muxprof.document.tree import DEPTHS, depth_level
from muxprof.document.types import Convention, Unit
from muxprof.errors import BadInput
from muxprof.spec import notation
from muxprof.spec.networks import Network


def report(
    name: str | Path,
    res: int | str | tuple[int, int] | None,
    *,
    head: str | None = None,
    batch: int = 1,
    classes: int | None = None,
    depth: str = "block",
    unit: Unit = "madds",
) -> Report:
    """The report about one network; arguments and errors are those of :func:`muxprof.model`."""
    network = spec_of(name, head)
    depth_level(depth)
    if classes is not None:
        network = network.with_classes(integer(classes, "classes"))
    height, width = network.resolution if res is None else notation.resolution(res)
    try:
        subject = network_subject(network, height, width, integer(batch, "batch"))
    except BadInput as error:
        raise _about(name, error) from None
    return Report(
        command="model",
        version=__version__,
        arguments={
            "name": network.name,
            "res": f"{height}x{width}",
            "batch": batch,
            "classes": network.head.classes,
            "depth": depth,
        },
        convention=Convention(unit=unit, batch=batch),
        environment=environment(),
        subjects=(subject,),
        notes=network.notes,
    )


def spec_of(name: str | Path, head: str | None = None) -> Network:
    """The network that ``name`` and ``head`` stand for: one of the zoo, or what a file describes."""
    if _is_path(name):
        from muxprof.spec import files

        network = files.read(name)
    else:
        from muxprof.spec import zoo

        network = zoo.network(str(name))
    if head is None:
        return network
    from muxprof.spec.dilate import segmented

    try:
        return segmented(network, head)
    except BadInput as error:
        raise _about(name, error) from None


def check(report: Report) -> None:
    """Raise :class:`ValueError` for a report that is not of one network."""
    check_networks(report, 1)
    if report.arguments.get("depth") not in DEPTHS:
        raise ValueError(f"arguments.depth is one of {', '.join(DEPTHS)}")


def check_networks(report: Report, most: int) -> None:
    """Raise :class:`ValueError` for a report that is not of 1 to ``most`` networks."""
    specs = [subject.spec for subject in report.subjects if subject.traced is None]
    if not 1 <= len(report.subjects) <= most or not all(isinstance(spec, Network) for spec in specs):
        raise ValueError(f"the subjects of a {report.command} report are networks")
    if len(specs) < len(report.subjects):
        raise ValueError(f"a subject of a {report.command} report has a spec and was not traced")


def _about(name: str | Path, error: BadInput) -> BadInput:
    return BadInput(f"{name}: {error}" if _is_path(name) else str(error))


def _is_path(name: str | Path) -> bool:
    """Whether ``name`` is a file's and no network's of the zoo."""
    return isinstance(name, Path) or name.lower().endswith(".toml") or "/" in name or os.sep in name
