"""A network and Figure 4 as files: JSON for programs, a page for people.

Run: python examples/save_reports.py [FOLDER]
"""

import sys
from pathlib import Path

import muxprof


def main(folder: Path) -> None:
    """Write the reports into ``folder``, and read one back."""
    saved = muxprof.model("muxnet-l", depth="stage").save(folder / "muxnet-l.json")
    muxprof.heatmap("madds", C=80).save(folder / "ratio.html")
    again = muxprof.load(saved)
    print(again.subjects[0].name, f"{again.subjects[0].totals.madds:,} MAdds")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())
