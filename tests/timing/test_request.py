"""What may be asked of the clock, and what a machine has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from muxprof.errors import BadInput
from muxprof.measurements import MODES
from muxprof.timing.available import lacking
from muxprof.timing.request import setting


def test_a_device_s_modes_are_the_default() -> None:
    assert setting("cpu").modes == ("eager",)
    assert setting("cuda:1").modes == MODES
    assert setting("cuda", modes=["graph", "eager"]).modes == ("eager", "graph")


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"device": "tpu"}, "device = 'tpu' is unknown"),
        ({"device": "cuda:x"}, "device = 'cuda:x' is unknown"),
        ({"dtype": "fp8"}, "dtype = 'fp8' is unknown; it is one of fp32, tf32, fp16, bf16"),
        ({"dtype": "tf32"}, "on the CPU it is fp32, fp16 or bf16"),
        ({"batches": []}, "no list of 1 to 16 different sizes"),
        ({"batches": [1, 8, 1]}, "batch = 1,8,1 is no list"),
        ({"batches": [0]}, "batch = 0 is out of range"),
        ({"batches": [1 << 17]}, "batch = 131072 is out of range"),
        ({"modes": ["warm"]}, "mode 'warm' is unknown; modes are eager, cold, graph"),
        ({"modes": []}, "modes are eager, cold, graph"),
        ({"modes": ["graph"]}, "mode 'graph' needs a CUDA device"),
        ({"threads": 0}, "threads = 0 is out of range"),
        ({"budget": 0}, "budget = 0 is out of range"),
        ({"budget": float("nan")}, "budget = nan is out of range"),
        ({"budget": float("inf")}, "budget = inf is out of range"),
        ({"kernels": True}, "kernels are those of a GPU"),
    ],
)
def test_what_cannot_be_measured_is_refused(keywords: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as caught:
        setting(**keywords)
    assert said in str(caught.value)


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch was built with CUDA")
def test_a_torch_without_cuda_is_known_without_importing_it() -> None:
    code = (
        "import sys; from muxprof.timing.available import lacking; print(lacking('cuda'));"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"this torch ({torch.__version__}) was built without CUDA"


def test_the_cpu_is_there() -> None:
    assert lacking("cpu") is None


@pytest.mark.parametrize(
    ("built", "visible", "device", "said"),
    [
        ("cuda: Optional[str] = '13.0'\nhip = None", 0, "cuda", "no CUDA device is visible to this torch"),
        ("cuda: Optional[str] = '13.0'\nhip = None", 1, "cuda", None),
        (
            "cuda: Optional[str] = '13.0'\nhip = None",
            1,
            "cuda:1",
            "there is no cuda:1; torch sees 1 CUDA device, cuda:0",
        ),
        ("cuda: Optional[str] = '13.0'\nhip = None", 2, "cuda:1", None),
        ("cuda = None\nhip: str = '6.4'", 1, "cuda", None),
        ("not python (", 1, "cuda", None),
    ],
)
def test_a_torch_with_cuda_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, built: str, visible: int, device: str, said: str | None
) -> None:
    (tmp_path / "version.py").write_text(built)
    where = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    monkeypatch.setattr("importlib.util.find_spec", lambda _: where)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: visible > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: visible)
    found = lacking(device)
    assert found is None if said is None else said in str(found)
