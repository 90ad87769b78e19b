"""What a human decides of a new revision, with the databases at hand that know which rows it concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from ..environment import Environment, Visit
from .comparing import Compared, Concerns, places_of
from .decisions import (
    Answers,
    Asking,
    Held,
    Part,
    acknowledge_drops,
    check_imported,
    counting,
    counting_without,
    decide_fills,
    decide_remaps,
    decide_renames,
    dropped,
    held,
    lacking,
)
from .decisions.names import DATABASE, Names


class Deciding:
    """Decides what is a rename, what may be lost, and what rows get that need another value.

    Args:
        environment: leads to the databases.
        answers: what was said with the command.
        asking: asks about the rest; None if nobody can be asked.
        where: the env.py that imports the models, if there is one.
    """

    def __init__(self, environment: Environment, answers: Answers, asking: Asking | None, where: str | None) -> None:
        self._environment = environment
        self._answers = answers
        self._asking = asking
        self._where = where

    def decide(self, compared: Sequence[Compared]) -> None:
        """Note of each database what is a rename, and what rows get. Reads it to count what would be lost.

        Raises:
            RevisionDataInvalid: what was said cannot be meant.
            TablesWouldBeDropped: hardly any models were imported.
            RenameUnanswered, DropUnanswered, ValueUnanswered: nobody says what is meant, or that it may be lost.
        """
        names = [_names(one) for one in compared]
        anywhere = frozenset[str]().union(*names)
        for number, (one, own) in enumerate(zip(compared, names, strict=True)):
            # What another database has is said of that; what none has is refused here.
            answers = self._answers.without(anywhere - own)
            if one.differences or answers != Answers():
                self._decide(number, one, answers)

    def _decide(self, number: int, one: Compared, answers: Answers) -> None:
        actual, wanted = one.scope.within(one.subject.actual), one.scope.within(one.wanted)
        dialect, concerns = one.subject.dialect, Concerns(one.differences)
        lists = dialect.lists

        @cache
        def count(part: Part) -> int:
            return int(self._asked(number, counting(part, dialect))[0][0])

        def without(part: Part) -> int:
            return int(self._asked(number, counting_without(part, dialect))[0][0])

        def holdings(columns: Held) -> dict[str, int]:
            counts: Counter[str] = Counter()
            for column in columns.columns:
                rows = self._asked(number, lists.others(column, columns.new))
                counts.update({str(value): int(rows_of) for value, rows_of in rows})
            return dict(counts)

        decided = decide_renames(actual, wanted, count, answers, self._asking)
        one.renames = decided.renames
        one.scope.declarations.follow(decided.renames)
        places = places_of(one.differences)
        drops = [part for part in dropped(actual, wanted, decided.renames) if part.place in places]
        check_imported(drops, actual, wanted, answers, where=self._where)
        others = one.scope.declarations.known
        acknowledge_drops(drops, actual, count, answers, self._asking, known=decided.dropped, others=others)
        helds = held(one.subject.actual, one.wanted, lists, decided.renames, concerns)
        one.remaps = decide_remaps(helds, actual, holdings, answers, self._asking)
        columns = [each for each in lacking(actual, wanted, decided.renames) if concerns(each.item)]
        one.fills = decide_fills(columns, wanted, one.scope.type_of, without, answers, self._asking)

    def _asked(self, number: int, query: str) -> list[Any]:
        """What the `number`-th database that the environment visits answers."""
        answers: list[list[Any]] = []
        seen = 0

        def look(visit: Visit) -> None:
            nonlocal seen
            if seen == number:
                answers.append(visit.query(query))
            seen += 1

        self._environment.visit(look)
        return answers[0]


def _names(compared: Compared) -> frozenset[str]:
    """What answers can be about in a database, as people call it."""
    return (
        Names(compared.scope.within(compared.subject.actual), DATABASE).all | compared.scope.declarations.known.keys()
    )
