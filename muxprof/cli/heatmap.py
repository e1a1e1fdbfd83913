"""``muxprof heatmap``."""

from typing import TYPE_CHECKING, Annotated, Literal

from muxprof.cli.boundary import command
from muxprof.cli.declared import Option
from muxprof.cli.deliver import deliver, refuse_output
from muxprof.cli.options import Channels, ConditionOptions, Expansion, Height, Kernel, Output, Width
from muxprof.cli.timing import heatmap_timing
from muxprof.document.metrics import METRICS

if TYPE_CHECKING:
    Ratio = str
else:
    Ratio = Literal[*(metric.key for metric in METRICS if metric.count is not None), "latency"]


@command
def heatmap(
    *,
    metric: Annotated[
        Ratio,
        Option("--metric", help="What the ratio is of; latency is measured, beside the ratio of MAdds."),
    ] = "params",
    C: Channels = 64,
    C_values: Annotated[str, Option("--C-values", help="Values of the slider, like 16,64,256.")] = "",
    G_values: Annotated[str, Option("--G", "--group", help="Rows, like 1,2,4,8.")] = "",
    L_values: Annotated[str, Option("--L", "--leave-out", help="Columns, like 0,0.25,0.5.")] = "",
    E: Expansion = "6",
    K: Kernel = 3,
    H: Height = 56,
    W: Width = 56,
    device: Annotated[
        str | None, Option("--device", help="Where latency is measured: cpu, cuda or such as cuda:1.")
    ] = None,
    batch: Annotated[int, Option("--batch", help="Images in the input that latency is measured with.")] = 1,
    modes: Annotated[
        str | None,
        Option("--modes", help="How latency is measured: eager, cold or graph; by default graph on a GPU."),
    ] = None,
    conditions: ConditionOptions,
    output: Output,
) -> None:
    """Figure 4: the ratio of the MUXConv to the MobileNet block over G and L, the search space boxed.

    Example: muxprof heatmap --out ratio.html

    Measured: muxprof heatmap --metric latency --device cpu --out measured.html
    """
    from muxprof import api
    from muxprof.spec import notation

    wanted = heatmap_timing(metric == "latency", device, batch, modes, conditions)
    refuse_output(output.out, "heatmap")
    report = api.heatmap(
        metric if wanted is None else "madds",
        C,
        C_values=notation.integers(C_values, "--C-values", "16,64,256") if C_values else None,
        G_values=notation.integers(G_values, "G", "1,2,4,8") if G_values else None,
        L_values=L_values.split(",") if L_values else None,
        E=E,
        K=K,
        H=H,
        W=W,
    )
    deliver(report, output, check=False, clock=wanted)
