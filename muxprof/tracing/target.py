"""Targets, such as package.module:callable: importing one executes its code."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from muxprof.errors import BadInput

_HOW = "write it like package.module:callable or path/to/file.py:callable"
#: An error about a missing model names at most so many others.
_LISTED = 5


def load(target: str) -> Any:
    """Return the class, factory or module instance that ``package.module:callable`` or ``file.py:callable`` names.

    Raises :class:`BadInput` if there is none, or if importing the module raises, with that error as its cause.
    """
    place, separator, name = target.rpartition(":")
    if not separator or not place or not name:
        raise BadInput(f"target = {target!r} names no callable; {_HOW}.")
    found: Any = _from_file(target, Path(place)) if _is_file(place) else _from_package(target, place)
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise BadInput(f"target = {target!r}: {place} has no {name}{_near(found, part)}") from None
    if not callable(found):
        raise BadInput(f"target = {target!r} is a {type(found).__name__}; it must be a class, a factory or a module.")
    return found


def name_of(target: str) -> str:
    """Return the name of a model by its target."""
    return target.rpartition(":")[2]


def label_of(source: Any) -> str:
    """Return the name of a model that was given as an object: its class, or the function that makes it."""
    name = type(source).__name__
    return name if isinstance(source, nn.Module) else str(getattr(source, "__name__", name))


def kind_of(source: Any) -> str:
    """Return module, class or function; raises :class:`BadInput` for an object that is no module and makes none."""
    if isinstance(source, nn.Module):
        return "module"
    if not callable(source):
        raise BadInput(f"a {type(source).__name__} is no model; it must be a torch.nn.Module, or make one when called.")
    return "class" if isinstance(source, type) else "function"


@contextmanager
def users_code(what: str) -> Iterator[None]:
    """Run a user's code: errors become :class:`BadInput`, and what it prints goes to stderr."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except BadInput:
        raise
    except SystemExit as error:
        raise BadInput(f"{what} exits with {error.code!r}.") from error
    except Exception as error:  # whatever it is: the user's code raised it, and --debug shows where
        raise BadInput(f"{what} raises {described(error)}") from error


def described(error: BaseException) -> str:
    """Return an error's class and the first line of its text, with a full stop."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place


def _from_package(target: str, name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise BadInput(f"target = {target!r}: {name!r} is no name of a module; {_HOW}.")
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)  # as python -m does
    with users_code(f"target = {target!r}: importing {name}"):
        return importlib.import_module(name)


def _from_file(target: str, path: Path) -> ModuleType:
    if not path.is_file():
        raise BadInput(f"target = {target!r}: there is no file {path}; {_HOW}.")
    path = path.resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"target = {target!r}: {path.name} is no Python file; {_HOW}.")
    module = importlib.util.module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))  # as python file.py does
    sys.modules.setdefault(path.stem, module)  # dataclasses and pickle look their module up
    with users_code(f"target = {target!r}: importing {path.name}"):
        spec.loader.exec_module(module)
    return module


def _near(found: Any, name: str) -> str:
    import difflib

    known = [each for each in dir(found) if not each.startswith("_") and callable(getattr(found, each, None))]
    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"; did you mean {close[0]}?"
    models = [each for each in known if _is_model(found, getattr(found, each))]
    more = f" and {len(models) - _LISTED} more" if len(models) > _LISTED else ""
    return f"; its models are {', '.join(models[:_LISTED])}{more}." if models else "."


def _is_model(place: Any, found: Any) -> bool:
    """Return whether ``found`` is a module, or a class of modules that is defined in ``place``."""
    if not isinstance(found, type):
        return isinstance(found, nn.Module)
    return issubclass(found, nn.Module) and found.__module__ == getattr(place, "__name__", None)
