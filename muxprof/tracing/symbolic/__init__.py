"""The ops of a model over the sizes of its inputs, as sympy expressions."""
