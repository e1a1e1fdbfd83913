"""A module that is not what the formula says: the check names the layer, and the command exits 1."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from torch import nn
from typer.testing import CliRunner

import muxprof.nets
from muxprof.cli.main import app


def breaking(path: str, make: Callable[[nn.Module], nn.Module]) -> Callable[..., nn.Module]:
    """The real builder, with the submodule at ``path`` replaced wherever a module has it."""
    real = muxprof.nets.build

    def build(spec: object, device: str = "cpu") -> nn.Module:
        module = real(spec, device)  # type: ignore[arg-type]  # whatever the check passes
        try:
            old = module.get_submodule(path)
        except AttributeError:
            return module
        parent, _, name = path.rpartition(".")
        setattr(module.get_submodule(parent), name, make(old).to(device).eval())
        return module

    return build


def wider_kernel(old: nn.Module) -> nn.Module:
    assert isinstance(old, nn.Conv2d)
    return nn.Conv2d(old.in_channels, old.out_channels, 5, padding=2, groups=old.groups, bias=False)


def half_the_groups(old: nn.Module) -> nn.Module:
    assert isinstance(old, nn.Conv2d)
    return nn.Conv2d(old.in_channels, old.out_channels, 5, padding=2, groups=old.groups // 2, bias=False)


def no_bias(old: nn.Module) -> nn.Module:
    assert isinstance(old, nn.Linear)
    return nn.Linear(old.in_features, old.out_features, bias=False)


@pytest.mark.parametrize(
    ("command", "path", "make", "counters"),
    [
        ("block", "conv", wider_kernel, {"parameters", "FlopCounterMode", "fvcore"}),
        ("model muxnet-l", "stage2.1.conv", half_the_groups, {"parameters", "FlopCounterMode", "fvcore"}),
        ("model mobilenetv2", "head.classifier", no_bias, {"parameters"}),
    ],
    ids=["kernel", "groups", "bias"],
)
def test_the_layer_is_named_and_the_exit_code_is_1(
    command: str,
    path: str,
    make: Callable[[nn.Module], nn.Module],
    counters: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("muxprof.nets.build", breaking(path, make))
    done = CliRunner().invoke(app, [*command.split(), "--json"])
    assert done.exit_code == 1
    mismatches = [m for subject in json.loads(done.stdout)["subjects"] for m in subject["check"]["mismatches"]]
    assert {m["path"] for m in mismatches} == {path}
    assert {m["counter"] for m in mismatches} == counters
    shown = CliRunner().invoke(app, command.split(), env={"COLUMNS": "120"})
    assert shown.exit_code == 1
    assert path in shown.stdout.split("layers that differ")[1]
    assert "DIFFER" in shown.stdout
    assert CliRunner().invoke(app, [*command.split(), "--no-check"]).exit_code == 0
