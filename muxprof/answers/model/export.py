"""Networks written as .toml files, to start one's own from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from muxprof.errors import BadInput
from muxprof.formats.files import written_whole
from muxprof.spec import files, notation
from muxprof.spec.networks import Network


def changed(network: Network, res: str, classes: int | None) -> Network:
    """The network at another resolution, such as "224x192", and number of classes; "" and None leave them.

    What was published is of the network as it was, and is left out where anything changes.
    """
    made = network if classes is None else network.with_classes(classes)
    if res:
        made = replace(made, resolution=notation.resolution(res))
    return made if made == network else replace(made, published=None)


def export(network: Network, path: Path, source: str) -> None:
    """Write the network to ``path``, whole or not at all; ``source`` is the zoo's name or the file that it comes from.

    Raises :class:`BadInput` where ``path`` is no .toml file, cannot be written, or is ``source`` itself.
    """
    if path.suffix.lower() != ".toml":
        raise BadInput(f"{path}: a network is written to a file whose name ends in .toml.")
    if path.is_dir():
        raise BadInput(f"{path} is a directory; name a file.")
    if path.exists() and Path(source).exists() and path.samefile(source):
        raise BadInput(f"{path} is the file that is read; its comments would be lost. Name another.")
    _write(network, path)


def refuse_directory(directory: Path) -> None:
    """Raise :class:`BadInput` for a directory that :func:`export_all` could not write to, before any work is done."""
    if directory.exists() and not directory.is_dir():
        raise BadInput(f"{directory} is no directory; --toml writes a file per network into one.")
    if not directory.absolute().parent.is_dir():
        raise BadInput(f"{directory}: the directory {directory.parent} does not exist.")


def export_all(networks: Iterable[Network], count: int, directory: Path) -> None:
    """Write each of ``count`` networks to a file in ``directory``, which is made where it is missing."""
    directory.mkdir(exist_ok=True)
    digits = len(str(count))
    for number, network in enumerate(networks, start=1):
        _write(network, directory / f"network-{number:0{digits}}.toml")


def _write(network: Network, path: Path) -> None:
    text = files.text(network)
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
