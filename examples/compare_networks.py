"""Which network is the smallest, and how do the others compare? The zoo, and a few of it side by side.

Run: python examples/compare_networks.py
"""

import muxprof


def main() -> None:
    """Print the three networks of the zoo with the fewest MAdds, then ratios to MobileNetV2."""
    zoo = sorted(muxprof.models().subjects, key=lambda subject: subject.totals.madds)
    for subject in zoo[:3]:
        print(f"{subject.name:20} {subject.totals.madds:13,} MAdds")

    first, *others = muxprof.compare("mobilenetv2", "muxnet-m", "resnet18").subjects
    for subject in others:
        ratio = subject.totals.madds / first.totals.madds
        print(f"{subject.name} has {ratio:.3f} times the MAdds of {first.name}")


if __name__ == "__main__":
    main()
