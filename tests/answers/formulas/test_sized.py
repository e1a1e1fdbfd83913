"""Closed forms and their limits: what a model fixes, what it asks of sizes, single images, and what has no form."""

from __future__ import annotations

import pytest
import torch
from processes import HELPERS
from sized import (
    Branch,
    Branching,
    Placed,
    Recurrent,
    Single,
    Skip,
    Square,
    Stuck,
    Windows,
    Wrapped,
    counted,
    report_of,
    values,
)
from torch import nn
from typer.testing import CliRunner

from muxprof.answers.report import Report
from muxprof.cli.main import app
from muxprof.errors import BadInput


def texts(report: Report) -> dict[str, str]:
    return {formula.name: formula.text for formula in report.formulas}


def said(report: Report) -> str:
    return " ".join(report.notes)


def test_a_size_that_the_model_fixes() -> None:
    report = report_of(Placed, "2x3x32x40")
    assert texts(report)["activations"] == f"{3 * 32 * 40}*N"
    assert "The model fixes H = 32, W = 40: the closed form holds for that alone." in report.notes
    elsewhere = report_of(Placed, "2x3x32x40", N=1, H=48, W=48)
    assert "the model does not run" in said(elsewhere)
    assert "The closed form does not hold at N = 1, H = 48, W = 48." in elsewhere.notes
    assert not any(" at " in name for name in texts(elsewhere))


def test_a_model_of_one_image() -> None:
    report = report_of(Single, "1x3x16x20")
    assert texts(report)["activations"] == "3*H*W"
    assert "The model fixes N = 1: the closed form holds for that alone." in report.notes


def test_an_export_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muxprof.tracing.symbolic.forms.PATIENCE", 3.0)
    report = report_of(Stuck, "1x3x32x48")
    assert "torch.export cannot follow it: torch takes too long over the sizes." in said(report)
    assert texts(report)["activations"] == "3*H*N*W"


def test_sizes_that_have_to_be_multiples_or_equal() -> None:
    report = report_of(Skip, "1x3x32x48")
    assert "The closed form holds where H is a multiple of 2 and W is a multiple of 2." in report.notes
    # 27 * 8 down and 8 * 3 * 4 up; 8 outputs down, and 3 each at the whole size up and of the sum.
    assert texts(report)["MAdds"] == f"{27 * 8 + 96}*N*floor(H/2)*floor(W/2)"
    assert texts(report)["activations"] == "N*(6*H*W + 8*floor(H/2)*floor(W/2))"
    report = report_of(Square, "2x3x16x16")
    assert texts(report)["MAdds"] == "3*H**3*N"
    assert "The closed form holds where W = H." in report.notes


def test_maps_that_have_to_be_multiples_allow_for_more_than_images_that_are() -> None:
    report = report_of(Windows, "2x3x112x168", N=1, H=115, W=85)
    assert (
        "The closed form holds where floor(H/4) is a multiple of 7 and floor(W/4) is a multiple of 7." in report.notes
    )
    # 28 x 21 patches, in windows of 7 x 7.
    assert counted(Windows, 1, 3, 115, 85) == values(report, N=1, H=115, W=85)
    assert texts(report)["MAdds at N = 1, H = 115, W = 85"] == str(28 * 21 * (48 * 8 + 8 * 8 + 2 * 8 * 49))
    outside = report_of(Windows, "2x3x112x168", N=1, H=116, W=85)
    assert "The closed form does not hold at N = 1, H = 116, W = 85." in outside.notes


def test_a_branch_on_a_size_is_said_and_its_other_side_counted() -> None:
    report = report_of(Branch, "1x3x128x32", N=1, H=64, W=32)
    assert texts(report)["activations"] == "6*H*N*W"
    assert "The closed form holds where H > 100." in report.notes
    assert f"counted there are 0 MAdds and {3 * 64 * 32:,} activations" in said(report)
    assert not any(" at " in name for name in texts(report))


def test_values_elsewhere_are_counted_there() -> None:
    report = report_of(Skip, "1x3x32x48", N=3, H=64, W=20)
    madds, activations = counted(Skip, 3, 3, 64, 20)
    assert texts(report)["MAdds at N = 3, H = 64, W = 20"] == str(madds)
    assert texts(report)["activations at N = 3, H = 64, W = 20"] == str(activations)
    with pytest.raises(BadInput, match="lacks H, W"):
        report_of(Skip, "1x3x32x48", N=3)


def test_a_single_sequence_has_a_form_of_its_own_where_it_takes_fewer_copies() -> None:
    report = report_of(Recurrent, "1x9x8")
    # Four gates of 8, from 8 inputs and from 8 states, in each of 9 steps.
    assert texts(report)["MAdds"] == f"{9 * 4 * 8 * 16}*N"
    assert {"activations, N > 1", "activations, N = 1"} <= set(texts(report))
    for images in (1, 2, 5):
        assert values(report, N=images) == counted(Recurrent, images, 9, 8)


@pytest.mark.parametrize(
    ("module", "shape", "madds"),
    [
        (nn.Conv1d(4, 6, 3, padding=1), "2x4x50", "72*N*T"),
        (nn.Linear(8, 5), "2x7x8", "40*N*T"),
        (nn.Linear(8, 5), "3x8", "40*N"),
        (nn.Conv3d(2, 3, 3, padding=1), "1x2x6x7x8", "162*D*H*N*W"),
        (nn.Embedding(10, 4), "2x9:int64", "0"),
    ],
    ids=["conv1d", "linear of sequences", "linear", "conv3d", "embedding"],
)
def test_names_of_sizes(module: nn.Module, shape: str, madds: str) -> None:
    report = report_of(module, shape)
    assert texts(report)["MAdds"] == madds
    assert "fixes" not in said(report)
    assert "gives what is counted at the sizes of this trace and at" in said(report)


class Two(nn.Module):
    """Two images, of which the second has half the size."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 4, 1)

    def forward(self, x: torch.Tensor, small: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.first(x), self.second(small)


@pytest.mark.parametrize("small", ["1x3x8x6", "small=1x3x8x6"])
def test_inputs_of_two_sizes(small: str) -> None:
    report = report_of(Two, "1x3x16x12", small)
    assert texts(report)["MAdds"] == "N*(6*H*W + 12*H2*W2)"
    same = report_of(Two, "1x3x16x12", small.replace("8x6", "16x12"))
    assert texts(same)["MAdds"] == "18*H*N*W"


def test_what_is_given_out_need_not_be_known_to_an_export() -> None:
    report = report_of(Wrapped, "1x3x17x20")
    assert texts(report)["MAdds"] == "135*N*(ceil(H/2) - 1)*(ceil(W/2) - 1)"
    assert "torch.export cannot follow it" in said(report)


def test_the_command_writes_latex_alone_and_what_it_holds_for_beside_it() -> None:
    target = f"{HELPERS / 'sized.py'}:Skip"
    done = CliRunner().invoke(app, ["trace", target, "--input", "1x3x32x48", "--latex"])
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:2] == [
        "% MAdds",
        r"\[ 312 N \left\lfloor \frac{H}{2} \right\rfloor \left\lfloor \frac{W}{2} \right\rfloor \]",
    ]
    assert done.stdout.count(r"\[") == 3
    assert "holds where H is a multiple of 2" in done.stderr
    assert "holds" not in done.stdout


def test_a_model_without_a_closed_form_says_why_in_a_line() -> None:
    report = report_of(Branching, "1x3x8x8")
    assert report.formulas == ()
    (note,) = (note for note in report.notes if note.startswith("No closed form"))
    assert "torch.export cannot follow it: what it does depends on the values in its tensors" in note
    assert "\n" not in note
