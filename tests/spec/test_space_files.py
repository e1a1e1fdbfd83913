"""Search spaces as files: what they may say, and errors that name file, line and key."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from muxprof.errors import BadInput
from muxprof.spec.space_files import parse, read, space
from muxprof.spec.spaces import SearchedStage, paper

EXAMPLES = Path(__file__).parents[2] / "examples" / "spaces"
TEXT = (EXAMPLES / "small.toml").read_text(encoding="utf-8")


def test_the_paper_is_the_default() -> None:
    assert space("paper") == paper() == read(EXAMPLES / "paper.toml")


def test_a_stage_overrides_what_all_have() -> None:
    made = parse(
        """
        name = "x"
        [reduction]
        K = [3, [3, 5]]
        [normal]
        N = [0, 2]
        L = [0, "1/3"]
        [stem]
        out = 12
        [[stage]]
        reduction = { out = 12, E = 4 }
        [[stage]]
        reduction = { out = 24, K = 5, stride = 1 }
        normal = { N = 3, S = [0, [-1, 1], [0]] }
        [head]
        """
    )
    one, two = made.stages
    assert isinstance(one, SearchedStage)
    assert isinstance(two, SearchedStage)
    assert (one.reduction.kernels, two.reduction.kernels) == (((3,), (3, 5)), ((5,),))
    assert (one.reduction.expansions, two.reduction.expansions) == ((Fraction(4),), (Fraction(6),))
    assert (one.normal.repetitions, two.normal.repetitions) == ((0, 2), (3,))
    assert two.normal.leave_outs == (Fraction(0), Fraction(1, 3))
    assert two.normal.spatials == ((), (-1, 1), (0,))
    assert (one.name, two.name, two.reduction.stride) == ("stage1", "stage2", 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("repeat = [0, 1, 2]", "repeat = [0, 1, 1]", ":17: stage.normal.repeat: N = 1 is listed twice"),
        ("kernel = [3, 5], expansion", "kernel = [3, 4], expansion", ":16: stage.reduction.kernel: K = 4 is even"),
        ("kernel = [3, 5], expansion", "kernel = [], expansion", ":16: stage.reduction.kernel: it has 0 options"),
        ("leave_out = [0, 0.5]", "leave_out = [0, 2]", ":21: stage.normal.leave_out: L = 2 is out of range"),
        ("[-1, 1]", "[-1, 2]", ":21: stage.normal.spatial: S has the entry 2"),
        ("group = [1, 2, 4]", "group = [0]", ":25: stage.normal.group: G = 0 is out of range"),
        ("group = [1, 2, 4]", "groups = [1]", "did you mean group?"),
        (
            "reduction = { out = 96",
            "reduction = { ou = 96",
            ":24: stage.reduction.ou: unknown in reduction; did you mean",
        ),
        ("reduction = { out = 96,", "reduction = {", ":24: stage.reduction.out: missing"),
        ("after = [", "blocks = [", "a stage with blocks is fixed"),
        ('name = "stage2"', 'name = "foo"', "stages are called stage0"),
        ('name = "stage2"', 'name = "stage1"', "stage.name: several stages are called stage1"),
        ("out = 128", "out = -1", ":26: stage.after.out: out_channels = -1 is out of range"),
        ("classes = 100", "clases = 10", "did you mean classes?"),
        ("[stem]\nout = 16", "", "stem: missing; a space begins with [stem]"),
        ("repeat = [0, 1, 2]", "repeat = [0, 65]", "N = 65 is out of range"),
        ("expansion = [4, 6] }\nnormal", "expansion = [4, nan] }\nnormal", "must be a number like 0.25"),
        ("name =", "name", "it is no TOML"),
    ],
)
def test_errors_name_file_line_and_key(old: str, new: str, words: str) -> None:
    assert old in TEXT
    with pytest.raises(BadInput) as caught:
        parse(TEXT.replace(old, new, 1), "mine.toml")
    assert str(caught.value).startswith("mine.toml:")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_space_searches_for_something() -> None:
    with pytest.raises(BadInput, match="searches for nothing"):
        parse('name = "x"\n[stem]\nout = 8\n[[stage]]\nblocks = [{ type = "ds", out = 8 }]\n[head]\n')
    with pytest.raises(BadInput, match="a stage has blocks"):
        parse('name = "x"\n[stem]\nout = 8\n[[stage]]\n[head]\n')
