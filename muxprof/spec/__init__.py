"""What a block or a network is: frozen, checked, and free of torch.

Four consumers read a spec (cost, nets, trace and timing) and do not read each other.
"""

from muxprof.spec.blocks import Block, DsBlock, IrBlock, MuxBlock

__all__ = ["Block", "DsBlock", "IrBlock", "MuxBlock"]
