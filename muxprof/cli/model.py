"""``muxprof model``."""

from pathlib import Path
from typing import Annotated, Literal

from muxprof.cli.boundary import command
from muxprof.cli.declared import Argument, Option
from muxprof.cli.deliver import deliver, note, print_latex, refuse_output
from muxprof.cli.options import Batches, Check, Head, Latex, Output, TimingOptions, Unit
from muxprof.cli.timing import batches, network_timing
from muxprof.errors import BadInput


@command
def model(
    *,
    name: Annotated[
        str,
        Argument(
            help="A network of the zoo, such as muxnet-l (muxprof models lists them), or a file, such as mynet.toml.",
            metavar="NAME",
        ),
    ],
    res: Annotated[
        str,
        Option("--res", help="Input resolution: 224, or 224x192 for height x width; by default the network's own."),
    ] = "",
    batch: Batches = "1",
    classes: Annotated[
        int | None,
        Option(
            "--classes",
            help="Classes of the last layer; by default the network's own, 1000 in the zoo, and 150 with --head.",
        ),
    ] = None,
    head: Head = None,
    depth: Annotated[
        Literal["stage", "block", "layer"],
        Option("--depth", help="How deep the tree is shown; JSON and CSV always have all layers."),
    ] = "block",
    export: Annotated[
        Path | None,
        Option(
            "--export",
            help="Write the network, with --res, --classes and --head where given, as a .toml file to start one's own "
            "from, and do nothing else.",
        ),
    ] = None,
    conventions: Annotated[
        bool, Option("--conventions", help="What other tools print for this network, and the rule of each.")
    ] = False,
    symbolic: Annotated[bool, Option("--symbolic", help="The closed forms in N, H and W, derived with sympy.")] = False,
    latex: Latex = False,
    timing: TimingOptions,
    check: Check = True,
    unit: Unit = "madds",
    output: Output,
) -> None:
    """A network: params, MAdds, activations and traffic of every stage, block and layer.

    Example: muxprof model muxnet-l --depth stage

    One's own: muxprof model muxnet-l --export mynet.toml, edit it, muxprof model mynet.toml

    Segmentation: muxprof model resnet18 --head ppm
    """
    from muxprof import api

    if export is not None:
        if output.json or output.out is not None:
            raise BadInput(
                f"--export writes the network and no report; leave {'--json' if output.json else '--out'} out."
            )
        from muxprof.answers.model import export as exporting

        exporting.export(exporting.changed(api.spec_of(name, head), res, classes), export, source=name)
        note(f"wrote {export}", output.quiet)
        return
    if latex and (output.json or output.out is not None or timing.profile_cpu or timing.profile_gpu):
        raise BadInput("--latex prints LaTeX and nothing else; leave out --json, --out and --profile-*, or --latex.")
    sizes = batches(batch)
    wanted = network_timing(timing, sizes)
    refuse_output(output.out, "model")
    report = api.model(name, res or None, head=head, batch=sizes[0], classes=classes, depth=depth, unit=unit)
    if conventions:
        report = api.with_conventions(report)
    if symbolic or latex:
        report = api.with_formulas(report)
    if latex:
        print_latex(report)
    else:
        deliver(report, output, check=check, clock=wanted)
