"""The report of ``muxprof block``: MUXConv beside MobileNet, their ratios and the break-even."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from muxprof import __version__
from muxprof.answers.block.types import BreakEven, Ratios
from muxprof.answers.report import Report, environment
from muxprof.cost import breakeven
from muxprof.document.subjects import block_subject
from muxprof.document.types import Convention, Layer, Subject, Unit
from muxprof.frozen import dataclass, frozen
from muxprof.records import Cost, summed
from muxprof.spec import IrBlock, MuxBlock, checks
from muxprof.spec.notation import resolution

MUXCONV, MOBILENET = "muxconv", "mobilenet"


@dataclass(frozen=True)
class BlockArguments:
    """The symbols of the block, checked: integers are integers, ratios exact."""

    C: int
    E: Fraction
    G: int
    L: Fraction
    K: int
    S: tuple[int, ...]
    H: int
    W: int
    norm: bool
    se: Fraction | None
    batch: int

    def as_json(self) -> dict[str, Any]:
        """The same as plain values; ratios as text."""
        return {
            "C": self.C,
            "E": str(self.E),
            "G": self.G,
            "L": str(self.L),
            "K": self.K,
            "S": list(self.S),
            "H": self.H,
            "W": self.W,
            "norm": self.norm,
            "se": None if self.se is None else str(self.se),
            "batch": self.batch,
        }


def arguments_of(mux: Subject) -> BlockArguments:
    """The symbols that a MUXConv subject was made from."""
    spec = mux.spec
    if not isinstance(spec, MuxBlock):
        raise TypeError(f"{mux.name} is no MUXConv block")
    batch, _, height, width = mux.input_shape
    return BlockArguments(
        C=spec.channels,
        E=spec.expansion,
        G=spec.group,
        L=spec.leave_out,
        K=spec.kernel,
        S=spec.spatial,
        H=height,
        W=width,
        norm=spec.norm,
        se=spec.se,
        batch=batch,
    )


def subjects(arguments: BlockArguments) -> tuple[Subject, Subject]:
    """Both blocks on [batch, C, H, W]; raises :class:`BadInput` for what cannot be."""
    a = arguments
    resolution((a.H, a.W))
    checks.positive(a.batch, "batch", checks.MAX_BATCH)
    mux = MuxBlock(a.C, a.E, a.G, a.L, a.K, a.S, a.se, norm=a.norm)
    mobilenet = IrBlock(a.C, a.C, a.E, (a.K,), 1, a.se, norm=a.norm)
    return (
        block_subject(MUXCONV, mux, a.H, a.W, a.batch),
        block_subject(MOBILENET, mobilenet, a.H, a.W, a.batch),
    )


def ratios(mux: Cost, mobilenet: Cost) -> Ratios:
    """MUXConv over MobileNet."""
    return Ratios(
        Fraction(mux.params.total, mobilenet.params.total),
        Fraction(mux.madds, mobilenet.madds),
        Fraction(mux.activations, mobilenet.activations),
        Fraction(mux.traffic_bytes, mobilenet.traffic_bytes),
    )


def break_even(arguments: BlockArguments) -> BreakEven | None:
    """Where the three convolutions become cheaper; None with spatial multiplexing, where G has no effect."""
    a = arguments
    if a.S:
        return None
    middle = a.E * (1 - a.L) * a.C
    return BreakEven(
        leave_out=breakeven.leave_out(a.C, a.G, a.K),
        valid_leave_out=breakeven.smallest_leave_out(a.C, a.G, a.K, a.E),
        group=breakeven.group(a.C, a.L, a.K),
        valid_group=breakeven.largest_group(a.C, a.L, a.K, int(middle)),
    )


def terms(subject: Subject) -> Mapping[str, Cost]:
    """The costs of a block by term, in the order of the paper; ``moves`` is what has neither params nor MAdds."""
    found: dict[str, list[Cost]] = {name: [] for name in ("expand", "conv", "project", "se", "norm", "act", "moves")}
    for layer in subject.layers:
        found[_term(layer)].append(layer.cost)
    return {name: summed(costs) for name, costs in found.items() if costs}


def _term(layer: Layer) -> str:
    first = layer.path.split(".")[0]
    if first == "se":
        return "se"
    if layer.op == "conv2d":
        return first
    return {"batch_norm": "norm", "act": "act"}.get(layer.op, "moves")


def report(arguments: BlockArguments, unit: Unit, symbolic: bool) -> Report:
    """The report of both blocks; ``symbolic`` adds derived formulas. Raises :class:`BadInput` for what cannot be."""
    mux, mobilenet = subjects(arguments)
    notes = ["G has no effect where S is set: every branch is depthwise."] if arguments.S and arguments.G != 1 else []
    made = Report(
        command="block",
        version=__version__,
        arguments=arguments.as_json(),
        convention=Convention(unit=unit, batch=arguments.batch),
        environment=environment(),
        subjects=(mux, mobilenet),
        notes=tuple(notes),
    ).having(ratios=ratios(mux.totals, mobilenet.totals), break_even=break_even(arguments))
    if not symbolic:
        return made
    from muxprof.answers.formulas.specs import block_formulas

    return made.having(formulas=block_formulas(arguments.K))


def check(report: Report) -> None:
    """Raise :class:`ValueError` for a report that is not of a MUXConv and a MobileNet block with these arguments."""
    if [subject.name for subject in report.subjects] != [MUXCONV, MOBILENET] or report.ratios is None:
        raise ValueError(f"a block report has the subjects {MUXCONV} and {MOBILENET}, and their ratios")
    mux, mobilenet = report.subjects
    if not isinstance(mux.spec, MuxBlock) or not isinstance(mobilenet.spec, IrBlock) or mux.traced or mobilenet.traced:
        raise ValueError("a block report has a MUXConv block and a MobileNet block")
    if report.arguments != frozen(arguments_of(mux).as_json()):
        raise ValueError("the arguments are not those of the MUXConv block")
