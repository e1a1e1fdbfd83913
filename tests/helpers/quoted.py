"""The tools that people quote, as they are called, each quiet: what they print for a model over its inputs."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

Tool: TypeAlias = Callable[[nn.Module, tuple[Tensor, ...]], int]


def by_torchinfo(module: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    import torchinfo

    return int(torchinfo.summary(module, input_data=list(inputs), verbose=0).total_mult_adds)


def by_torchprofile(module: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    import torchprofile

    return int(torchprofile.profile_macs(module, inputs))  # type: ignore[arg-type]  # a dict only if asked for


def by_thop(module: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    import thop

    return int(thop.profile(copy.deepcopy(module), inputs=inputs, verbose=False)[0])


def by_ptflops(module: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    import ptflops

    names = list(inspect.signature(module.forward).parameters)

    def given(_: object) -> Tensor | dict[str, Tensor]:
        return inputs[0] if len(inputs) == 1 else dict(zip(names, inputs, strict=False))

    with redirect_stdout(StringIO()):
        madds, _ = ptflops.get_model_complexity_info(
            copy.deepcopy(module),
            (1,),
            as_strings=False,
            print_per_layer_stat=False,
            backend="aten",
            input_constructor=given,
        )
    return int(madds)


def by_fvcore(module: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(module, inputs).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(analysis.tracer_warnings("none").total())


def by_torch(module: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    return int(counter.get_total_flops()) // 2


TOOLS: Mapping[str, Tool] = {
    "torchinfo 1.8.0": by_torchinfo,
    "torchprofile 0.1.0": by_torchprofile,
    "thop 0.1.1": by_thop,
    "ptflops 0.7.5, aten": by_ptflops,
    "fvcore 0.1.5": by_fvcore,
    "FlopCounterMode / 2": by_torch,
}


def printed(module: nn.Module, inputs: tuple[Tensor, ...], *, gradients: bool) -> dict[str, int | str]:
    """What each tool prints, or how it fails, with gradients on or off; what it warns of is its own."""
    found: dict[str, int | str] = {}
    with warnings.catch_warnings(), torch.set_grad_enabled(gradients):
        warnings.simplefilter("ignore")
        for tool, count in TOOLS.items():
            try:
                found[tool] = count(module, inputs)
            except Exception as error:  # whatever it stumbles over
                found[tool] = f"{type(error).__name__}: {error}"
    return found
