"""Which dimensions of an input may vary, and what they are called."""

from __future__ import annotations

import pytest

from muxprof.records import ModelInput
from muxprof.tracing.symbolic.forms import named_sizes, size_names


@pytest.mark.parametrize(
    ("shape", "dtype", "names"),
    [
        # Up to four of the last dimension are channels where the second has more; five are a width.
        ((1, 16, 12, 4), None, {0: "N", 1: "H", 2: "W"}),
        ((1, 16, 12, 5), None, {0: "N", 2: "H", 3: "W"}),
        ((1, 5, 7, 4), None, {0: "N", 1: "H", 2: "W"}),
        ((1, 4, 7, 4), None, {0: "N", 2: "H", 3: "W"}),
        # The same of frames before the height and width of a video, or the depth of a volume.
        ((1, 16, 4, 9, 9), None, {0: "N", 1: "T", 3: "H", 4: "W"}),
        ((1, 16, 5, 9, 9), None, {0: "N", 2: "D", 3: "H", 4: "W"}),
        ((1, 4, 4, 9, 9), None, {0: "N", 2: "D", 3: "H", 4: "W"}),
        # Of three, one is channels; a dimension of one is none that varies.
        ((2, 5, 8), None, {0: "N", 1: "T", 2: "D"}),
        ((2, 1, 8), None, {0: "N", 2: "T"}),
        ((2, 8, 1), None, {0: "N", 1: "T"}),
        ((3, 8), None, {0: "N", 1: "T"}),
        ((3, 1), None, {0: "N"}),
        ((3, 1), "int64", {0: "N", 1: "T"}),
        ((3, 1), "float16", {0: "N"}),
        ((3,), None, {0: "N"}),
        ((), None, {}),
    ],
)
def test_dimensions_that_may_vary(shape: tuple[int, ...], dtype: str | None, names: dict[int, str]) -> None:
    assert size_names(ModelInput(shape, None, dtype)) == names


def test_dimensions_of_one_name_are_of_one_size() -> None:
    shapes = (2, 3, 16, 12), (2, 3, 8, 12), (2, 3, 8, 6), (2, 3, 4, 12)
    assert named_sizes(list(map(ModelInput, shapes))) == (
        {0: "N", 2: "H", 3: "W"},
        {0: "N", 2: "H2", 3: "W"},
        {0: "N", 2: "H2", 3: "W2"},
        {0: "N", 2: "H3", 3: "W"},
    )
