"""``muxprof space``: questions about all networks of a search space."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from muxprof.cli.boundary import Group, command
from muxprof.cli.declared import Argument, Option
from muxprof.cli.deliver import console, note, while_saying
from muxprof.cli.options import Output
from muxprof.errors import BadInput

if TYPE_CHECKING:
    from muxprof.spec.budgets import Bounds
    from muxprof.spec.networks import Network
    from muxprof.spec.spaces import Space

_BUDGET = "Budget"

SpaceName = Annotated[
    str, Option("--space", "-s", help="paper (Table 1 of the supplement), or a file such as myspace.toml.")
]
Params = Annotated[list[str] | None, Option("--params", help="Bounds on params; may be given twice.", panel=_BUDGET)]
Madds = Annotated[list[str] | None, Option("--madds", help="Bounds on MAdds; may be given twice.", panel=_BUDGET)]
Over = Annotated[
    Literal["distinct", "valid"],
    Option("--over", help="Each different network once, or each valid encoding (networks have one or more)."),
]
Toml = Annotated[Path | None, Option("--toml", help="Also write each network as a .toml file into this directory.")]


class Budget(NamedTuple):
    """Bounds on the costs of a network."""

    params: Params = None
    madds: Madds = None
    activations: Annotated[
        list[str] | None,
        Option("--activations", help="Bounds on activations; a third bounded cost takes longer.", panel=_BUDGET),
    ] = None
    traffic: Annotated[
        list[str] | None, Option("--traffic", help="Bounds on bytes of traffic for one image.", panel=_BUDGET)
    ] = None


@command
def info(*, space: SpaceName = "paper", output: Output) -> None:
    """The space: its options, its three counts (encodings, valid ones, different networks), and what they mean."""
    from muxprof.answers.space import answer as spaces

    _refuse(output, "info")
    _deliver(spaces.info(_space(space)), output)


@command
def count(*, space: SpaceName = "paper", budget: Budget, output: Output) -> None:
    """How many networks lie within a budget, exactly.

    Example: muxprof space count --madds "<=218M" --params "<=3.4M"
    """
    from muxprof.answers.space import answer as spaces

    _refuse(output, "count")
    bounds = _bounds(budget._asdict())
    made = _space(space)
    _deliver(while_saying("counting ...", output.quiet, lambda: spaces.count(made, bounds)), output)


@command
def options(*, space: SpaceName = "paper", budget: Budget, over: Over = "distinct", output: Output) -> None:
    """What a budget forces: how often each option occurs among the networks within it, beside the whole space.

    Example: muxprof space options --madds "<=130M" --out options.html
    """
    from muxprof.answers.space import answer as spaces

    _refuse(output, "options")
    bounds = _bounds(budget._asdict())
    made = _space(space)
    _deliver(while_saying("counting ...", output.quiet, lambda: spaces.options(made, bounds, over)), output)


@command
def hist(
    *,
    space: SpaceName = "paper",
    params: Params = None,
    madds: Madds = None,
    over: Over = "distinct",
    params_bin: Annotated[
        str, Option("--params-bin", help="Width of a bin, like 100K; by default a round one for about 40 bins.")
    ] = "",
    madds_bin: Annotated[str, Option("--madds-bin", help="The same for MAdds, like 10M.")] = "",
    output: Output,
) -> None:
    """The joint distribution of params and MAdds over the whole space, every bin exact; the zoo's MUXNets marked.

    Bounds are drawn into it, and what is within them is counted. Example: muxprof space hist --out space.html
    """
    from muxprof.answers.space import answer as spaces

    _refuse(output, "hist")
    bounds = _bounds({"params": params, "madds": madds})
    made = _space(space)
    widths = _width(params_bin, "--params-bin"), _width(madds_bin, "--madds-bin")
    _deliver(
        while_saying("counting every bin ...", output.quiet, lambda: spaces.hist(made, bounds, over, *widths)), output
    )


@command
def sample(
    *,
    size: Annotated[int, Option("-n", "--size", help="How many; the same network may be drawn again.")] = 10,
    space: SpaceName = "paper",
    budget: Budget,
    seed: Annotated[int, Option("--seed", help="The same seed draws the same networks.")] = 0,
    over: Over = "distinct",
    toml: Toml = None,
    output: Output,
) -> None:
    """Networks drawn from those within a budget, each of them exactly equally likely; none is drawn and thrown away.

    Example: muxprof space sample -n 1000 --madds 200M:220M --seed 7
    """
    from muxprof.answers.space import answer as spaces

    _refuse(output, "sample", toml)
    bounds = _bounds(budget._asdict())
    made = _space(space)
    found = while_saying("drawing ...", output.quiet, lambda: spaces.sample(made, bounds, size, seed, over))
    _deliver_networks(*found, toml, output)


@command
def find(
    *,
    space: SpaceName = "paper",
    params: Annotated[str, Option("--params", help="Wished for, like 3.4M.")] = "",
    madds: Annotated[str, Option("--madds", help="Wished for, like 218M.")] = "",
    activations: Annotated[str, Option("--activations", help="Wished for.")] = "",
    traffic: Annotated[str, Option("--traffic", help="Wished for, in bytes.")] = "",
    k: Annotated[int, Option("-k", help="How many.")] = 10,
    toml: Toml = None,
    output: Output,
) -> None:
    """The networks nearest to a wish. Distance: the largest relative deviation of the costs that are wished for.

    Example: muxprof space find --params 3.4M --madds 218M -k 20
    """
    from muxprof.answers.space import answer as spaces
    from muxprof.spec.budgets import amount

    _refuse(output, "find", toml)
    given = {"params": params, "madds": madds, "activations": activations, "traffic": traffic}
    wish = {name: amount(text, name) for name, text in given.items() if text}
    made = _space(space)
    found = while_saying("searching ...", output.quiet, lambda: spaces.find(made, wish, k))
    _deliver_networks(*found, toml, output)


@command
def contains(
    *,
    name: Annotated[str, Argument(help="A network of the zoo, or a file such as mynet.toml.", metavar="NAME")],
    space: SpaceName = "paper",
    output: Output,
) -> None:
    """Whether a network is one of the space; if not, each choice that the space lacks. Exits 0 either way.

    Example: muxprof space contains muxnet-m
    """
    from muxprof import api
    from muxprof.answers.space import answer as spaces

    _refuse(output, "contains")
    network = api.spec_of(name)
    _deliver(spaces.contains(_space(space), network), output)


space = Group(
    help="The networks of a search space, all of them: exact counts, distributions, samples and searches.",
    epilog="Amounts: 218M, <=218M, >=60M, 60M:70M, =216808112, ~1.8M (rounds to it); a bare one is an upper bound.",
    commands={each.name: each for each in (info, count, options, hist, sample, find, contains)},
)


def _space(name: str) -> "Space":
    from muxprof.spec import space_files

    return space_files.space(name)


def _bounds(texts: Mapping[str, list[str] | None]) -> dict[str, "Bounds"]:
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


def _refuse(output: Output, asked: str, toml: Path | None = None) -> None:
    """Refuse outputs that cannot be written before any work is done."""
    if output.out is not None:
        from muxprof.answers.space import files as space_files

        space_files.check_path(output.out, asked)
    if toml is not None:
        from muxprof.answers.model.export import refuse_directory

        refuse_directory(toml)


def _deliver_networks(
    document: dict[str, Any], networks: Iterator["Network"], toml: Path | None, output: Output
) -> None:
    """Write each network to a file, if that is wanted, then deliver the document about them."""
    if toml is not None:
        from muxprof.answers.model.export import export_all

        number = len(document["networks"])
        export_all(networks, number, toml)
        note(f"wrote {number:,} networks into {toml}", output.quiet)
    _deliver(document, output)


def _deliver(document: dict[str, Any], output: Output) -> None:
    """Write to a file, then print: a reader that leaves early does not cost the file."""
    from muxprof import __version__
    from muxprof.answers.space import answer as spaces

    document = spaces.signed(document, __version__)
    if output.out is not None:
        from muxprof.answers.space import files as space_files

        space_files.save(document, output.out)
        note(f"wrote {output.out}", output.quiet)
    if output.json:
        sys.stdout.write(spaces.to_json(document))
        return
    from muxprof.answers.space import terminal as space_terminal

    space_terminal.print_document(document, console())
