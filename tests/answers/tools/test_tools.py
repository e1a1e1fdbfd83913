"""``--conventions``: what other tools print, compared to the digit with the tools themselves."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import torch
from quoted import TOOLS, printed
from torch import nn
from typer.testing import CliRunner

import muxprof
from muxprof import api
from muxprof.answers.report import Report
from muxprof.answers.tools.networks import tool_counts
from muxprof.cli.main import app
from muxprof.nets import build
from muxprof.spec.cells import CellStack
from muxprof.spec.networks import Network, Stage

#: Those of the paper, and one for every kind of layer that the zoo has besides.
NETWORKS = (
    "muxnet-m",
    "muxnet-l",
    "mobilenetv2",
    "resnet18",
    "alexnet",
    "shufflenetv2-x0.5",
    "mobilenetv3-small",
    "darts",
    "resnet18+ppm",
)


@pytest.fixture(scope="module")
def built() -> Callable[[str], tuple[Report, nn.Module, torch.Tensor]]:
    kept: dict[str, tuple[Report, nn.Module, torch.Tensor]] = {}

    def make(name: str) -> tuple[Report, nn.Module, torch.Tensor]:
        if name not in kept:
            network, _, head = name.partition("+")
            report = muxprof.model(network, head=head) if head else muxprof.model(network)
            [subject] = report.subjects
            kept[name] = report, build(subject.spec), torch.zeros(subject.input_shape)
        return kept[name]

    return make


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "darts" else name for name in NETWORKS]
)
def test_every_tool_prints_what_we_say(
    name: str, built: Callable[[str], tuple[Report, nn.Module, torch.Tensor]]
) -> None:
    report, module, x = built(name)
    ours = {count.tool: count.madds for count in tool_counts(report.subjects[0])}
    assert ours["muxprof"] == report.subjects[0].totals.madds
    assert printed(module, (x,), gradients=False) == {tool: ours[tool] for tool in TOOLS}


@pytest.mark.parametrize("package", ["torchinfo", "torchprofile", "thop", "ptflops", "fvcore"])
def test_the_versions_named_are_those_compared_with(package: str) -> None:
    [named] = {
        count.tool.split(",")[0].split(" ")[1]
        for count in tool_counts(muxprof.model("muxnet-m").subjects[0])
        if count.tool.startswith(package) and "0.0.1" not in count.tool
    }
    assert importlib.metadata.version(package).startswith(named)


@pytest.mark.parametrize(("name", "printed"), [("muxnet-m", "218"), ("muxnet-l", "318")])
def test_the_paper_s_convention_is_among_them(name: str, printed: str) -> None:
    """The main paper prints 218 M and 318 M: 218.47 and 318.71 M, cut."""
    [count] = [count for count in tool_counts(muxprof.model(name).subjects[0]) if count.tool == "torchprofile 0.0.1"]
    assert str(count.madds)[:3] == printed


def test_the_option_prints_them_and_json_holds_them(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    done = CliRunner().invoke(
        app, ["model", "muxnet-m", "--conventions", "--no-check", "--out", str(out)], env={"COLUMNS": "120"}
    )
    assert done.exit_code == 0
    # The numbers that the tools print for MUXNet-m, in millions, as the design knows them.
    document = json.loads(out.read_text())
    printed = [round(count["madds"] / 1e6, 1) for count in document["conventions"]]
    assert {216.8, 223.8, 227.4, 238.0} <= set(printed)
    for count in document["conventions"]:
        assert f"{count['madds']:,}" in done.output
    schema = json.loads(importlib.resources.files("muxprof.document").joinpath("schema.json").read_text("utf-8"))
    jsonschema.validate(document, schema)
    assert muxprof.load(out).tools == api.with_conventions(muxprof.model("muxnet-m")).tools


def test_a_document_whose_tools_print_something_else_is_refused() -> None:
    from muxprof.answers import saved

    document = api.with_conventions(muxprof.model("muxnet-m")).to_dict()
    document["conventions"][3]["madds"] += 1
    with pytest.raises(muxprof.BadInput, match="torchinfo"):
        saved.from_dict(document)


def test_only_a_network_has_conventions() -> None:
    with pytest.raises(muxprof.BadInput, match="a block report has no conventions"):
        api.with_conventions(muxprof.block())


def test_average_pooling_inside_of_cells_is_refused() -> None:
    """The closed form calls every pooling a pooling, and tools take average and maximum differently."""
    report = muxprof.model("darts", res=32)
    network = report.subjects[0].spec
    assert isinstance(network, Network)
    [stack] = network.stages[0].blocks
    assert isinstance(stack, CellStack)
    edges = (("avg_pool_3x3", 0), *stack.normal[1:])
    changed = replace(network, stages=(Stage("stage1", (replace(stack, normal=edges),)),))
    with pytest.raises(muxprof.BadInput, match="average pooling inside of cells"):
        tool_counts(replace(report.subjects[0], spec=changed))
