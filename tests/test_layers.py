"""Imports only ever point down, and heavy packages stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

import muxprof

PACKAGE = Path(muxprof.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

#: What the files of each part may import of muxprof, besides themselves; parts are listed from the lowest floor up.
BASE = {"errors", "dims", "units", "frozen"}
PLAIN = BASE | {"", "frozen", "records", "measurements"}
DOCUMENT = PLAIN | {"spec", "cost"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "frozen": set(),
    "dims": {"errors"},
    "units": {"errors"},
    "records": {"frozen"},
    "measurements": {"frozen"},
    "spec": BASE,
    "cost": BASE | {"spec", "records"},
    "census": BASE | {"spec", "cost"},
    "nets": {"spec"},
    "tracing": {"errors", "records"},
    "timing": {"errors", "records", "measurements"},
    "document": DOCUMENT,
    "formats": DOCUMENT | {"document"},
    "answers": DOCUMENT | {"census", "document", "formats", "nets", "tracing", "timing"},
    "api": DOCUMENT | {"document", "answers", "timing"},
    "space": DOCUMENT | {"answers"},
    "cli": DOCUMENT | {"document", "formats", "answers", "api", "space"},
    "": {"errors", "cost", "answers", "api"},  # the package itself
    "__main__": {"start"},
    "start": {"cli"},
}

#: Where each heavy package may be imported.
HEAVY: dict[str, tuple[str, ...]] = {
    "torch": ("nets/", "tracing/", "timing/"),
    "fvcore": ("tracing/counters/fvcore.py",),
    "sympy": (
        "cost/symbolic.py",
        "cost/forms.py",
        "cost/sweep.py",
        "tracing/symbolic/",
        "answers/formulas/specs.py",
        "answers/paper/claims.py",
    ),
    "numpy": ("census/", "cost/heat.py", "cost/sweep.py", "answers/heatmap/answer.py"),
    "plotly": ("formats/plot.py", "answers/heatmap/", "answers/compare/figure.py", "answers/space/"),
    "kaleido": ("answers/heatmap/image.py",),
    "jinja2": ("formats/",),
    "msgspec": ("document/json.py", "answers/"),
    "rich": ("formats/", "cli/"),
    "typer": ("cli/application.py",),
}

#: nets takes values from the spec and nothing that computes: its arithmetic is its own.
SPEC_NAMES_FOR_NETS = {
    "AnyBlock", "BasicBlock", "Block", "C1Head", "CellStack", "ClassicBlock", "ConvBlock", "DsBlock", "Head", "IrBlock",
    "MuxBlock", "Network", "PoolBlock", "PpmHead", "SegmentationHead", "ShuffleBlock", "Squeeze", "Stem",
}  # fmt: skip


def part(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(module, names) of every import that runs; imports for type checkers alone do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or "", [alias.name for alias in node.names]


def muxprof_parts(path: Path) -> set[str]:
    found = set()
    for module, names in imports(path):
        head, _, rest = module.partition(".")
        if head != "muxprof":
            continue
        if rest:
            found.add(rest.split(".")[0])
        else:
            known = MAY_IMPORT.keys() | {""}
            found |= {name if name in known else "" for name in names} or {""}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = part(path)
    assert muxprof_parts(path) - {own} <= MAY_IMPORT[own]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_packages_stay_where_they_belong(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    for module, _ in imports(path):
        places = HEAVY.get(module.split(".")[0])
        assert places is None or name.startswith(places), f"{name} imports {module}"


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles(graph(SOURCES, PACKAGE.parent)) == []


def test_no_answers_import_each_other_in_a_circle() -> None:
    files = graph(SOURCES, PACKAGE.parent)
    folders: dict[str, set[str]] = {}
    for name, imported in files.items():
        if folder(name):
            folders.setdefault(folder(name), set()).update(filter(None, map(folder, imported)))
    assert circles({name: found - {name} for name, found in folders.items()}) == []


def folder(module: str) -> str:
    """The folder of a module in answers/, or "" for what lies elsewhere."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["muxprof", "answers"] and len(parts) > 3 else ""


def graph(sources: Sequence[Path], root: Path) -> dict[str, set[str]]:
    """The modules that each file imports, itself and the package above all of them left out."""
    files = {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in sources}
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        imported = {
            f"{module}.{each}" if f"{module}.{each}" in files else module
            for module, names in imports(path)
            for each in names or [""]
        }
        found[name] = (imported & files.keys()) - {name, root.name, "muxprof"}
    return found


def circles(found: Mapping[str, set[str]]) -> list[list[str]]:
    """What is left when whatever imports nothing that is left is taken away, again and again."""
    left = {name: set(imported) for name, imported in found.items()}
    while ends := [name for name, imported in left.items() if not imported & left.keys()]:
        for name in ends:
            del left[name]
    while starts := [name for name in left if not any(name in imported for imported in left.values())]:
        for name in starts:
            del left[name]
    return [sorted(left)] if left else []


def test_the_rule_sees_a_circle(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "three"), ("three", "one"), ("four", "one")):
        (tmp_path / f"{name}.py").write_text(f"def f():\n    from {other} import g\n")
    assert circles(graph(sorted(tmp_path.glob("*.py")), tmp_path)) == [["one", "three", "two"]]


def test_the_two_halves_share_no_arithmetic() -> None:
    for path in (PACKAGE / "nets").glob("*.py"):
        for module, names in imports(path):
            if module.startswith("muxprof.spec"):
                assert set(names) <= SPEC_NAMES_FOR_NETS, f"{path.name} imports {names} from {module}"


def test_the_rule_sees_an_upward_import(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def f():\n    from muxprof.answers import saved\n    import muxprof.cli.main\n")
    assert muxprof_parts(planted) == {"answers", "cli"}


@pytest.mark.parametrize(
    ("arguments", "banned"),
    [
        (["block", "--no-check"], {"torch", "sympy", "numpy", "plotly", "fvcore", "typer", "tempfile"}),
        (["block", "--no-check", "--json"], {"torch", "sympy", "numpy", "plotly", "fvcore", "rich.table"}),
        (["model", "muxnet-l", "--no-check"], {"torch", "sympy", "numpy", "plotly", "fvcore", "typer"}),
        (["block", "--no-check", "--symbolic"], {"torch", "numpy", "plotly"}),
    ],
    ids=["block", "block json", "model", "symbolic"],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], banned: set[str]) -> None:
    code = (
        "import sys; sys.argv = ['muxprof', *sys.argv[1:]]\n"
        "from muxprof.start import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "sys.stderr.write(' '.join(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "muxprof.api" in loaded
    assert not loaded & banned


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, muxprof; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"torch", "numpy", "sympy", "rich", "typer", "muxprof.api"}
