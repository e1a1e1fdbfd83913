"""Stand-ins for a user's model: copies in eval mode, with tensors that have shapes and no data, or with real ones.

The model itself is never called, never put in another mode and never hooked.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from muxprof.errors import BadInput
from muxprof.records import ModelInput
from muxprof.tracing.quiet import FAKE_TENSORS, unlogged
from muxprof.tracing.target import label_of, users_code

if TYPE_CHECKING:
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

#: A module, or what makes one.
Source: TypeAlias = nn.Module | Callable[..., Any]


class Twin:
    """A copy of a model in eval mode, and the inputs for it; ``real`` says whether its tensors have data.

    ``training`` says whether the model had a module in train mode.
    """

    def __init__(
        self,
        source: Source,
        arguments: Mapping[str, Any],
        inputs: tuple[ModelInput, ...],
        *,
        real: bool,
        sizes: ShapeEnv | None = None,
    ) -> None:
        """Copy or make the model; raises :class:`BadInput` where that fails or gives something else.

        ``sizes`` lets the tensors of a twin without data have symbolic sizes.
        """
        self.real = real
        self._fake = None if real else FakeTensorMode(allow_non_fake_inputs=True, shape_env=sizes)
        if isinstance(source, nn.Module):
            self.module = _copied(source, self._fake)
        else:
            with self.world():
                made = made_by(source, arguments)
                refuse_lazy(made)
            self.module = _own(made, self._fake)
        with self.world():
            refuse_lazy(self.module)
            self.training = any(part.training for part in self.module.modules())
            self.module.eval()
            dtype = _dtype(self.module)
            tensors = [(given.name, _tensor(given, dtype)) for given in inputs]
        self.positional = tuple(tensor for name, tensor in tensors if name is None)
        self.named = {name: tensor for name, tensor in tensors if name is not None}

    def world(self) -> AbstractContextManager[Any]:
        """Where its tensors live: in here, whatever is created has shapes only, unless they are real."""
        return nullcontext() if self._fake is None else self._fake

    def run(self, watcher: AbstractContextManager[Any], *, apart: bool = True) -> None:
        """One forward pass within ``watcher``, without gradients, with fused ops ``apart`` into matrix products."""
        with self.world(), unlogged(FAKE_TENSORS), torch.no_grad(), taken_apart() if apart else nullcontext(), watcher:
            self.module(*self.positional, **self.named)


def module_from(source: Source, arguments: Mapping[str, Any]) -> nn.Module:
    """The module itself, or the one that a class or factory makes; raises :class:`BadInput` where that fails."""
    return source if isinstance(source, nn.Module) else made_by(source, arguments)


def made_by(source: Callable[..., Any], arguments: Mapping[str, Any]) -> nn.Module:
    """The module that a class or factory makes; raises :class:`BadInput` where it fails or gives something else."""
    name = label_of(source)
    with users_code(f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"):
        made = source(**arguments)
    if not isinstance(made, nn.Module):
        raise BadInput(f"{name} gives a {type(made).__name__}; it must give a torch.nn.Module.")
    return made


def _own(made: nn.Module, fake: FakeTensorMode | None) -> nn.Module:
    """A copy of what a factory gave, which may be a model that its user keeps; or itself where it cannot be copied."""
    try:
        return _copied(made, fake)
    except BadInput:
        return made


def _copied(module: nn.Module, fake: FakeTensorMode | None) -> nn.Module:
    """A deep copy; tensors that modules hold are replaced on the way, so that fake ones cost no memory."""
    memo: dict[int, Any] = {}
    for part in module.modules():
        held = (*part._parameters.values(), *part._buffers.values(), *vars(part).values())
        for tensor in held:
            if isinstance(tensor, torch.Tensor):
                memo[id(tensor)] = _stand_in(tensor, fake)
    with users_code(f"copying {type(module).__name__}"):
        return copy.deepcopy(module, memo)


def refuse_lazy(module: nn.Module) -> None:
    """Refuse a model with parameters that have no shape yet; raises :class:`BadInput`."""
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if isinstance(tensor, (nn.UninitializedParameter, nn.UninitializedBuffer)):
            raise BadInput(
                f"{name} of {type(module).__name__} has no shape yet: call the model once before it is traced."
            )


def _stand_in(tensor: torch.Tensor, fake: FakeTensorMode | None) -> torch.Tensor:
    if isinstance(tensor, FakeTensor) and (fake is None or tensor.fake_mode is fake):
        return tensor  # there is no data that could be changed
    if fake is None:
        # A model that was made on the meta device has no data of its own.
        made = torch.zeros_like(tensor, device="cpu") if tensor.is_meta else tensor.detach().clone()
    elif tensor.device.type == "cpu" and not isinstance(tensor, FakeTensor):
        made = fake.from_tensor(tensor.detach(), static_shapes=True)
    else:
        with fake:  # a deep copy of a tensor without data has a copied world, too
            made = torch.empty(tensor.shape, dtype=tensor.dtype)
    return nn.Parameter(made, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else made


def _tensor(given: ModelInput, default: torch.dtype) -> torch.Tensor:
    return torch.zeros(given.shape, dtype=default if given.dtype is None else getattr(torch, given.dtype))


def _dtype(module: nn.Module) -> torch.dtype:
    return next((each.dtype for each in module.parameters() if each.is_floating_point()), torch.float32)


@contextmanager
def taken_apart() -> Iterator[None]:
    """No fused attention and no fused recurrent layers: their matrix products are seen one by one."""
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
        stack.enter_context(_uncompiled_attention())
        yield


@contextmanager
def _uncompiled_attention() -> Iterator[None]:
    """flex_attention wants to be compiled, which it cannot be while it is watched; torch has a switch for that."""
    flex = sys.modules.get("torch.nn.attention.flex_attention")  # where it was not imported, nobody calls it
    name = "_FLEX_ATTENTION_DISABLE_COMPILE_DEBUG"
    if flex is None or not hasattr(flex, name):
        yield
        return
    before = getattr(flex, name)
    setattr(flex, name, True)
    try:
        yield
    finally:
        setattr(flex, name, before)
