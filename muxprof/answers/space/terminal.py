"""Answers about a search space in a terminal, at any width, with and without colour."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from muxprof.answers.space.answer import COST_NAMES, Document
from muxprof.answers.space.parts import budget_of, parts, share_text, title
from muxprof.answers.space.rows import option_rows, percent
from muxprof.formats.terminal import print_parts
from muxprof.spec.budgets import Bounds
from muxprof.units import grouped, scaled

_SHADES = " ·░▒▓█"
#: From few networks to many; with the shades, so that nothing depends on colour.
_COLOURS = ("", "rgb(94,79,162)", "rgb(50,136,189)", "rgb(90,180,150)", "rgb(230,180,60)", "rgb(213,62,79)")
#: Cells that are not wholly within the budget.
_OUTSIDE = "rgb(165,172,182)"
_MARKS = "ABCDEFGH"


def print_document(document: Document, console: Console) -> None:
    """A document with its picture, if it has one."""
    console.print(Text(title(document), style="bold"))
    command = document["command"]
    if command == "hist":
        _print_hist(document, console)
    elif command == "options":
        _print_options(document, console)
    elif command in ("sample", "find"):
        _print_networks(document, console)
    else:
        print_parts(parts(document), console)


def _labelled(label: str, text: str, style: str = "default") -> Text:
    return Text(f"{label}: ", style="bold cyan").append(text, style=f"not bold {style}")


def _print_networks(document: Document, console: Console) -> None:
    """A line per network, made without rich's tables: there may be ten thousand."""
    networks = document["networks"]
    names = [name for name in networks[0] if name not in ("encoding", "distance")]
    if document["command"] == "sample":
        what = "different networks" if document["over"] == "distinct" else "valid encodings"
        console.print(_labelled("budget", budget_of(document)))
        console.print(
            _labelled("drawn", f"{len(networks):,} of {grouped(document['within'])} {what}, seed {document['seed']}")
        )
    else:
        wish = ", ".join(f"{COST_NAMES[name]} {_amount(amount)}" for name, amount in document["wish"].items())
        console.print(_labelled("wish", wish))
        console.print(
            _labelled(
                "shown", f"{len(networks):,}; {grouped(document['as_near'])} are no farther than the last of them"
            )
        )
    console.print()
    far = [f"{100 * network['distance']:.3g} %" for network in networks] if document["command"] == "find" else []
    columns = [
        *([("off by", far)] if far else []),
        *((COST_NAMES[name], [grouped(network[name]) for network in networks]) for name in names),
    ]
    widths = [max(map(len, (heading, *cells))) for heading, cells in columns]
    heading = "  ".join(name.rjust(width) for (name, _), width in zip(columns, widths, strict=True))
    console.print(Text(f"{heading}  encoding", style="bold"), soft_wrap=True)
    lines = (
        "  ".join(cells[index].rjust(width) for (_, cells), width in zip(columns, widths, strict=True))
        + f"  {network['encoding']}"
        for index, network in enumerate(networks)
    )
    console.print(Text("\n".join(lines)), soft_wrap=True)
    console.print(_labelled("counted", document["convention"], "dim"))


def _amount(text: str) -> str:
    return grouped(int(text)) if text.isdecimal() else text


# The distribution.


def _print_hist(document: Document, console: Console) -> None:
    what = "different networks" if document["over"] == "distinct" else "valid encodings"
    console.print(_labelled("all", f"{grouped(document['total'])} {what}"))
    if document["budget"]:
        found = (
            f"{budget_of(document)}: {grouped(document['within'])}, {share_text(document['within'], document['total'])}"
        )
        console.print(_labelled("budget", found))
    console.print()
    for line in _map(document, console.width):
        console.print(line, soft_wrap=True)
    console.print()
    for line in _key(document):
        console.print(line)
    console.print(_labelled("counted", document["convention"], "dim"))


def _map(document: Document, width: int) -> Iterator[Text]:
    """A cell per bin, params upwards and MAdds to the right, as wide as there is room for."""
    x, y, counts = document["x"], document["y"], document["counts"]
    label = max(len(_edge(y, row)) for row in range(y["bins"])) + 1
    wide = max(1, min(3, (width - label - 2) // x["bins"]))
    join = -(-x["bins"] // max(1, width - label - 2))  # bins per column, where there are more than columns
    columns = range(0, x["bins"], join)
    table = [
        [sum(counts[i][row] for i in range(at, min(at + join, x["bins"]))) for at in columns]
        for row in range(y["bins"])
    ]
    most = max(map(max, table))
    marks = {
        ((mark["madds"] - x["start"]) // x["width"] // join, (mark["params"] - y["start"]) // y["width"]): _MARKS[index]
        for index, mark in enumerate(document["marks"][: len(_MARKS)])
    }
    inside = [[_inside(document, at, join, row) for at in columns] for row in range(y["bins"])]
    yield Text("params", style="bold")
    for row in reversed(range(y["bins"])):
        line = Text((_edge(y, row) if row % 4 == 0 else "").rjust(label - 1) + (" ┤" if row % 4 == 0 else " │"))
        for index, count in enumerate(table[row]):
            level = _level(count, most)
            mark = marks.get((index, row))
            style = _COLOURS[level] if inside[row][index] or not level else _OUTSIDE
            shade = _SHADES[level] * wide
            line.append(f"{mark}{shade[1:]}" if mark else shade, style="bold" if mark else style)
        yield line
    yield Text(" " * label + "└" + "─" * (wide * len(columns)))
    axis, step = " " * (label + 1), max(1, 10 // wide)
    for index in range(0, len(columns), step):
        axis = axis.ljust(label + 1 + index * wide) + _edge(x, columns[index])
    yield Text(axis[: max(width, label + 10)])
    yield Text(" " * (label + 1) + "MAdds", style="bold")


def _inside(document: Document, column: int, join: int, row: int) -> bool:
    """Whether a cell lies within the budget with all of its corners."""
    for axis, first, last in ((document["x"], column, column + join), (document["y"], row, row + 1)):
        ends = document["budget"].get(axis["cost"])
        if ends is None:
            continue
        bounds = Bounds(ends["low"], ends["high"])
        if (
            axis["start"] + first * axis["width"] not in bounds
            or axis["start"] + last * axis["width"] - 1 not in bounds
        ):
            return False
    return True


def _level(count: int, most: int) -> int:
    """0 for none; 1 to 5 by powers of ten below the fullest cell."""
    return 0 if not count else max(1, 5 - int(math.log10(most / count)))


def _edge(axis: dict[str, Any], index: int) -> str:
    return scaled(axis["start"] + index * axis["width"])


def _key(document: Document) -> Iterator[Text]:
    x, y = document["x"], document["y"]
    line = Text("each cell ")
    line.append(
        f"{grouped(x['width'])} MAdds x {grouped(y['width'])} params; from the fullest down, a shade per power of ten: "
    )
    for level in (5, 4, 3, 2, 1):
        line.append(_SHADES[level] * 2, style=_COLOURS[level])
    if document["budget"]:
        line.append("; grey: not wholly within the budget")
    yield line
    for mark, name in zip(document["marks"], _MARKS, strict=False):
        inside = "in the space" if mark["contained"] else "not in the space"
        where = mark_place(document, mark)
        yield Text(f"{name} ", style="bold").append(
            f"{mark['name']}: {grouped(mark['params'])} params, {grouped(mark['madds'])} MAdds; {inside}{where}"
            f"{'; ' + mark['provenance'] if mark['provenance'] else ''}",
            style="not bold",
        )


def mark_place(document: Document, mark: dict[str, Any]) -> str:
    """That a mark lies outside of the picture, if it does."""
    outside = any(
        not 0 <= (mark[axis["cost"]] - axis["start"]) // axis["width"] < axis["bins"]
        for axis in (document["x"], document["y"])
    )
    return ", and beyond its reach" if outside else ""


# What a budget forces.


def _print_options(document: Document, console: Console) -> None:
    what = "different networks" if document["over"] == "distinct" else "valid encodings"
    console.print(_labelled("budget", budget_of(document)))
    console.print(
        _labelled(
            "within",
            f"{grouped(document['within'])} of {grouped(document['all'])} {what}, "
            f"{share_text(document['within'], document['all'])}",
        )
    )
    console.print()
    stages = list(dict.fromkeys(each["stage"] for each in document["options"]))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("% of networks", no_wrap=True)
    wide = console.width >= 110
    for stage in stages:
        table.add_column(f"{stage}\nall > within", justify="right", no_wrap=True)
        if wide:
            table.add_column("", no_wrap=True)
    before = None
    for letter, _, value in option_rows(document["options"]):
        if letter != before:
            if before is not None:
                table.add_row()
            before = letter
        cells: list[Text] = []
        for stage in stages:
            found = next(
                (
                    each
                    for each in document["options"]
                    if (each["stage"], each["letter"], each["value"]) == (stage, letter, value)
                ),
                None,
            )
            cells.append(_share_cell(found, document))
            if wide:
                cells.append(_bar(found, document))
        label = f"{letter} {value}" if value != "idle" else f"{letter} no effect"
        table.add_row(Text(label), *cells)
    console.print(table, crop=False)
    console.print()
    console.print(
        _labelled(
            "read",
            "the share of networks that take an option, in the whole space > within the budget. rK, rE: kernel and "
            "expansion of the reduction block. No effect: N is 0 there, or S is set and G means nothing.",
        )
    )


def _share_cell(found: dict[str, Any] | None, document: Document) -> Text:
    if found is None:
        return Text("")
    everywhere, within = percent(found["everywhere"], document["all"]), percent(found["count"], document["within"])
    change = within - everywhere
    style = "bold green" if change > 5 else "red" if change < -5 else ""
    return Text(f"{everywhere:.1f} > ", style="dim").append(f"{within:5.1f}", style=f"not dim {style}")


def _bar(found: dict[str, Any] | None, document: Document) -> Text:
    if found is None:
        return Text("")
    filled = round(percent(found["count"], document["within"]) / 100 * 8)
    return Text("█" * filled, style="rgb(50,136,189)").append("·" * (8 - filled), style="dim")
