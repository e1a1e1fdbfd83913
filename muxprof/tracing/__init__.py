"""Traces, independent counters and symbolic ops of models. Nothing here reads a spec or a closed form."""

from muxprof.tracing.counters.run import count

__all__ = ["count"]
