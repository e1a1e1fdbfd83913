"""Spec -> module: the one entry to this package."""

from __future__ import annotations

import torch
from torch import nn

from muxprof.nets.networks import Classifier, block_module
from muxprof.spec.classic import AnyBlock
from muxprof.spec.networks import Network


def build(spec: AnyBlock | Network, device: str = "cpu") -> nn.Module:
    """The torch module of a spec, in eval mode and with freshly initialised weights.

    On ``device="meta"`` nothing is allocated.
    """
    with torch.device(device):
        module = Classifier(spec) if isinstance(spec, Network) else block_module(spec)
    return module.eval()
