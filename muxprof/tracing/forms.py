"""From a model and its inputs to what :mod:`muxprof.tracing.exported` needs: real tensors, names for their sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from muxprof.records import ModelInput
from muxprof.tracing.exported import Exported, NotExportable, exported
from muxprof.tracing.twins import Source, Twin

#: Above so many weights no real model is made for it.
MAX_WEIGHTS = 1 << 28


def exported_model(source: Source, arguments: Mapping[str, Any], inputs: tuple[ModelInput, ...]) -> Exported:
    """The products of a model, as expressions in N, H, W and T.

    Raises :class:`NotExportable` for a model that ``torch.export`` cannot follow, and :class:`BadInput` for one that
    cannot be made.
    """
    names = [size_names(given) for given in inputs]
    varied = tuple(map(_varied, inputs, names))
    lean = Twin(source, arguments, varied, real=False)
    weights = sum(each.numel() for each in lean.module.parameters())
    if weights > MAX_WEIGHTS:
        raise NotExportable(f"its {weights:,} weights are too many to make it with data")
    twin = Twin(source, arguments, varied, real=True)
    positional = [named for given, named in zip(inputs, names, strict=True) if given.name is None]
    keyword = [named for given, named in zip(inputs, names, strict=True) if given.name is not None]
    return exported(twin.module, twin.positional, positional, twin.named, keyword)


def size_names(given: ModelInput) -> dict[int, str]:
    """Names of the dimensions that may vary, by index."""
    if len(given.shape) == 4:
        return {0: "N", 2: "H", 3: "W"}
    if len(given.shape) == 2 and given.dtype is not None and "int" in given.dtype:
        return {0: "N", 1: "T"}
    return {0: "N"} if given.shape else {}


def _varied(given: ModelInput, names: Mapping[int, str]) -> ModelInput:
    """The input with sizes above 1 wherever they may vary: torch takes 0 and 1 for fixed."""
    return replace(
        given, shape=tuple(max(2, size) if index in names else size for index, size in enumerate(given.shape))
    )
