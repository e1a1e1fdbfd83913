"""When is a MUXConv block worth it? Params, MAdds and the break-even at the widths of a network of yours.

Run: python examples/compare_blocks.py
"""

import muxprof


def main() -> None:
    """Print one line per width."""
    print("   C  params ratio  cheaper for L above  largest cheaper G at L = 0.25")
    for channels in (24, 40, 80, 112, 160):
        report = muxprof.block(C=channels, E=6, G=2, L="1/4", H=14, W=14)
        assert report.ratios is not None
        assert report.break_even is not None
        even = report.break_even
        print(f"{channels:4}  {float(report.ratios.params):12.4f}  {even.leave_out:19.4f}  {even.valid_group}")


if __name__ == "__main__":
    main()
