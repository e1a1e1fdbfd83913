"""The cross-check of subjects by independent counters."""
