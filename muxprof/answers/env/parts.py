"""What ``muxprof env`` shows."""

from __future__ import annotations

from muxprof.answers.env.machine import Machine
from muxprof.document.parts import Column, Emphasis, Part, Row, Table, Text


def machine_parts(machine: Machine) -> list[Part]:
    """Versions, what is missing and how to get it, devices."""
    rows = tuple(
        Row((item.name, item.found or "missing", item.purpose, "" if item.found else item.remedy), 0, _tone(item.found))
        for item in machine.items
    )
    headings = ("package", "version", "for", "how to get it")
    return [
        Text(f"{machine.version}, Python {machine.python}, {machine.platform}, {machine.cores} cores", "muxprof"),
        Table("Packages", tuple(Column(heading, numeric=False) for heading in headings), rows),
        *(Text(line, "device") for line in machine.devices),
    ]


def _tone(found: str | None) -> Emphasis:
    return "plain" if found else "bad"
