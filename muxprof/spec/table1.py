"""The published search space's choices of G and L.

Source: MUXConv supplement, Table 1 (normal blocks).
"""

from fractions import Fraction

GROUPS = (1, 2, 4)
LEAVE_OUTS = (Fraction(0), Fraction(1, 4), Fraction(1, 2))
