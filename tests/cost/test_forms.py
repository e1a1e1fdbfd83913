"""Closed forms in N, H and W: sizes in one form, and networks at every size."""

from __future__ import annotations

import random

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import muxprof
from muxprof import api
from muxprof.cli.main import app
from muxprof.cost import ops
from muxprof.cost.forms import ClosedForm, H, N, W, canonical, closed_form, network_form
from muxprof.cost.networks import network_ops
from muxprof.errors import BadInput
from muxprof.spec import zoo

convolutions = st.tuples(st.integers(1, 11), st.integers(1, 4), st.integers(0, 5)).filter(lambda c: 2 * c[2] < c[0] + 4)


@settings(max_examples=150, deadline=None)
@given(st.lists(convolutions, min_size=1, max_size=5), st.lists(st.integers(200, 400), min_size=3, max_size=3))
def test_nested_sizes_are_what_python_s_integers_are(layers: list[tuple[int, int, int]], heights: list[int]) -> None:
    symbolic = H
    for kernel, stride, padding in layers:
        symbolic = sympy.floor((symbolic + 2 * padding - kernel) / stride) + 1
    made = canonical(symbolic)
    for height in heights:
        size = height
        for kernel, stride, padding in layers:
            size = (size + 2 * padding - kernel) // stride + 1
        assert int(made.subs(H, height)) == size
    # One floor or ceiling at most is left, with nothing but H and whole numbers in it.
    rounded = made.atoms(sympy.floor, sympy.ceiling)
    assert len(rounded) <= 1
    assert all(part.args[0].atoms(sympy.floor, sympy.ceiling) == set() for part in rounded)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([(3, 2, 1)], sympy.ceiling(H / 2)),
        ([(3, 2, 1)] * 5, sympy.ceiling(H / 32)),
        ([(7, 2, 3), (3, 2, 1), (1, 2, 0)], sympy.ceiling(H / 8)),
        ([(2, 2, 0), (2, 2, 0)], sympy.floor(H / 4)),
        ([(4, 4, 0)], sympy.floor(H / 4)),
        ([(3, 1, 1)], H),
        ([(3, 1, 0)], H - 2),
    ],
)
def test_equal_sizes_look_equal(layers: list[tuple[int, int, int]], expected: object) -> None:
    size = H
    for kernel, stride, padding in layers:
        size = sympy.floor((size + 2 * padding - kernel) / stride) + 1
    assert canonical(size) == expected
    assert canonical(canonical(size)) == expected


def test_terms_are_gathered_and_ordered_by_size() -> None:
    form = closed_form([7 * N, 2 * N * H * W, N * 5 * sympy.ceiling(H / 2) * sympy.ceiling(W / 2), N * H * W, 4 * N])
    assert form.text == "N*(3*H*W + 5*ceil(H/2)*ceil(W/2) + 11)"
    assert form.at(N=2, H=3, W=5) == 2 * (45 + 5 * 2 * 3 + 11)
    assert form.symbols == ("N", "H", "W")
    assert form.latex.startswith(r"N \left(3 H W + 5 \left\lceil \frac{H}{2} \right\rceil")
    with pytest.raises(ValueError, match="give the sizes of H, W"):
        form.at(N=1)


def test_a_form_without_n_in_every_term_is_a_plain_sum() -> None:
    form = closed_form([6, 3 * N, N * (2 * sympy.floor((H + 1) / 4) - 2) * W])
    assert form.text == "2*N*W*(floor((H + 1)/4) - 1) + 3*N + 6"
    assert form.at(N=2, H=15, W=10) == 2 * 2 * 10 * 3 + 6 + 6
    assert closed_form([]).text == "0"
    assert ClosedForm(()).at() == 0


def test_mobilenetv2_by_hand() -> None:
    """Terms from the network's table: stem and first blocks at H/2; the classifier does not depend on the size."""
    form = network_form(zoo.network("mobilenetv2"), ops.madds)
    terms = {str(factor): coefficient for coefficient, factor in form.terms}
    # At H/2: stem 27 * 32; ds 9 * 32 + 32 * 16; expand 16 * 96 of the next, whose depthwise is at H/4 already.
    assert terms["N*ceiling(H/2)*ceiling(W/2)"] == 27 * 32 + 9 * 32 + 32 * 16 + 16 * 96
    # At H/4: 9 * 96 + 96 * 24; then 24 * 144 + 9 * 144 + 144 * 24; then expand 24 * 144.
    assert terms["N*ceiling(H/4)*ceiling(W/4)"] == 9 * 96 + 96 * 24 + 24 * 144 * 2 + 9 * 144 + 24 * 144
    assert terms["N"] == 1280 * 1000


@pytest.mark.parametrize("name", zoo.names())
def test_a_network_s_form_is_its_count_at_every_size(name: str) -> None:
    network = zoo.network(name)
    madds, activations = (network_form(network, measure) for measure in (ops.madds, ops.activations))
    rng = random.Random(name)
    checked = 0
    while checked < 6:
        height, width, images = rng.randrange(64, 400), rng.randrange(64, 400), rng.randrange(1, 9)
        if checked == 0 or name == "darts":
            height, width = height // 32 * 32, width // 32 * 32
        try:
            found = list(network_ops(network, height, width))
        except BadInput:
            continue  # a size that its blocks cannot work on
        sizes = {"N": images, "H": height, "W": width}
        assert madds.at(**sizes) == images * sum(ops.madds(op) for op in found)
        assert activations.at(**sizes) == images * sum(ops.activations(op) for op in found)
        checked += 1


def test_the_command_prints_what_the_report_says_at_its_own_size() -> None:
    report = api.with_formulas(muxprof.model("muxnet-l"))
    madds, activations, params = report.formulas
    assert params.text == "4041178"
    totals = report.subjects[0].totals
    for formula, total in ((madds, totals.madds), (activations, totals.activations)):
        names = {"N": 1, "H": 224, "W": 224, "ceil": sympy.ceiling, "floor": sympy.floor}
        assert int(sympy.sympify(formula.text, locals=names)) == total
    done = CliRunner().invoke(app, ["model", "muxnet-l", "--symbolic", "--no-check"], env={"COLUMNS": "80"})
    assert done.exit_code == 0
    assert madds.text in done.output  # never wrapped
    done = CliRunner().invoke(app, ["model", "muxnet-l", "--latex"])
    assert done.output.count(r"\[") == 3
    done = CliRunner().invoke(app, ["model", "muxnet-l", "--latex", "--json"])
    assert done.exit_code == 2
