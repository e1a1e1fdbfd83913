"""``python -m muxprof``."""

from muxprof.start import main

if __name__ == "__main__":
    main()
