"""The array formulas against the paper's, written out once more in plain integers and fractions."""

from __future__ import annotations

import math
import re
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from muxprof.cost.blocks import block_ops
from muxprof.cost.ops import cost
from muxprof.cost.sweep import CHUNK, Sweep, sweep
from muxprof.errors import BadInput
from muxprof.spec.blocks import MuxBlock

Point = tuple[int, int, int, Fraction, int, int, int]

GRID_L = [Fraction(text) for text in ("0", "0.1", "0.25", "0.29", "0.3", "0.5", "0.7", "0.75", "0.9", "0.99")]


def by_hand(point: Point) -> tuple[int, int, Fraction] | None:
    """Params, MAdds and ratio of the supplement's section 2; None where no such block exists."""
    C, E, G, L, K, H, W = point
    processed = (1 - L) * C
    if processed.denominator != 1 or (E * processed) % G:
        return None
    c = int(processed)
    params = c * E * c + E * c * G * K * K + E * c * c
    mobilenet = C * E * C + E * C * K * K + E * C * C
    return params, params * H * W, Fraction(params, mobilenet)


def random_points(count: int, seed: int, sizes: int = 1) -> list[Point]:
    draw = np.random.default_rng(seed)
    return [
        (
            int(draw.integers(1, 130 * sizes)),
            int(draw.integers(1, 10)),
            int(draw.choice([1, 2, 3, 4, 8, 12])),
            GRID_L[draw.integers(len(GRID_L))],
            int(draw.choice([1, 3, 5, 7])),
            int(draw.integers(1, 113 * sizes)),
            int(draw.integers(1, 113 * sizes)),
        )
        for _ in range(count)
    ]


def valid_points(count: int, seed: int) -> list[Point]:
    found = [point for point in random_points(12 * count, seed) if by_hand(point)]
    assert len(found) >= count
    return found[:count]


def arrays(points: list[Point], dtype: npt.DTypeLike = np.int64) -> dict[str, Any]:
    C, E, G, L, K, H, W = zip(*points, strict=True)
    made = {name: np.array(column, dtype=dtype) for name, column in zip("CEGKHW", (C, E, G, K, H, W), strict=True)}
    return made | {"L": np.array([float(share) for share in L])}


def assert_by_hand(made: Sweep, points: list[Point]) -> None:
    """Every element is exactly what the formulas say; no block where there is none."""
    columns = (made.params, made.madds, made.ratio, made.valid)
    rows = zip(*(column.ravel().tolist() for column in columns), strict=True)
    for point, (params, madds, ratio, valid) in zip(points, rows, strict=True):
        expected = by_hand(point)
        assert valid == (expected is not None), point
        if expected is None:
            assert (params, madds) == (0, 0)
            assert math.isnan(ratio)
        else:
            assert (params, madds) == expected[:2], point
            assert ratio == float(expected[2]), point


def test_random_configurations_with_holes() -> None:
    points = random_points(4000, seed=1)
    made = sweep(**arrays(points), invalid="mask")
    assert_by_hand(made, points)
    assert 0 < made.valid.sum() < len(points)
    assert [column.dtype for column in (made.params, made.madds, made.ratio, made.valid)] == [
        np.int64,
        np.int64,
        np.float64,
        np.bool_,
    ]


def test_random_valid_configurations() -> None:
    points = valid_points(500, seed=2)
    assert_by_hand(sweep(**arrays(points)), points)


def test_equals_the_three_convolutions_of_the_lowered_block() -> None:
    points = [point for point in valid_points(200, seed=3) if point[0] % 2 == 0][:40]
    made = sweep(**arrays(points))
    for index, (C, E, G, L, K, H, W) in enumerate(points):
        block = MuxBlock(C, Fraction(E), group=G, leave_out=L, kernel=K, norm=False)
        costs = [cost(op) for op in block_ops(block, H, W) if op.kind == "conv2d"]
        assert len(costs) == 3
        assert made.params[index] == sum(each.params.total for each in costs)
        assert made.madds[index] == sum(each.madds for each in costs)


def test_mobilenet_is_g_1_and_l_0() -> None:
    made = sweep(C=np.arange(1, 200))
    assert (made.ratio == 1).all()


def test_scalars_make_a_scalar() -> None:
    made = sweep(C=64, E=6, G=2, L=0.25, K=3, H=56, W=56)
    assert made.params.shape == made.valid.shape == ()
    assert_by_hand(made, [(64, 6, 2, Fraction(1, 4), 3, 56, 56)])


def test_defaults() -> None:
    assert_by_hand(sweep(), [(64, 6, 1, Fraction(0), 3, 56, 56)])


def test_a_scalar_without_a_block_can_be_masked() -> None:
    made = sweep(C=64, L=0.3, invalid="mask")
    assert not made.valid
    assert made.params == 0
    assert np.isnan(made.ratio)


def test_grid_of_broadcast_arrays() -> None:
    C, G, L = np.arange(1, 101).reshape(100, 1, 1), np.array([1, 2, 3, 4, 6]).reshape(1, 5, 1), np.arange(4) / 4
    made = sweep(C=C, G=G, L=L.reshape(1, 1, 4), H=7, W=9, invalid="mask")
    assert made.params.shape == (100, 5, 4)
    points = [
        (c, 6, g, Fraction(int(quarters), 4), 3, 7, 9)
        for c in range(1, 101)
        for g in (1, 2, 3, 4, 6)
        for quarters in range(4)
    ]
    assert_by_hand(made, points)


def test_grid_over_several_chunks_equals_the_full_arrays() -> None:
    C, H, L = (
        np.arange(4, 404, 4).reshape(-1, 1, 1),
        np.arange(1, 151).reshape(1, -1, 1),
        np.array([0, 0.25, 0.5, 0.75]),
    )
    made = sweep(C=C, H=H.astype(np.int16), L=L, K=np.uint8(5))
    assert made.madds.size > CHUNK
    full = [np.ascontiguousarray(array) for array in np.broadcast_arrays(C, H, L)]
    again = sweep(C=full[0], H=full[1], L=full[2], K=5)
    assert_same(made, again)


def assert_same(one: Sweep, other: Sweep) -> None:
    for name in ("params", "madds", "ratio", "valid"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 17])
def test_chunk_borders(size: int) -> None:
    points = valid_points(97, seed=4)
    few = sweep(**arrays(points))
    index = np.arange(size) % len(points)
    made = sweep(**{name: array[index] for name, array in arrays(points).items()})
    assert_same(made, Sweep(few.params[index], few.madds[index], few.ratio[index], few.valid[index]))


@pytest.mark.parametrize("at", [0, CHUNK - 1, CHUNK, 2 * CHUNK])
def test_one_bad_element_is_found_wherever_it_is(at: int) -> None:
    C = np.full(2 * CHUNK + 1, 64)
    C[at] = 0
    with pytest.raises(BadInput, match=r"^C = 0 is out of range; it must be at least 1\.$"):
        sweep(C=C)
    C[at] = 30
    with pytest.raises(
        BadInput, match=rf"^1 of 65,537 configurations have no block, first at index \[{at}\]: C = 30, "
    ):
        sweep(C=C, L=0.25)
    made = sweep(C=C, L=0.25, invalid="mask")
    assert np.flatnonzero(~made.valid).tolist() == [at]


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, ">i4"]
)
def test_integer_types(dtype: npt.DTypeLike) -> None:
    points = valid_points(300, seed=5)
    points = [point for point in points if point[0] < 128]
    assert_by_hand(sweep(**arrays(points, dtype)), points)


def test_small_types_do_not_overflow() -> None:
    points = [(255, 255, 255, Fraction(0), 255, 255, 255)]
    assert_by_hand(sweep(**arrays(points, np.uint8)), points)


def test_mixed_types_and_lists() -> None:
    made = sweep(C=[64, 128], E=np.uint8(6), G=np.array([2, 4], dtype=np.int32), L=[0.25, 0.5], H=7, W=[7, 14])
    points = [(64, 6, 2, Fraction(1, 4), 3, 7, 7), (128, 6, 4, Fraction(1, 2), 3, 7, 14)]
    assert_by_hand(made, points)


def test_strided_and_reversed_arrays() -> None:
    points = valid_points(100, seed=6)
    given = arrays(points)
    backwards: dict[str, Any] = {name: np.repeat(array, 3)[::3][::-1] for name, array in given.items()}
    assert_by_hand(sweep(**backwards), points[::-1])
    squares: dict[str, Any] = {name: array.reshape(10, 10).T for name, array in given.items()}
    assert_by_hand(sweep(**squares), [points[10 * column + row] for row in range(10) for column in range(10)])


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 1, 4)])
def test_empty_arrays(shape: tuple[int, ...]) -> None:
    made = sweep(C=np.empty(shape, dtype=np.int64), L=0.25)
    assert made.params.shape == made.madds.shape == made.ratio.shape == made.valid.shape == shape


def test_inputs_are_left_alone() -> None:
    given = arrays(valid_points(50, seed=7))
    for array in given.values():
        array.flags.writeable = False
    before = {name: array.copy() for name, array in given.items()}
    sweep(**given)
    for name, array in given.items():
        np.testing.assert_array_equal(array, before[name])


def test_out_is_written_over_and_returned() -> None:
    points = random_points(300, seed=8)
    first = sweep(**arrays(valid_points(300, seed=9)))
    made = sweep(**arrays(points), invalid="mask", out=first)
    assert made is first
    assert_by_hand(made, points)
    with pytest.raises(BadInput, match=r"^out has the shape \(300,\); these arrays make \(2,\)\.$"):
        sweep(C=[1, 2], out=first)


@pytest.mark.parametrize("text", [f"{count / 100:g}" for count in range(100)])
def test_a_float_stands_for_its_decimal_text(text: str) -> None:
    """30 * 0.1 is 3.0000000000000004 and 100 * 0.29 is 28.999999999999996, yet both blocks exist."""
    share = Fraction(text)
    points = [(C, 6, 1, share, 3, 7, 7) for C in (10, 30, 100, 300, 1000, 65500)]
    C = np.array([point[0] for point in points])
    assert_by_hand(sweep(C=C, L=float(text), H=7, W=7, invalid="mask"), points)


def test_no_channel_left_is_no_block() -> None:
    made = sweep(C=64, L=1 - 1e-9, invalid="mask")
    assert not made.valid
    with pytest.raises(BadInput, match="1 of 1 configurations"):
        sweep(C=64, L=1 - 1e-9)


def near_the_limits() -> list[Point]:
    """MAdds from below 2^53 to just below 2^62, with odd factors, so that a rounding anywhere would show."""
    half, none = Fraction(1, 2), Fraction(0)
    return [
        (94906265, 1, 1, none, 1, 1, 1),  # params about 2^54
        (67108863, 1, 1, none, 1, 1, 1),
        (67108863, 1, 3, none, 3, 1, 1),
        (67108865, 1, 5, none, 1, 1, 1),
        (3, (1 << 53) + 1, 3, none, 1, 1, 1),  # 3 * E is beyond float64, and G divides it
        (5, (1 << 53) + 1, 2, none, 1, 1, 1),  # odd, but only before it is rounded to float64
        (1_500_000_000, 1, 1, none, 1, 1, 1),  # 2 C^2 = 4.5e18
        (1_500_000_002, 1, 1, half, 1, 3, 1),
        (2, 1, 1, half, 1, (1 << 30) - 1, (1 << 30) + 1),
        (1001, 7, 7, none, 7, 16383, 16381),
        (65534, 1023, 1, none, 3, 701, 699),
    ]


@pytest.mark.parametrize("point", near_the_limits(), ids=str)
def test_exact_up_to_2_62(point: Point) -> None:
    made = sweep(**arrays([point]), invalid="mask")
    expected = by_hand(point)
    assert made.valid[0] == (expected is not None)
    if expected is not None:
        assert expected[1] <= 2**62
        assert (int(made.params[0]), int(made.madds[0])) == expected[:2]
        assert made.ratio[0] == pytest.approx(float(expected[2]), rel=1e-15)


def test_limits_reach_beyond_2_61() -> None:
    assert max(point[1] for point in map(by_hand, near_the_limits()) if point) > 2**61


def test_one_big_element_does_not_change_the_others() -> None:
    points = [*valid_points(50, seed=10), (94906265, 1, 1, Fraction(0), 1, 1, 1)]
    made = sweep(**arrays(points))
    assert_by_hand(made, points)


@pytest.mark.parametrize(
    "given",
    [
        {"C": 1 << 31, "E": 1},
        {"C": 1 << 62},
        {"C": 65536, "E": 1024, "H": 16384, "W": 16384},
        {"G": 1 << 60, "C": 1 << 20},
        {"H": 1 << 40, "W": 1 << 40},
        {"C": np.array([64, (1 << 63) - 1])},
        {"C": 1 << 32, "L": 1 - 2.0**-32, "E": 1, "K": 1, "H": 1, "W": 1},  # MobileNet's would overflow
    ],
    ids=str,
)
def test_counts_that_int64_cannot_hold(given: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"^these blocks have counts up to .*; int64 holds 9\.2e18\.$"):
        sweep(**given)


@pytest.mark.parametrize("name", list("CEGKHW"))
@pytest.mark.parametrize("value", [0, -1, -5, -(1 << 40)])
@pytest.mark.parametrize("invalid", ["raise", "mask"])
def test_integers_below_1(name: str, value: int, invalid: Any) -> None:
    arrays: list[Any] = [value, np.array([1, value, 2]), np.array([[8], [value]])]
    for array in arrays:
        with pytest.raises(BadInput, match=rf"^{name} = {value} is out of range; it must be at least 1\.$"):
            sweep(**{name: array}, invalid=invalid)


def test_two_negative_factors_do_not_cancel() -> None:
    for given in ({"H": -7, "W": -7}, {"E": -6, "G": -2}, {"C": -64, "E": -6}):
        with pytest.raises(BadInput, match="is out of range"):
            sweep(**given)  # type: ignore[arg-type]  # none of them is invalid or out


@pytest.mark.parametrize("value", [1.0, 1.5, -0.25, -1e-9, math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("invalid", ["raise", "mask"])
def test_shares_out_of_range(value: float, invalid: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for array in (value, [0.25, value, 0.5]):
            with pytest.raises(BadInput, match=rf"^L = {value} is out of range; it must be at least 0 and below 1\.$"):
                sweep(L=array, invalid=invalid)


@pytest.mark.parametrize("name", list("CEGKHW"))
@pytest.mark.parametrize("value", [1.5, 64.0, [1.0], "64", None, True, 1 << 70, 2j, [[1], [2.5]]])
def test_what_is_no_integer(name: str, value: Any) -> None:
    with pytest.raises(BadInput, match=rf"^{name} must be 64-bit integers, not "):
        sweep(**{name: value})


@pytest.mark.parametrize("name", list("CEGKHW"))
def test_unsigned_beyond_int64(name: str) -> None:
    given: dict[str, Any] = {name: np.array([1, 1 << 63], dtype=np.uint64)}
    with pytest.raises(BadInput, match=rf"^{name} = 9223372036854775808 is out of range; int64 holds 9\.2e18\.$"):
        sweep(**given)


@pytest.mark.parametrize("value", ["0.25", None, 2j, [True], [Fraction(1, 4)]])
def test_what_is_no_share(value: Any) -> None:
    with pytest.raises(BadInput, match=r"^L must be floats, not "):
        sweep(L=value)


def test_whole_shares_of_an_integer_type() -> None:
    assert_by_hand(sweep(L=np.zeros(1, dtype=np.int8)), [(64, 6, 1, Fraction(0), 3, 56, 56)])


def test_shapes_that_do_not_broadcast() -> None:
    message = "the arrays C, E, G, K, H, W, L do not broadcast: their shapes are (2,), (3,), (), (), (), (), ()."
    with pytest.raises(BadInput, match=f"^{re.escape(message)}$"):
        sweep(C=[1, 2], E=[1, 2, 3])


def test_complaint_names_the_first_hole() -> None:
    message = (
        "3 of 6 configurations have no block, first at index [1, 0]: C = 30, E = 1, G = 4, L = 0.5; "
        '(1-L)C must be whole and G must divide E(1-L)C. invalid="mask" leaves them out.'
    )
    with pytest.raises(BadInput, match=f"^{re.escape(message)}$"):
        sweep(C=np.array([[64], [30]]), G=[4, 4, 8], E=1, L=0.5)
