"""What the README shows, runs."""

from __future__ import annotations

import re
from pathlib import Path

import muxprof

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_python_example(tmp_path: Path) -> None:
    (code,) = blocks("python")
    code = code.replace('"muxnet-l.html"', repr(str(tmp_path / "muxnet-l.html")))
    names: dict[str, object] = {}
    for line in code.splitlines():
        expression, _, comment = line.partition("  # ")
        if re.match(r"report\.(ratios|subject)", line):
            assert repr(eval(expression, names)) == comment.strip(), line
        else:
            exec(expression, names)
    assert (tmp_path / "muxnet-l.html").exists()
    report = names["report"]
    assert isinstance(report, type(muxprof.block()))
    assert report.break_even is not None
    assert round(report.break_even.leave_out, 5) == 0.03337
    assert muxprof.check(report).agrees


def test_the_network_of_ones_own(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    path = tmp_path / "mynet.toml"
    path.write_text(text, encoding="utf-8")
    subject = muxprof.model(str(path), check=True).subjects[0]
    assert subject.check is not None
    assert subject.check.status == "agree"
    assert subject.input_shape == (1, 3, 192, 192)
    assert subject.spec.head.classes == 100


def test_commands_exist() -> None:
    from typer.testing import CliRunner

    from muxprof.cli.commands import COMMANDS
    from muxprof.cli.main import app

    shown = {line.split()[1] for block in blocks("sh") for line in block.splitlines() if line.startswith("muxprof ")}
    assert set(COMMANDS) <= shown
    for command in shown:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
