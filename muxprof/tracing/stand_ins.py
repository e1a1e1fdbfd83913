"""Stand-ins for a user's model: copies in eval mode, with tensors that have shapes and no data, or with real ones.

The model itself is never called, hooked or put in another mode.
"""

from __future__ import annotations

import copy
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from muxprof.errors import BadInput
from muxprof.records import ModelInput, Shape
from muxprof.tracing.quiet import patched
from muxprof.tracing.target import label_of, users_code

if TYPE_CHECKING:
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

_T = TypeVar("_T")

#: Logs errors of tensors without data, which are raised as well or do not matter to a second try.
_LOG = logging.getLogger("torch._subclasses.fake_tensor")

#: A module, or a callable that makes one.
Source: TypeAlias = nn.Module | Callable[..., Any]


@dataclass(frozen=True)
class Model:
    """A module, or a class or factory that makes one when it is called with ``arguments``."""

    source: Source
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def module(self) -> nn.Module:
        """Return the module itself, or a new one; raises :class:`BadInput` if that fails or gives something else."""
        if isinstance(self.source, nn.Module):
            return self.source
        name = label_of(self.source)
        with users_code(f"{name}({', '.join(f'{key}={value!r}' for key, value in self.arguments.items())})"):
            made = self.source(**self.arguments)
        if not isinstance(made, nn.Module):
            raise BadInput(f"{name} gives a {type(made).__name__}; it must give a torch.nn.Module.")
        return made


@dataclass(frozen=True)
class StandIn:
    """A copy of a model in eval mode, and a tensor for each of its inputs; ``real`` says whether they have data.

    ``names`` are those of the arguments, None for an input by position. ``training`` says whether the model had a
    module in train mode. ``fake`` is where tensors live that have shapes only.
    """

    module: nn.Module
    names: tuple[str | None, ...]
    tensors: tuple[torch.Tensor, ...]
    real: bool = False
    training: bool = False
    fake: FakeTensorMode | None = None

    def world(self) -> AbstractContextManager[Any]:
        """Return the context in which its tensors are created: within it, tensors have shapes only, unless ``real``."""
        return self.fake or nullcontext()

    def split(self, values: Sequence[_T]) -> tuple[tuple[_T, ...], dict[str, _T]]:
        """Split one value for each input into positional and keyword arguments."""
        pairs = list(zip(self.names, values, strict=True))
        return tuple(value for name, value in pairs if name is None), {name: value for name, value in pairs if name}

    def call(self, tensors: Sequence[torch.Tensor]) -> Any:
        """Call the module with these inputs."""
        positional, named = self.split(tensors)
        return self.module(*positional, **named)

    def run(self, watcher: AbstractContextManager[Any], *, apart: bool = True) -> None:
        """Run a forward pass within ``watcher``, without gradients; ``apart`` splits fused ops into matrix products."""
        unlogged, fusing = patched(_LOG, disabled=True), taken_apart() if apart else nullcontext()
        with self.world(), unlogged, torch.no_grad(), fusing, watcher:
            self.call(self.tensors)


def with_data(model: Model, inputs: Sequence[ModelInput]) -> StandIn:
    """Return a stand-in on the CPU, with zeros as inputs; raises :class:`BadInput` if it cannot be made or copied."""
    return _stand_in(model, inputs, None)


def without_data(model: Model, inputs: Sequence[ModelInput], sizes: ShapeEnv | None = None) -> StandIn:
    """Return a stand-in without data; a model that cannot be made without data is made with data first.

    ``sizes`` lets its tensors have symbolic sizes. Raises :class:`BadInput` if the model cannot be made or copied.
    """
    fake = FakeTensorMode(allow_non_fake_inputs=True, shape_env=sizes)
    try:
        return _stand_in(model, inputs, fake)
    except BadInput:
        if isinstance(model.source, nn.Module):
            raise
        return _stand_in(Model(model.module()), inputs, fake)


def on_meta(module: nn.Module, shape: Shape) -> StandIn:
    """Return a stand-in on the meta device, which is faster than fake tensors, with one input of ``shape``."""
    tensors = (*module.parameters(), *module.buffers())
    if any(part.training for part in module.modules()) or not all(tensor.is_meta for tensor in tensors):
        module = copy.deepcopy(module).to("meta").eval()  # otherwise a pass changes nothing in it
    return StandIn(module, (None,), (torch.empty(shape, device="meta", dtype=_dtype(module)),))


def _stand_in(model: Model, inputs: Sequence[ModelInput], fake: FakeTensorMode | None) -> StandIn:
    with fake or nullcontext():
        module = model.module()
    _refuse_lazy(module)
    try:
        module = _copied(module, fake)
    except BadInput:
        if module is model.source:
            raise
    training = any(part.training for part in module.modules())
    module.eval()
    with fake or nullcontext():
        tensors = tuple(_zeros(each, _dtype(module)) for each in inputs)
    return StandIn(module, tuple(each.name for each in inputs), tensors, fake is None, training, fake)


def _copied(module: nn.Module, fake: FakeTensorMode | None) -> nn.Module:
    """Return a deep copy in which the tensors that modules hold are replaced, so that fake ones take no memory."""
    memo: dict[int, Any] = {}
    for part in module.modules():
        held = (*part._parameters.values(), *part._buffers.values(), *vars(part).values())
        memo |= {id(tensor): _replaced(tensor, fake) for tensor in held if isinstance(tensor, torch.Tensor)}
    with users_code(f"copying {type(module).__name__}"):
        return copy.deepcopy(module, memo)


def _refuse_lazy(module: nn.Module) -> None:
    """Raise :class:`BadInput` for a model with parameters that have no shape yet."""
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if isinstance(tensor, (nn.UninitializedParameter, nn.UninitializedBuffer)):
            raise BadInput(
                f"{name} of {type(module).__name__} has no shape yet: call the model once before it is traced."
            )


def _replaced(tensor: torch.Tensor, fake: FakeTensorMode | None) -> torch.Tensor:
    if isinstance(tensor, FakeTensor) and (fake is None or tensor.fake_mode is fake):
        return tensor  # it has no data that could be changed
    if fake is None:
        # A model that was made on the meta device has no data.
        made = torch.zeros_like(tensor, device="cpu") if tensor.is_meta else tensor.detach().clone()
    elif tensor.device.type == "cpu" and not isinstance(tensor, FakeTensor):
        made = fake.from_tensor(tensor.detach(), static_shapes=True)
    else:
        with fake:  # a deep copy of a fake tensor has a copied fake mode, too
            made = torch.empty(tensor.shape, dtype=tensor.dtype)
    return nn.Parameter(made, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else made


def _zeros(given: ModelInput, default: torch.dtype) -> torch.Tensor:
    return torch.zeros(given.shape, dtype=default if given.dtype is None else getattr(torch, given.dtype))


def _dtype(module: nn.Module) -> torch.dtype:
    return next((each.dtype for each in module.parameters() if each.is_floating_point()), torch.float32)


@contextmanager
def taken_apart() -> Iterator[None]:
    """Disable fused attention and fused recurrent layers, so that their matrix products are dispatched one by one."""
    cuda, mha = torch.backends.cuda, torch.backends.mha
    switches: list[tuple[Callable[[], bool], Callable[[bool], None]]] = [
        (cuda.flash_sdp_enabled, cuda.enable_flash_sdp),
        (cuda.mem_efficient_sdp_enabled, cuda.enable_mem_efficient_sdp),
        (cuda.cudnn_sdp_enabled, cuda.enable_cudnn_sdp),
        (mha.get_fastpath_enabled, mha.set_fastpath_enabled),
        (torch._C._get_mkldnn_enabled, torch._C._set_mkldnn_enabled),
    ]
    with ExitStack() as stack:
        for get, put in switches:
            stack.callback(put, get())
            put(False)
        # flex_attention asks to be compiled, which it cannot be while it is watched.
        flex, switch = sys.modules.get("torch.nn.attention.flex_attention"), "_FLEX_ATTENTION_DISABLE_COMPILE_DEBUG"
        if hasattr(flex, switch):  # otherwise it was not imported, and no model calls it
            stack.enter_context(patched(flex, **{switch: True}))
        yield
