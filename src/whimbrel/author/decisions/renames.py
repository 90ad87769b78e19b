"""Renames: those that were said, and those that are asked about. None is guessed."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from ...catalog import COLUMN, TABLE, Catalog
from ...catalog.items import qualified
from ...differ import Candidate, Rename, column_candidates, common_tables, table_candidates
from ...errors import RenameUnanswered
from ...record import Record
from .answers import Answers, Asking, Question
from .names import DATABASE, MODELS, ColumnOf, Names, Place, column_name, invalid
from .parts import Part

Count = Callable[[Part], int]
"""Counts the rows of a table, or the values of a column that are not NULL; no more than `COUNTED` and one. Reads the
database."""


class Decided(Record):
    """What was decided about names that are on one side only.

    Attributes:
        renames: what is renamed, tables first.
        dropped: what somebody has said of, seeing what is lost, that it is no rename and may go.
    """

    renames: tuple[Rename, ...]
    dropped: tuple[Part, ...]


def decide_renames(actual: Catalog, wanted: Catalog, count: Count, answers: Answers, asking: Asking | None) -> Decided:
    """Decide what is renamed: by what was said with the command, then by asking about what is likely.

    Tables go first, as the columns of a table can be compared only if it is known which table it is. Who says no to one
    pair is asked about the next likely one.

    Args:
        actual: what the database has.
        wanted: what the models say.
        count: says what a rename would keep; only asked for a question.
        answers: what was said with the command.
        asking: asks about each candidate; None if nobody can be asked.

    Raises:
        RevisionDataInvalid: what was said cannot be meant.
        RenameUnanswered: something may be a rename, and nobody says whether it is.
    """
    deciding = _Deciding(actual, wanted, count, answers, asking)
    deciding.tables()
    deciding.columns()
    if deciding.unanswered:
        _refuse(deciding.unanswered)
    return Decided(tuple(deciding.renames), tuple(deciding.dropped))


_RENAME = 0  # the first of the choices


class _Answer(Record):
    """Whether a candidate is a rename."""

    rename: Rename
    is_yes: bool


class _Deciding:
    """The way from candidates to renames."""

    def __init__(self, actual: Catalog, wanted: Catalog, count: Count, answers: Answers, asking: Asking | None) -> None:
        self._actual, self._wanted = actual, wanted
        self._there, self._said = Names(actual, DATABASE), Names(wanted, MODELS)
        self._count = count
        self._answers = answers
        self._asking = asking
        self._tables = common_tables(actual, wanted)
        self._taken_tables: set[Place] = set()
        self._taken_columns: set[ColumnOf] = set()
        self.renames: list[Rename] = []
        self.dropped: list[Part] = []
        self.unanswered: list[Candidate] = []

    def tables(self) -> None:
        """Decide about tables."""
        for old, new in self._answers.table_renames:
            self._accept_table(self._table_rename(old, new))
        apart: set[tuple[Place, Place]] = set()

        def find() -> list[Candidate]:
            return table_candidates(self._actual, self._wanted, taken=self._taken_tables, apart=apart)

        for answer in self._asked(find):
            if answer.is_yes:
                self._accept_table(answer.rename)
            else:
                apart.add(_ends(answer.rename))

    def columns(self) -> None:
        """Decide about the columns of the tables that are on both sides by now."""
        for old, new in self._answers.renames:
            self._accept_column(self._column_rename(old, new))
        apart: set[tuple[Place, str, str]] = set()

        def find() -> list[Candidate]:
            return column_candidates(self._actual, self._wanted, self._tables, taken=self._taken_columns, apart=apart)

        for answer in self._asked(find):
            rename = answer.rename
            if answer.is_yes:
                self._accept_column(rename)
            else:
                apart.add(((rename.schema, rename.table), rename.old, rename.new))

    # -- asked ----------------------------------------------------------------------------------

    def _asked(self, find: Callable[[], list[Candidate]]) -> Iterator[_Answer]:
        """What is answered, one after the other: each answer may make another pair the likely one."""
        while not self._answers.no_rename and (candidates := find()):
            first = candidates[0]
            part = Part(first.rename.schema, first.stored_in, first.rename.old if first.rename.kind == COLUMN else None)
            number = None if self._asking is None else self._asking.choose(_question(first, part, self._count(part)))
            if number is None:
                self.unanswered += candidates
                return
            if number != _RENAME and part not in self.dropped:
                self.dropped.append(part)
            elif number == _RENAME and part in self.dropped:
                self.dropped.remove(part)
            yield _Answer(first.rename, number == _RENAME)

    # -- said -----------------------------------------------------------------------------------

    def _table_rename(self, old: str, new: str) -> Rename:
        place = self._there.table(old)
        new_place = self._said.table(new if new in self._said.tables else qualified(place[0], new))
        if place in self._wanted.tables:
            raise invalid(f"{old} is in the models still, so it cannot be renamed to {new}")
        if new_place in self._actual.tables:
            raise invalid(f"{new} is in the database already, so {old} cannot be renamed to it")
        if place[0] != new_place[0]:
            raise invalid(f"{new} is in another schema than {old}: a table that is renamed stays in its own")
        if {place, new_place} & self._taken_tables:
            raise invalid(f"{old} or {new} is renamed twice")
        return Rename(TABLE, new_place[0], new_place[1], place[1], new_place[1])

    def _column_rename(self, old: str, new: str) -> Rename:
        place, column = self._there.column(old)
        if place not in self._tables:
            raise invalid(
                f"the models have no table {qualified(*place)}, of which {old} is a column",
                why=f"--rename-table {qualified(*place)}=… says what it is called there",
            )
        new_place = self._tables[place]
        new_column = self._said.column_of(new_place, new)
        if column_name(new_place, column) in self._said.columns:
            raise invalid(f"{column_name(new_place, column)} is in the models still, so it cannot be renamed to {new}")
        if column_name(place, new_column) in self._there.columns:
            raise invalid(f"{column_name(place, new_column)} is in the database already, so {old} cannot be it")
        if {(new_place, column), (new_place, new_column)} & self._taken_columns:
            raise invalid(f"{old} or {new} is renamed twice")
        return Rename(COLUMN, new_place[0], new_place[1], column, new_column)

    # -- accepted -------------------------------------------------------------------------------

    def _accept_table(self, rename: Rename) -> None:
        old, new = _ends(rename)
        self._taken_tables |= {old, new}
        self._tables[old] = new
        self.renames.append(rename)

    def _accept_column(self, rename: Rename) -> None:
        place = (rename.schema, rename.table)
        self._taken_columns |= {(place, rename.old), (place, rename.new)}
        self.renames.append(rename)


def _question(candidate: Candidate, part: Part, number: int) -> Question:
    rename = candidate.rename
    held = part.count_of(number)
    return Question(
        (
            f"{rename.kind} {part.name} is not in the models any more, and {_new_name(rename)} is new",
            f"Is it renamed? Likely: {', '.join(candidate.reasons)}",
        ),
        (
            f"yes, rename {part.name} to {rename.new}: keeps {held}",
            f"no, drop the one and add the other: {held} {'is' if number == 1 else 'are'} lost",
        ),
    )


def _new_name(rename: Rename) -> str:
    place = (rename.schema, rename.table)
    return qualified(*place) if rename.kind == TABLE else column_name(place, rename.new)


def _old_name(candidate: Candidate) -> str:
    place = (candidate.rename.schema, candidate.stored_in)
    return qualified(*place) if candidate.rename.kind == TABLE else column_name(place, candidate.rename.old)


def _ends(rename: Rename) -> tuple[Place, Place]:
    """Where a table that is renamed comes from and goes to."""
    return (rename.schema, rename.old), (rename.schema, rename.new)


def _flag(candidate: Candidate) -> str:
    option = "--rename-table" if candidate.rename.kind == TABLE else "--rename"
    return f"{option} {shlex.quote(f'{_old_name(candidate)}={_new_name(candidate.rename)}')}"


def _refuse(candidates: Sequence[Candidate]) -> NoReturn:
    first = candidates[0]
    refusal = RenameUnanswered(
        f"{_old_name(first)} may have been renamed to {_new_name(first.rename)}, and nobody says whether it was"
        if len(candidates) == 1
        else f"{len(candidates)} names may have changed, and nobody says which of them did",
        why="; ".join(
            f"{one.rename.kind} {_old_name(one)} to {_new_name(one.rename)}"
            + (f" ({', '.join(one.reasons)})" if one.reasons else "")
            for one in candidates
        ),
        state="nothing was written",
        hint=f"{' '.join(map(_flag, candidates))}  if so; --no-rename says that nothing else was renamed",
    )
    refusal.candidates = tuple(
        {"old": _old_name(one), "new": _new_name(one.rename), "reasons": [*one.reasons], "flag": _flag(one)}
        for one in candidates
    )
    raise refusal
