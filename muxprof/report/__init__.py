"""One report for every command: subjects, their layers joined by path, checks, ratios; and its codec."""

from muxprof.report.types import Report, Subject

__all__ = ["Report", "Subject"]
