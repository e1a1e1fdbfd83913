"""The census of a search space: exact counts over all of its networks, by numpy's 64-bit integers.

Costs add up over stages, and each stage's options are few, so the cost vectors of half of the stages fit in memory.
Questions about all networks become questions about all pairs of a left and a right half, which are answered without
looking at every pair.
"""
