"""The closed forms: what every op of a spec costs, over ints, fractions, numpy arrays and sympy symbols alike."""
