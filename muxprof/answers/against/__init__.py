"""against."""
