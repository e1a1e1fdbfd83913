"""Independent counters over a built module, one adapter per counter. Nothing here reads the cost model or a spec."""

from muxprof.tracing.counters.run import count

__all__ = ["count"]
