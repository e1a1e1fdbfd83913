"""``trace --conventions``: what other tools print for any model, compared to the digit with the tools themselves."""

from __future__ import annotations

import importlib
import importlib.resources
import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody writes it
from printed import written
from processes import HELPERS
from quoted import TOOLS, printed
from torch import Tensor, nn
from typer.testing import CliRunner

import muxprof
from muxprof import api
from muxprof.answers.tools.types import ToolCount
from muxprof.answers.trace.inputs import read_input
from muxprof.cli.main import app
from muxprof.nets import build
from muxprof.tracing import views
from muxprof.tracing.stand_ins import Model
from muxprof.tracing.target import load

TRACING = HELPERS
TUTORIALS, TRAPS = TRACING / "tutorial_nets.py", TRACING / "trap_nets.py"

FLOP_COUNTER, PTFLOPS, EARLY = "FlopCounterMode / 2", "ptflops 0.7.5, aten", "torchprofile 0.0.1"
TORCHPROFILE, FVCORE, TORCHINFO, THOP = "torchprofile 0.1.0", "fvcore 0.1.5", "torchinfo 1.8.0", "thop 0.1.1"

#: What runs in one op on some devices and not on others.
DEVICE_BOUND = {FLOP_COUNTER, PTFLOPS}


def traced(module: nn.Module, *inputs: Any) -> dict[str, ToolCount]:
    report = muxprof.trace(module, *inputs, conventions=True)
    return {count.tool: count for count in report.tools}


def compare(module: nn.Module, *inputs: str, unknown: Sequence[str] = ()) -> None:
    """Every row is what the tool prints, with gradients and without; those that cannot be said are ``unknown``."""
    module = module.eval()
    ours = traced(module, *inputs)
    assert {tool for tool, count in ours.items() if count.madds is None} - {EARLY} == set(unknown)
    assert all((count.reason is None) == (count.madds is not None) for count in ours.values())
    dtype = next((each.dtype for each in module.parameters() if each.is_floating_point()), torch.float32)
    given = list(map(read_input, inputs))
    tensors = tuple(torch.zeros(each.shape, dtype=getattr(torch, each.dtype or str(dtype)[6:])) for each in given)
    said = {tool: ours[tool].madds for tool in TOOLS if ours[tool].madds is not None}
    for gradients in (True, False):
        found = printed(module, tensors, gradients=gradients)
        assert {tool: found[tool] for tool in said} == said
        for tool, count in ours.items():
            within = re.search(r"prints ([\d,]+) to ([\d,]+)$", count.reason or "")
            if within is not None:
                low, high = (int(number.replace(",", "")) for number in within.groups())
                assert low <= int(found[tool]) <= high


@pytest.mark.parametrize("name", ["muxnet-m", "muxnet-l", "mobilenetv2", "resnet18"])
def test_networks_of_the_zoo_are_what_their_specs_say(name: str) -> None:
    """The same rows from the trace as from the layers, which the tests of ``model`` compare with the tools."""
    report = muxprof.model(name)
    rows = traced(build(report.subjects[0].spec), report.subjects[0].input_shape)
    expected = {count.tool: count.madds for count in api.with_conventions(report).tools}
    assert {tool: count.madds for tool, count in rows.items()} == expected


UNKNOWN_OF_TUTORIALS = {
    "vit of MultiheadAttention": DEVICE_BOUND,
    "vit of sdpa": DEVICE_BOUND,
    "lstm": DEVICE_BOUND,
    "gru": DEVICE_BOUND,
}


@pytest.mark.parametrize("name", load(f"{TUTORIALS}:NETS.keys")())
def test_tutorial_nets(name: str) -> None:
    net = load(f"{TUTORIALS}:NETS.get")(name)
    compare(net.make(), *net.inputs, unknown=tuple(UNKNOWN_OF_TUTORIALS.get(name, ())))


@pytest.mark.parametrize(
    ("name", "inputs", "unknown"),
    [
        ("Functional", ["1x3x8x8"], []),
        ("Same", ["1x3x8x8"], []),
        ("Twice", ["1x4x8x8"], []),
        ("Shared", ["2x6"], []),
        ("PythonFunction", ["2x5"], []),
        ("Grouped", ["1x8x8x8"], []),
        ("Branch", ["1x8"], []),
        ("Normed", ["1x3x4x4"], []),
        ("Spectrum", ["2x4"], []),
        ("Loops", ["2x4x3"], [FVCORE, TORCHPROFILE]),
        ("Values", ["2x4"], []),
        ("Vectors", ["4x4"], []),
    ],
)
def test_traps(name: str, inputs: list[str], unknown: list[str]) -> None:
    compare(Model(load(f"{TRAPS}:{name}")).module(), *inputs, unknown=unknown)


def test_a_subclass_that_computes_its_weights() -> None:
    arguments = {"in_channels": 3, "out_channels": 4, "kernel_size": 3}
    compare(Model(load(f"{TRAPS}:MyConv"), arguments).module(), "1x3x8x8")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("squeezenet", "squeezenet_v1_1"),
        ("mobilenet", "mobilenet_wd4"),
        *(
            pytest.param(*names, marks=pytest.mark.slow)
            for names in [
                ("shufflenetv2", "shufflenetv2_wd2"),
                ("igcv3", "igcv3_wd4"),
                ("menet", "menet108_8x1_g3"),
                ("mnasnet", "mnasnet_small"),
                ("proxylessnas", "proxylessnas_mobile"),
                ("efficientnet", "efficientnet_b0"),
                ("densenet", "densenet121"),
                ("inceptionv3", "inceptionv3"),
                ("hrnet", "hrnet_w18_small_v1"),
            ]
        ),
    ],
)
def test_published_networks(file: str, name: str) -> None:
    make = getattr(importlib.import_module(f"pytorchcv.models.{file}"), name)
    size = 299 if file == "inceptionv3" else 224
    compare(make(), f"1x3x{size}x{size}")


class Called(nn.Module):
    """A function of modules and inputs."""

    def __init__(self, function: Callable[..., Any], *parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Any:
        return self.function(*self.parts, x)


class Shared(nn.Module):
    """A block in three places, one of which is never called."""

    def __init__(self) -> None:
        super().__init__()
        block = nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), nn.Sequential())
        self.twice = nn.ModuleList([block, nn.Sequential(block)])
        self.once = block
        self.never = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Any:
        return self.once(self.twice[1](x)).mul_(2)


class Named(nn.Module):
    """Parameters by other names, in a class with Conv in its own, which gives out a mapping."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(8, 8, 1, 1))
        self.my_weight = nn.Parameter(torch.zeros(5))
        self.gamma = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor) -> Any:
        return {"aux": None, "out": [F.conv2d(x, self.weight), x.mean(1)]}


class ConvOfMyOwn(Named):
    pass


def with_sizes(conv: nn.Module, x: Tensor) -> Any:
    """Sizes that are multiplied, a product that nothing needs, and one that is written into a map."""
    (conv(x) * 3).mean()
    y = conv(x)
    y[:, :2].mul_(2)
    return y.reshape(x.shape[0] * x.shape[1], x.size(2) * x.size(3) // 2 * 2)


def matrices(x: Tensor) -> Any:
    a = x[0]
    products = torch.addmm(a[0], a[0], a[0]), torch.addbmm(a[0], a, a), torch.linalg.matmul(x, x)
    return x @ x, a @ a, x @ a, torch.bmm(a, a), torch.baddbmm(a, a, a), torch.multiply(x, x), *products


def vectors(conv: nn.Module, x: Tensor) -> Any:
    return conv(x), torch.mv(x[0, 0], x[0, 0, 0]), torch.dot(x[0, 0, 0], x[0, 0, 0])


def encoder(**options: Any) -> nn.Module:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(12, 4, 20, **options), 2)


def recurrent(kind: Callable[..., nn.Module]) -> nn.Module:
    both, single = kind(12, 7, 2, bidirectional=True, batch_first=True), kind(12, 5, bias=False)
    return Called(lambda both, single, x: (both(x)[0], single(x)[0]), both, single)


def attention(project: nn.Module, x: Tensor) -> Any:
    return F.scaled_dot_product_attention(project(x)[None], x[None], x[None])


def upsampling(mode: str) -> nn.Module:
    return nn.Sequential(nn.Upsample(scale_factor=2, mode=mode), nn.UpsamplingBilinear2d(20))


def contraction(equation: str) -> nn.Module:
    return Called(lambda x: torch.einsum(equation, *[x] * (equation.count(",") + 1)))


def tokens(first: nn.Module, depthwise: nn.Module, last: nn.Module, x: Tensor) -> Any:
    """A convolution on tokens, whose output's layout in memory is the device's choice, and which a layer reads."""
    maps = depthwise(first(x).transpose(1, 2).unflatten(2, (4, 4)))
    return last(F.gelu(maps.flatten(2).transpose(1, 2)))


MAPS = "2x8x12x12"
ATTENTIVE = (FLOP_COUNTER, PTFLOPS, TORCHPROFILE, FVCORE)
PARTS: dict[str, tuple[Callable[[], nn.Module], str, Sequence[str]]] = {
    "convolutions": (
        lambda: nn.Sequential(
            nn.ConvTranspose2d(8, 8, 3, 2),
            nn.ConvTranspose2d(8, 4, 3, groups=4, bias=False),
            nn.Conv2d(4, 6, 3, 2, groups=2),
            nn.Conv2d(6, 5, 3, padding="same"),
            nn.Flatten(2),
            nn.Conv1d(5, 3, 2),
            nn.ConvTranspose1d(3, 4, 4, 2),
            nn.Unflatten(2, (1, 1, -1)),
            nn.Conv3d(4, 2, 1),
        ),
        MAPS,
        [],
    ),
    "norms": (
        lambda: nn.Sequential(
            nn.BatchNorm2d(8),
            nn.BatchNorm2d(8, affine=False),
            nn.BatchNorm2d(8, track_running_stats=False),
            nn.GroupNorm(2, 8),
            nn.GroupNorm(4, 8, affine=False),
            nn.InstanceNorm2d(8),
            nn.InstanceNorm2d(8, affine=True),
            nn.LayerNorm(12),
            nn.LayerNorm([12, 12], elementwise_affine=False),
            nn.SyncBatchNorm(8),
        ),
        MAPS,
        [],
    ),
    "activations": (
        lambda: nn.Sequential(
            nn.LeakyReLU(), nn.LeakyReLU(inplace=True), nn.PReLU(), nn.Softmax(1), nn.SiLU(), nn.Hardswish(), nn.GLU(1)
        ),
        MAPS,
        [],
    ),
    "pools": (
        lambda: nn.Sequential(
            nn.AdaptiveAvgPool2d((7, 5)),
            nn.AdaptiveAvgPool2d((3, None)),
            nn.AvgPool2d(2),
            nn.MaxPool2d(1),
            nn.Flatten(2),
            nn.AvgPool1d(1),
            nn.AdaptiveAvgPool1d(1),
        ),
        "2x8x13x11",
        [],
    ),
    **{f"upsampling, {mode}": (partial(upsampling, mode), MAPS, []) for mode in ("nearest", "bilinear", "bicubic")},
    "sampling": (
        lambda: Called(
            lambda x: [
                F.grid_sample(x, x[:, :, :, :2], mode=mode, align_corners=False)
                for mode in ("bilinear", "nearest", "bicubic")
            ]
        ),
        MAPS,
        [],
    ),
    "shared": (Shared, MAPS, []),
    "named": (Named, MAPS, []),
    "named Conv": (ConvOfMyOwn, MAPS, []),
    "sizes": (lambda: Called(with_sizes, nn.Conv2d(8, 8, 1)), MAPS, []),
    "linear": (
        lambda: Called(lambda a, b, x: (a(x), b(x.transpose(2, 3)), b(x[0, 0, 0])), nn.Linear(12, 5), nn.Linear(12, 3)),
        MAPS,
        [],
    ),
    "products": (lambda: Called(matrices), MAPS, []),
    "vectors": (lambda: Called(vectors, nn.Conv2d(8, 3, 1)), MAPS, []),
    "a product with a vector": (lambda: Called(lambda x: x @ x[0, 0, 0]), MAPS, [FVCORE]),
    **{
        f"einsum {equation}": (partial(contraction, equation), shape, unknown)
        for equation, shape, unknown in [
            ("bcij,bcjk->bcik", MAPS, []),
            ("bcij , bdij", "1x37x53x71", []),
            ("bcij,bcij->bcij", MAPS, []),
            ("bcij->cbji", MAPS, []),
            ("nij,nik->njk", "3x4x5", []),
            ("nij,nkj->nik", "3x4x5", []),
            ("...ij,...jk->...ik", MAPS, [FVCORE]),
            ("bcij,bcjk,bckl->bcil", MAPS, [FVCORE]),
        ]
    },
    "LSTM": (lambda: recurrent(nn.LSTM), "3x9x12", tuple(DEVICE_BOUND)),
    "GRU": (lambda: recurrent(nn.GRU), "3x9x12", tuple(DEVICE_BOUND)),
    "RNN": (lambda: recurrent(nn.RNN), "3x9x12", tuple(DEVICE_BOUND)),
    "LSTMCell": (lambda: nn.LSTMCell(12, 7), "3x12", [PTFLOPS]),
    "GRUCell": (lambda: nn.GRUCell(12, 7), "3x12", [PTFLOPS]),
    "RNNCell": (lambda: nn.RNNCell(12, 7, bias=False), "3x12", []),
    "encoder": (lambda: encoder(batch_first=True), "2x9x12", ATTENTIVE),
    "encoder, norm first": (lambda: encoder(norm_first=True), "2x9x12", tuple(DEVICE_BOUND)),
    "MultiheadAttention": (
        lambda: Called(lambda heads, x: heads(x, x, x), nn.MultiheadAttention(12, 4, batch_first=True)),
        "2x9x12",
        ATTENTIVE,
    ),
    "fused attention": (lambda: Called(attention, nn.Linear(12, 12)), "2x9x12", tuple(DEVICE_BOUND)),
    "layout": (
        lambda: Called(tokens, nn.Linear(12, 12), nn.Conv2d(12, 12, 3, padding=1, groups=12), nn.Linear(12, 4)),
        "1x16x12",
        [PTFLOPS],
    ),
    "argument by name": (lambda: Called(lambda conv, x: conv(input=x), nn.Conv2d(8, 4, 1)), MAPS, [THOP]),
    "a number besides": (lambda: Called(lambda conv, x: (conv(x), 3), nn.Conv2d(8, 4, 1)), MAPS, [FVCORE]),
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
def test_parts(name: str) -> None:
    make, shape, unknown = PARTS[name]
    compare(make(), shape, unknown=unknown)


def test_no_rule_is_idle() -> None:
    """A network that every tool counts differently."""
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(),
        nn.AdaptiveAvgPool2d(5),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        Called(vectors, nn.Conv2d(8, 4, 1)),
    )
    compare(module, "1x3x12x12")
    printed_numbers = [count.madds for count in traced(module, "1x3x12x12").values()]
    assert None not in printed_numbers
    assert len(set(printed_numbers)) == len(printed_numbers) == len(TOOLS) + 2


def test_how_far_attention_may_go_is_said() -> None:
    rows = traced(Called(attention, nn.Linear(12, 12)).eval(), "2x9x12")
    linear, products = 2 * 9 * 12 * 12, 2 * 2 * 9 * 9 * 12
    assert f"{linear:,} to {linear + products:,}" in (rows[FLOP_COUNTER].reason or "")
    assert "younger" in (rows[EARLY].reason or "")
    assert rows[TORCHPROFILE].madds == linear + products
    assert rows[FVCORE].madds == linear


def test_a_model_too_large_for_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MAX_MADDS", 10)
    rows = traced(nn.Linear(3, 4), "1x3")
    assert {tool for tool, count in rows.items() if count.madds is None} == {EARLY, TORCHPROFILE, FVCORE}
    assert rows[FVCORE].reason == "it needs a forward pass with data, and this one has 12 MAdds"
    monkeypatch.setattr(views, "MAX_ELEMENTS", 10)
    assert "GiB" in (traced(nn.Linear(3, 4), "1x3")[FVCORE].reason or "")


def test_a_compiled_part_takes_no_hooks() -> None:
    part = torch.jit.script(nn.Sequential(nn.Conv2d(8, 4, 1), nn.ReLU()))
    rows = traced(nn.Sequential(part, nn.Conv2d(4, 4, 1)).eval(), MAPS)
    assert {tool for tool, count in rows.items() if count.madds is not None} == {"muxprof", FLOP_COUNTER, TORCHINFO}
    assert "takes none of its hooks" in (rows[THOP].reason or "")


def test_the_model_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout())
    state = {name: value.clone() for name, value in module.state_dict().items()}
    traced(module, "1x3x4x4")
    assert all(part.training and not part._forward_hooks for part in module.modules())
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())


def test_only_who_asks_gets_them() -> None:
    assert muxprof.trace(nn.Linear(3, 4), "1x3").tools == ()


def test_reports_hold_and_show_them(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    run, wide = CliRunner(), {"COLUMNS": "200"}
    arguments = [f"{TRAPS}:instance", "-i", "1x3", "--conventions", "--no-check", "--out", str(out)]
    done = run.invoke(app, ["trace", *arguments], env=wide)
    assert done.exit_code == 0
    document = json.loads(out.read_text())
    schema = json.loads(importlib.resources.files("muxprof.document").joinpath("schema.json").read_text("utf-8"))
    jsonschema.validate(document, schema)
    assert {row["tool"]: row["madds"] for row in document["conventions"]}[PTFLOPS] == 15 + 5
    shown = run.invoke(app, ["show", str(out)], env=wide)
    table = "What other tools print"
    assert table in done.output
    assert shown.output[shown.output.index(table) :] in done.output


def test_a_number_that_is_unknown_is_written_and_shown(tmp_path: Path) -> None:
    report = muxprof.trace(recurrent(nn.LSTM), "3x9x12", conventions=True)
    out = report.save(tmp_path / "report.json")
    schema = json.loads(importlib.resources.files("muxprof.document").joinpath("schema.json").read_text("utf-8"))
    document = json.loads(out.read_text())
    jsonschema.validate(document, schema)
    [row] = [row for row in document["conventions"] if row["tool"] == FLOP_COUNTER]
    assert row["madds"] is None
    assert "recurrent layers" in row["reason"]
    assert muxprof.load(out) == report
    shown = CliRunner().invoke(app, ["show", str(out)], env={"COLUMNS": "400"})
    assert "unknown" in shown.output
    assert f"Unknown here: {row['reason']}." in " ".join(shown.output.split())


@pytest.mark.parametrize(
    ("row", "change"),
    [(0, {"madds": 1}), (1, {"madds": None}), (1, {"reason": "none"}), (1, {"madds": -1}), (1, {"madds": "many"})],
)
def test_documents_that_contradict_themselves_are_refused(row: int, change: dict[str, Any]) -> None:
    from muxprof.answers import saved

    document = muxprof.trace(nn.Linear(3, 4), "1x3", conventions=True).to_dict()
    document["conventions"][row] |= change
    with pytest.raises(muxprof.BadInput):
        saved.from_dict(document)


def test_a_model_of_no_products_has_no_shares() -> None:
    report = muxprof.trace(nn.ReLU(), "1x3", conventions=True)
    assert {count.madds for count in report.tools} == {0}

    assert "| FlopCounterMode / 2 | 0" in written(report, ".md")
