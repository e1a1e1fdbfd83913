"""The tracer: every op of one forward pass, as torch dispatches it, with the module that ran it.

Ops are seen below autograd, so that it does not matter how they were called: by a module, a subclass, a function or a
Python autograd Function. Views are left out: they move no data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch._ops import OpOverload
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import TorchDispatchMode

from muxprof.errors import BadInput
from muxprof.records import CONSTANT, GIVEN, MemoryPlace, ModelInput, ModelTrace, TracedOp
from muxprof.tracing.stand_ins import Source, Twin, made_by, refuse_lazy
from muxprof.tracing.target import described, label_of, users_code

#: A model with more weights is run without data or not at all; 1 GiB in fp32.
MAX_REAL_ELEMENTS = 1 << 28

_CONVOLUTIONS = ("aten.convolution", "aten._convolution")
_STRIDE, _TRANSPOSED, _GROUPS = 3, 6, 8


def trace_model(
    source: Source, arguments: Mapping[str, Any], inputs: tuple[ModelInput, ...]
) -> tuple[ModelTrace, Twin]:
    """One forward pass of a model, on tensors without data where it can run on these; and the copy that ran.

    ``source`` is a module, which is left as it is, or makes one when it is called with ``arguments``. Raises
    :class:`BadInput` for a model that cannot be made or run.
    """
    twin = _without_data(source, arguments, inputs)
    try:
        return _traced(twin, inputs), twin
    except BadInput as error:
        weights = sum(each.numel() for each in twin.module.parameters())
        if weights > MAX_REAL_ELEMENTS:
            raise BadInput(
                f"{error} That was without data, and {weights:,} weights are too many to run it with."
            ) from error
    # It asks for the values of tensors, perhaps, or it is at fault: then it says so again.
    twin = Twin(source, arguments, inputs, real=True)
    return _traced(twin, inputs), twin


def fused_ops(twin: Twin, below: AbstractContextManager[Any] | None = None) -> tuple[TracedOp, ...]:
    """The ops of one forward pass of a copy where torch fuses what it can, which hooks on modules would keep it from.

    ``below`` is entered before they are watched. Raises what the model raises, and what torch does where it cannot run
    a fused op without data.
    """
    recorder = _Recorder(twin.module, hooked=False)
    with twin.world(), below or nullcontext():
        twin.run(recorder, apart=False)
    return tuple(recorder.ops)


def _without_data(source: Source, arguments: Mapping[str, Any], inputs: tuple[ModelInput, ...]) -> Twin:
    """A twin without data; a model whose making asks for values is made with them first."""
    if isinstance(source, nn.Module):
        refuse_lazy(source)
        return Twin(source, arguments, inputs, real=False)
    try:
        return Twin(source, arguments, inputs, real=False)
    except BadInput:
        return Twin(made_by(source, arguments), {}, inputs, real=False)


def _traced(twin: Twin, inputs: tuple[ModelInput, ...]) -> ModelTrace:
    before = _parts(twin.module)
    recorder = _recorded(twin)
    if not _are_the_same(before, _parts(twin.module)):
        recorder = _recorded(twin)  # it has made or replaced parts of itself; a second pass finds them in place
    return ModelTrace(
        ops=tuple(recorder.ops),
        parameters=recorder.parameters,
        modules={path: type(part).__name__ for path, part in twin.module.named_modules()},
        inputs=inputs,
        training=twin.training,
        real=twin.real,
        unregistered=recorder.unregistered(),
    )


def _recorded(twin: Twin) -> _Recorder:
    recorder = _Recorder(twin.module)
    try:
        with users_code(f"the forward pass of {label_of(twin.module)}"):
            _run(twin, recorder)
    finally:
        recorder.remove_hooks()
    return recorder


def _parts(module: nn.Module) -> list[tuple[str, Any]]:
    """Modules and parameters by name."""
    return [*module.named_modules(), *module.named_parameters()]


def _are_the_same(before: list[tuple[str, Any]], after: list[tuple[str, Any]]) -> bool:
    return len(before) == len(after) and all(
        name == other and part is found for (name, part), (other, found) in zip(before, after, strict=True)
    )


def _run(twin: Twin, recorder: _Recorder) -> None:
    try:
        twin.run(recorder)
    except Exception as error:
        raise BadInput(f"the forward pass raises, in {recorder.place()}, {described(error)}") from error


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """Writes down what is dispatched while it is active."""

    supports_higher_order_operators = True

    def __init__(self, module: nn.Module, *, hooked: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ops: list[TracedOp] = []
        self.parameters: dict[str, int] = {}
        self._classes = {path: type(part).__name__ for path, part in module.named_modules()}
        self._running: list[tuple[str, int]] = []
        self._calls: Counter[str] = Counter()
        # Names by storage: views of a parameter share its storage. Tensors made of parameters and constants join in.
        self._names: dict[int, tuple[str, ...]] = {}
        self._kept: dict[int, torch.Tensor] = {}
        for buffer in module.buffers():
            self._name(buffer, ())
        for name, parameter in module.named_parameters():
            self.parameters[name] = parameter.numel()
            self._name(parameter, (name,))
        self._lasting = frozenset(self._names)
        # Which output of which op wrote a storage last.
        self._writers: dict[int, tuple[int, int]] = {}
        self._strangers: dict[int, nn.Parameter] = {}
        self._hooks = (
            [hook for path, part in module.named_modules() for hook in self._watched(path, part)] if hooked else []
        )

    def remove_hooks(self) -> None:
        """Leave the modules without hooks of ours."""
        for hook in self._hooks:
            hook.remove()

    def place(self) -> str:
        """The innermost module that is running, for messages."""
        path = self._running[-1][0] if self._running else ""
        return f"{path or 'the model'} ({self._classes[path]})"

    def unregistered(self) -> int:
        """Elements of the parameters that were read and that no module knows."""
        return sum(parameter.numel() for parameter in self._strangers.values())

    def _watched(self, path: str, part: nn.Module) -> Iterator[Any]:
        if isinstance(part, torch.jit.ScriptModule):
            return  # these take no hooks: what they execute counts as their parent's

        def enter(*_: Any) -> None:
            self._running.append((path, self._calls[path]))
            self._calls[path] += 1

        def leave(*_: Any) -> None:
            while self._running and self._running.pop()[0] != path:
                pass  # modules that raised, and whose caller went on

        yield part.register_forward_pre_hook(enter, prepend=True)
        yield part.register_forward_hook(leave)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Execute ``func``, and write it down unless it moves and computes nothing."""
        kwargs = kwargs or {}
        if isinstance(func, OpOverload) and func.namespace == "aten":
            with self:  # composite ops get here in inference mode only
                made = func.decompose(*args, **kwargs)
            if made is not NotImplemented:
                return made
        for tensor in _tensors((args, kwargs)):
            if isinstance(tensor, nn.Parameter) and _storage(tensor) not in self._lasting:
                self._strangers[_storage(tensor)] = tensor
        result = _normalized(func, args) or func(*args, **kwargs)
        if not (isinstance(func, OpOverload) and _only_looks(func)):
            self._write(func, list(_tensors((args, kwargs))), list(_tensors(result)), args, kwargs)
        return result

    def _write(
        self,
        func: Any,
        inputs: list[torch.Tensor],
        outputs: list[torch.Tensor],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        ours = isinstance(func, OpOverload) and func.namespace == "aten"
        if ours and not outputs and "_foreach" not in func.__name__:
            return  # a question about tensors, such as their values, or an assertion
        name = f"{func.namespace}.{func._overloadpacket.__name__}" if isinstance(func, OpOverload) else f"higher.{func}"
        made_of = [self._names.get(_storage(tensor)) for tensor in inputs]
        constant = None not in made_of
        names = tuple(dict.fromkeys(name for found in made_of for name in found or ()))
        for tensor in outputs:
            if constant:
                self._name(tensor, names)
            elif _storage(tensor) not in self._lasting:
                self._forget(tensor)
        read = tuple(map(self._place, inputs))
        self._writers.update({_storage(tensor): (len(self.ops), index) for index, tensor in enumerate(outputs)})
        module, call = self._running[-1] if self._running else ("", 0)
        is_convolution = name in _CONVOLUTIONS
        self.ops.append(
            TracedOp(
                module=module,
                call=call,
                name=name,
                inputs=tuple(map(_shape, inputs)),
                outputs=tuple(map(_shape, outputs)),
                input_sizes=tuple(tensor.element_size() for tensor in inputs),
                output_sizes=tuple(tensor.element_size() for tensor in outputs),
                parameters=tuple((index, found) for index, found in enumerate(made_of) if found),
                stride=tuple(map(int, args[_STRIDE])) if is_convolution else None,
                groups=int(args[_GROUPS]) if is_convolution else 1,
                transposed=bool(args[_TRANSPOSED]) if is_convolution else False,
                pointwise=ours and torch.Tag.pointwise in func.tags,
                settings=tuple(_settings(func, args, kwargs)) if isinstance(func, OpOverload) else (),
                read=read,
                written=tuple(map(self._place, outputs)),
            )
        )

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

    def _forget(self, tensor: torch.Tensor) -> None:
        """What was constant until now is written to."""
        self._names.pop(_storage(tensor), None)
        self._kept.pop(_storage(tensor), None)


def _normalized(func: Any, args: Sequence[Any]) -> tuple[torch.Tensor, ...] | None:
    """What inference's batch normalization gives without data; torch finds the shapes by a dozen ops, each time."""
    if func is not torch.ops.aten._native_batch_norm_legit_no_training.default or not isinstance(args[0], FakeTensor):
        return None
    return torch.empty_like(args[0]), args[0].new_empty(0), args[0].new_empty(0)


def _only_looks(func: OpOverload) -> bool:
    """Whether an op gives another view of its input, or answers a question about it."""
    return func.namespace == "prim" or bool(func.is_view) or torch.Tag.inplace_view in func.tags


def _settings(func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments of an op that are plain values, by name."""
    named = dict(zip((argument.name for argument in func._schema.arguments), args, strict=False))
    for name, value in {**named, **kwargs}.items():
        if isinstance(value, (list, tuple)) and all(isinstance(item, (bool, int, float)) for item in value):
            yield name, tuple(value)
        elif isinstance(value, (bool, int, float, str)):
            yield name, value


def _storage(tensor: torch.Tensor) -> int:
    """What tells storages apart; 0 for tensors that have none, sparse ones."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return 0


def _shape(tensor: torch.Tensor) -> tuple[int, ...]:
    return tuple(int(size) for size in tensor.shape)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in arguments or results, nested or not, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from _tensors(tuple(value.values()))
    elif isinstance(value, Iterable) and isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
