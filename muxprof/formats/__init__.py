"""Formats: a file for each, none of which knows a command."""
