"""What other tools get wrong: each with the right number, worked out by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import trap_nets as nets
from mutations import By
from torch import Tensor, nn
from torch.nn import functional

import muxprof
from muxprof.answers.report import Report
from muxprof.document.types import Layer, Subject


def traced(model: Any, *inputs: Any, **options: Any) -> Subject:
    report: Report = muxprof.trace(model, *inputs, check=True, **options)
    assert report.agrees, report.subjects[0].check
    return report.subjects[0]


def layer(subject: Subject, path: str) -> Layer:
    return next(each for each in subject.layers if each.path == path)


def unseen(subject: Subject, counter: str) -> int:
    assert subject.check is not None
    return next(each.unseen for each in subject.check.counters if each.name == counter)


def test_a_functional_convolution() -> None:
    subject = traced(nets.Functional(), (1, 3, 10, 12))
    assert subject.totals.madds == 10 * 12 * 8 * 3 * 9
    assert subject.totals.params.conv == subject.totals.params.total == 8 * 3 * 9
    assert (subject.layers[0].path, subject.layers[0].op, subject.layers[0].kernel) == ("conv2d", "conv2d", (3, 3))


def test_a_subclass_of_a_convolution() -> None:
    subject = traced(nets.MyConv(3, 8, 3), (1, 3, 10, 12))
    assert subject.totals.madds == 8 * 10 * 8 * 3 * 9
    # The weights are read by a mean first, but a convolution is what they are for.
    assert (subject.totals.params.conv, subject.totals.params.bias) == (8 * 3 * 9, 8)


def test_padding_same_which_fvcore_passes_over() -> None:
    subject = traced(nets.Same(), (1, 3, 10, 12))
    assert subject.totals.madds == 10 * 12 * 8 * 3 * 9
    assert unseen(subject, "fvcore") == subject.totals.madds
    assert unseen(subject, "FlopCounterMode") == 0


def test_a_module_called_twice() -> None:
    subject = traced(nets.Twice(), (1, 4, 8, 8))
    conv = layer(subject, "conv")
    assert conv.cost.madds == subject.totals.madds == (8 * 8 + 4 * 4) * 4 * 4 * 9
    assert conv.calls == 2
    assert conv.cost.params.total == subject.totals.params.total == 4 * 4 * 9
    assert conv.cost.activations == 4 * (64 + 16)
    assert conv.outputs == ((1, 4, 8, 8),)


def test_a_shared_weight_counts_once_and_its_madds_each_time() -> None:
    subject = traced(nets.Shared(), (5, 6))
    assert subject.totals.madds == 2 * 5 * 36
    assert subject.totals.params.total == 36
    assert [(each.path, each.cost.params.total) for each in subject.layers] == [
        ("encode", 36),
        ("act", 0),
        ("decode", 0),
    ]


def test_a_python_autograd_function() -> None:
    subject = traced(nets.PythonFunction(), (3, 5))
    assert subject.totals.madds == 3 * 5 * 7
    assert subject.totals.params.linear == 35
    assert unseen(subject, "fvcore") == 105


def test_grouped_and_transposed_convolutions() -> None:
    subject = traced(nets.Grouped(), (1, 8, 7, 7))
    assert layer(subject, "conv").cost.madds == 5 * 5 * 16 * 2 * 9
    assert layer(subject, "up").cost.madds == 5 * 5 * 16 * 4 * 16  # per input position: 8 / 2 channels, 4 x 4
    assert (layer(subject, "up").op, layer(subject, "up").groups) == ("conv_transpose2d", 2)
    assert layer(subject, "up").outputs == ((1, 8, 10, 10),)


def test_train_mode_is_counted_as_eval_mode_and_left_alone() -> None:
    model = nets.Normed()
    model.conv.eval()
    model.bn.weight.requires_grad_(False)
    model.bn.register_forward_hook(lambda *_: None)
    before = copy.deepcopy(model.state_dict())
    hooks = [dict(each._forward_hooks) for each in model.modules()]
    report = muxprof.trace(model, (1, 3, 1, 1), check=True)
    assert report.agrees
    assert report.subjects[0].totals.madds == 3 * 4
    assert report.subjects[0].totals.params.norm == 8
    assert any("train mode" in note for note in report.notes)
    assert [each.training for each in (model, model.conv, model.bn, model.drop)] == [True, False, True, True]
    assert [each.requires_grad for each in model.parameters()] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert [dict(each._forward_hooks) for each in model.modules()] == hooks
    assert not any(each._forward_pre_hooks for each in model.modules())
    assert all(each.grad is None and each.device.type == "cpu" for each in model.parameters())
    assert torch.is_grad_enabled()
    assert torch._C._get_flash_sdp_enabled()
    assert torch.backends.mha.get_fastpath_enabled()
    assert torch._C._get_mkldnn_enabled()
    assert not any("train mode" in note for note in muxprof.trace(model.eval(), (1, 3, 1, 1)).notes)


def test_a_factory_may_give_a_model_that_is_kept() -> None:
    kept = nets.Normed()
    assert traced(lambda: kept, (1, 3, 1, 1)).totals.madds == 12
    assert all(each.training for each in kept.modules())
    assert all(type(each) is nn.Parameter for each in kept.parameters())


def test_a_model_whose_making_asks_for_values() -> None:
    def stochastic_depth() -> nn.Module:
        rates = [rate.item() for rate in torch.linspace(0, 0.5, 3)]
        return nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.Dropout(rate)) for rate in rates))

    report = muxprof.trace(stochastic_depth, (1, 4), check=True)
    assert report.agrees
    assert report.subjects[0].totals.madds == 48
    assert not any("real inputs" in note for note in report.notes)


def test_a_branch_not_taken_is_in_the_params_and_named() -> None:
    subject = traced(nets.Branch(), (1, 8))
    assert subject.totals.params.total == 8 * 100 + 100 + 8 * 4 + 4 + 8 * 3
    assert subject.traced is not None
    assert [(each.name, each.size) for each in subject.traced.unused] == [("large.weight", 800), ("large.bias", 100)]
    assert subject.totals.madds == 8 * 4 + 8 * 3
    assert traced(nets.Branch, (1, 8), arguments={"big": True}).totals.madds == 800 + 24


def test_an_output_that_nobody_uses_was_computed_all_the_same() -> None:
    subject = traced(nets.Branch(), (2, 8))
    assert layer(subject, "probe").cost.madds == 2 * 8 * 3
    # FlopCounterMode finds it; fvcore's tracer drops it.
    assert (unseen(subject, "FlopCounterMode"), unseen(subject, "fvcore")) == (0, 2 * 8 * 3)


def test_what_cannot_be_counted_is_listed_and_never_zero() -> None:
    report = muxprof.trace(nets.Spectrum(), (4, 4), check=True)
    (subject,) = report.subjects
    assert subject.traced is not None
    assert {each.op for each in subject.traced.unknown} == {"aten._fft_r2c", "aten._cdist_forward"}
    assert not subject.complete
    assert subject.totals.params.total == 16 + 4 + 16  # the filter too, though only an unknown op reads it
    assert not subject.traced.unused
    document = report.to_dict()["subjects"][0]
    assert [each["madds"] for each in document["layers"]] == [64, None, None, 0]
    assert document["unknown"] == [
        {"op": "aten._fft_r2c", "path": "unknown", "calls": 1},
        {"op": "aten._cdist_forward", "path": "unknown_1", "calls": 1},
    ]
    assert any("aten._fft_r2c x1" in note for note in report.notes)


def test_what_the_data_choose_is_unknown_and_no_difference() -> None:
    report = muxprof.trace(nets.Chosen(), (2, 4), check=True)
    (subject,) = report.subjects
    assert subject.traced is not None
    assert [each.op for each in subject.traced.unknown] == ["higher.cond"]
    assert subject.totals.madds == 2 * 4 * 4  # the first layer's
    assert report.agrees
    assert subject.check is not None
    counted = next(each for each in subject.check.counters if each.name == "FlopCounterMode")
    branches = 2 * 4 * 3 + 2 * (4 * 8 + 8 * 3)
    assert counted.madds == 2 * 4 * 4 + branches  # it adds up both of them
    assert counted.reason == f"it counts {branches} MAdds where the trace has unknown ops: not compared."


def test_marks_for_a_profiler_are_no_work() -> None:
    subject = traced(nn.DataParallel(nn.Linear(4, 3)), (2, 4))
    assert subject.totals.madds == 2 * 4 * 3
    assert subject.complete


def test_loops_and_modules_that_are_not_registered() -> None:
    report = muxprof.trace(nets.Loops(), (2, 5, 3), check=True)
    assert report.agrees
    (subject,) = report.subjects
    assert layer(subject, "cell").calls == 5
    assert layer(subject, "cell").cost.madds == 5 * 2 * 6 * 3
    assert subject.totals.madds == 5 * 2 * 6 * 3 + 2 * 3 * 3
    assert subject.totals.params.total == 6 * 3 + 3
    assert any("9 elements" in note for note in report.notes)


def test_values_are_looked_up_on_real_zeros(capsys: pytest.CaptureFixture[str]) -> None:
    report = muxprof.trace(nets.Values(), (1, 4), check=True)
    assert report.agrees
    assert report.subjects[0].totals.madds == 12
    assert any("ran on zeros" in note for note in report.notes)
    assert "looking" not in capsys.readouterr().out


def test_named_inputs_of_several_types() -> None:
    named = {"ids": torch.zeros(2, 3, dtype=torch.int64), "scale": (1, 1, 4), "mask": "2x3:bool"}
    subject = traced(nets.Named(), named=named)
    assert subject.totals.madds == 2 * 3 * 4 * 2
    assert layer(subject, "table").op == "embedding"
    # Of the table no more is read than is looked up: 6 indices of 8 bytes, 24 elements read, 24 written.
    assert layer(subject, "table").cost.traffic_bytes == 48 + 2 * 24 * 4
    assert layer(subject, "fc").cost.traffic_bytes == 4 * (24 + 8 + 2 + 12)


#: By hand: a function, the shape of its float32 input, elements that it gives, bytes that it reads and writes.
WORK: dict[str, tuple[Callable[[Tensor], Any], tuple[int, ...], int, int]] = {
    # What a copy overwrites, and what a tensor is only made like, is not read.
    "copy into": (lambda x: x.new_empty(x.shape).copy_(x), (3, 4), 12, 4 * (12 + 12)),
    "zeros like": (torch.zeros_like, (3, 4), 12, 4 * 12),
    "random like": (torch.rand_like, (3, 4), 12, 4 * 12),
    "filled in place": (lambda x: x.fill_(2), (3, 4), 12, 4 * 12),
    # Two of three rows, by indices of 8 bytes: no more is read than is given.
    "rows by index": (lambda x: x[torch.tensor([0, 2], device=x.device)], (3, 4), 8, 4 * (8 + 8) + 8 * 2),
    # Maxima have indices, and norms statistics, for a backward pass.
    "max pooling": (lambda x: functional.max_pool2d(x, 2), (1, 2, 4, 4), 8, 4 * (32 + 8)),
    "layer norm": (lambda x: functional.layer_norm(x, (8,)), (3, 8), 24, 4 * (24 + 24)),
    "group norm": (lambda x: functional.group_norm(x, 1), (1, 2, 4, 4), 32, 4 * (32 + 32)),
    "instance norm": (functional.instance_norm, (1, 2, 4, 4), 32, 4 * (32 + 32)),
    "loss": (
        lambda x: functional.nll_loss(x, torch.tensor([0, 1, 2], device=x.device)),
        (3, 4),
        1,
        4 * (12 + 1) + 8 * 3,
    ),
    # Sums of two rows and of one, by indices and starts of 8 bytes.
    "embedding bag": (
        lambda x: functional.embedding_bag(
            torch.tensor([0, 1, 4], device=x.device), x, torch.tensor([0, 2], device=x.device), mode="sum"
        ),
        (5, 4),
        8,
        4 * (8 + 8) + 8 * (3 + 2),
    ),
    # Both outputs of a sort are for the caller: 12 values of 4 bytes, 12 indices of 8.
    "sort": (torch.sort, (3, 4), 24, 4 * (12 + 12) + 8 * 12),
}


@pytest.mark.parametrize("name", WORK)
def test_activations_and_traffic_of_an_op_by_hand(name: str) -> None:
    function, shape, activations, traffic = WORK[name]
    totals = traced(By(function), shape).totals
    assert (totals.activations, totals.traffic_bytes) == (activations, traffic)


def test_products_of_vectors_which_flop_counter_mode_passes_over() -> None:
    subject = traced(nets.Vectors(), (3, 4))
    # The form: every weight once per row. FlopCounterMode has no formula for any of them.
    assert layer(subject, "form").cost.madds == 3 * 2 * 16
    assert subject.totals.madds == 96 + 3 * 4 + 4
    assert unseen(subject, "FlopCounterMode") == subject.totals.madds


def test_a_model_that_rebuilds_itself_is_counted_as_it_is_then() -> None:
    for model in (nets.Settling(), nets.Settling):
        subject = traced(model, (2, 4))
        assert subject.totals.madds == 2 * (4 * 5 + 5 * 3)
        assert subject.totals.params.total == 4 * 5 + 5 * 3
        assert [each.path for each in subject.layers] == ["first", "last"]


def test_layers_that_are_deep_copies() -> None:
    subject = traced(nets.Cloned, (2, 5, 4))
    assert [(each.op, each.cost.params.linear, each.cost.madds) for each in subject.layers] == [
        ("linear", 4 * 4, 2 * 5 * 4 * 4)
    ] * 3
    assert subject.traced is not None
    assert not subject.traced.unused


def test_attention_that_wants_to_be_compiled() -> None:
    subject = traced(nets.Flexible(), (1, 2, 128, 64))
    # Queries with keys, [128, 64] x [64, 64], and the weights with values, [128, 64] x [64, 32], in two heads.
    assert subject.totals.madds == 2 * 128 * 64 * (64 + 32)
    # What it gives besides for a backward pass, two numbers a row, is not counted.
    assert layer(subject, "attention").cost.activations == 2 * 128 * 32


def test_every_row_has_one_expert() -> None:
    subject = traced(nets.Experts(), "8x16:bfloat16")
    assert subject.totals.madds == (1 + 1 + 3 + 3) * 16 * 32
    assert subject.totals.params.linear == 4 * 16 * 32
    assert unseen(subject, "FlopCounterMode") == unseen(subject, "fvcore") == 8 * 16 * 32


def test_types_have_their_own_sizes() -> None:
    model = nn.Linear(8, 4, bias=False).to(torch.bfloat16)
    assert traced(model, (2, 8)).totals.traffic_bytes == 2 * (16 + 32 + 8)


def test_a_model_on_the_meta_device() -> None:
    with torch.device("meta"):
        model = nn.Conv2d(3, 8, 3)
    assert traced(model, (1, 3, 5, 5)).totals.madds == 9 * 8 * 27


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
def test_old_style_weight_norm_which_cannot_be_copied_as_it_is() -> None:
    model = nn.utils.weight_norm(nn.Linear(4, 6))
    subject = traced(model, (1, 4))
    assert subject.totals.madds == 24
    assert (subject.totals.params.linear, subject.totals.params.bias) == (24 + 6, 6)


def test_an_inference_mode_of_the_users() -> None:
    class Decorated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 3)

        @torch.inference_mode()
        def forward(self, x: torch.Tensor) -> Any:
            return self.fc(x)

    assert traced(Decorated(), (2, 4)).totals.madds == 24


def test_checking_a_saved_report_needs_the_module() -> None:
    report = muxprof.trace(nets.Twice(), (1, 4, 8, 8))
    with pytest.raises(muxprof.BadInput, match="Twice was traced, and a report does not hold it"):
        muxprof.check(report)
    assert muxprof.check(report, {"Twice": nets.Twice()}).agrees
    other = nn.Conv2d(4, 4, 1)
    assert not muxprof.check(report, {"Twice": other}).agrees
