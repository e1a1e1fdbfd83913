"""A grid of configurations in one call: which blocks of the search space cost at most half of MobileNet's?

Run: python examples/sweep_configurations.py
"""

import numpy as np

import muxprof


def main() -> None:
    """Print how many of a grid's blocks halve the cost, and the widest of them."""
    C = np.arange(16, 513, 16)[:, None, None]
    G = np.array([1, 2, 4])[None, :, None]
    L = np.array([0.0, 0.25, 0.5])[None, None, :]
    found = muxprof.sweep(C=C, E=6, G=G, L=L, K=3, H=14, W=14)
    halved = found.ratio <= 0.5
    print(f"{int(halved.sum())} of {halved.size} configurations cost at most half of MobileNet's block")
    at = np.argwhere(halved)[-1]
    widest = f"C = {C[at[0], 0, 0]}, G = {G[0, at[1], 0]}, L = {L[0, 0, at[2]]}"
    print(f"the widest: {widest}, {found.madds[tuple(at)]:,} MAdds")


if __name__ == "__main__":
    main()
