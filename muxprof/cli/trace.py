"""``muxprof trace``."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.clock import batches, clock
from muxprof.cli.deliver import deliver, refuse_output, while_saying
from muxprof.errors import BadInput


@command
def trace(
    target: Annotated[
        str,
        typer.Argument(
            help="package.module:callable or path/to/file.py:callable: a class, a factory or a module. Its code is "
            "EXECUTED: it is imported, called, and run.",
            metavar="TARGET",
        ),
    ],
    input: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            "-i",
            help="Shape of an input: 1x3x224x224; with the argument's name x=1x3x224x224, with a type ids=1x128:int64. "
            "Repeat it for several inputs.",
            metavar="[NAME=]SHAPE[:TYPE]",
        ),
    ] = None,
    arg: Annotated[
        list[str] | None,
        typer.Option(
            "--arg",
            help="An argument for the callable: a Python literal (width=0.5), else text (name=small). Repeat it for "
            "several.",
            metavar="KEY=VALUE",
        ),
    ] = None,
    depth: Annotated[
        str,
        typer.Option(
            "--depth",
            help="How many modules deep the tree is shown: a number, stage (1), block (2), or layer for all; JSON and "
            "CSV always have all layers.",
        ),
    ] = "block",
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="A network of the zoo or a file: is this it? Every difference is shown; exit 1 if there are any.",
            metavar="NAME|FILE",
        ),
    ] = None,
    conventions: Annotated[
        bool,
        typer.Option(
            "--conventions",
            help="What other tools print for this model, and the rule of each; it is run once more, on zeros.",
        ),
    ] = False,
    symbolic: Annotated[
        bool,
        typer.Option(
            "--symbolic",
            help="MAdds, activations and params as closed forms in N, H and W (T, D), found by torch.export; they are "
            "compared with counts at other sizes.",
        ),
    ] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print the closed forms as LaTeX, and nothing else.")] = False,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            help="Evaluate the closed forms at other sizes, such as N=8,H=192,W=320, and count there, too.",
            metavar="SIZES",
        ),
    ] = "",
    batch: Annotated[
        str, typer.Option("--batch", help="Batch sizes to time it at, such as 1,8,64; counts are for the inputs given.")
    ] = "1",
    profile_gpu: options.ProfileGpu = False,
    profile_cpu: options.ProfileCpu = False,
    device: options.Device = None,
    modes: options.Modes = None,
    dtype: options.Dtype = None,
    channels_last: options.ChannelsLast = False,
    compile: options.Compile = False,
    threads: options.Threads = None,
    budget: options.Budget = None,
    kernels: options.Kernels = False,
    cudnn_benchmark: options.CudnnBenchmark = False,
    check: options.Check = True,
    unit: options.Unit = options.UnitName.madds,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
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
    if latex and (json or out is not None or against is not None):
        raise BadInput("--latex prints LaTeX and nothing else; leave out --json, --out and --against, or --latex.")
    sizes = read_sizes(at) if at else {}
    wanted = clock(
        profile_cpu,
        profile_gpu,
        batches(batch),
        device=device,
        modes=modes,
        channels_last=channels_last,
        compile=compile,
        kernels=kernels,
        cudnn_benchmark=cudnn_benchmark,
        dtype=dtype and dtype.value,
        threads=threads,
        budget=budget,
    )
    refuse_output(out, "trace")
    report, session = while_saying(
        "tracing ...",
        quiet,
        lambda: api.traced(target, *given, arguments=arguments, depth=depth, conventions=conventions, unit=unit.value),
    )
    if wanted is not None:
        wanted = replace(wanted, modules=lambda report: {report.subjects[0].name: session.module()})
    if against is not None:
        report = api.against(report, against)
    if symbolic or latex or sizes:
        traced = report
        report = while_saying(
            "looking for the closed form ...", quiet, lambda: api.with_traced_forms(traced, session, sizes)
        )
    if latex:
        from muxprof.formats import latex as latex_renderer

        sys.stdout.write(latex_renderer.text(report))
        if not quiet and sys.stderr is not None:
            sys.stderr.write("".join(f"{said}\n" for said in report.notes))
        return
    prove = partial(api.proven, session=session)
    deliver(report, check=check, json=json, out=out, quiet=quiet, prove=prove, clock=wanted)
