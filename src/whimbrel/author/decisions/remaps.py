"""Values that columns no longer take, and what becomes of those that rows hold: it was said, or is asked about."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NoReturn

from ...catalog import Catalog, Item
from ...dialects.lists import Listed, Lists
from ...differ import Rename
from ...errors import RevisionDataInvalid, ValueUnanswered, counted, few
from ...record import Record
from .answers import Answers, Asking, Question
from .names import DATABASE, ColumnOf, Names, column_name, columns_on_both_sides, nearest

_SHOWN = 8  # values, of those that there are
_LONGEST = 60  # characters of a value
_ASKED = 20  # values: who has more of them has no list, and answers no questions


class Held(Record):
    """Columns that are held to a list, which is to be another one.

    Attributes:
        columns: the columns, as the database has them.
        called: what the models call them.
        old: the values that they take; None if they take any.
        new: those that they are to take.
        is_nullable: whether none of them has to have a value.
        room: how many characters a text may have in all of them as they are; None if that is not limited.
    """

    columns: tuple[Item, ...]
    called: tuple[ColumnOf, ...]
    old: tuple[str, ...] | None
    new: tuple[str, ...]
    is_nullable: bool
    room: int | None = None

    @property
    def name(self) -> str:
        """By which of its columns people call it."""
        return _name_of(self.columns[0])

    @property
    def names(self) -> str:
        """All of them."""
        return few([_name_of(column) for column in self.columns], _SHOWN)

    @property
    def loses(self) -> bool:
        """Whether there may be values in rows that are not to be there."""
        return self.old is None or not set(self.old) <= set(self.new)


class Remap(Record):
    """A value that becomes another one in every row.

    Attributes:
        columns: in which columns, as the models call them; those that share an enumeration.
        old: the value.
        new: what it becomes; None for NULL.
        is_renamed: whether no row can have had the other one before, so that it may go back.
    """

    columns: tuple[ColumnOf, ...]
    old: str
    new: str | None
    is_renamed: bool = False

    def __str__(self) -> str:
        names = few([column_name(*one) for one in self.columns], _SHOWN)
        return f"remap {names}: {_shown(self.old)} to {'NULL' if self.new is None else _shown(self.new)}"


Holdings = Callable[[Held], Mapping[str, int]]
"""The values that rows have and are not to have, and how many have each. Reads the database."""


def held(
    actual: Catalog,
    wanted: Catalog,
    lists: Lists,
    renames: Collection[Rename],
    concerns: Callable[[Item], bool],
) -> list[Held]:
    """The columns that are to be held to another list than they are.

    Args:
        actual: what the database has, all of it.
        wanted: what the models say.
        lists: how the kind of database holds a column to a list.
        renames: what has another name in the models.
        concerns: whether something is to be changed.
    """
    found: dict[object, Held] = {}
    for column, new_column in columns_on_both_sides(actual, wanted, renames):
        before, after = lists.listed(actual, column), lists.listed(wanted, new_column)
        if after is None or (before is not None and before.values == after.values) or column.fact("generated"):
            continue
        if not any(map(concerns, (column, new_column, after.holder, *([before.holder] if before else [])))):
            continue
        key = (before.holder.key if before else column.key, after.holder.key)
        found[key] = _with(found.get(key), column, new_column, before, after, lists.room(column))
    return [*found.values()]


def _with(
    group: Held | None, column: Item, new_column: Item, before: Listed | None, after: Listed, room: int | None
) -> Held:
    is_nullable = after.of_elements or new_column.fact("not null") is None
    called = ((new_column.schema, new_column.table or ""), new_column.name)
    if group is None:
        return Held((column,), (called,), before and before.values, after.values, is_nullable, room)
    return group._replace(
        columns=(*group.columns, column),
        called=(*group.called, called),
        is_nullable=group.is_nullable and is_nullable,
        room=min((one for one in (group.room, room) if one is not None), default=None),
    )


def decide_remaps(
    helds: Sequence[Held], actual: Catalog, holdings: Holdings, answers: Answers, asking: Asking | None
) -> tuple[Remap, ...]:
    """Decide what becomes of values that columns no longer take. What no row has needs no answer.

    Args:
        helds: the columns, as `held` finds them.
        actual: what the database has.
        holdings: says which rows have such values.
        answers: what was said with the command.
        asking: asks about each value; None if nobody can be asked.

    Raises:
        RevisionDataInvalid: what was said cannot be meant.
        ValueUnanswered: rows have such a value, and nobody says what becomes of it.
    """
    found: dict[tuple[str, str], Remap] = {}
    for text, said in answers.remaps:
        one, value = _found(text, helds, actual)
        old, new = _apart(one, value, said, holdings)
        remap = _checked(text, one, old, new, holdings)
        if found.setdefault((one.name, old), remap) != remap:
            raise _invalid(f"{one.name}.{old} becomes two values: {found[one.name, old].new}, {new}")
    left: list[tuple[Held, str, int]] = []
    for one in helds:
        if one.loses:
            values = {value: number for value, number in holdings(one).items() if (one.name, value) not in found}
            is_asked = asking is not None and len(values) <= _ASKED
            for value, number in values.items():
                answer = _asked(asking, one, value, number) if asking is not None and is_asked else None
                if answer is None:
                    left.append((one, value, number))
                else:
                    found[one.name, value] = answer
    if left:
        _refuse(left)
    return tuple(_with_renames(found.values(), helds))


def _with_renames(remaps: Iterable[Remap], helds: Sequence[Held]) -> Iterator[Remap]:
    """Which of them are new names: the first that becomes a value which was not there before."""
    of = {one.called: one for one in helds}
    taken: set[tuple[tuple[ColumnOf, ...], str]] = set()
    for remap in remaps:
        if not _is_new(remap, of[remap.columns]) or remap.new is None or (remap.columns, remap.new) in taken:
            yield remap
            continue
        taken.add((remap.columns, remap.new))
        yield remap._replace(is_renamed=True)


def _is_new(remap: Remap, one: Held) -> bool:
    """Whether no row can have had the other value before: it was in no list, or had no room."""
    if one.old is not None:
        return remap.old in one.old and remap.new not in one.old
    return one.room is not None and len(remap.new or "") > one.room


# -- said ---------------------------------------------------------------------------------------


def _found(text: str, helds: Sequence[Held], actual: Catalog) -> tuple[Held, str]:
    """The columns that are meant, and the value: a name may have dots in it, and so may a value."""
    names = Names(actual, DATABASE)
    column = max((name for name in names.columns if text.startswith(f"{name}.")), key=len, default=None)
    if column is None:
        names.column(text.rpartition(".")[0])
        raise AssertionError(text)
    for one in helds:
        if column in map(_name_of, one.columns):
            return one, text[len(column) + 1 :]
    raise _invalid(
        f"{column} takes what it took: no value of it has to become another one",
        why="the models hold it to the same list of values as the database, or to none",
    )


def _apart(one: Held, old: str, new: str | None, holdings: Holdings) -> tuple[str, str | None]:
    """Both values, where there is a `=` in one of them: the pair of which there are both, else as they were given."""
    parts = f"{old}={new or ''}".split("=")
    if len(parts) == 2 or _is_there(old, one, holdings):
        return old, new
    pairs = [("=".join(parts[:place]), "=".join(parts[place:])) for place in range(1, len(parts))]
    fitting = (pair for pair in pairs if pair[1] in ("", *one.new) and _is_there(pair[0], one, holdings))
    before, behind = next(fitting, (old, new))
    return before, behind or None


def _is_there(value: str, one: Held, holdings: Holdings) -> bool:
    """Whether there may be rows with a value. They may have what no list has: from before it, or in other letters."""
    return one.old is None or value in one.old or value in holdings(one)


def _checked(text: str, one: Held, old: str, new: str | None, holdings: Holdings) -> Remap:
    if old in one.new:
        raise _invalid(f"{text} is a value in the models still, so it becomes no other one")
    if one.old is not None and not _is_there(old, one, holdings):
        raise _invalid(f"{one.name} takes no value {old} in the database", why=_there_is(old, one.old))
    if new is None and not one.is_nullable:
        raise _invalid(f"{text} cannot become NULL", why=f"{one.names} must not be NULL", hint=_wanted(one, old))
    if new is not None and new not in one.new:
        raise _invalid(f"{one.name} takes no value {new} in the models", why=_there_is(new, one.new))
    return Remap(one.called, old, new)


def _there_is(text: str, values: Sequence[str]) -> str:
    return f"there is {', '.join(nearest(text, values))}"


def _invalid(what: str, *, why: str | None = None, hint: str = "") -> RevisionDataInvalid:
    return RevisionDataInvalid(
        what,
        why=why,
        state="nothing was written",
        hint=hint or "--remap TABLE.COLUMN.OLD=NEW: the old value as the database has it, the new one as the models do",
    )


# -- asked --------------------------------------------------------------------------------------


def _asked(asking: Asking, one: Held, value: str, number: int) -> Remap | None:
    choices: list[str | None] = [*one.new, *([None] if one.is_nullable else [])]
    told = ["NULL" if choice is None else _shown(choice) for choice in choices]
    question = Question(
        (
            f"{one.names}: the models have no value {_shown(value)} any more, and {_rows(number)} it",
            "What do they get in its place?",
        ),
        (*told, "none: write nothing"),
        default=len(choices),
    )
    chosen = asking.choose(question)
    return None if chosen is None or chosen == len(choices) else Remap(one.called, value, choices[chosen])


def _rows(number: int) -> str:
    return f"{counted(number, 'row')} {'has' if number == 1 else 'have'}"


def _wanted(one: Held, value: str) -> str:
    flag = shlex.quote(f"{one.name}.{_shown(value)}=NEW")
    null = "; nothing behind = for NULL" if one.is_nullable else ""
    return f"--remap {flag}  where NEW is one of {few(one.new, _SHOWN)}{null}"


def _refuse(left: Sequence[tuple[Held, str, int]]) -> NoReturn:
    first, value, _ = left[0]
    told = [f"{one.name} is {_shown(value)} ({counted(number, 'row')})" for one, value, number in left]
    flags = [f"--remap {shlex.quote(f'{one.name}.{_shown(value)}=NEW')}" for one, value, _ in left]
    refusal = ValueUnanswered(
        f"{_rows(sum(number for *_, number in left))} values that the models no longer have,"
        " and nobody says what becomes of them",
        why=few(told, _SHOWN, between="; "),
        state="nothing was written",
        hint=_wanted(first, value) if len(left) == 1 else f"{few(flags, _SHOWN, between=' ')}  with the new values",
    )
    refusal.values = tuple(
        {"name": f"{one.name}.{value}", "count": number, "choices": [*one.new, *([None] if one.is_nullable else [])]}
        for one, value, number in left
    )
    raise refusal


def _shown(value: str) -> str:
    """A value in a message: rows may have whole texts, and what a terminal would obey."""
    line = "".join(character if character.isprintable() else "?" for character in value)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _name_of(column: Item) -> str:
    return column_name((column.schema, column.table or ""), column.name)
