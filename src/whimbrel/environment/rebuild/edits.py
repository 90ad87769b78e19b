"""The operations of one batch, each applied to the text of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import topological

from ...dialects.sqlite.ddl import Clause, Column, Definition, mentions, normalized, quoted, read_constraint
from .naming import names_by_convention
from .wording import Wording

Reflected = Callable[[str], "sa.types.TypeEngine[Any]"]


class Edits:
    """What a batch makes of a table.

    The methods have the names and arguments of Alembic's `ApplyBatchImpl`, which is told the same operations.

    Args:
        definition: the table as it is, with its columns renamed already.
        wording: how what is added is written.
        names: the new names of columns, by the ones that the batch may still call them, in lower case.
        reflected: the type that SQLAlchemy sees in a column.
        convention: names constraints that have none, so that they can be dropped.
    """

    def __init__(
        self,
        definition: Definition,
        wording: Wording,
        names: Mapping[str, str],
        reflected: Reflected,
        convention: Mapping[str, str] | None = None,
    ) -> None:
        self.definition = definition
        self._wording = wording
        self._names = names
        self._reflected = reflected
        self._convention = convention
        self._added: set[str] = set()
        self._pairs: list[tuple[str, str]] = []
        self.values: dict[str, str] = {column.name: value_of(column.name) for column in definition.columns}
        """What a column is filled with, by its name; not those that are new."""
        self.dropped_indexes: list[str] = []
        self.new_indexes: list[tuple[sa.Index, dict[str, Any]]] = []

    # -- columns --------------------------------------------------------------------------------

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        nullable: bool | None = None,
        server_default: Any = False,
        type_: Any = None,
        **existing: Any,
    ) -> None:
        """Give a column another type, default or nullability. Comments, SQLite has none."""
        before = self._column(column_name)
        column = before
        if type_ is not None:
            column = self._typed(column, type_)
        if nullable is not None:
            column = column.without("NULL") if column.clauses_of("NOT NULL") else column.without("NULL", "NOT NULL")
            if nullable:
                column = column.without("NOT NULL")
            elif not column.clauses_of("NOT NULL"):
                column = column.with_clause(Clause("NOT NULL", "NOT NULL"))
        if server_default is not False:
            clauses = self._wording.default(column.name, server_default) if server_default is not None else ()
            column = column if clauses else column.without("DEFAULT")
            for clause in clauses:
                column = column.with_clause(clause)
        self.definition = self.definition.replaced(before, column)

    def retype(self, column: sa.Column[Any]) -> None:
        """Take the type that a column is said to have, and its values as they are."""
        there = self.definition.column(self._current(column.name))
        if there is not None:
            typed = self._wording.type(there.name, column.type)
            if normalized(typed.type) != normalized(there.type):
                self.definition = self.definition.replaced(there, there.typed(typed.type))

    def add_column(
        self,
        table_name: str,
        column: sa.Column[Any],
        insert_before: str | None = None,
        insert_after: str | None = None,
        **options: Any,
    ) -> None:
        """Add a column, at the end unless it is said where."""
        if options.get("if_not_exists") and self.definition.column(column.name) is not None:
            return
        written = self._wording.column(column)
        position = None
        if insert_after is not None:
            position = self._position(insert_after) + 1
            self._pairs.append((self._column(insert_after).name, written.name))
        elif insert_before is not None:
            position = self._position(insert_before)
        if insert_before is not None:
            self._pairs.append((written.name, self._column(insert_before).name))
        self.definition = self.definition.added(written, position)
        self._added.add(written.name)
        if column.primary_key:
            self._set_key([*self._key, written.name])
        if options.get("inline_references"):  # then they do not come as constraints
            for key in column.foreign_keys:
                clause = self._wording.constraint(key.constraint) if key.constraint is not None else None
                self.definition = self.definition.added(clause) if clause is not None else self.definition

    def drop_column(self, table_name: str, column: Any, **existing: Any) -> None:
        """Drop a column, and what is of that column: constraints that name it, and no other column but for keys."""
        if existing.get("if_exists") and self.definition.column(self._current(column.name)) is None:
            return
        gone = self._column(column.name)
        definition = self.definition.removed(gone)
        for clause in definition.constraints:
            if clause.kind == "PRIMARY KEY":
                continue
            if _names_column(clause, gone.name, definition):
                definition = definition.removed(clause)
        if gone.name.lower() in (name.lower() for name in self._key):
            self.definition = definition
            self._set_key([name for name in self._key if name.lower() != gone.name.lower()])
            return
        self.definition = definition

    def reorder(self, orders: Sequence[Sequence[str]]) -> None:
        """Put the columns into an order that holds all of these, as far as they go."""
        if not orders:
            return
        pairs = {
            (self._column(before).name, self._column(after).name)
            for names in orders
            for before, after in pairwise(names)
        }
        names = [column.name for column in self.definition.columns]
        ordered = topological.sort({*pairs, *self._pairs}, names, deterministic_order=True)
        self.definition = self.definition.ordered(list(ordered))

    # -- constraints ----------------------------------------------------------------------------

    def add_constraint(self, constraint: sa.Constraint) -> None:
        """Add a constraint, in the place of one that has its name; of the other one, for a primary key."""
        if constraint.name is None:
            raise ValueError("Constraint must have a name")
        self._name_anew(constraint.table)
        clause = self._wording.constraint(constraint)
        if clause is None:
            return
        there = self._named(clause.name) if clause.name else None
        if clause.kind == "PRIMARY KEY":
            there = self._find(lambda one: one.kind == "PRIMARY KEY")
        self.definition = (self.definition.removed(there) if there else self.definition).added(clause)

    def drop_constraint(self, constraint: sa.Constraint) -> None:
        """Drop a constraint: by its name, by that of the convention, or, if a type has made it, by what it says."""
        if not constraint.name:
            raise ValueError("Constraint must have a name")
        is_types_own = bool(getattr(constraint, "_type_bound", False))
        name = constraint.name if isinstance(constraint.name, str) else None
        found = (self._named(name) or self._by_convention(name)) if name else None
        if found is None and is_types_own:
            found = self._same(constraint)
        if found is not None:
            self.definition = self.definition.removed(found)
        elif not is_types_own:
            raise ValueError(f"No such constraint: '{constraint.name}'")

    def add_arguments(self, arguments: Sequence[Any]) -> None:
        """What a batch gives for the new table besides: constraints, columns and indexes that are not there yet."""
        columns = [sa.Column(column.name, sa.Integer) for column in self.definition.columns]
        table = sa.Table("t", sa.MetaData(), *columns, *(_copied(argument) for argument in arguments))
        for column in table.columns:
            if self.definition.column(column.name) is None:
                self.add_column("t", column)
        for constraint in table.constraints:
            clause = self._wording.constraint(constraint) if _says_something(constraint) else None
            if clause is not None and not any(_is_same(one, clause) for _, one in self.definition.clauses):
                self.definition = self.definition.added(clause)
        self.new_indexes.extend((index, {}) for index in table.indexes)

    def set_options(self, options: Mapping[str, Any]) -> None:
        """The options of SQLite's tables, as SQLAlchemy calls them, as far as they are given."""
        if "sqlite_with_rowid" in options:
            self.definition = self.definition.with_option("WITHOUT ROWID", not options["sqlite_with_rowid"])
        if "sqlite_strict" in options:
            self.definition = self.definition.with_option("STRICT", bool(options["sqlite_strict"]))
        if "sqlite_autoincrement" in options:
            self._set_autoincrement(bool(options["sqlite_autoincrement"]))

    # -- indexes --------------------------------------------------------------------------------

    def create_index(self, index: sa.Index, **options: Any) -> None:
        """Make an index when the table is there."""
        assert index.table is not None, "Alembic makes one for it"
        self._name_anew(index.table)
        self.new_indexes.append((index, options))

    def drop_index(self, index: sa.Index) -> None:
        """Do not make an index again."""
        self.dropped_indexes.append(str(index.name))

    # -- comments, which SQLite has none of -------------------------------------------------------

    def create_table_comment(self, table: sa.Table) -> None:
        """Nothing."""

    def drop_table_comment(self, table: sa.Table) -> None:
        """Nothing."""

    def create_column_comment(self, column: sa.Column[Any]) -> None:
        """Nothing."""

    # -- parts ----------------------------------------------------------------------------------

    def _current(self, name: str) -> str:
        return name if name in self._added else self._names.get(name.lower(), name)

    def _column(self, name: str) -> Column:
        column = self.definition.column(self._current(name))
        if column is None:
            raise ValueError(f"No such column: '{name}'")
        return column

    def _position(self, name: str) -> int:
        sought = self._column(name)
        return next(number for number, column in enumerate(self.definition.columns) if column is sought)

    def _name_anew(self, table: sa.Table) -> None:
        """Let what was written for the old names of columns mean the new ones."""
        for column in table.columns:
            column.name = self._current(column.name)

    def _typed(self, column: Column, type_: Any) -> Column:
        typed = self._wording.type(column.name, type_)
        if column.name in self.values and self._wording.casts(self._reflected(column.name), type_):
            self.values[column.name] = _converted(column, typed.type)
        column = column.typed(typed.type)
        for clause in typed.clauses_of("COLLATE"):
            column = column.with_clause(clause)
        return column

    def _find(self, is_it: Callable[[Clause], bool]) -> Clause | None:
        return next((clause for _, clause in self.definition.clauses if is_it(clause)), None)

    def _named(self, name: str) -> Clause | None:
        return self._find(lambda clause: clause.name is not None and clause.name.lower() == name.lower())

    def _by_convention(self, name: str) -> Clause | None:
        if not self._convention:
            return None
        named = names_by_convention(self.definition, self._convention)
        return next((clause for clause, its_name in named if its_name == name), None)

    def _same(self, constraint: sa.Constraint) -> Clause | None:
        """The constraint without a name that says the same."""
        self._name_anew(constraint.table)
        sought = self._wording.constraint(constraint)
        return self._find(lambda one: one.name is None and _is_same(one, sought)) if sought is not None else None

    @property
    def _key(self) -> list[str]:
        """The columns of the primary key."""
        for column, clause in self.definition.clauses:
            if clause.kind == "PRIMARY KEY":
                return [column.name] if column is not None else [*clause.columns]
        return []

    def _set_key(self, names: list[str]) -> None:
        """Make these the columns of the primary key."""
        old = self._find(lambda clause: clause.kind == "PRIMARY KEY")
        if old is not None:
            self.definition = self.definition.removed(old)
        if names:
            name = f"CONSTRAINT {quoted(old.name)} " if old is not None and old.name is not None else ""
            conflict = f" ON CONFLICT {old.conflict}" if old is not None and old.conflict else ""
            written = dict(zip(old.columns, old.terms, strict=False)) if old is not None else {}
            terms = ", ".join(written.get(one, quoted(one)) for one in names)
            text = f"{name}PRIMARY KEY ({terms}){conflict}"
            self.definition = self.definition.added(read_constraint(text))

    def _set_autoincrement(self, wanted: bool) -> None:
        """Only the key of one column can have it, and only in that column's own words."""
        key, old = self._key, self._find(lambda clause: clause.kind == "PRIMARY KEY")
        if old is None or len(key) != 1 or old.autoincrement == wanted:
            return
        self.definition = self.definition.removed(old)
        name = f"CONSTRAINT {quoted(old.name)} " if old.name is not None else ""
        conflict = f" ON CONFLICT {old.conflict}" if old.conflict else ""
        text = f"{name}PRIMARY KEY{conflict}{' AUTOINCREMENT' if wanted else ''}"
        column = self._column(key[0])
        new = Clause("PRIMARY KEY", text, name=old.name, conflict=old.conflict, autoincrement=wanted)
        self.definition = self.definition.replaced(column, column.with_clause(new))


def value_of(name: str) -> str:
    """A column of the old table. By its name alone, SQLite takes one that is not there for a string."""
    return f"old.{quoted(name)}"


def _names_column(clause: Clause, gone: str, definition: Definition) -> bool:
    """Whether a constraint is about a column that is gone; a CHECK only if it is about no other one."""
    if clause.kind == "CHECK":
        others = any(mentions(clause.value, column.name) for column in definition.columns)
        return mentions(clause.value, gone) and not others
    return gone.lower() in (name.lower() for name in clause.columns)


def _converted(column: Column, type_: str) -> str:
    """The value of a column in another type, as Alembic converts it; as it is, if it would not be the same then.

    Alembic would make a year of a date that is stored as text, and nothing of a word.
    """
    value = value_of(column.name)
    if not column.type:
        return value
    cast = f"CAST({value} AS {type_})"
    return f"CASE WHEN CAST({cast} AS {column.type}) IS {value} THEN {cast} ELSE {value} END"


def _copied(argument: Any) -> Any:
    """What can be a part of one table only, for another one."""
    return argument._copy() if isinstance(argument, sa.Constraint | sa.Column) else argument


def _says_something(constraint: sa.Constraint) -> bool:
    return not isinstance(constraint, sa.PrimaryKeyConstraint) or bool(list(constraint.columns))


def _is_same(one: Clause, other: Clause) -> bool:
    """Whether two constraints say the same, whatever they are called."""
    if one.kind != other.kind:
        return False
    if one.kind == "CHECK":
        return normalized(one.value) == normalized(other.value)
    return (one.columns, one.reference) == (other.columns, other.reference)
