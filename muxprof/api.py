"""The Python entry points: each takes plain values and returns a frozen report. The work lies in ``answers/``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from muxprof.answers.report import Report
from muxprof.dims import integer, ratio
from muxprof.document.types import Unit
from muxprof.spec import notation
from muxprof.spec.checks import one_of

if TYPE_CHECKING:
    from torch import Tensor, nn

    from muxprof.measurements import Setting
    from muxprof.records import ModelInput
    from muxprof.spec.networks import Network
    from muxprof.tracing.session import Session

Ratio: TypeAlias = int | float | str | Fraction
UNITS = get_args(Unit)


def block(
    C: int = 64,
    E: Ratio = 6,
    G: int = 2,
    L: Ratio = "0.25",
    K: int = 3,
    S: int | str | Iterable[int] = 0,
    H: int = 56,
    W: int = 56,
    *,
    norm: bool = False,
    se: Ratio | None = None,
    batch: int = 1,
    symbolic: bool = False,
    unit: Unit = "madds",
    check: bool = False,
) -> Report:
    """The MUXConv block beside the MobileNet block: costs of every term, ratios, break-even.

    Letters are the paper's: C channels, E expansion, G input channels per output channel of the KxK convolution, L the
    share of channels left out (exact: 0.29 is 29/100, "7/24" is 7/24), K kernel, S spatial multiplexing (a list of -1
    subpixel, 0 plain, 1 superpixel; 0 for none), H x W the size of input and output. ``norm`` adds BatchNorm after
    every convolution, ``se`` squeeze and excite at that ratio. The subjects are ``muxconv`` and ``mobilenet``, on
    [batch, C, H, W]; params are exact, MAdds and activations per image. ``symbolic`` adds the derived formulas,
    ``check`` the cross-check.

    Raises :class:`BadInput` for a block that cannot be. Source: MUXConv supplement, section 2.
    """
    from muxprof.answers.block import answer

    one_of(unit, "unit", UNITS)
    arguments = answer.BlockArguments(
        C=integer(C, "C"),
        E=ratio(E, "E"),
        G=integer(G, "G"),
        L=ratio(L, "L"),
        K=integer(K, "K"),
        S=notation.spatial(S),
        H=integer(H, "H"),
        W=integer(W, "W"),
        norm=norm,
        se=(ratio(se, "SE") or None) if se is not None else None,
        batch=integer(batch, "batch"),
    )
    report = answer.report(arguments, unit, symbolic)
    return _checked(report) if check else report


def model(
    name: str | Path,
    res: int | str | tuple[int, int] | None = None,
    *,
    head: str | None = None,
    batch: int = 1,
    classes: int | None = None,
    depth: str = "block",
    unit: Unit = "madds",
    check: bool = False,
) -> Report:
    """A network of the zoo or of a file: the cost of every layer on [batch, in, H, W], beside what was published.

    ``name`` is one of the zoo's, or a path: it ends in ``.toml`` or has a separator. ``res`` is H and W ("224x192" is
    height x width), by default the network's own resolution; ``classes`` replaces its number of classes; ``depth``
    (stage, block, layer) is what renderers show. ``head`` (c1, ppm) makes the network the dilated backbone of a
    segmentation head, with scores for 150 classes at an eighth of the image; the notes say what that assumes.

    Raises :class:`BadInput` for an unknown name, with a suggestion, for a file that describes no network, naming file,
    line and key, for a size that a block cannot work on, and for a head that the network cannot have.
    """
    from muxprof.answers.model import answer

    one_of(unit, "unit", UNITS)
    report = answer.report(name, res, head=head, batch=batch, classes=classes, depth=depth, unit=unit)
    return _checked(report) if check else report


def with_conventions(report: Report) -> Report:
    """The report about a network with what other tools print for it; :class:`BadInput` for any other report."""
    from muxprof.answers.tools import answer

    return answer.with_tools(report)


def with_formulas(report: Report) -> Report:
    """The report about a network with its closed forms in N, H and W; :class:`BadInput` for any other report."""
    from muxprof.answers.formulas import answer

    return answer.with_formulas(report)


def spec_of(name: str | Path, head: str | None = None) -> Network:
    """The network that ``name`` and ``head`` stand for in :func:`model`: one of the zoo, or what a file describes."""
    from muxprof.answers.model import answer

    return answer.spec_of(name, head)


def heatmap(
    metric: str = "params",
    C: int = 64,
    *,
    C_values: Iterable[int] | None = None,
    G_values: Iterable[int] | None = None,
    L_values: Iterable[Ratio] | None = None,
    E: Ratio = 6,
    K: int = 3,
    H: int = 56,
    W: int = 56,
) -> Report:
    """Figure 4 of the supplement: the ratio of the MUXConv to the MobileNet block over G (rows) and L (columns).

    ``metric`` is params, madds, activations or traffic; all are in the report, for every C of ``C_values``. E, H and W
    cancel from the ratio of params and of MAdds, and matter for the others. Raises :class:`BadInput` for values that no
    block has.
    """
    from muxprof.answers.heatmap import answer

    made = answer.heatmap(
        metric=metric,
        C=integer(C, "C"),
        C_values=answer.C_VALUES if C_values is None else [integer(value, "C") for value in C_values],
        G_values=answer.G_VALUES if G_values is None else [integer(value, "G") for value in G_values],
        L_values=answer.L_VALUES if L_values is None else tuple(ratio(value, "L") for value in L_values),
        E=ratio(E, "E"),
        K=integer(K, "K"),
        H=integer(H, "H"),
        W=integer(W, "W"),
    )
    return answer.report(made)


def models(*, unit: Unit = "madds") -> Report:
    """Every network of the zoo at the size of its published figures, a subject each."""
    from muxprof.answers.models import answer

    return answer.zoo(unit)


def compare(
    *names: str,
    res: int | str | tuple[int, int] | None = None,
    head: str | None = None,
    batch: int = 1,
    unit: Unit = "madds",
) -> Report:
    """Networks side by side, a subject each; names of the zoo and files may be mixed.

    ``res`` is H and W of all, by default each network's own; ``head`` is the segmentation head of all. Raises
    :class:`BadInput` for what :func:`model` refuses, for no network at all, and for two of one name.
    """
    from muxprof.answers.models import answer

    one_of(unit, "unit", UNITS)
    return answer.compared(names, res=res, head=head, batch=batch, unit=unit)


def trace(
    model: str | nn.Module | Callable[..., Any],
    *inputs: ModelInput | str | Iterable[int] | Tensor,
    named: Mapping[str, ModelInput | str | Iterable[int] | Tensor] | None = None,
    arguments: Mapping[str, Any] | None = None,
    name: str | None = None,
    depth: int | str = "block",
    conventions: bool = False,
    unit: Unit = "madds",
    check: bool = False,
) -> Report:
    """Any PyTorch model, from one traced forward pass in eval mode: the cost of everything that it executes.

    ``model`` is a module, a class or factory that makes one when it is called with ``arguments``, or a target such as
    "package.module:callable" or "file.py:callable". Each of ``inputs``, and of ``named`` by argument of ``forward``, is
    a shape, [N, C, H, W] or any other, as integers or as text with an element type where it matters ("1x128:int64"),
    or a tensor, of which shape and type are taken. The pass runs on tensors without data where the model lets it, so
    that it may be larger than memory, and on zeros where not. A module is copied first and left as it was. ``depth``
    is how many modules deep renderers show it: a number, or "layer" for all. ``conventions`` adds what other tools
    print for the model; that takes further passes, one of them on zeros.

    Params count every registered parameter once; MAdds, activations (elements) and traffic (bytes) are for the whole
    inputs. What no formula is known for is in ``subjects[0].traced.unknown`` and not in the totals; parameters that
    nothing read are in ``traced.unused`` and in the totals. Raises :class:`BadInput`, with the model's own error as its
    cause, where it cannot be imported, made or run, and :class:`Unavailable` where torch is missing.
    """
    report, session = traced(
        model,
        *inputs,
        named=named,
        arguments=arguments,
        name=name,
        depth=str(depth),
        conventions=conventions,
        unit=unit,
    )
    return proven(report, session) if check else report


def against(report: Report, name: str | Path) -> Report:
    """The report about a traced model with every difference from a network of the zoo or of a file.

    Compared are convolutions, linear layers and norms, in order and by shape, activations, what joins, pools and moves
    maps, and what each of these is given; ``against.unseen`` says what is not. A report that was read from a file is
    compared by its convolutions, linear layers and norms. Raises :class:`BadInput` for a model that was not traced on
    one image-like input, [N, C, H, W], and for what :func:`model` refuses.
    """
    from muxprof.answers.against import answer

    return answer.against(report, name)


def with_traced_forms(report: Report, session: Session, at: Mapping[str, int] = MappingProxyType({})) -> Report:
    """The report of :func:`trace` with MAdds, activations and params as closed forms in its inputs' sizes.

    N is the first dimension of every input; H and W are the last two of one with four or five, D what is before them in
    one with five, T the length of sequences; H2 is that of another input where it has another size. ``at`` gives other
    sizes to evaluate them at. A model that has no closed form gets a note that says why. The model is counted at other
    sizes, too, to see whether the forms hold there.
    """
    from muxprof.answers.trace import answer

    return answer.with_traced_forms(report, session, at)


def traced(
    model: str | nn.Module | Callable[..., Any], *inputs: Any, unit: Unit = "madds", **options: Any
) -> tuple[Report, Session]:
    """What :func:`trace` gives without a check, and the session that answers further questions about the model."""
    from muxprof.answers.trace import answer

    one_of(unit, "unit", UNITS)
    return answer.traced(model, *inputs, unit=unit, **options)


def proven(report: Report, session: Session) -> Report:
    """The report of a session with what its independent counters find."""
    from muxprof.answers.trace import answer

    return answer.proven(report, session)


def check(report: Report, modules: Mapping[str, nn.Module] | None = None) -> Report:
    """The report with every subject checked: its real module is built and counted by independent counters.

    ``modules`` gives, by subject name, modules of one's own to check instead; they are left as they are. A traced model
    is checked against the module that is given for it. Raises :class:`BadInput` for a traced model without one, and
    :class:`Unavailable` where torch is missing.
    """
    return _checked(report, modules or {})


def profile(
    report: Report,
    device: str = "cpu",
    *,
    batches: Iterable[int] | None = None,
    modes: Iterable[str] | None = None,
    dtype: str = "fp32",
    channels_last: bool = False,
    compile: bool = False,
    threads: int | None = None,
    budget: float = 20.0,
    parts: bool = True,
    kernels: bool = False,
    cudnn_benchmark: bool = False,
    modules: Mapping[str, nn.Module] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Report:
    """The report with every subject, or every cell of a heatmap, timed on ``device``: cpu, cuda, or such as cuda:1.

    ``modes`` are of eager (synchronised host time), cold (device time, cache cleared before) and graph (device time of
    a CUDA graph's replay); by default all that the device has. ``batches`` starts with the report's own batch, at which
    every leaf module is timed too (``parts``), with its GPU kernels where ``kernels`` is set. ``dtype`` is fp32, tf32,
    fp16 or bf16; ``budget`` is in seconds, for all of it. ``modules`` gives, by subject name, modules of one's own to
    time instead; copies are timed, in eval mode. Subjects are sampled in turns. ``progress`` is called with what is
    done and the share of the budget that is used up. A heatmap is timed at its C, at one batch size and in one mode,
    the last of ``modes``: eager on the CPU, graph on a GPU.

    Raises :class:`BadInput` for what cannot be measured, :class:`Unavailable` where the device or the memory is
    missing, and :class:`Interrupted`, which holds the report so far, on Ctrl-C.
    """
    wanted = timing_setting(
        device,
        batches=(report.convention.batch,) if batches is None else tuple(batches),
        modes=modes,
        dtype=dtype,
        channels_last=channels_last,
        compile=compile,
        threads=threads,
        budget=budget,
        parts=parts,
        kernels=kernels,
        cudnn_benchmark=cudnn_benchmark,
    )
    from muxprof.answers.table import ANSWERS
    from muxprof.document.table import resolved

    timed = resolved(ANSWERS[report.command].timed)
    made: Report = timed(report, wanted, modules or {}, progress or (lambda _what, _share: None))
    return made


def timing_setting(device: str, **keywords: Any) -> Setting:
    """What :func:`profile` would be asked for, as a record; raises :class:`BadInput` for what cannot be measured."""
    from muxprof.timing.request import setting

    return setting(device, **keywords)


def device_lacking(device: str) -> str | None:
    """What this machine lacks to time on ``device``, and what would help, in words; None if it is there."""
    from muxprof.answers.clock import answer

    return answer.device_lacking(device)


def load(path: str | Path) -> Report:
    """A saved report; raises :class:`BadInput`, naming the file, where it is none."""
    from muxprof.answers import saved

    return saved.load(path)


def at_depth(report: Report, depth: str) -> Report:
    """A report about a network as renderers show it at another depth; :class:`BadInput` for any other report."""
    from muxprof.answers import outputs

    return outputs.at_depth(report, depth)


def in_unit(report: Report, unit: Unit) -> Report:
    """The report with multiply-adds shown in another unit."""
    from muxprof.answers import outputs

    one_of(unit, "unit", UNITS)
    return outputs.in_unit(report, unit)


def unchecked(report: Report, reason: str) -> Report:
    """The report with a check on every subject that says why it was not made."""
    from muxprof.answers.check import answer

    return answer.unchecked(report, reason)


def paper() -> Report:
    """Every claim of the MUXConv supplement about complexity, with what is computed for it, the verdict, and why.

    ``claims`` holds them in the supplement's order; ``heatmap`` is Figure 4.
    """
    from muxprof.answers.paper import answer

    return answer.report()


def _checked(report: Report, modules: Mapping[str, nn.Module] = MappingProxyType({})) -> Report:
    from muxprof.answers.check import answer

    return answer.checked(report, modules)
