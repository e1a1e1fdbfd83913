"""The break-even and the derived formulas against the paper's formulas written out here."""

from fractions import Fraction

import sympy

from muxprof.cost import breakeven, symbolic

CASES = [(C, G, K) for C in (16, 24, 64, 320) for G in (1, 2, 4, 32) for K in (3, 5, 7)]


def paper_ratio(C: int, E: int, G: int, L: Fraction, K: int) -> Fraction:
    """Supplement, section 2: params of MUXConv over params of MobileNet."""
    c = (1 - L) * C
    return (c * E * c + G * E * c * K * K + E * c * c) / Fraction(C * E * C + E * C * K * K + E * C * C)


def test_leave_out_is_where_the_ratio_crosses_one() -> None:
    for C, G, K in CASES:
        at = breakeven.leave_out(C, G, K)
        # Rationals just beside it: dearer below, cheaper above.
        below, above = Fraction(at - 1e-6), Fraction(at + 1e-6)
        assert paper_ratio(C, 6, G, below, K) > 1 > paper_ratio(C, 6, G, above, K)


def test_the_issue_example() -> None:
    assert round(breakeven.leave_out(64, 2, 3), 4) == 0.0334
    assert breakeven.group(64, Fraction(1, 4), 3) == Fraction(260, 27)  # (137 / 0.75 - 96) / 9


def test_smallest_valid_leave_out_by_search() -> None:
    for C, G, K in CASES:
        valid = [Fraction(left, C) for left in range(C) if 6 * (C - left) % G == 0]
        expected = next((L for L in valid if paper_ratio(C, 6, G, L, K) < 1), None)
        assert breakeven.smallest_leave_out(C, G, K, Fraction(6)) == expected


def test_largest_valid_group_by_search() -> None:
    for C, L, K in [
        (64, Fraction(1, 4), 3),
        (64, Fraction(0), 3),
        (24, Fraction(1, 2), 5),
        (16, Fraction(3, 4), 7),
        (320, Fraction(1, 8), 3),
    ]:
        middle = int(6 * (1 - L) * C)
        cheaper = [G for G in range(1, middle + 1) if middle % G == 0 and paper_ratio(C, 6, G, L, K) < 1]
        assert breakeven.largest_group(C, L, K, middle) == max(cheaper, default=None)


def test_at_G_1_and_L_0_both_blocks_are_one() -> None:
    for C in (16, 64):
        assert breakeven.leave_out(C, 1, 3) == 0
        assert breakeven.group(C, Fraction(0), 3) == 1
        assert breakeven.largest_group(C, Fraction(0), 3, 6 * C) is None


def same(expression: object, text: str) -> bool:
    letters = {name: getattr(symbolic, name) for name in "CEGKHWL"}
    return bool(sympy.simplify(expression - sympy.sympify(text, locals=letters)) == 0)


def test_formulas_are_the_papers() -> None:
    found = symbolic.formulas()
    c = "(1 - L)*C"
    assert same(found.mux.params, f"{c}*E*{c} + G*E*{c}*K**2 + E*{c}*{c}")
    assert same(found.mux.madds, f"H*W*({c}*E*{c} + G*E*{c}*K**2 + E*{c}*{c})")
    assert same(found.mobilenet.params, "C*E*C + E*C*K**2 + E*C*C")
    assert same(found.mobilenet.madds, "H*W*(C*E*C + E*C*K**2 + E*C*C)")
    assert [same(a, b) for a, b in zip(found.mux.terms, (f"{c}*E*{c}", f"G*E*{c}*K**2", f"E*{c}*{c}"), strict=True)]


def test_the_ratio_is_in_lowest_terms_and_free_of_E_H_W() -> None:
    general, three = symbolic.formulas(), symbolic.formulas(3)
    assert str(three.ratio) == "(1 - L)*(2*C*(1 - L) + 9*G)/(2*C + 9)"
    assert str(general.ratio) == "(1 - L)*(2*C*(1 - L) + G*K**2)/(2*C + K**2)"
    assert general.ratio.free_symbols == {symbolic.C, symbolic.G, symbolic.K, symbolic.L}
    numerator, denominator = sympy.fraction(general.ratio)
    assert sympy.gcd(sympy.expand(numerator), denominator) == 1


def test_derived_break_even_solves_the_ratio() -> None:
    found = symbolic.formulas()
    for C, G, K in CASES:
        values = {symbolic.C: C, symbolic.G: G, symbolic.K: K}
        assert abs(float(found.leave_out.subs(values)) - breakeven.leave_out(C, G, K)) < 1e-12
        L = sympy.Rational(1, 8)
        group = found.group.subs({**values, symbolic.L: L})
        assert group == sympy.Rational(*breakeven.group(C, Fraction(1, 8), K).as_integer_ratio())
        assert found.ratio.subs({**values, symbolic.L: L, symbolic.G: group}) == 1
