"""Real torch modules for every spec, written by hand from the spec and not from the cost model.

Every op is a leaf module of its own, data movers included, so that each has a path: the same path as the cost leaf
that it is compared with.
"""

from muxprof.nets.build import build

__all__ = ["build"]
