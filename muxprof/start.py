"""Where the program starts; an interruption is handled from here on, also while the command line is imported."""

import gc
import os
import sys

INTERRUPTED = 130
#: New objects before Python looks for unreachable cycles. By default it looks hundreds of times while torch is
#: imported, where there are none: a tenth of a trace's time.
CYCLES_AFTER = 100_000


def main() -> None:
    """Run the command line; exits 130, without a traceback, when interrupted."""
    gc.set_threshold(CYCLES_AFTER)
    try:
        from muxprof.cli.main import run

        run()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            print("interrupted.", file=sys.stderr)
        # What is half imported may not survive the usual way out.
        os._exit(INTERRUPTED)
