"""``muxprof space``: questions about all networks of a search space."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal, NamedTuple

from muxprof.answers.report import Report
from muxprof.cli.boundary import Group, command
from muxprof.cli.declared import Argument, Option
from muxprof.cli.deliver import deliver, note, refuse_output, while_saying
from muxprof.cli.options import Output

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
    report = _asked("info", "counting ...", lambda spaces: spaces.info(space), output)
    deliver(report, output, check=False)


@command
def count(*, space: SpaceName = "paper", budget: Budget, output: Output) -> None:
    """How many networks lie within a budget, exactly.

    Example: muxprof space count --madds "<=218M" --params "<=3.4M"
    """
    bounds = budget._asdict()
    report = _asked("count", "counting ...", lambda spaces: spaces.count(space, **bounds), output)
    deliver(report, output, check=False)


@command
def options(*, space: SpaceName = "paper", budget: Budget, over: Over = "distinct", output: Output) -> None:
    """What a budget forces: how often each option occurs among the networks within it, beside the whole space.

    Example: muxprof space options --madds "<=130M" --out options.html
    """
    bounds = budget._asdict()
    report = _asked("options", "counting ...", lambda spaces: spaces.options(space, over=over, **bounds), output)
    deliver(report, output, check=False)


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
    given = {"params": params, "madds": madds, "params_bin": params_bin or None, "madds_bin": madds_bin or None}
    report = _asked("hist", "counting every bin ...", lambda spaces: spaces.hist(space, over=over, **given), output)
    deliver(report, output, check=False)


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
    given = {"seed": seed, "over": over, **budget._asdict()}
    report = _asked("sample", "drawing ...", lambda spaces: spaces.sample(size, space, **given), output, toml)
    _deliver_networks(report, space, toml, output)


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
    given = {"params": params, "madds": madds, "activations": activations, "traffic": traffic}
    wish = {name: text for name, text in given.items() if text}
    report = _asked("find", "searching ...", lambda spaces: spaces.find(space, k=k, **wish), output, toml)
    _deliver_networks(report, space, toml, output)


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
    report = _asked("contains", "comparing ...", lambda spaces: spaces.contains(name, space), output)
    deliver(report, output, check=False)


space = Group(
    help="The networks of a search space, all of them: exact counts, distributions, samples and searches.",
    epilog="Amounts: 218M, <=218M, >=60M, 60M:70M, =216808112, ~1.8M (rounds to it); a bare one is an upper bound.",
    commands={each.name: each for each in (info, count, options, hist, sample, find, contains)},
)


def _asked(
    question: str, saying: str, ask: Callable[[ModuleType], Report], output: Output, toml: Path | None = None
) -> Report:
    """The answer of :mod:`muxprof.space`; outputs that cannot be written are refused before any work is done."""
    refuse_output(output.out, f"space {question}")
    if toml is not None:
        from muxprof.answers.model.export import refuse_directory

        refuse_directory(toml)
    from muxprof import space as spaces

    return while_saying(saying, output.quiet, lambda: ask(spaces))


def _deliver_networks(report: Report, space: str, toml: Path | None, output: Output) -> None:
    """Write each network to a file, if that is wanted, then deliver the report about them."""
    if toml is not None:
        from muxprof import space as spaces
        from muxprof.answers.model.export import export_all

        number = len(report.sections["space"].networks)
        export_all(spaces.specs(report, space), number, toml)
        note(f"wrote {number:,} networks into {toml}", output.quiet)
    deliver(report, output, check=False)
