"""Answers that were given with the command, and the way to ask for others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ...errors import RevisionDataInvalid
from ...record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


class Answers(Record):
    """What was decided before anybody was asked. Names are written `table`, `table.column`, or with a schema before.

    Attributes:
        renames: columns, from what the database calls them to what the models do, where the column alone is enough.
        table_renames: tables, likewise.
        no_rename: whether nothing else is renamed.
        allow_drop: tables and columns whose rows and values may be lost, as the database calls them: with a drop, or
            another type.
        remaps: values that columns no longer take, as `table.column.value`, to those that rows get in their place; None
            for NULL.
        fills: columns that become NOT NULL, as the models call them, to what rows get that have no value, as it is
            typed.
    """

    renames: tuple[tuple[str, str], ...] = ()
    table_renames: tuple[tuple[str, str], ...] = ()
    no_rename: bool = False
    allow_drop: tuple[str, ...] = ()
    remaps: tuple[tuple[str, str | None], ...] = ()
    fills: tuple[tuple[str, str], ...] = ()

    def without(self, names: AbstractSet[str]) -> Answers:
        """The answers that are not about some names of a database."""
        return self._replace(
            renames=tuple(one for one in self.renames if one[0] not in names),
            table_renames=tuple(one for one in self.table_renames if one[0] not in names),
            allow_drop=tuple(name for name in self.allow_drop if name not in names),
            remaps=tuple(one for one in self.remaps if not any(one[0].startswith(f"{name}.") for name in names)),
            fills=tuple(one for one in self.fills if names.isdisjoint((one[0], one[0].rpartition(".")[0]))),
        )


class Question(Record):
    """A question with some answers to choose from.

    Attributes:
        lines: what it is, in lines.
        choices: the answers.
        default: which of them is meant by who says nothing.
    """

    lines: tuple[str, ...]
    choices: tuple[str, ...]
    default: int = 0


class Asking(Protocol):
    """A way to ask somebody."""

    def choose(self, question: Question) -> int | None:
        """The number of the answer that was chosen, from 0; None if nobody is there to choose, or gives an answer."""

    def enter(self, prompt: str, objection: Callable[[str], str | None]) -> str | None:
        """What somebody types, as it is; None if nobody does.

        Args:
            prompt: says what is wanted.
            objection: what is wrong with a text, for another try; None if it will do.
        """


def check_answers(answers: Answers, *, autogenerate: bool, baseline: bool) -> None:
    """Refuse answers to what is not asked.

    Raises:
        RevisionDataInvalid
    """
    if answers == Answers() or (autogenerate and not baseline):
        return
    flags = {
        "--rename": answers.renames,
        "--rename-table": answers.table_renames,
        "--no-rename": answers.no_rename,
        "--allow-drop": answers.allow_drop,
        "--remap": answers.remaps,
        "--fill": answers.fills,
    }
    given = next(flag for flag, value in flags.items() if value)
    if baseline:
        raise RevisionDataInvalid(
            f"{given} and --baseline do not go together",
            why="a baseline makes all that the models say, and neither renames nor drops anything",
            state="nothing was written",
            hint="leave one of them out",
        )
    raise RevisionDataInvalid(
        f"{given} goes with --autogenerate", state="nothing was written", hint="add --autogenerate"
    )
