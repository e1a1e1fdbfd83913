"""``muxprof model``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.clock import batches, clock
from muxprof.cli.deliver import deliver, note, refuse_output
from muxprof.errors import BadInput

if TYPE_CHECKING:
    from muxprof.spec.networks import Network


@command
def model(
    name: Annotated[
        str,
        typer.Argument(
            help="A network of the zoo, such as muxnet-l (muxprof models lists them), or a file, such as mynet.toml.",
            metavar="NAME",
        ),
    ],
    res: Annotated[
        str,
        typer.Option(
            "--res", help="Input resolution: 224, or 224x192 for height x width; by default the network's own."
        ),
    ] = "",
    batch: options.Batches = "1",
    classes: Annotated[
        int | None,
        typer.Option(
            "--classes",
            help="Classes of the last layer; by default the network's own, 1000 in the zoo, and 150 with --head.",
        ),
    ] = None,
    head: options.Head = None,
    depth: Annotated[
        options.DepthName,
        typer.Option("--depth", help="How deep the tree is shown; JSON and CSV always have all layers."),
    ] = options.DepthName.block,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            help="Write the network, with --res, --classes and --head where given, as a .toml file to start one's own "
            "from, and do nothing else.",
        ),
    ] = None,
    conventions: Annotated[
        bool, typer.Option("--conventions", help="What other tools print for this network, and the rule of each.")
    ] = False,
    symbolic: Annotated[
        bool, typer.Option("--symbolic", help="The closed forms in N, H and W, derived with sympy.")
    ] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print the closed forms as LaTeX, and nothing else.")] = False,
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
    """A network: params, MAdds, activations and traffic of every stage, block and layer.

    Example: muxprof model muxnet-l --depth stage

    One's own: muxprof model muxnet-l --export mynet.toml, edit it, muxprof model mynet.toml

    Segmentation: muxprof model resnet18 --head ppm
    """
    from muxprof import api

    if export is not None:
        if json or out is not None:
            raise BadInput(f"--export writes the network and no report; leave {'--json' if json else '--out'} out.")
        _export(_changed(api.spec_of(name, head and head.value), res, classes), name, export)
        note(f"wrote {export}", quiet)
        return
    if latex and (json or out is not None or profile_cpu or profile_gpu):
        raise BadInput("--latex prints LaTeX and nothing else; leave out --json, --out and --profile-*, or --latex.")
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
    refuse_output(out, "model")
    report = api.model(
        name,
        res or None,
        head=head and head.value,
        batch=sizes[0],
        classes=classes,
        depth=depth.value,
        unit=unit.value,
    )
    if conventions:
        report = api.with_conventions(report)
    if symbolic or latex:
        report = api.with_formulas(report)
    if latex:
        from muxprof.formats import latex as latex_renderer

        sys.stdout.write(latex_renderer.text(report))
        return
    deliver(report, check=check, json=json, out=out, quiet=quiet, clock=wanted)


def _changed(network: Network, res: str, classes: int | None) -> Network:
    """The network at another resolution and number of classes; what was published is then of another network."""
    from dataclasses import replace

    from muxprof.spec import notation

    changed = network if classes is None else network.with_classes(classes)
    if res:
        changed = replace(changed, resolution=notation.resolution(res))
    return changed if changed == network else replace(changed, published=None)


def _export(network: Network, name: str, path: Path) -> None:
    from muxprof.formats.files import written_whole
    from muxprof.spec import files

    if path.suffix.lower() != ".toml":
        raise BadInput(f"{path}: a network is written to a file whose name ends in .toml.")
    if path.is_dir():
        raise BadInput(f"{path} is a directory; name a file.")
    if path.exists() and Path(name).exists() and path.samefile(name):
        raise BadInput(f"{path} is the file that is read; its comments would be lost. Name another.")
    text = files.text(network)
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
