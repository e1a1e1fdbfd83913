"""A model without data gives the shapes and types that it gives with data."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from muxprof.records import ModelInput, TracedOp
from muxprof.tracing.stand_ins import Model, with_data, without_data
from muxprof.tracing.tracer import fused_ops


class Norms(nn.Module):
    """Batch normalization of all that it may be given, once it is ``prepared``."""

    def __init__(self, prepared: Any, dtype: torch.dtype = torch.float32, **options: Any) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(4, dtype=dtype, **options)
        self.prepared = prepared

    def forward(self, x: torch.Tensor) -> Any:
        return self.norm(self.prepared(x))


def ops_of(model: nn.Module, *, real: bool) -> tuple[TracedOp, ...]:
    made = with_data if real else without_data
    return fused_ops(made(Model(model), (ModelInput(shape=(2, 4, 6, 8), name=None, dtype="float32"),)))


@pytest.mark.parametrize(
    "model",
    [
        Norms(lambda x: x),
        Norms(lambda x: x.contiguous(memory_format=torch.channels_last)),
        Norms(lambda x: x[:, :, ::2, 1:]),
        Norms(lambda x: x.transpose(2, 3)),
        Norms(lambda x: x, affine=False),
        Norms(lambda x: x, track_running_stats=False),
        Norms(lambda x: x.bfloat16()),
        Norms(lambda x: x.double(), dtype=torch.float64),
    ],
    ids=["plain", "channels last", "cut", "turned", "not affine", "batch statistics", "narrower", "wider"],
)
def test_batch_normalization(model: Norms, monkeypatch: pytest.MonkeyPatch) -> None:
    without, data = ops_of(model, real=False)[-1], ops_of(model, real=True)[-1]
    assert all("batch_norm" in op.name for op in (without, data))
    assert (without.inputs, without.outputs[0]) == (data.inputs, data.outputs[0])
    assert (without.input_sizes, without.output_sizes[0]) == (data.input_sizes, data.output_sizes[0])
    assert without.settings
    assert (without.settings, without.read) == (data.settings, data.read)
    training = not model.norm.track_running_stats
    assert without.outputs[1:] == data.outputs[1:] == ((4,) if training else (0,),) * 2
    monkeypatch.setattr("muxprof.tracing.tracer._normalized", lambda *_: None)
    assert ops_of(model, real=False)[-1].written[0] == without.written[0]
