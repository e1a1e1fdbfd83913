"""Answers about a search space as documents of plain values: ``muxprof.space/1``.

Each function asks the census one question and returns a document that JSON can hold and that every renderer works
from. Counts are integers; options and encodings are text. The JSON Schema is ``schema.json`` beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from importlib import resources
from typing import Any, TypeAlias

from muxprof.census.census import Census, Member
from muxprof.census.histogram import histogram
from muxprof.census.nearest import nearest
from muxprof.census.stage_costs import IDLE, OVER
from muxprof.cost.networks import network_ops
from muxprof.cost.ops import cost
from muxprof.dims import shown
from muxprof.errors import BadInput
from muxprof.records import summed
from muxprof.spec import zoo
from muxprof.spec.budgets import Bounds, Budget
from muxprof.spec.checks import one_of
from muxprof.spec.membership import membership
from muxprof.spec.networks import Network
from muxprof.spec.spaces import OPTIONS, SearchedStage, Space, option_text

SCHEMA = "muxprof.space/1"

Document: TypeAlias = dict[str, Any]

CONVENTION = (
    "Params: every learnable element, norm and SE included. MAdds: convolutions and linear layers, one per weight use, "
    "zero padding included, bias excluded, per image."
)
#: What the three counts mean.
MEANINGS = {
    "encodings": "every choice of one option of each kind in each stage: the options, multiplied.",
    "valid": "encodings that a real module exists for. Each superpixel branch needs channels that 4 divides, subpixel "
    "an even size, G has to divide the middle channels; an option that no built block uses makes nothing invalid.",
    "distinct": "different networks: two encodings are one network when no built layer differs. N = 0 makes K, E, G, L "
    "and S idle, and G does nothing where S is set.",
}

MAX_SAMPLES = 1_000_000
DEFAULT_COSTS = ("params", "madds")


def schema() -> Document:
    """The JSON Schema of these documents."""
    found: Document = json.loads(resources.files(__package__).joinpath("schema.json").read_text("utf-8"))
    return found


def signed(document: Document, version: str) -> Document:
    """The document with the version of muxprof that made it."""
    return {"schema": document["schema"], "muxprof": version, **document}


def to_json(document: Document) -> str:
    """A document as JSON text."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def info(space: Space) -> Document:
    """The space: its three counts, its extent, and every stage's options."""
    census = Census(space)
    stages = []
    for stage, given, costs in zip(space.searched, space.given, census.stages, strict=True):
        stages.append(
            {
                "stage": stage.name,
                "in": given,
                "out": stage.reduction.out_channels,
                "options": {
                    letter: [option_text(letter, value) for value in values] for letter, values in stage.options.items()
                },
                "encodings": stage.encodings,
                "valid": int(costs.valid.sum()),
                "distinct": int(costs.distinct.sum()),
                "costs": len(costs.costs),
            }
        )
    fixed = dict(zip(census.costs, census.fixed, strict=True))
    return {**_head("info", census), "fixed": fixed, "stages": stages, "notes": list(space.notes)}


def count(space: Space, budget: Budget) -> Document:
    """How many valid encodings and networks lie within a budget."""
    census = Census(space, _costs(budget))
    found = census.count(budget)
    return {
        **_head("count", census),
        "budget": _budget(budget),
        "count": {"valid": found.valid, "distinct": found.distinct},
    }


def options(space: Space, budget: Budget, over: str = "distinct") -> Document:
    """How often each option occurs within a budget and in the whole space."""
    one_of(over, "over", OVER)
    census = Census(space, _costs(budget))
    _not_empty(census)
    found = census.marginals(budget, over)
    names = {letter: name for letter, name, _ in OPTIONS}
    return {
        **_head("options", census),
        "budget": _budget(budget),
        "over": over,
        "within": found[0].within,
        "all": found[0].all,
        "options": [
            {
                "stage": each.stage,
                "letter": each.letter,
                "name": names[each.letter],
                "value": IDLE if each.value == IDLE else option_text(each.letter, each.value),
                "count": each.count,
                "everywhere": each.everywhere,
            }
            for each in found
        ],
    }


def hist(
    space: Space,
    budget: Budget,
    over: str = "distinct",
    params_bin: int | None = None,
    madds_bin: int | None = None,
    marked: Sequence[Network] | None = None,
) -> Document:
    """The joint distribution of params and MAdds, the zoo's MUXNets marked; ``budget`` is counted and drawn into it."""
    one_of(over, "over", OVER)
    census = Census(space, _costs(budget))
    _not_empty(census)
    made = histogram(census, "madds", "params", madds_bin, params_bin, over)
    return {
        **_head("hist", census),
        "over": over,
        "budget": _budget(budget),
        "within": getattr(census.count(budget), over) if budget else made.total,
        "x": _axis(made.x),
        "y": _axis(made.y),
        "counts": [list(row) for row in made.counts],
        "total": made.total,
        "marks": [_mark(space, network) for network in (_muxnets() if marked is None else marked)],
    }


def sample(
    space: Space, budget: Budget, size: int, seed: int, over: str = "distinct"
) -> tuple[Document, Iterator[Network]]:
    """Networks drawn uniformly from those within a budget, and their specs, made as they are asked for."""
    one_of(over, "over", OVER)
    if not 1 <= size <= MAX_SAMPLES:
        raise BadInput(f"n = {shown(size)} is out of range; it must be from 1 to {MAX_SAMPLES:,}.")
    census = Census(space, _costs(budget))
    _not_empty(census)
    within = census.numbering(budget, over).size
    if not within:
        raise BadInput(f"no network of {space.name} lies within {budget_text(budget)}; {_reach(census)}.")
    found = census.sample(budget, size, seed, over)
    document = {
        **_head("sample", census),
        "budget": _budget(budget),
        "over": over,
        "seed": seed,
        "within": within,
        "networks": [_found(each) for each in found],
    }
    return document, _specs(space, found)


def find(space: Space, wish: Mapping[str, Fraction], count: int) -> tuple[Document, Iterator[Network]]:
    """The networks nearest to a wish, nearest first, and their specs, made as they are asked for."""
    census = Census(space, _costs(wish))
    _not_empty(census)
    made = nearest(census, wish, count)
    document = {
        **_head("find", census),
        "wish": {name: str(amount) for name, amount in wish.items()},
        "as_near": made.as_near,
        "networks": [{**_found(each.member), "distance": float(each.distance)} for each in made.found],
    }
    return document, _specs(space, [each.member for each in made.found])


def contains(space: Space, network: Network) -> Document:
    """Whether a network is one of the space; if not, each choice that the space lacks."""
    census = Census(space)
    made = membership(space, network)
    total = _totals(network)
    return {
        **_head("contains", census),
        "network": network.name,
        "contains": bool(made),
        "encoding": None if made.choices is None else " | ".join(choice.text for choice in made.choices),
        "costs": total,
        "differences": [{"where": each.where, "found": each.found, "space": each.allowed} for each in made.differences],
    }


def budget_text(budget: Budget) -> str:
    """A budget in words; "the whole space" without bounds."""
    bounded = [(name, bounds) for name, bounds in budget.items() if bounds != Bounds()]
    return ", ".join(f"{COST_NAMES[name]} {bounds.text}" for name, bounds in bounded) or "the whole space"


#: How costs are written for people.
COST_NAMES = {"params": "params", "madds": "MAdds", "activations": "activations", "traffic": "traffic bytes"}


def _specs(space: Space, found: Sequence[Member]) -> Iterator[Network]:
    return (space.network(each.choices, f"{space.name}-{number}") for number, each in enumerate(found, start=1))


def _head(command: str, census: Census) -> Document:
    totals, space = census.totals, census.space
    return {
        "schema": SCHEMA,
        "command": command,
        "convention": CONVENTION,
        "space": {
            "name": space.name,
            "resolution": list(space.resolution),
            "stages": [_shape(stage) for stage in space.searched],
            "encodings": totals.encodings,
            "valid": totals.valid,
            "distinct": totals.distinct,
            "extent": None
            if census.extent is None
            else {name: {"low": low, "high": high} for name, (low, high) in census.extent.items()},
        },
    }


def _shape(stage: SearchedStage) -> Document:
    return {"stage": stage.name, "width": stage.reduction.out_channels, "encodings": stage.encodings}


def _costs(asked: Mapping[str, Any]) -> tuple[str, ...]:
    return (*DEFAULT_COSTS, *(name for name in asked if name not in DEFAULT_COSTS))


def _budget(budget: Budget) -> Document:
    return {name: {"low": bounds.low, "high": bounds.high} for name, bounds in budget.items()}


def _found(found: Member) -> Document:
    return {"encoding": found.text, **found.costs}


def _axis(axis: Any) -> Document:
    return {"cost": axis.cost, "start": axis.start, "width": axis.width, "bins": axis.bins}


def _not_empty(census: Census) -> None:
    if not census.totals.valid:
        raise BadInput(
            f"{census.space.name} has no valid network: of {census.totals.encodings:,} encodings, none has a module; "
            f"the options go with no width, or with no size. `muxprof space info` shows which stage is the matter."
        )


def _reach(census: Census) -> str:
    extent = census.extent
    assert extent is not None
    reach = (f"{COST_NAMES[name]} {low:,} to {high:,}" for name, (low, high) in extent.items())
    return f"its networks have {', '.join(reach)}"


def _muxnets() -> list[Network]:
    return [zoo.network(name) for name in zoo.names() if name.startswith("muxnet")]


def _mark(space: Space, network: Network) -> Document:
    return {
        "name": network.name,
        **_totals(network),
        "contained": bool(membership(space, network)),
        "provenance": network.provenance,
    }


def _totals(network: Network) -> dict[str, int]:
    total = summed(cost(op) for op in network_ops(network, *network.resolution))
    return {"params": total.params.total, "madds": total.madds}
