"""Random models, and random edits of them, as values that say how to declare them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    text,
)

from .case import Case

FEATURES = ("types", "nullability", "defaults", "indexes", "uniques", "references", "checks", "columns", "tables")
"""What may differ between two models."""

TABLES = ("alpha", "beta", "gamma", "delta")
_COLUMNS = ("a", "b", "c", "d")

# The types that a column may be changed between, and defaults that all of them take.
_TYPES = {
    "numbers": (Integer(), BigInteger(), Numeric(12, 2)),
    "texts": (String(20), String(40), String(80)),
    "truths": (Boolean(),),
    "moments": (DateTime(),),
}
_DEFAULTS = {
    "numbers": (None, "0", "7"),
    "texts": (None, "draft", "100%"),
    "truths": (None, text("true"), text("false")),
    "moments": (None, "2020-01-01 00:00:00"),
}
_FILLED_IN = {
    "numbers": (None, 0, 7),
    "texts": (None, "draft", "100%"),
    "truths": (None, True, False),
    "moments": (None, datetime(2020, 1, 1)),
}
_VALUES = {
    "numbers": (5, -6),
    "texts": ("it's", ""),
    "truths": (True, False),
    "moments": (datetime(2024, 5, 6, 7, 8, 9), datetime(1999, 12, 31)),
}


class RandomColumn(NamedTuple):
    """A column. Its family stays in an edit, as not every type can become every other."""

    name: str
    family: str
    type: int
    nullable: bool
    default: int
    indexed: bool
    unique: bool
    check: int | None

    def declared(self, table: str) -> list[Any]:
        """The column, and what goes with it."""
        default = _DEFAULTS[self.family][self.default]
        type_ = _TYPES[self.family][self.type]
        made: list[Any] = [Column(self.name, type_, nullable=self.nullable, server_default=default)]
        if self.indexed:
            made.append(Index(f"ix_{table}_{self.name}", self.name))
        if self.unique:
            made.append(UniqueConstraint(self.name, "id", name=f"uq_{table}_{self.name}"))
        if self.check is not None:
            made.append(CheckConstraint(f"{self.name} <> {self.check}", name=f"ck_{table}_{self.name}"))
        return made

    def filled_in(self, kind: str) -> Any:
        """What a kind of database gives back for the default."""
        value = _FILLED_IN[self.family][self.default]
        return str(value) if isinstance(value, datetime) and kind == "sqlite" else value


class RandomTable(NamedTuple):
    """A table, and the table that it points at."""

    name: str
    columns: tuple[RandomColumn, ...]
    target: str | None
    on_delete: str | None

    def declare(self, metadata: MetaData) -> None:
        """Make the table."""
        made = [one for column in self.columns for one in column.declared(self.name)]
        if self.target:
            key = ForeignKey(f"{self.target}.id", name=f"fk_{self.name}", ondelete=self.on_delete)
            made.append(Column("target_id", Integer, key))
        Table(self.name, metadata, Column("id", Integer, primary_key=True), *made)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Two rows, of which the second points at nothing."""
        values = [{column.name: _VALUES[column.family][place] for column in self.columns} for place in (0, 1)]
        targets = [{"target_id": 1}, {"target_id": None}] if self.target else [{}, {}]
        return [{"id": place + 1, **values[place], **targets[place]} for place in (0, 1)]


class RandomModels(NamedTuple):
    """Some tables."""

    tables: tuple[RandomTable, ...]

    def declare(self, metadata: MetaData) -> None:
        """Make all of them."""
        for table in self.tables:
            table.declare(metadata)

    def by_name(self) -> dict[str, RandomTable]:
        """The tables."""
        return {table.name: table for table in self.tables}


_family = st.sampled_from(sorted(_TYPES))


@st.composite
def _column(draw: Any, name: str, was: RandomColumn | None, features: Collection[str]) -> RandomColumn:
    """A column, or one that differs from what it was in some features."""

    def choice(feature: str, field: str, strategy: st.SearchStrategy[Any]) -> Any:
        return draw(strategy) if was is None or feature in features else getattr(was, field)

    family = was.family if was else draw(_family)
    type_ = choice("types", "type", st.integers(0, len(_TYPES[family]) - 1))
    default = choice("defaults", "default", st.integers(0, len(_DEFAULTS[family]) - 1))
    # A column that is required has a default: without one, rows would be in the way of adding it, there or back.
    nullable = choice("nullability", "nullable", st.booleans()) if default else True
    if was and not was.nullable and "nullability" not in features and not default:
        default, nullable = was.default, False
    indexed = choice("indexes", "indexed", st.booleans())
    unique = choice("uniques", "unique", st.booleans())
    check = choice("checks", "check", st.none() | st.integers(100, 102)) if family == "numbers" else None
    return RandomColumn(name, family, type_, nullable, default, indexed, unique, check)


@st.composite
def _table(draw: Any, name: str, earlier: list[str], was: RandomTable | None, features: Collection[str]) -> RandomTable:
    old = {column.name: column for column in was.columns} if was else {}
    may_differ = was is None or "columns" in features
    names = draw(st.lists(st.sampled_from(_COLUMNS), unique=True, min_size=1)) if may_differ else list(old)
    columns = tuple(draw(_column(one, old.get(one), features)) for one in sorted(names))
    if was is not None and "references" not in features:
        return RandomTable(name, columns, was.target if was.target in earlier else None, was.on_delete)
    target = draw(st.sampled_from([None, *earlier]))
    return RandomTable(name, columns, target, draw(st.sampled_from([None, "CASCADE", "SET NULL"])))


@st.composite
def _models(draw: Any, was: RandomModels | None, features: Collection[str]) -> RandomModels:
    old = {table.name: table for table in was.tables} if was else {}
    may_differ = was is None or "tables" in features
    names = draw(st.lists(st.sampled_from(TABLES), unique=True, min_size=2)) if may_differ else list(old)
    tables: list[RandomTable] = []
    for name in sorted(names):
        tables.append(draw(_table(name, [table.name for table in tables], old.get(name), features)))
    return RandomModels(tuple(tables))


@st.composite
def pairs(draw: Any, features: Collection[str] = FEATURES) -> tuple[RandomModels, RandomModels]:
    """Models before and after an edit, which may differ in some features.

    Args:
        draw: hypothesis's.
        features: those of `FEATURES` that may differ.
    """
    before = draw(_models(None, FEATURES))
    return before, draw(_models(before, features))


def case(before: RandomModels, after: RandomModels, kind: str) -> Case:
    """The pair as an edit, with rows, on a kind of database."""
    then: dict[str, list[Any]] = {}
    back: dict[str, list[Any]] = {}
    old, new = before.by_name(), after.by_name()
    for name in old.keys() & new.keys():
        then.update(_filled_in(name, old[name], new[name], kind))
        back.update(_filled_in(name, new[name], old[name], kind))
    return Case(
        "random",
        before.declare,
        after.declare,
        rows={table.name: table.rows for table in before.tables},
        then=then,
        back=back,
        no_rename=True,
        allow_drop=sorted(old.keys() - new.keys()),
    )


def _filled_in(table: str, was: RandomTable, now: RandomTable, kind: str) -> dict[str, list[Any]]:
    """What is in the columns that come."""
    known = {column.name for column in was.columns}
    return {
        f"{table}.{column.name}": [column.filled_in(kind)] * 2 for column in now.columns if column.name not in known
    }
