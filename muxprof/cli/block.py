"""``muxprof block``."""

import sys
from typing import Annotated

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.clock import batches, clock
from muxprof.cli.deliver import deliver, refuse_output
from muxprof.errors import BadInput


@command
def block(
    C: options.C = 64,
    E: options.E = "6",
    G: options.G = 2,
    L: options.L = "0.25",
    K: options.K = 3,
    S: options.S = "0",
    H: options.H = 56,
    W: options.W = 56,
    norm: Annotated[
        bool,
        typer.Option("--norm/--no-norm", help="BatchNorm after every convolution; the paper's formulas have none."),
    ] = False,
    se: Annotated[
        str, typer.Option("--se", help="Squeeze and excite at this ratio of the processed width; 0 for none.")
    ] = "0",
    batch: options.Batches = "1",
    symbolic: Annotated[
        bool, typer.Option("--symbolic", help="Derive the formulas with sympy and print them.")
    ] = False,
    latex: Annotated[
        bool, typer.Option("--latex", help="Print the derived formulas as LaTeX, and nothing else.")
    ] = False,
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
    """The MUXConv block beside the MobileNet block: every term, totals, ratio and break-even.

    Example: muxprof block --C 64 --E 6 --G 2 --L 0.25
    """
    from muxprof import api

    if latex and (json or out is not None):
        raise BadInput("--latex prints LaTeX and nothing else; leave out --json and --out, or --latex.")
    sizes = batches(batch)
    wanted = clock(
        profile_cpu,
        profile_gpu,
        sizes,
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
    refuse_output(out, "block")
    report = api.block(
        C=C,
        E=E,
        G=G,
        L=L,
        K=K,
        S=S,
        H=H,
        W=W,
        norm=norm,
        se=se,
        batch=sizes[0],
        symbolic=symbolic or latex,
        unit=unit.value,
    )
    if latex:
        from muxprof.formats import latex as latex_renderer

        sys.stdout.write(latex_renderer.text(report))
        return
    deliver(report, check=check, json=json, out=out, quiet=quiet, clock=wanted)
