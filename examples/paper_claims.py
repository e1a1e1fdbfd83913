"""Which claims of the supplement about complexity do not simply hold?

Run: python examples/paper_claims.py
"""

import muxprof


def main() -> None:
    """Print what differs or holds only under a condition, with what was computed."""
    for claim in muxprof.paper().claims:
        if claim.verdict in ("differs", "holds only under a condition"):
            print(f"{claim.place}: {claim.says}\n    {claim.verdict}: {claim.computed}")


if __name__ == "__main__":
    main()
