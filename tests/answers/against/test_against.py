"""``--against``: ten mutations of MUXNet-l, each named with its layer and parameter; and the network itself passes."""

from __future__ import annotations

import importlib.resources
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mutations import SHAPE, built, changed_block, compared, conv, put, with_module
from torch import nn
from typer.testing import CliRunner

import muxprof
from muxprof import api
from muxprof.answers import saved
from muxprof.cli.main import app
from muxprof.nets import build
from muxprof.spec import zoo
from muxprof.spec.blocks import Squeeze

NETWORK = zoo.network("muxnet-l")


#: What is changed; where the first difference has to be found, what it is, what was published and what is found.
MUTATIONS: dict[str, tuple[Callable[[], nn.Module], str, str, str, str]] = {
    "kernel": (
        lambda: built("muxnet-l", conv("stage2.1.conv", kernel_size=3, padding=1)), "stage2.1.conv", "kernel", "5", "3",
    ),
    "stride": (lambda: built("muxnet-l", conv("stem.conv", stride=1)), "stem.conv", "stride", "2", "1"),
    "padding": (lambda: built("muxnet-l", conv("stem.conv", padding=0)), "stem.conv", "padding", "1", "0"),
    "bias": (lambda: built("muxnet-l", conv("stage3.2.project", bias=True)), "stage3.2.project", "bias", "no", "yes"),
    "groups": (
        # 72 middle channels of 12 in 36 groups of 2; made depthwise.
        lambda: built("muxnet-l", conv("stage1.1.conv", groups=72)), "stage1.1.conv", "channels per group", "2", "1",
    ),
    "classes": (
        lambda: built("muxnet-l", put("head.classifier", nn.Linear(1536, 999))),
        "head.classifier", "output channels", "1000", "999",
    ),
    "norm left out": (
        lambda: with_module(build(NETWORK, "meta"), "stage4.0.project_norm", nn.Identity()),
        "stage4.0.project_norm", "layer", "batch norm 160-160", "missing",
    ),
    "SE from the expanded width": (
        # 24 channels in, 144 in the middle: 0.75 of these are 18 and 108.
        lambda: changed_block(2, 0, squeeze=Squeeze(base="middle")),
        "stage2.0.se.reduce", "output channels", "18", "108",
    ),
    "SE ratio": (
        lambda: changed_block(2, 0, se=Fraction(1, 2)), "stage2.0.se.reduce", "output channels", "18", "12",
    ),
    "expansion": (
        # 20 of 40 channels are processed, E = 6 makes 120 of them, E = 4 makes 80.
        lambda: changed_block(2, 1, expansion=Fraction(4)), "stage2.1.expand", "output channels", "120", "80",
    ),
    "leave-out": (
        lambda: changed_block(2, 1, leave_out=Fraction(1, 4)), "stage2.1.expand", "input channels", "20", "30",
    ),
    "head": (
        lambda: build(replace(NETWORK, head=replace(NETWORK.head, features=1280)), "meta"),  # type: ignore[arg-type]
        "head.conv", "output channels", "1536", "1280",
    ),
}  # fmt: skip


#: What follows from one of these is not said at every layer.
ALONE = {"stride", "padding", "kernel", "bias", "groups", "classes", "norm left out"}


#: The others take longer; a plain test run leaves them out.
QUICK = {
    "kernel", "stride", "groups", "bias", "classes", "SE from the expanded width", "leave-out", "norm left out",
    "muxnet-xs", "mobilenetv3-small", "shufflenetv2-x0.5", "resnet18", "alexnet",
}  # fmt: skip


def quick(names: Iterable[str]) -> list[Any]:
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names]


def test_the_network_itself_passes() -> None:
    report = compared(build(NETWORK, "meta"))
    assert report.against is not None
    # 64 norms, 115 convolutions and a classifier.
    convolutions = sum(layer.op == "conv2d" for layer in muxprof.model("muxnet-l").subjects[0].layers)
    assert report.against.layers == 64 + convolutions + 1
    assert report.against.differences == ()
    assert report.agrees
    counts = Counter(layer.op for layer in muxprof.model("muxnet-l").subjects[0].layers)
    assert report.against.counts == {
        "activations": counts["act"],
        "poolings": counts["pool"],
        "additions": counts["add"],
        "multiplications": counts["mul"],
        "concatenations": counts["concat"],
        "movements of channels or pixels": counts["shuffle"],
    }


@pytest.mark.parametrize("name", quick(zoo.names()))
def test_every_network_is_itself(name: str) -> None:
    shape = (1, 3, 224, 224) if name == "alexnet" else SHAPE
    report = compared(build(zoo.network(name), "meta"), name, shape)
    assert report.against is not None
    assert report.against.differences == ()
    assert len(report.against.unseen) == 2


def test_a_report_that_was_read_is_compared_by_what_weighs(tmp_path: Path) -> None:
    for path, made, differences in (("head.classifier", None, 0), ("stem.conv_act", nn.ReLU(), 0)):
        module = build(NETWORK, "meta")
        report = muxprof.trace(with_module(module, path, made) if made else module, SHAPE)
        read = api.against(muxprof.load(report.save(tmp_path / "report.json")), "muxnet-l").against
        assert read is not None
        assert len(read.differences) == differences
        assert (read.layers, dict(read.counts)) == (180, {})
        assert "the report was read from a file" in read.unseen[0]


@pytest.mark.parametrize("name", quick(MUTATIONS))
def test_a_mutation_is_named_by_layer_and_parameter(name: str) -> None:
    make, path, what, expected, found = MUTATIONS[name]
    report = compared(make())
    assert report.against is not None
    first = report.against.differences[0]
    assert (first.published_path, first.what, first.expected, first.found) == (path, what, expected, found)
    assert not report.agrees
    if name in ALONE:
        assert len(report.against.differences) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("SE from the expanded width", "SE ratio taken from the expanded width, 144, instead of 24"),
        ("SE ratio", "SE ratio 1/2 of the input width"),
    ],
)
def test_a_likely_reason_is_given_for_squeeze_and_excite(name: str, why: str) -> None:
    report = compared(MUTATIONS[name][0]())
    assert report.against is not None
    assert report.against.differences[0].why == why


def test_a_block_left_out_is_missing_and_one_too_many_is_found() -> None:
    stage = NETWORK.stages[2]
    fewer = replace(
        NETWORK, stages=(*NETWORK.stages[:2], replace(stage, blocks=stage.blocks[:-1]), *NETWORK.stages[3:])
    )
    report = compared(build(fewer, "meta"))
    assert report.against is not None
    # expand, conv, project with a norm each, and the two convolutions of SE.
    assert [each.found for each in report.against.differences] == ["missing"] * 8
    more = replace(
        NETWORK,
        stages=(*NETWORK.stages[:2], replace(stage, blocks=(*stage.blocks, stage.blocks[-1])), *NETWORK.stages[3:]),
    )
    report = compared(build(more, "meta"))
    assert report.against is not None
    assert [each.expected for each in report.against.differences] == ["none"] * 8


def test_a_layer_of_one_dimension_is_said() -> None:
    """As in efficient channel attention: a convolution over the 512 channels as a sequence."""
    module = build(zoo.network("resnet18"), "meta")
    sequence = (nn.Unflatten(1, (1, -1)), nn.Conv1d(1, 1, 5, padding=2, bias=False), nn.Flatten())
    with_module(module, "head.classifier", nn.Sequential(*sequence, module.get_submodule("head.classifier")))
    [extra] = compared(module, "resnet18").against.differences  # type: ignore[union-attr]  # it was asked for
    assert (extra.path, extra.expected, extra.found) == ("head.classifier.1", "none", "conv1d 5 1-1")


def test_layers_may_be_called_otherwise() -> None:
    """Another implementation of ResNet18's first stage and all the rest: what counts is order and shape."""
    network = zoo.network("resnet18")
    module = nn.Sequential(build(network, "meta"))
    report = api.against(muxprof.trace(module, SHAPE), "resnet18")
    assert report.against is not None
    assert report.against.differences == ()
    assert report.subjects[0].layers[0].path.startswith("0.stem")


TARGET = """
from muxprof.nets import build
from muxprof.spec import zoo

def good():
    return build(zoo.network("shufflenetv2-x0.5"))
"""


def test_the_command_exits_1_and_says_the_first_difference(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TARGET)
    target, out = f"{tmp_path / 'mine.py'}:good", tmp_path / "report.json"
    arguments = ["trace", target, "--input", "1x3x64x64", "--no-check", "--against"]
    same = CliRunner().invoke(app, [*arguments, "shufflenetv2-x0.5"], env={"COLUMNS": "100"})
    assert same.exit_code == 0, same.output
    assert "the same, at all" in same.output
    assert "not compared: Values: weights" in " ".join(same.output.split())
    other = CliRunner().invoke(app, [*arguments, "shufflenetv2-x1.0", "--out", str(out)], env={"COLUMNS": "100"})
    assert other.exit_code == 1
    # Both begin with 24 channels; the side path of the first unit of the second goes to 24 and to 58.
    assert "stage2.0.side_project: output channels 24 instead of 58" in " ".join(other.output.split())
    document = json.loads(out.read_text())
    schema = json.loads(importlib.resources.files("muxprof.document").joinpath("schema.json").read_text("utf-8"))
    jsonschema.validate(document, schema)
    assert muxprof.load(out).to_dict() == document
    document["against"]["same"] = True
    with pytest.raises(muxprof.BadInput):
        saved.from_dict(document)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(muxprof.BadInput, match="about no traced model"):
        api.against(muxprof.model("muxnet-m"), "muxnet-m")
    with pytest.raises(muxprof.BadInput, match="takes one input"):
        api.against(muxprof.trace(nn.Linear(4, 2), (1, 4)), "muxnet-m")
    with pytest.raises(muxprof.BadInput, match="muxnet-m"):
        api.against(muxprof.trace(build(NETWORK, "meta"), SHAPE), "muxnet-n")


MODEL = """
import torch
from mutations import SHAPE, built, changed_block, compared, conv, put, with_module
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, stride=2, padding=1)
        self.head = nn.Linear(width, 5)

    def forward(self, x):
        return self.head(self.conv(x).mean((2, 3)))

class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 4)
        self.mix = nn.Linear(4, 6)

    def forward(self, ids):
        return self.mix(self.embed(ids))

class Branching(nn.Module):
    def forward(self, x):
        return x @ x.mT if x.sum() >= 0 else x
"""


def test_the_closed_form_of_a_model_and_its_value_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(MODEL)
    target = f"{tmp_path / 'nets.py'}:Net"
    arguments = ["trace", target, "--input", "1x3x32x32", "--arg", "width=16", "--no-check"]
    done = CliRunner().invoke(app, [*arguments, "--symbolic", "--at", "N=2,H=33,W=64"], env={"COLUMNS": "100"})
    assert done.exit_code == 0, done.output
    # 27 weights of each of 16 filters at a quarter of the positions; 16 * 5 of the head.
    assert "N*(432*ceil(H/2)*ceil(W/2) + 80)" in done.output
    assert str(2 * (432 * 17 * 32 + 80)) in done.output
    latex = CliRunner().invoke(app, [*arguments, "--latex"])
    assert latex.output.startswith("% MAdds\n\\[ N \\left(432 ")
    for at, said in (("N=2", "lacks H, W"), ("N=0", "is no list of sizes"), ("K=3", "is no list of sizes")):
        refused = CliRunner().invoke(app, [*arguments, "--at", at])
        assert refused.exit_code == 2
        assert said in refused.stderr


def test_sequences_have_a_length(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(MODEL)
    arguments = ["trace", f"{tmp_path / 'nets.py'}:Text", "--input", "ids=1x12:int64", "--symbolic", "--no-check"]
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "100"})
    assert done.exit_code == 0, done.output
    assert "24*N*T" in done.output


def test_a_model_without_a_closed_form_says_why_and_is_counted(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(MODEL)
    arguments = ["trace", f"{tmp_path / 'nets.py'}:Branching", "--input", "1x3x4x4", "--symbolic", "--no-check"]
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "100"})
    assert done.exit_code == 0, done.output
    assert "No closed form: torch.export cannot follow it" in " ".join(done.output.split())
    assert str(3 * 4 * 4 * 4) in done.output


def test_dilation_is_in_the_document_where_there_is_any(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3, dilation=(1, 2), padding=2), nn.Conv2d(4, 4, 3))
    report = muxprof.trace(module, (1, 3, 16, 16))
    first, second = report.to_dict()["subjects"][0]["layers"]
    assert first["dilation"] == [1, 2]
    assert "dilation" not in second
    assert muxprof.load(report.save(tmp_path / "report.json")) == report
    table = report.save(tmp_path / "report.csv").read_text().splitlines()
    assert table[0].endswith(",dilation")
    assert [line.rpartition(",")[2] for line in table[1:]] == ["1x2", "1x1"]
    assert "dilation" not in muxprof.trace(nn.Conv2d(3, 4, 3), (1, 3, 16, 16)).to_json()
