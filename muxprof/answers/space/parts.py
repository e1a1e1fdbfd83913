"""What the commands of ``muxprof space`` show, as titled tables and paragraphs."""

from __future__ import annotations

from muxprof.answers.space.answer import COST_NAMES, MEANINGS, Document, budget_text
from muxprof.document.parts import Column, Part, Row, Table, Text
from muxprof.spec.budgets import Bounds
from muxprof.units import grouped


def title(document: Document) -> str:
    """What a document is about, in one line."""
    space = document["space"]
    name = f"search space {space['name']} at {'x'.join(map(str, space['resolution']))}"
    return {
        "info": f"The {name}",
        "count": f"Networks within a budget: {name}",
        "options": f"What a budget forces: {name}",
        "hist": f"All networks by params and MAdds: {name}",
        "sample": f"Networks drawn uniformly: {name}",
        "find": f"The nearest networks: {name}",
        "contains": f"{document.get('network', '')} and the {name}",
    }[document["command"]]


def budget_of(document: Document) -> str:
    """The budget of a document in words."""
    return budget_text({name: Bounds(ends["low"], ends["high"]) for name, ends in document.get("budget", {}).items()})


def parts(document: Document) -> list[Part]:
    """Everything that a document says, but pictures."""
    return {"info": _info, "count": _count, "contains": _contains}[document["command"]](document)


def share_text(count: int, of: int) -> str:
    """A share in percent, with digits enough to tell it from none and from all: ``0.000012 %``."""
    if not of or not count or count == of:
        return "100 %" if of and count == of else "0 %"
    share = 100 * count / of
    if share >= 99.95:
        return f"{100 - 100 * (of - count) / of:.10g} %"
    return f"{share:.3g} %" if share >= 1e-4 else f"{share:.1e} %"


def _info(document: Document) -> list[Part]:
    space = document["space"]
    letters = list(document["stages"][0]["options"])
    columns = (Column("stage", numeric=False), Column("channels"), *(Column(letter, False) for letter in letters))
    rows = tuple(
        Row(
            (
                stage["stage"],
                f"{stage['in']}-{stage['out']}",
                *(" ".join(stage["options"][letter]) for letter in letters),
            )
        )
        for stage in document["stages"]
    )
    counts = (Column("stage", numeric=False), Column("encodings"), Column("valid"), Column("distinct"))
    count_rows = [
        Row((stage["stage"], *(grouped(stage[name]) for name in ("encodings", "valid", "distinct"))))
        for stage in document["stages"]
    ]
    count_rows.append(
        Row(("all", *(grouped(space[name]) for name in ("encodings", "valid", "distinct"))), emphasis="total")
    )
    made: list[Part] = [
        Table("Options (rK, rE: of the reduction block)", columns, rows),
        Table("Counts", counts, tuple(count_rows)),
        *(Text(meaning, name) for name, meaning in MEANINGS.items()),
    ]
    if space["extent"] is None:
        made.append(Text("none: no encoding of some stage has a module.", "networks", "bad"))
    else:
        made.append(
            Text(
                "; ".join(
                    f"{COST_NAMES[name]} {grouped(ends['low'])} to {grouped(ends['high'])}, of which the fixed parts "
                    f"have {grouped(document['fixed'][name])}"
                    for name, ends in space["extent"].items()
                )
                + ".",
                "networks",
            )
        )
    return [*made, *(Text(note, "note") for note in document["notes"]), Text(document["convention"], "counted")]


def _count(document: Document) -> list[Part]:
    space, count = document["space"], document["count"]
    columns = (Column("", numeric=False), Column("within the budget"), Column("in all"), Column("share"))
    valid, distinct = (
        (grouped(count[name]), grouped(space[name]), share_text(count[name], space[name]))
        for name in ("valid", "distinct")
    )
    rows = (
        Row(("encodings", "", grouped(space["encodings"]), "")),
        Row(("valid encodings", *valid)),
        Row(("different networks", *distinct), emphasis="total"),
    )
    made: list[Part] = [Text(budget_of(document), "budget"), Table("Counts", columns, rows)]
    if not count["distinct"]:
        made.append(_why_none(document))
    return [*made, Text(document["convention"], "counted")]


def _why_none(document: Document) -> Text:
    extent = document["space"]["extent"]
    if extent is None:
        return Text("the space has no valid network at all.", "none", "bad")
    reach = "; ".join(
        f"{COST_NAMES[name]} {grouped(ends['low'])} to {grouped(ends['high'])}" for name, ends in extent.items()
    )
    return Text(f"no network lies within the budget. The space's reach from {reach}.", "none", "bad")


def _contains(document: Document) -> list[Part]:
    costs = document["costs"]
    made: list[Part] = [
        Text(f"{grouped(costs['params'])} params, {grouped(costs['madds'])} MAdds.", document["network"])
    ]
    if document["contains"]:
        return [Text("the network is one of the space.", "yes", "good"), Text(document["encoding"], "encoding"), *made]
    columns = (Column("where", numeric=False), Column("the network", numeric=False), Column("the space", numeric=False))
    rows = tuple(Row((each["where"], each["found"], each["space"])) for each in document["differences"])
    many = f"{len(rows)} things" if len(rows) > 1 else "one thing"
    return [
        Text(f"the space lacks {many} that the network has.", "no", "bad"),
        *made,
        Table("What differs", columns, rows),
    ]
