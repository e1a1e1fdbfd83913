"""The tracer records every op of a forward pass, as torch dispatches it, with the module that ran it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch._ops import OpOverload
from torch._subclasses.fake_tensor import FakeTensor

from muxprof.errors import BadInput
from muxprof.records import CONSTANT, GIVEN, MemoryPlace, ModelInput, ModelTrace, TracedOp
from muxprof.tracing.dispatch import OpRecorder, Tensors, tensors
from muxprof.tracing.hooks import hooked
from muxprof.tracing.stand_ins import Model, StandIn, with_data, without_data
from muxprof.tracing.target import described, label_of, users_code

#: A model with more weights is run without data or not at all; 1 GiB in fp32.
MAX_REAL_ELEMENTS = 1 << 28


def trace_model(model: Model, inputs: tuple[ModelInput, ...]) -> tuple[ModelTrace, StandIn]:
    """Return the trace of one forward pass, without data if the model runs without, and the stand-in that ran.

    Raises :class:`BadInput` for a model that cannot be made or run.
    """
    stand_in = without_data(model, inputs)
    try:
        return _traced(stand_in, inputs), stand_in
    except BadInput as error:
        weights = sum(each.numel() for each in stand_in.module.parameters())
        if weights > MAX_REAL_ELEMENTS:
            raise BadInput(
                f"{error} That was without data, and {weights:,} weights are too many to run it with."
            ) from error
    # It may ask for the values of tensors. If it is at fault itself, it raises again.
    stand_in = with_data(model, inputs)
    return _traced(stand_in, inputs), stand_in


def fused_ops(stand_in: StandIn, below: AbstractContextManager[Any] | None = None) -> tuple[TracedOp, ...]:
    """Return the ops of one forward pass in which torch fuses what it can; hooks on modules would prevent that.

    ``below`` is entered before the recorder. Raises what the model raises, and what torch raises if it cannot run a
    fused op without data.
    """
    recorder = _Tracer(stand_in.module)
    with stand_in.world(), below or nullcontext():
        stand_in.run(recorder, apart=False)
    return tuple(recorder.ops)


def _traced(stand_in: StandIn, inputs: tuple[ModelInput, ...]) -> ModelTrace:
    before = _parts(stand_in.module)
    tracer = _pass(stand_in)
    if _ids(before) != _ids(_parts(stand_in.module)):
        tracer = _pass(stand_in)  # the pass added or replaced parts; a second one finds them in place
    return ModelTrace(
        ops=tuple(tracer.ops),
        parameters=tracer.parameters,
        modules=tracer.modules,
        inputs=inputs,
        training=stand_in.training,
        real=stand_in.real,
        unregistered=tracer.unregistered(),
    )


def _pass(stand_in: StandIn) -> _Tracer:
    tracer = _Tracer(stand_in.module)
    with (
        users_code(f"the forward pass of {label_of(stand_in.module)}"),
        hooked(stand_in.module, enter=tracer.enter, leave=tracer.leave),
    ):
        try:
            stand_in.run(tracer)
        except Exception as error:
            raise BadInput(f"the forward pass raises, in {tracer.place()}, {described(error)}") from error
    return tracer


def _parts(module: nn.Module) -> list[tuple[str, Any]]:
    """Return modules and parameters by name."""
    return [*module.named_modules(), *module.named_parameters()]


def _ids(parts: Sequence[tuple[str, Any]]) -> list[tuple[str, int]]:
    """Return names and identities, by which parts are compared: tensors are compared element by element."""
    return [(name, id(part)) for name, part in parts]


class _Tracer(OpRecorder):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """Adds to each op the module that ran it, the parameters that it read, and where its tensors lie in memory."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.modules = {path: type(part).__name__ for path, part in module.named_modules()}
        self.parameters = {name: parameter.numel() for name, parameter in module.named_parameters()}
        self._running: list[tuple[str, int]] = []
        self._calls: Counter[str] = Counter()
        # Names of parameters by storage, which their views share; also for tensors computed from parameters alone.
        self._names: dict[int, tuple[str, ...]] = {}
        self._kept: dict[int, torch.Tensor] = {}
        for buffer in module.buffers():
            self._name(buffer, ())
        for name, parameter in module.named_parameters():
            self._name(parameter, (name,))
        self._lasting = frozenset(self._names)
        # Which output of which op wrote a storage last.
        self._writers: dict[int, tuple[int, int]] = {}
        self._strangers: dict[int, nn.Parameter] = {}

    def enter(self, path: str, *_: Any) -> None:
        """Note that a module is called."""
        self._running.append((path, self._calls[path]))
        self._calls[path] += 1

    def leave(self, path: str, *_: Any) -> None:
        """Note that a module returns, and with it those that were called in it and raised."""
        while self._running and self._running.pop()[0] != path:
            pass

    def place(self) -> str:
        """Return the innermost module that is running, for messages."""
        path = self._running[-1][0] if self._running else ""
        return f"{path or 'the model'} ({self.modules[path]})"

    def unregistered(self) -> int:
        """Return the number of elements in parameters that were read and that no module has registered."""
        return sum(parameter.numel() for parameter in self._strangers.values())

    def execute(self, func: Any, args: Any, kwargs: Any) -> Any:
        for tensor in tensors((args, kwargs)):
            if isinstance(tensor, nn.Parameter) and _storage(tensor) not in self._lasting:
                self._strangers[_storage(tensor)] = tensor
        return _normalized(func, args) or func(*args, **kwargs)

    def record(self, func: Any, inputs: Tensors, outputs: Tensors, args: Any, kwargs: Any, **more: Any) -> None:
        made_of = [self._names.get(_storage(tensor)) for tensor in inputs]
        constant = None not in made_of
        names = tuple(dict.fromkeys(name for found in made_of for name in found or ()))
        for tensor in outputs:
            if constant:
                self._name(tensor, names)
            elif _storage(tensor) not in self._lasting:  # it is no constant from now on
                self._names.pop(_storage(tensor), None)
                self._kept.pop(_storage(tensor), None)
        read = tuple(map(self._place, inputs))
        self._writers.update({_storage(tensor): (len(self.ops), index) for index, tensor in enumerate(outputs)})
        module, call = self._running[-1] if self._running else ("", 0)
        more |= {
            "module": module,
            "call": call,
            "input_sizes": tuple(tensor.element_size() for tensor in inputs),
            "output_sizes": tuple(tensor.element_size() for tensor in outputs),
            "parameters": tuple((index, found) for index, found in enumerate(made_of) if found),
            "settings": tuple(_settings(func, args, kwargs)) if isinstance(func, OpOverload) else (),
            "read": read,
            "written": tuple(map(self._place, outputs)),
        }
        super().record(func, inputs, outputs, args, kwargs, **more)

    def _place(self, tensor: torch.Tensor) -> MemoryPlace:
        storage = _storage(tensor)
        unwritten = (CONSTANT if storage in self._names else GIVEN, 0)
        try:
            offset, strides = int(tensor.storage_offset()), tuple(map(int, tensor.stride()))
        except (NotImplementedError, RuntimeError):  # a sparse one has none
            offset, strides = 0, ()
        return MemoryPlace(*self._writers.get(storage, unwritten), offset, strides)

    def _name(self, tensor: torch.Tensor, names: tuple[str, ...]) -> None:
        storage = _storage(tensor)
        if storage:
            self._names[storage] = tuple(dict.fromkeys((*self._names.get(storage, ()), *names)))
            self._kept[storage] = tensor  # so that no other tensor gets the same storage


def _normalized(func: Any, args: Sequence[Any]) -> tuple[torch.Tensor, ...] | None:
    """Return the outputs of batch normalization in inference without data; torch needs a dozen ops for their shapes."""
    if func is not torch.ops.aten._native_batch_norm_legit_no_training.default or not isinstance(args[0], FakeTensor):
        return None
    return torch.empty_like(args[0]), args[0].new_empty(0), args[0].new_empty(0)


def _settings(func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the arguments of an op that are plain values, by name."""
    named = dict(zip((argument.name for argument in func._schema.arguments), args, strict=False))
    for name, value in {**named, **kwargs}.items():
        if isinstance(value, (list, tuple)) and all(isinstance(item, (bool, int, float)) for item in value):
            yield name, tuple(value)
        elif isinstance(value, (bool, int, float, str)):
            yield name, value


def _storage(tensor: torch.Tensor) -> int:
    """Return an id of a tensor's storage; 0 for sparse tensors, which have none."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return 0
