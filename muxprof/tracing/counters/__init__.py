"""Independent counters of a module, one file per counter. None of them reads a spec, a closed form or a trace."""
