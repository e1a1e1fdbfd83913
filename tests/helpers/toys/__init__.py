"""What somebody could add to muxprof from outside: an answer, a section, a metric and a format, a file each."""
