"""The answers that muxprof gives: a folder for each question, and for each section that a report may have."""
