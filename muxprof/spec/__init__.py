"""What a block or a network is: frozen, checked, and free of torch.

Four consumers read a spec (cost, nets, trace and timing) and do not read each other.
"""

from muxprof.spec.blocks import Block, DsBlock, IrBlock, MuxBlock
from muxprof.spec.networks import Head, Network, Published, Stage, Stem

__all__ = ["Block", "DsBlock", "Head", "IrBlock", "MuxBlock", "Network", "Published", "Stage", "Stem"]
