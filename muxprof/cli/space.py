"""``muxprof space``: questions about all networks of a search space."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.deliver import console, note
from muxprof.errors import BadInput

if TYPE_CHECKING:
    from muxprof.spec.budgets import Bounds
    from muxprof.spec.networks import Network
    from muxprof.spec.spaces import Space

app = typer.Typer(
    name="space",
    help="The networks of a search space, all of them: exact counts, distributions, samples and searches.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Amounts: 218M, <=218M, >=60M, 60M:70M, =216808112, ~1.8M (rounds to it); a bare one is an upper bound.",
)

_BUDGET = "Budget"


class OverName(StrEnum):
    """What is counted or drawn."""

    distinct = "distinct"
    valid = "valid"


SpaceName = Annotated[
    str, typer.Option("--space", "-s", help="paper (Table 1 of the supplement), or a file such as myspace.toml.")
]
Params = Annotated[
    list[str] | None, typer.Option("--params", help="Bounds on params; may be given twice.", rich_help_panel=_BUDGET)
]
Madds = Annotated[
    list[str] | None, typer.Option("--madds", help="Bounds on MAdds; may be given twice.", rich_help_panel=_BUDGET)
]
Activations = Annotated[
    list[str] | None,
    typer.Option("--activations", help="Bounds on activations; a third bounded cost takes longer.",
                 rich_help_panel=_BUDGET),
]  # fmt: skip
Traffic = Annotated[
    list[str] | None,
    typer.Option("--traffic", help="Bounds on bytes of traffic for one image.", rich_help_panel=_BUDGET),
]
Over = Annotated[
    OverName,
    typer.Option("--over", help="Each different network once, or each valid encoding (networks have one or more)."),
]
Toml = Annotated[
    Path | None,
    typer.Option("--toml", help="Also write each network as a .toml file into this directory."),
]


@app.command()
@command
def info(
    space: SpaceName = "paper",
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """The space: its options, its three counts (encodings, valid ones, different networks), and what they mean."""
    from muxprof.answers.space import answer as spaces

    _refuse(out, "info")
    _deliver(spaces.info(_space(space)), json, out, quiet)


@app.command()
@command
def count(
    space: SpaceName = "paper",
    params: Params = None,
    madds: Madds = None,
    activations: Activations = None,
    traffic: Traffic = None,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """How many networks lie within a budget, exactly.

    Example: muxprof space count --madds "<=218M" --params "<=3.4M"
    """
    from muxprof.answers.space import answer as spaces

    _refuse(out, "count")
    budget = _budget(params=params, madds=madds, activations=activations, traffic=traffic)
    made = _space(space)
    with _saying("counting ...", quiet):
        document = spaces.count(made, budget)
    _deliver(document, json, out, quiet)


@app.command("options")
@command
def options_(
    space: SpaceName = "paper",
    params: Params = None,
    madds: Madds = None,
    activations: Activations = None,
    traffic: Traffic = None,
    over: Over = OverName.distinct,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """What a budget forces: how often each option occurs among the networks within it, beside the whole space.

    Example: muxprof space options --madds "<=130M" --out options.html
    """
    from muxprof.answers.space import answer as spaces

    _refuse(out, "options")
    budget = _budget(params=params, madds=madds, activations=activations, traffic=traffic)
    made = _space(space)
    with _saying("counting ...", quiet):
        document = spaces.options(made, budget, over.value)
    _deliver(document, json, out, quiet)


@app.command()
@command
def hist(
    space: SpaceName = "paper",
    params: Params = None,
    madds: Madds = None,
    over: Over = OverName.distinct,
    params_bin: Annotated[
        str, typer.Option("--params-bin", help="Width of a bin, like 100K; by default a round one for about 40 bins.")
    ] = "",
    madds_bin: Annotated[str, typer.Option("--madds-bin", help="The same for MAdds, like 10M.")] = "",
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """The joint distribution of params and MAdds over the whole space, every bin exact; the zoo's MUXNets marked.

    Bounds are drawn into it, and what is within them is counted. Example: muxprof space hist --out space.html
    """
    from muxprof.answers.space import answer as spaces

    _refuse(out, "hist")
    budget = _budget(params=params, madds=madds)
    made = _space(space)
    widths = _width(params_bin, "--params-bin"), _width(madds_bin, "--madds-bin")
    with _saying("counting every bin ...", quiet):
        document = spaces.hist(made, budget, over.value, *widths)
    _deliver(document, json, out, quiet)


@app.command()
@command
def sample(
    size: Annotated[int, typer.Option("-n", "--size", help="How many; the same network may be drawn again.")] = 10,
    space: SpaceName = "paper",
    params: Params = None,
    madds: Madds = None,
    activations: Activations = None,
    traffic: Traffic = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same networks.")] = 0,
    over: Over = OverName.distinct,
    toml: Toml = None,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Networks drawn from those within a budget, each of them exactly equally likely; none is drawn and thrown away.

    Example: muxprof space sample -n 1000 --madds 200M:220M --seed 7
    """
    from muxprof.answers.space import answer as spaces

    _refuse(out, "sample")
    _refuse_directory(toml)
    budget = _budget(params=params, madds=madds, activations=activations, traffic=traffic)
    made = _space(space)
    with _saying("drawing ...", quiet):
        document, networks = spaces.sample(made, budget, size, seed, over.value)
    _write_networks(networks, len(document["networks"]), toml, quiet)
    _deliver(document, json, out, quiet)


@app.command()
@command
def find(
    space: SpaceName = "paper",
    params: Annotated[str, typer.Option("--params", help="Wished for, like 3.4M.")] = "",
    madds: Annotated[str, typer.Option("--madds", help="Wished for, like 218M.")] = "",
    activations: Annotated[str, typer.Option("--activations", help="Wished for.")] = "",
    traffic: Annotated[str, typer.Option("--traffic", help="Wished for, in bytes.")] = "",
    k: Annotated[int, typer.Option("-k", help="How many.")] = 10,
    toml: Toml = None,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """The networks nearest to a wish. Distance: the largest relative deviation of the costs that are wished for.

    Example: muxprof space find --params 3.4M --madds 218M -k 20
    """
    from muxprof.answers.space import answer as spaces
    from muxprof.spec.budgets import amount

    _refuse(out, "find")
    _refuse_directory(toml)
    given = {"params": params, "madds": madds, "activations": activations, "traffic": traffic}
    wish = {name: amount(text, name) for name, text in given.items() if text}
    made = _space(space)
    with _saying("searching ...", quiet):
        document, networks = spaces.find(made, wish, k)
    _write_networks(networks, len(document["networks"]), toml, quiet)
    _deliver(document, json, out, quiet)


@app.command()
@command
def contains(
    name: Annotated[str, typer.Argument(help="A network of the zoo, or a file such as mynet.toml.", metavar="NAME")],
    space: SpaceName = "paper",
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Whether a network is one of the space; if not, each choice that the space lacks. Exits 0 either way.

    Example: muxprof space contains muxnet-m
    """
    from muxprof import api
    from muxprof.answers.space import answer as spaces

    _refuse(out, "contains")
    network = api.spec_of(name)
    _deliver(spaces.contains(_space(space), network), json, out, quiet)


def _space(name: str) -> Space:
    from muxprof.spec import space_files

    return space_files.space(name)


def _budget(**texts: list[str] | None) -> dict[str, Bounds]:
    """The bounds that were typed, by cost; contradictory ones are refused."""
    from muxprof.spec.budgets import all_of

    return {name: all_of(given, name) for name, given in texts.items() if given}


def _width(text: str, name: str) -> int | None:
    if not text:
        return None
    from muxprof.spec.budgets import amount

    width = amount(text, name)
    if width.denominator != 1 or width < 1:
        raise BadInput(f"{name} = {text} is out of range; a bin is a whole number of at least 1.")
    return int(width)


def _refuse(out: Path | None, asked: str) -> None:
    """Refuse an ``--out`` that cannot be written before any work is done."""
    if out is not None:
        from muxprof.answers.space import files as space_files

        space_files.check_path(out, asked)


def _refuse_directory(directory: Path | None) -> None:
    if directory is None:
        return
    if directory.exists() and not directory.is_dir():
        raise BadInput(f"{directory} is no directory; --toml writes a file per network into one.")
    if not directory.absolute().parent.is_dir():
        raise BadInput(f"{directory}: the directory {directory.parent} does not exist.")


def _write_networks(networks: Iterator[Network], count: int, directory: Path | None, quiet: bool) -> None:
    if directory is None:
        return
    from muxprof.formats.files import written_whole
    from muxprof.spec import files

    directory.mkdir(exist_ok=True)
    digits = len(str(count))
    for number, network in enumerate(networks, start=1):
        with written_whole(directory / f"network-{number:0{digits}}.toml") as temporary:
            temporary.write_text(files.text(network), encoding="utf-8")
    note(f"wrote {count:,} networks into {directory}", quiet)


def _deliver(document: dict[str, Any], json: bool, out: Path | None, quiet: bool) -> None:
    """Write to ``out``, then print: a reader that leaves early does not cost the file."""
    from muxprof import __version__
    from muxprof.answers.space import answer as spaces

    document = spaces.signed(document, __version__)
    if out is not None:
        from muxprof.answers.space import files as space_files

        space_files.save(document, out)
        note(f"wrote {out}", quiet)
    if json:
        sys.stdout.write(spaces.to_json(document))
        return
    from muxprof.answers.space import terminal as space_terminal

    space_terminal.print_document(document, console())


@contextlib.contextmanager
def _saying(text: str, quiet: bool) -> Iterator[None]:
    """Where stderr is a terminal, ``text`` stands there meanwhile."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    print(text, end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print(f"\r{' ' * len(text)}\r", end="", file=sys.stderr, flush=True)
