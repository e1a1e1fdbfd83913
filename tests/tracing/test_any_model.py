"""Networks that were not written to be counted: the trace has the numbers of the hand, and of the other counters."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from tutorial_nets import NETS, Net

import muxprof
from muxprof.answers import saved
from muxprof.answers.check.types import CounterResult
from muxprof.answers.report import Report
from muxprof.answers.trace.inputs import read_input
from muxprof.document.tree import Node, rows, tree
from muxprof.document.types import Subject


@pytest.fixture(scope="module", params=list(NETS))
def net(request: pytest.FixtureRequest) -> Net:
    return NETS[request.param]


@pytest.fixture(scope="module")
def report(net: Net) -> Report:
    return muxprof.trace(net.make(), *net.inputs, check=True)


def counter(subject: Subject, name: str) -> CounterResult:
    assert subject.check is not None
    return next(each for each in subject.check.counters if each.name == name)


def test_madds_are_those_of_the_hand_and_of_the_counters(net: Net, report: Report) -> None:
    (subject,) = report.subjects
    assert subject.totals.madds == net.madds
    assert subject.complete
    assert subject.check is not None
    assert subject.check.status == "agree", subject.check.mismatches
    assert counter(subject, "FlopCounterMode").madds == net.madds
    fvcore = counter(subject, "fvcore")
    assert fvcore.status == "agree", fvcore.reason
    assert (fvcore.madds, fvcore.unseen) == (net.madds - net.unseen_by_fvcore, net.unseen_by_fvcore)


def test_params_are_those_of_the_module(net: Net, report: Report) -> None:
    totals = report.subjects[0].totals.params
    assert totals.total == sum(each.numel() for each in net.make().parameters())
    norms = [m for m in net.make().modules() if isinstance(m, (nn.BatchNorm2d, nn.LayerNorm))]
    assert totals.norm == sum(each.numel() for norm in norms for each in norm.parameters())
    assert report.subjects[0].traced is not None
    assert not report.subjects[0].traced.unused


@pytest.mark.filterwarnings("ignore:TF32 acceleration on top of oneDNN")
def test_flop_counter_on_real_tensors_says_the_same(net: Net) -> None:
    """Counted without anything of ours: the module as it is, real zeros, fused attention switched off."""
    made = [read_input(text) for text in net.inputs]
    tensors = [torch.zeros(each.shape, dtype=getattr(torch, each.dtype or "float32")) for each in made]
    module = net.make().eval()
    with (
        torch.no_grad(),
        torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH),
        torch.backends.mkldnn.flags(enabled=False),
        FlopCounterMode(display=False) as flops,
    ):
        module(*tensors)
    assert flops.get_total_flops() == 2 * net.madds


def test_the_report_survives_json_and_its_tree_adds_up(report: Report) -> None:
    assert saved.from_json(report.to_json()) == report
    (subject,) = report.subjects
    root = tree(subject)
    assert root.cost == subject.totals

    def sums(node: Node) -> None:
        if node.children:
            assert sum(child.cost.madds for child in node.children) == node.cost.madds
            assert sum(child.cost.params.total for child in node.children) == node.cost.params.total
        for child in node.children:
            sums(child)

    sums(root)
    assert [node.path for node in rows(root, "layer") if not node.children] != []
    assert {layer.path for layer in subject.layers} <= {node.path for node in rows(root, "layer")}


def test_a_zoo_network_traced_is_its_closed_form() -> None:
    """All of it: params by kind, MAdds, activations and traffic, from ops alone."""
    for name in ("mobilenetv2", "resnet18"):
        closed = muxprof.model(name, 96).subjects[0]
        from muxprof.nets import build

        traced = muxprof.trace(build(closed.spec, "meta"), (1, 3, 96, 96)).subjects[0]
        assert traced.totals == closed.totals
        assert [layer.path for layer in traced.layers] == [layer.path for layer in closed.layers]


BERT_MADDS = 2 * 16 * (4 * 32 * 32 + 2 * 32 * 64 + 2 * 16 * 32) + 32 * 32


@pytest.mark.filterwarnings("ignore")
def test_models_of_transformers() -> None:
    transformers: Any = pytest.importorskip("transformers", exc_type=ImportError)
    config = transformers.BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, vocab_size=100
    )
    report = muxprof.trace(transformers.BertModel(config), named={"input_ids": "1x16:int64"}, check=True)
    assert report.subjects[0].totals.madds == BERT_MADDS
    assert report.agrees
    small = transformers.GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=100)
    report = muxprof.trace(transformers.GPT2LMHeadModel(small), "1x16:int64", check=True)
    assert report.subjects[0].totals.madds == 2 * 16 * (12 * 32 * 32 + 2 * 16 * 32) + 16 * 32 * 100
    assert report.agrees


def test_a_model_larger_than_memory() -> None:
    """Ten layers of 2^34 weights each: 640 GiB, of which nothing is allocated."""
    report = muxprof.trace(lambda: nn.Sequential(*(nn.Linear(1 << 17, 1 << 17) for _ in range(10))), (1, 1 << 17))
    assert report.subjects[0].totals.madds == 10 << 34
    assert json.loads(report.to_json())["subjects"][0]["totals"]["params"] == 10 * ((1 << 34) + (1 << 17))
