"""What the pages about a search space are filled with: all of its networks, or what a budget forces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from muxprof.answers.space import types, words
from muxprof.answers.space.figure import figure
from muxprof.answers.space.parts import option_rows
from muxprof.document.view import View
from muxprof.formats import plot
from muxprof.formats.html import rendered
from muxprof.spec.budgets import Bounds
from muxprof.units import grouped


def hist(view: View) -> str:
    """The distribution as one file."""
    answer: types.Hist = view.report.sections["space"]
    data = {**plot.data(figure(answer)), "config": plot.CONFIG}
    return _page(view, "hist", share=words.share(answer.within, answer.total), data=data)


def options(view: View) -> str:
    """What a budget forces as one file."""
    answer: types.Options = view.report.sections["space"]
    stages = list(dict.fromkeys(each.stage for each in answer.options))
    share = words.share(answer.within, answer.all)
    return _page(view, "options", share=share, stages=stages, rows=list(_rows(answer, stages)))


def _page(view: View, question: str, **values: Any) -> str:
    answer = view.report.sections["space"]
    return rendered(
        f"answers/space/{question}.html",
        report=view.report,
        title=view.title,
        answer=answer,
        what=words.OVER[answer.over],
        budget=words.budget(answer.budget),
        meanings=words.MEANINGS,
        command=_command(view, answer),
        **values,
    )


def _command(view: View, answer: types.Hist | types.Options) -> str:
    asked = [f"muxprof {view.report.command}"]
    if answer.space.name != "paper":
        asked.append("--space FILE")
    for name, bounds in answer.budget.items():
        if bounds != Bounds():
            low, high = ("" if end is None else end for end in (bounds.low, bounds.high))
            asked.append(f'--{name} "{low}:{high}"')
    return " ".join([*asked, *(["--over valid"] if answer.over == "valid" else [])])


def _rows(answer: types.Options, stages: list[str]) -> Iterator[dict[str, Any]]:
    """The options, a row each: its ``label``, the ``word`` for its letter at the first one, and its shares by stage."""
    found = {(each.stage, each.letter, each.value): each for each in answer.options}
    before = None
    for letter, name, value in option_rows(answer):
        yield {
            "label": f"{letter} = {value}" if value != types.IDLE else f"{letter}: no effect",
            "word": name if letter != before else "",
            "shares": [_share(found.get((stage, letter, value)), answer) for stage in stages],
        }
        before = letter


def _share(found: types.OptionCount | None, answer: types.Options) -> dict[str, Any] | None:
    if found is None:
        return None
    within, everywhere = words.percent(found.count, answer.within), words.percent(found.everywhere, answer.all)
    return {
        "within": within,
        "everywhere": everywhere,
        "tone": words.tone(within, everywhere),
        "exact": f"{grouped(found.count)} within, {grouped(found.everywhere)} in all",
    }
