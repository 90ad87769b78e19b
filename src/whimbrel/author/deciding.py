"""What a human decides of a new revision, with the databases at hand that know which rows it concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from ..dialects import Dialect
from ..environment import Environment, Visit
from ..events import Listener, Notice
from .comparing import Compared, Concerns, places_of
from .decisions import (
    Answers,
    Asking,
    Held,
    Losing,
    Part,
    Retyped,
    acknowledge,
    check_imported,
    counting,
    counting_where,
    counting_without,
    decide_fills,
    decide_remaps,
    decide_renames,
    dropped,
    held,
    lacking,
    retyped,
)
from .decisions.names import DATABASE, Names

_T = TypeVar("_T")


class Deciding:
    """Decides what is a rename, what may be lost, and what rows get that need another value.

    Args:
        environment: leads to the databases.
        answers: what was said with the command.
        asking: asks about the rest; None if nobody can be asked.
        where: the env.py that imports the models, if there is one.
        listen: is told of what may be lost and cannot be counted.
    """

    def __init__(
        self, environment: Environment, answers: Answers, asking: Asking | None, where: str | None, listen: Listener
    ) -> None:
        self._environment = environment
        self._listen = listen
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

        def lost(one: Losing) -> int:
            return self._changing(number, one, dialect, count) if isinstance(one, Retyped) else count(one)

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
        types = retyped(one.subject.actual, one.wanted, dialect, decided.renames, concerns)
        losing: list[Losing] = [*drops, *types]
        acknowledge(losing, actual, lost, answers, self._asking, known=decided.dropped, others=others)
        helds = held(one.subject.actual, one.wanted, lists, decided.renames, concerns)
        one.remaps = decide_remaps(helds, actual, holdings, answers, self._asking)
        columns = [each for each in lacking(actual, wanted, decided.renames) if concerns(each.item)]
        one.fills = decide_fills(columns, wanted, one.scope.type_of, without, answers, self._asking)

    def _changing(self, number: int, one: Retyped, dialect: Dialect, count: Callable[[Part], int]) -> int:
        """How many values do not come back as they were; none where that is not known, which is told."""
        found = self._counted(number, one, dialect, dialect.casts.changing(one.old, one.new))
        if isinstance(found, int):
            return found
        tried = self._counted(number, one, dialect, dialect.casts.trying(one.old, one.new))
        is_refused = isinstance(tried, BaseException) and dialect.casts.refuses(tried)
        if not is_refused and (values := count(one.part)):
            self._listen(
                Notice(
                    f"{one.change}: {one.count_of(values)} may become others, and how many do could not be counted",
                    "look at what the upgrade makes of them, on a copy of the database",
                )
            )
        return 0

    def _counted(
        self, number: int, one: Retyped, dialect: Dialect, condition: str | None
    ) -> int | BaseException | None:
        """For how many rows a condition is true; None if there is none, or what the driver says if it fails."""
        if condition is None:
            return None
        query = counting_where(one.part, dialect, condition)

        def count(visit: Visit) -> int | BaseException | None:
            try:
                return int(visit.query(query)[0][0])
            except DBAPIError as error:  # not for an env.py to hear: it has done nothing wrong
                if error.connection_invalidated:
                    raise
                return error.orig

        return self._visited(number, count)

    def _asked(self, number: int, query: str) -> list[Any]:
        """What the `number`-th database that the environment visits answers."""
        return self._visited(number, lambda visit: visit.query(query))

    def _visited(self, number: int, ask: Callable[[Visit], _T]) -> _T:
        """What is found in the `number`-th database that the environment visits."""
        found: list[_T] = []
        seen = 0

        def look(visit: Visit) -> None:
            nonlocal seen
            if seen == number:
                found.append(ask(visit))
            seen += 1

        self._environment.visit(look)
        return found[0]


def _names(compared: Compared) -> frozenset[str]:
    """What answers can be about in a database, as people call it."""
    return (
        Names(compared.scope.within(compared.subject.actual), DATABASE).all | compared.scope.declarations.known.keys()
    )
