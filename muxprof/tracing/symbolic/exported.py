"""The ops of a model over the sizes of its inputs, by ``torch.export`` with dynamic shapes.

The exported graph keeps torch's composite ops. It is executed once more, on its own tensors without data, and then
dispatches the ops that a forward pass of the model dispatches.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.export import Dim, export
from torch.fx.experimental.symbolic_shapes import DimConstraints, ShapeEnv

from muxprof.records import ModelInput
from muxprof.tracing.quiet import patched, quiet
from muxprof.tracing.stand_ins import Model, taken_apart, with_data, without_data
from muxprof.tracing.symbolic.ops import NoFormError, Replayed, SymbolicOps, SymbolicPass, finished

#: Models with more weights are not made with data, which an export needs.
MAX_WEIGHTS = 1 << 28
#: Texts of errors are cut after so many characters.
_LONGEST = 160

#: What errors of torch mean, by a part of their text or class.
_KNOWN = {
    "data-dependent": "what it does depends on the values in its tensors",
    "DataDependent": "what it does depends on the values in its tensors",
    "unbacked": "the sizes of its tensors depend on values in them",
    "TimeoutError": "torch takes too long over the sizes",
    "Constraints violated": "torch finds no conditions for the sizes that it can write down",
}


def exported(model: Model, inputs: tuple[ModelInput, ...], free: Sequence[Sequence[int]]) -> SymbolicPass:
    """Return a pass of a model over inputs of which the dimensions in ``free``, by index, may vary.

    Sizes that may vary have to be above 1. Raises :class:`NoFormError` where ``torch.export`` cannot follow the
    model, and :class:`BadInput` where it cannot be made.
    """
    weights = sum(each.numel() for each in without_data(model, inputs).module.parameters())
    if weights > MAX_WEIGHTS:
        raise NoFormError(f"its {weights:,} weights are too many to export it with data")
    stand_in = with_data(model, inputs)
    module = stand_in.module
    positional, named = stand_in.split(stand_in.tensors)
    dims, named_dims = stand_in.split([dict.fromkeys(each, Dim.AUTO) for each in free])
    try:
        shapes: Any = dict(inspect.signature(module.forward).bind(*dims, **named_dims).arguments) if named else dims
        # Solving for sizes may take minutes, and serves only for advice in error messages.
        unsolved = patched(DimConstraints, solve=lambda _: None)
        with quiet(), torch.no_grad(), taken_apart(), unsolved:
            program = export(module, positional, named, dynamic_shapes=shapes, strict=False)
            return _replayed(program, stand_in.names)
    except Exception as error:  # whatever export stumbles over in somebody's module
        raise NoFormError(f"torch.export cannot follow it: {reason(error)}") from error


def _replayed(program: Any, names: Sequence[str | None]) -> SymbolicPass:
    """Execute an exported graph once more; ``names`` are those of the inputs, None for one by position."""
    recorder = SymbolicOps()
    values = {node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"}
    fake = next(value.fake_mode for value in values.values() if isinstance(value, FakeTensor))
    inputs = {name: values[name] for name in program.graph_signature.user_inputs if name in values}
    given = {name: recorder.shape(value) for name, value in inputs.items() if isinstance(value, torch.Tensor)}
    named = {name: given.pop(name) for name in names if name is not None}
    positional = iter(given.values())
    with fake, recorder:
        Replayed(program.graph_module, recorder).run(*values.values())
    shapes = [next(positional) if name is None else named[name] for name in names]
    return finished(recorder.ops, shapes, cast(ShapeEnv, fake.shape_env))


def reason(error: BaseException) -> str:
    """Return what an error of torch says, as part of a sentence."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    whole = f"{type(error).__name__}: {' '.join(lines)}"
    for part, meaning in _KNOWN.items():
        if part in whole:
            return meaning
    text = f"{type(error).__name__}: {lines[0]}".split(". ")[0] if lines else type(error).__name__
    return text.rstrip(".") if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} ..."
