"""What a report is: frozen values only; everything else is derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from muxprof.frozen import FrozenDict, dataclass, frozen
from muxprof.records import Cost, Environment, ModelInput, ModelTrace, ParamsByKind, Shape, summed

if TYPE_CHECKING:
    from typing import Self

    from muxprof.answers.check.types import CheckResult
    from muxprof.measurements import Timing

CONVENTION_TEXT = (
    "MAdds: convolutions and linear layers, one per weight use, zero padding included, bias excluded, per image; "
    "1 MAdd = 2 FLOPs. Params: every learnable element. Activations: output elements of every op, per image. "
    "Traffic: bytes that an unfused fp32 execution reads and writes, per batch."
)

Unit = Literal["madds", "flops"]


@dataclass(frozen=True)
class Convention:
    """How the numbers of a report were counted, and in which unit MAdds are shown."""

    name: str = "conv+linear"
    unit: Unit = "madds"
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
class Unknown:
    """An op without a formula that a traced model executed: its name, such as "aten.fft_r2c", and where it ran."""

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
    """What only a traced model has: the inputs it was given, the ops without a formula, the parameters nothing read.

    ``trace`` is the forward pass itself, None in a report that was read: no document holds it.
    """

    inputs: tuple[ModelInput, ...]
    unknown: tuple[Unknown, ...] = ()
    unused: tuple[Unused, ...] = ()
    trace: ModelTrace | None = field(default=None, compare=False, repr=False)


class Holder:
    """Something that sections are attached to: a subject or a report. ``sections`` holds their values by key."""

    sections: Mapping[str, Any]

    def having(self, **sections: Any) -> Self:
        """The same with these sections, in the place of what it has under these keys; None takes a section off."""
        made = {key: value for key, value in {**self.sections, **sections}.items() if value is not None}
        return replace(self, sections=FrozenDict(made))  # type: ignore[type-var]  # every holder is a dataclass


@dataclass(frozen=True)
class Subject(Holder):
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
    traced: TracedFacts | None = None
    sections: Mapping[str, Any] = field(default_factory=FrozenDict)

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

    @property
    def check(self) -> CheckResult | None:
        """The cross-check, where one was made."""
        return self.sections.get("check")

    @property
    def timing(self) -> Timing | None:
        """What was timed, where anything was."""
        return self.sections.get("timing")


@dataclass(frozen=True)
class Document(Holder):
    """The data of a report: what was asked, by which command, and what came out.

    ``convention`` says how it was counted and ``environment`` where; ``notes`` are remarks for readers.
    """

    command: str
    version: str
    arguments: Mapping[str, Any]
    convention: Convention
    environment: Environment
    subjects: tuple[Subject, ...] = ()
    notes: tuple[str, ...] = ()
    sections: Mapping[str, Any] = field(default_factory=FrozenDict)

    def __post_init__(self) -> None:
        """Freeze the arguments."""
        object.__setattr__(self, "arguments", frozen(self.arguments))

    def subject(self, name: str) -> Subject:
        """The subject of that name; :class:`KeyError` if there is none."""
        for subject in self.subjects:
            if subject.name == name:
                return subject
        raise KeyError(name)

    def with_subjects(self, subjects: tuple[Subject, ...], environment: Environment) -> Self:
        """The same report about these subjects."""
        return replace(self, subjects=subjects, environment=environment)
