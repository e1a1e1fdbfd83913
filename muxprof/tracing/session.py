"""One traced model, and the questions that reports ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import nn

from muxprof.errors import BadInput
from muxprof.records import ModelInput, ModelTrace, ToolsView, TracedCount
from muxprof.tracing import target
from muxprof.tracing.counters.run import count_traced
from muxprof.tracing.quiet import quiet
from muxprof.tracing.stand_ins import Model, Source
from muxprof.tracing.tracer import trace_model

if TYPE_CHECKING:
    from muxprof.tracing.symbolic.sizes import SizedPass


class Session:
    """A model with its inputs, loaded and traced once.

    ``name`` is the model's name, ``origin`` says where it comes from, and ``trace`` is one forward pass.
    """

    def __init__(
        self, model: str | Source, inputs: tuple[ModelInput, ...], arguments: Mapping[str, Any] | None = None
    ) -> None:
        """Trace a module, what a factory makes of ``arguments``, or a target such as "file.py:callable".

        Raises :class:`BadInput` if the target cannot be loaded, or if the model cannot be made or run.
        """
        if isinstance(model, str):
            source, self.name, self.origin = target.load(model), target.name_of(model), model
        else:
            source, self.name = model, target.label_of(model)
            self.origin = f"the {target.kind_of(model)} {self.name}"
        self.inputs = inputs
        self.model = Model(source, dict(arguments or {}))
        self.trace, self._stand_in = trace_model(self.model, inputs)
        self._resized: dict[tuple[ModelInput, ...], ModelTrace | str] = {}

    def counts(self) -> tuple[TracedCount, ...]:
        """Return the counts of parameters, FlopCounterMode and fvcore; a count that failed says why."""
        return count_traced(self.model, self.trace, self._stand_in)

    def tools_view(self, madds: int) -> ToolsView:
        """Return what other tools look at; ``madds``, those of the trace, decide whether it is run with data."""
        from muxprof.tracing.views import tools_view

        return tools_view(self.model, self.trace, madds)

    def ways(self) -> tuple[tuple[Callable[[], SizedPass | str], ...], ...]:
        """Return functions that find the ops over named sizes, see :func:`muxprof.tracing.symbolic.forms.ways`."""
        from muxprof.tracing.symbolic.forms import ways

        return ways(self.model, self.inputs)

    def resized(self, names: Sequence[Mapping[int, str]], sizes: Mapping[str, int]) -> ModelTrace | str:
        """Return the trace at other sizes by name, or the reason why the model does not run there.

        ``names`` are those of the dimensions of each input that vary, by index.
        """
        from muxprof.tracing.symbolic.forms import resized

        inputs = resized(self.inputs, names, sizes)
        if inputs not in self._resized:
            try:
                with quiet():
                    self._resized[inputs] = trace_model(self.model, inputs)[0]
            except BadInput as error:
                self._resized[inputs] = str(error)
        return self._resized[inputs]

    def module(self) -> nn.Module:
        """Return the model with its weights, to be timed: the module itself, or a new one."""
        return self.model.module()
