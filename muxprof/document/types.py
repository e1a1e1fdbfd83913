"""What a report is: frozen values only; everything else is derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from muxprof.document import outputs
from muxprof.frozen import frozen
from muxprof.records import Cost, Environment, Extra, ModelInput, ModelTrace, ParamsByKind, Shape, summed

if TYPE_CHECKING:
    from muxprof.measurements import Grid, Timing

SCHEMA = "muxprof.report/1"

CONVENTION_TEXT = (
    "MAdds: convolutions and linear layers, one per weight use, zero padding included, bias excluded, per image; "
    "1 MAdd = 2 FLOPs. Params: every learnable element. Activations: output elements of every op, per image. "
    "Traffic: bytes that an unfused fp32 execution reads and writes, per batch."
)

TRACED_CONVENTION = "conv+linear+matmul"
TRACED_TEXT = (
    "MAdds: convolutions and matrix products (linear and recurrent layers, both products of attention), one for every "
    "term of every scalar product, zero padding included, bias excluded, masks not taken off, for one forward pass "
    "over the inputs given, in eval mode; 1 MAdd = 2 FLOPs. Params: every registered learnable element, a shared one "
    "once. Activations: output elements of every op that was executed. Traffic: bytes that these ops read and write "
    "one by one, in the types they have; look-ups read what they give out, and views move nothing."
)


@dataclass(frozen=True)
class Convention:
    """How the numbers of a report were counted, and in which unit MAdds are shown."""

    name: str = "conv+linear"
    unit: Literal["madds", "flops"] = "madds"
    batch: int = 1
    text: str = CONVENTION_TEXT


@dataclass(frozen=True)
class Layer:
    """One op: shapes are [N, ...]; ``kernel`` and ``stride`` are (h, w); None where they mean nothing.

    A traced layer is every execution of one op in one module: ``calls`` of them, whose costs are summed and the first
    of which gives the shapes. ``module`` is the path of the module that executed it, "" for the model itself, and None
    where layers come from a closed form; there ``path`` is the module's. Where ``op`` is "unknown", so are its MAdds:
    the cost holds 0 for them. ``dilation`` is (h, w), too, and None where it is 1.
    """

    path: str
    op: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    kernel: tuple[int, ...] | None
    stride: tuple[int, ...] | None
    groups: int | None
    cost: Cost
    module: str | None = None
    calls: int = 1
    dilation: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Mismatch:
    """A disagreement of one counter with the closed form at one layer; ``expected`` is the closed form's."""

    path: str
    op: str
    counter: str
    what: str
    expected: str
    found: str


@dataclass(frozen=True)
class CounterResult:
    """What one counter found in total, and whether it agrees with the closed form at every layer."""

    name: str
    version: str
    status: Literal["agree", "differ", "skipped"]
    params: int | None = None
    madds: int | None = None
    layers: int = 0
    extras: tuple[Extra, ...] = ()
    reason: str | None = None
    #: MAdds in places of a traced model that this counter cannot see, and says so; they were not compared.
    unseen: int = 0


@dataclass(frozen=True)
class CheckResult:
    """The cross-check of one subject; the mismatches name every layer that disagrees."""

    status: Literal["agree", "differ", "skipped"]
    counters: tuple[CounterResult, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Unknown:
    """An op that a traced model executed and nobody here knows: its name, such as "aten.fft_r2c", and where it ran."""

    op: str
    path: str
    calls: int


@dataclass(frozen=True)
class Unused:
    """A parameter that no op of a forward pass read: its name and its elements."""

    name: str
    size: int


@dataclass(frozen=True)
class TracedFacts:
    """What only a traced model has: the inputs it was given, the ops nobody knows, the parameters nothing read.

    ``trace`` is the forward pass itself, None in a report that was read: no document holds it.
    """

    inputs: tuple[ModelInput, ...]
    unknown: tuple[Unknown, ...] = ()
    unused: tuple[Unused, ...] = ()
    trace: ModelTrace | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Subject:
    """A block or a network with its layers in the order in which they run; ``labels`` names paths for people.

    A traced model has no ``spec``, and ``traced`` instead. Its totals hold the parameters that nothing read, too; where
    it has unknown ops, its MAdds are those of all others, so that the model has at least these.
    """

    name: str
    provenance: str
    spec: Any  # a block or a network of muxprof.spec; None for a traced model
    input_shape: Shape
    layers: tuple[Layer, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    check: CheckResult | None = None
    timing: Timing | None = None
    traced: TracedFacts | None = None

    def __post_init__(self) -> None:
        """Freeze the labels."""
        object.__setattr__(self, "labels", frozen(self.labels))

    @cached_property
    def totals(self) -> Cost:
        """Sum over all layers, and the parameters that none of them reads."""
        unused = sum(each.size for each in self.traced.unused) if self.traced is not None else 0
        return summed((*(layer.cost for layer in self.layers), Cost(ParamsByKind(other=unused))))

    @property
    def complete(self) -> bool:
        """Whether every op is known, so that the total of MAdds is the total and no lower bound."""
        return self.traced is None or not self.traced.unknown


@dataclass(frozen=True)
class BreakEven:
    """Where the MUXConv block becomes cheaper than the MobileNet block, in params and MAdds alike.

    ``leave_out``: at these C, G, K it is cheaper for every L above this; ``valid_leave_out`` is the smallest such L
    that leaves whole channels. ``group``: at these C, L, K it is cheaper for every G below this;
    ``valid_group`` is the largest such G that divides the middle channels, or None.
    """

    leave_out: float
    valid_leave_out: Fraction | None
    group: Fraction
    valid_group: int | None


@dataclass(frozen=True)
class Ratios:
    """MUXConv over MobileNet, exactly."""

    params: Fraction
    madds: Fraction
    activations: Fraction
    traffic_bytes: Fraction


@dataclass(frozen=True)
class Heatmap:
    """Ratios of MUXConv to MobileNet over C, G and L; ``ratios[metric][c][g][l]``, and the same for ``valid``.

    A cell is valid where a block with these channels exists. ``break_even[metric][c]`` are the (G, L) at which the
    ratio is 1, along G. ``metric`` and ``C`` are what is shown first. ``measured`` holds the times of both blocks in
    every valid cell of that C, where they were taken.
    """

    metric: str
    C: int
    C_values: tuple[int, ...]
    G_values: tuple[int, ...]
    L_values: tuple[Fraction, ...]
    E: Fraction
    K: int
    H: int
    W: int
    ratios: Mapping[str, tuple[tuple[tuple[float, ...], ...], ...]]
    valid: tuple[tuple[tuple[bool, ...], ...], ...]
    break_even: Mapping[str, tuple[tuple[tuple[float, float], ...], ...]]
    measured: Grid | None = None

    def __post_init__(self) -> None:
        """Freeze the grids and the lines."""
        object.__setattr__(self, "ratios", frozen(self.ratios))
        object.__setattr__(self, "break_even", frozen(self.break_even))


@dataclass(frozen=True)
class Formula:
    """One derived formula: what it is for, as plain text and as LaTeX."""

    name: str
    text: str
    latex: str


Verdict: TypeAlias = Literal[
    "reproduced", "rounds to it", "differs", "holds only under a condition", "needs training: not checked"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Claim:
    """A claim of the supplement: where it stands, what it says, what comes out here, the verdict, and why.

    ``command`` repeats the computation; it is empty where this report is all there is.
    """

    place: str
    says: str
    computed: str
    verdict: Verdict
    why: str
    command: str


@dataclass(frozen=True)
class Difference:
    """One thing in which a traced model is not the published network; a path is None where there is no such layer.

    ``why`` is a likely reason in words, or empty.
    """

    path: str | None
    published_path: str | None
    what: str
    expected: str
    found: str
    why: str = ""


@dataclass(frozen=True)
class Against:
    """A traced model beside a published network, layer by layer: how many were compared, and every difference.

    ``layers`` are the published network's convolutions, linear layers and norms; ``counts`` says what else it has that
    was compared, by kind in words ("activations"), and ``unseen`` what was not compared, a sentence each.
    """

    name: str
    layers: int
    differences: tuple[Difference, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the counts."""
        object.__setattr__(self, "counts", frozen(self.counts))


@dataclass(frozen=True)
class ToolCount:
    """What a tool prints as the multiply-adds of a network, and the rule by which it gets there, in words.

    ``madds`` is None, and ``reason`` says why, where that depends on what is not known.
    """

    tool: str
    rule: str
    madds: int | None
    reason: str | None = None


@dataclass(frozen=True)
class Report:
    """What a command answers: one document, rendered anywhere, in any format."""

    command: str
    version: str
    arguments: Mapping[str, Any]
    convention: Convention
    environment: Environment
    subjects: tuple[Subject, ...] = ()
    ratios: Ratios | None = None
    break_even: BreakEven | None = None
    heatmap: Heatmap | None = None
    formulas: tuple[Formula, ...] = ()
    notes: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    tools: tuple[ToolCount, ...] = ()
    against: Against | None = None

    def __post_init__(self) -> None:
        """Freeze the arguments."""
        object.__setattr__(self, "arguments", frozen(self.arguments))

    @property
    def agrees(self) -> bool:
        """Whether no check found a difference, nor a comparison with a published network."""
        same = self.against is None or not self.against.differences
        return same and all(subject.check is None or subject.check.status != "differ" for subject in self.subjects)

    @property
    def partial(self) -> bool:
        """Whether a clock was interrupted, so that some times are missing."""
        grid = None if self.heatmap is None else self.heatmap.measured
        found = (grid, *(subject.timing for subject in self.subjects))
        return any(times is not None and times.partial for times in found)

    def subject(self, name: str) -> Subject:
        """The subject of that name; :class:`KeyError` if there is none."""
        for subject in self.subjects:
            if subject.name == name:
                return subject
        raise KeyError(name)

    def with_subjects(self, subjects: tuple[Subject, ...], environment: Environment) -> Report:
        """The same report about these subjects."""
        return replace(self, subjects=subjects, environment=environment)

    def to_dict(self) -> dict[str, Any]:
        """The document ``muxprof.report/1`` as plain values."""
        from muxprof.document import codec

        return codec.to_dict(self)

    def to_json(self) -> str:
        """The document ``muxprof.report/1`` as text."""
        from muxprof.document import codec

        return codec.to_json(self)

    def save(self, path: str | Path) -> Path:
        """Write the report whole or not at all, in the format of the extension; returns the path.

        Raises :class:`BadInput` for an extension that does not suit the report, and :class:`Unavailable` where a
        static image is asked for without the extra ``muxprof[image]``.
        """
        return outputs.save(self, Path(path))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return outputs.fragment(self)
