"""``muxprof block``."""

from typing import Annotated

from muxprof.cli.boundary import command
from muxprof.cli.declared import Option
from muxprof.cli.deliver import deliver, print_latex, refuse_output
from muxprof.cli.options import Batches, Check, Output, Symbols, TimingOptions, Unit
from muxprof.cli.timing import batches, network_timing
from muxprof.errors import BadInput


@command
def block(
    *,
    symbols: Symbols,
    norm: Annotated[
        bool, Option("--norm/--no-norm", help="BatchNorm after every convolution; the paper's formulas have none.")
    ] = False,
    se: Annotated[
        str, Option("--se", help="Squeeze and excite at this ratio of the processed width; 0 for none.")
    ] = "0",
    batch: Batches = "1",
    symbolic: Annotated[bool, Option("--symbolic", help="Derive the formulas with sympy and print them.")] = False,
    latex: Annotated[bool, Option("--latex", help="Print the derived formulas as LaTeX, and nothing else.")] = False,
    timing: TimingOptions,
    check: Check = True,
    unit: Unit = "madds",
    output: Output,
) -> None:
    """The MUXConv block beside the MobileNet block: every term, totals, ratio and break-even.

    Example: muxprof block --C 64 --E 6 --G 2 --L 0.25
    """
    from muxprof import api

    if latex and (output.json or output.out is not None):
        raise BadInput("--latex prints LaTeX and nothing else; leave out --json and --out, or --latex.")
    sizes = batches(batch)
    wanted = network_timing(timing, sizes)
    refuse_output(output.out, "block")
    report = api.block(**symbols._asdict(), norm=norm, se=se, batch=sizes[0], symbolic=symbolic or latex, unit=unit)
    if latex:
        print_latex(report)
    else:
        deliver(report, output, check=check, clock=wanted)
