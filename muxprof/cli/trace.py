"""``muxprof trace``."""

import sys
from functools import partial
from typing import Annotated

from muxprof.cli.boundary import command
from muxprof.cli.declared import Argument, Option
from muxprof.cli.deliver import deliver, print_latex, refuse_output, while_saying
from muxprof.cli.options import Check, Latex, Output, TimingOptions, Unit
from muxprof.cli.timing import batches, network_timing
from muxprof.errors import BadInput


@command
def trace(
    *,
    target: Annotated[
        str,
        Argument(
            help="package.module:callable or path/to/file.py:callable: a class, a factory or a module. Its code is "
            "EXECUTED: it is imported, called, and run.",
            metavar="TARGET",
        ),
    ],
    input: Annotated[
        list[str] | None,
        Option(
            "--input",
            "-i",
            help="Shape of an input: 1x3x224x224; with the argument's name x=1x3x224x224, with a type ids=1x128:int64. "
            "Repeat it for several inputs.",
            metavar="[NAME=]SHAPE[:TYPE]",
        ),
    ] = None,
    arg: Annotated[
        list[str] | None,
        Option(
            "--arg",
            help="An argument for the callable: a Python literal (width=0.5), else text (name=small). Repeat it for "
            "several.",
            metavar="KEY=VALUE",
        ),
    ] = None,
    depth: Annotated[
        str,
        Option(
            "--depth",
            help="How many modules deep the tree is shown: a number, stage (1), block (2), or layer for all; JSON and "
            "CSV always have all layers.",
        ),
    ] = "block",
    against: Annotated[
        str | None,
        Option(
            "--against",
            help="Compare with a network of the zoo or of a file: every difference is shown; exit 1 if there are any.",
            metavar="NAME|FILE",
        ),
    ] = None,
    conventions: Annotated[
        bool,
        Option(
            "--conventions",
            help="What other tools print for this model, and the rule of each; the model is run again for it.",
        ),
    ] = False,
    symbolic: Annotated[
        bool,
        Option(
            "--symbolic",
            help="MAdds, activations and params as closed forms in N, H and W (T, D), found by torch.export; they are "
            "compared with counts at other sizes.",
        ),
    ] = False,
    latex: Latex = False,
    at: Annotated[
        str,
        Option(
            "--at",
            help="Evaluate the closed forms at other sizes, such as N=8,H=192,W=320, and count there, too.",
            metavar="SIZES",
        ),
    ] = "",
    batch: Annotated[
        str, Option("--batch", help="Batch sizes to time it at, such as 1,8,64; counts are for the inputs given.")
    ] = "1",
    timing: TimingOptions,
    check: Check = True,
    unit: Unit = "madds",
    output: Output,
) -> None:
    """Any PyTorch model: params, MAdds, activations and traffic of everything that one forward pass executes.

    TARGET's code is executed, so trace only what you would run. What cannot be counted is listed as unknown.

    The model is run in eval mode, without data where it can be, so that it may be larger than memory.

    Example: muxprof trace mynet.py:MyNet --input 1x3x224x224 --arg classes=10

    Example: muxprof trace mynet.py:MyNet --input 1x3x224x224 --against mobilenetv2 --symbolic

    Example: muxprof trace mypackage.models:bert --input ids=1x128:int64 --depth 3
    """
    from muxprof import api
    from muxprof.answers.trace.inputs import read_arguments, read_input, read_sizes

    given = [read_input(text) for text in input or ()]
    names = [each.name for each in given if each.name is not None]
    if not given:
        raise BadInput("there is no input to run the model on; say its shape, such as --input 1x3x224x224.")
    if len(set(names)) != len(names):
        raise BadInput(f"two inputs are called {max(names, key=names.count)}; each argument is given once.")
    arguments = read_arguments(arg or ())
    if latex and (output.json or output.out is not None or against is not None):
        raise BadInput("--latex prints LaTeX and nothing else; leave out --json, --out and --against, or --latex.")
    sizes = read_sizes(at) if at else {}
    wanted = network_timing(timing, batches(batch))
    refuse_output(output.out, "trace")
    report, session = while_saying(
        "tracing ...",
        output.quiet,
        lambda: api.traced(target, *given, arguments=arguments, depth=depth, conventions=conventions, unit=unit),
    )
    if wanted is not None:
        wanted = wanted._replace(modules=lambda report: {report.subjects[0].name: session.module()})
    if against is not None:
        report = api.against(report, against)
    if symbolic or latex or sizes:
        traced = report
        report = while_saying(
            "looking for the closed form ...", output.quiet, lambda: api.with_traced_forms(traced, session, sizes)
        )
    if latex:
        print_latex(report)
        if not output.quiet and sys.stderr is not None:
            sys.stderr.write("".join(f"{said}\n" for said in report.notes))
    else:
        deliver(report, output, check=check, prove=partial(api.proven, session=session), clock=wanted)
