"""One report for every command: subjects, their layers joined by path, checks, ratios; and its codec."""
