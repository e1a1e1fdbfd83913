"""Independent counters over a built module, one adapter per counter. Nothing here reads the cost model or a spec."""

from muxprof.trace.run import count

__all__ = ["count"]
