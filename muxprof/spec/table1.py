"""The options of the published search space; an empty S is none.

Source: MUXConv supplement, Table 1.
"""

from fractions import Fraction

#: Of the normal blocks. Expansions are those of the reduction blocks, too; S is searched in some stages only.
KERNELS, EXPANSIONS, GROUPS, REPETITIONS = (3, 5), (Fraction(4), Fraction(6)), (1, 2, 4), (0, 1, 2, 3)
LEAVE_OUTS = (Fraction(0), Fraction(1, 4), Fraction(1, 2))
SPATIAL: tuple[tuple[int, ...], ...] = ((), (-1, 0, 0), (0, 0, 1), (1, 0, 1), (-1, 0, 0, 1))
SPATIAL_STAGES = (2, 3)
REDUCTION_KERNELS: tuple[tuple[int, ...], ...] = ((3,), (3, 5, 7), (3, 5, 7, 9))
