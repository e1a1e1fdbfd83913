"""Independent counters of a built module, one file per counter."""
