"""``muxprof heatmap``."""

from typing import Annotated

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.clock import grid_clock
from muxprof.cli.deliver import deliver, refuse_output


@command
def heatmap(
    metric: Annotated[
        options.MetricName,
        typer.Option("--metric", help="What the ratio is of; latency is measured, beside the ratio of MAdds."),
    ] = options.MetricName.params,
    C: options.C = 64,
    C_values: Annotated[str, typer.Option("--C-values", help="Values of the slider, like 16,64,256.")] = "",
    G_values: Annotated[str, typer.Option("--G", "--group", help="Rows, like 1,2,4,8.")] = "",
    L_values: Annotated[str, typer.Option("--L", "--leave-out", help="Columns, like 0,0.25,0.5.")] = "",
    E: options.E = "6",
    K: options.K = 3,
    H: options.H = 56,
    W: options.W = 56,
    device: Annotated[
        str | None, typer.Option("--device", help="Where latency is measured: cpu, cuda or such as cuda:1.")
    ] = None,
    batch: Annotated[int, typer.Option("--batch", help="Images in the input that latency is measured with.")] = 1,
    modes: Annotated[
        str | None,
        typer.Option("--modes", help="How latency is measured: eager, cold or graph; by default graph on a GPU."),
    ] = None,
    dtype: options.Dtype = None,
    channels_last: options.ChannelsLast = False,
    compile: options.Compile = False,
    threads: options.Threads = None,
    budget: options.Budget = None,
    cudnn_benchmark: options.CudnnBenchmark = False,
    json: options.Json = False,
    out: options.Out = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Figure 4: the ratio of the MUXConv to the MobileNet block over G and L, the search space boxed.

    Example: muxprof heatmap --out ratio.html

    Measured: muxprof heatmap --metric latency --device cpu --out measured.html
    """
    from muxprof import api
    from muxprof.spec import notation

    wanted = grid_clock(
        metric is options.MetricName.latency,
        device,
        batch,
        modes=modes,
        dtype=dtype and dtype.value,
        channels_last=channels_last,
        compile=compile,
        threads=threads,
        budget=budget,
        cudnn_benchmark=cudnn_benchmark,
    )
    refuse_output(out, "heatmap")
    report = api.heatmap(
        metric.value if wanted is None else "madds",
        C,
        C_values=notation.integers(C_values, "--C-values", "16,64,256") if C_values else None,
        G_values=notation.integers(G_values, "G", "1,2,4,8") if G_values else None,
        L_values=L_values.split(",") if L_values else None,
        E=E,
        K=K,
        H=H,
        W=W,
    )
    deliver(report, check=False, json=json, out=out, quiet=quiet, clock=wanted)
