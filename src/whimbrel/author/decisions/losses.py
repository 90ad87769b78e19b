"""What a new revision would lose, and who says that it may go: what is dropped, and values that change with a type."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NoReturn

from ...catalog import Catalog
from ...errors import DropUnanswered
from .answers import Answers, Asking, Question
from .names import DATABASE, Names, Place
from .parts import Part, told
from .retypes import Retyped

Losing = Part | Retyped

_ASKED = {
    Part: ("The models do not have this any more:", "drop"),
    Retyped: ("The models give this another type:", "change"),
}


def acknowledge(
    losing: Sequence[Losing],
    actual: Catalog,
    count: Callable[[Losing], int],
    answers: Answers,
    asking: Asking | None,
    *,
    known: Collection[Part] = (),
    others: Collection[str] = (),
) -> None:
    """Have it said of everything that is lost with a revision that it may go. What is empty may.

    Args:
        losing: what is dropped, as `dropped` finds it, and which columns get another type, as `retyped` does.
        actual: what the database has.
        count: says how much is lost: rows, or values that are not NULL or do not come back as they were; no more than
            `COUNTED` and one. Reads the database.
        answers: what was said with the command.
        asking: asks, once for each table; None if nobody can be asked.
        known: of which it was said already: `Decided.dropped`.
        others: names of what holds nothing: views, functions and triggers.

    Raises:
        RevisionDataInvalid: something may be dropped that is not there.
        DropUnanswered: something must not go, or nobody has said that it may.
    """
    names = Names(actual, DATABASE)
    for name in answers.allow_drop:
        names.check_one_of_all(name, others)
    asked = [one for one in losing if one.name not in answers.allow_drop and one not in known]
    lost = {one: number for one in asked if (number := count(one))}
    questions: dict[tuple[type, Place], dict[Losing, int]] = {}
    for one, number in lost.items():
        questions.setdefault((type(one), one.place), {})[one] = number
    while questions and asking is not None and asking.choose(_question(next(iter(questions.values())))) == 1:
        del questions[next(iter(questions))]
    if questions:
        _refuse({one: number for left in questions.values() for one, number in left.items()})


def _question(lost: Mapping[Losing, int]) -> Question:
    what, verb = _ASKED[type(next(iter(lost)))]
    lines = [f"  {one.change}: {one.loss_of(number)}" for one, number in lost.items()]
    return Question(
        (what, *lines),
        ("keep it: write nothing", f"{verb} it: {_sum(lost)} are lost" if len(lost) > 1 else f"{verb} it"),
    )


def _sum(lost: Mapping[Losing, int]) -> str:
    return told(sum(lost.values()), "value")


def _refuse(lost: Mapping[Losing, int]) -> NoReturn:
    rows = sum(number for one, number in lost.items() if isinstance(one, Part) and one.column is None)
    values = sum(lost.values()) - rows
    refusal = DropUnanswered(
        f"{' and '.join(_told(rows, values))} would be lost, and nobody says that this is meant",
        why="; ".join(f"{one.change} ({one.count_of(number)})" for one, number in lost.items()),
        state="nothing was written",
        hint=" ".join(f"--allow-drop {shlex.quote(one.name)}" for one in lost) + "  if it is",
    )
    refusal.drops = tuple(_data(one, number) for one, number in lost.items())
    raise refusal


def _told(rows: int, values: int) -> list[str]:
    return [told(rows, "row")] * bool(rows) + [told(values, "value")] * bool(values)


def _data(one: Losing, number: int) -> dict[str, Any]:
    types = {} if isinstance(one, Part) else {"from": one.old.fact("type"), "to": one.new.fact("type")}
    return {"name": one.name, "count": number, **types}
