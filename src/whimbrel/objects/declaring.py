"""What can be declared beside tables, in the words of the database that is to have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import MetaData, SelectBase, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.schema import SchemaItem

VIEW, MATERIALIZED_VIEW = "view", "materialized view"
FUNCTION, PROCEDURE, TRIGGER = "function", "procedure", "trigger"
KINDS = (FUNCTION, PROCEDURE, VIEW, MATERIALIZED_VIEW, TRIGGER)
"""Kinds of things that can be declared, as the catalogs of databases call them; in the order in which they are made
where none needs another."""

Text = str | Mapping[str, str]
"""SQL for every database; or for some, by what SQLAlchemy calls them: `postgresql`, `sqlite`, `mariadb`, `mysql`."""

Query = str | SelectBase | Mapping[str, str | SelectBase]
"""A query, likewise: as SQL, or as SQLAlchemy's `select()`."""


_INFO = "whimbrel.objects"
"""Where in the `info` of a MetaData they are."""


class Declared(SchemaItem):
    """Something that is declared beside the tables of a `MetaData`. Kept in its `info`; there is one of a name.

    Args:
        name: what it is called.
        metadata: of the models.
        schema: the schema that it is in; that of the metadata by default.

    Raises:
        InvalidRequestError: there is one of that name already.
    """

    kind: str
    """What it is, as the catalogs of databases call it."""

    def __init__(self, name: str, metadata: MetaData, schema: str | None) -> None:
        self.name = name
        self.metadata = metadata
        self.schema = schema if schema is not None else metadata.schema
        known = metadata.info.setdefault(_INFO, {})
        if self.identity in known or self._is_table:
            raise InvalidRequestError(f"there is a {self.kind} or a table of that name already: {self}")
        known[self.identity] = self

    @property
    def table(self) -> str | None:
        """The table that it is a part of."""
        return None

    @property
    def identity(self) -> tuple[str, str | None, str | None, str]:
        """What tells it from others of a MetaData."""
        return (self.kind, self.schema, self.table, self.name)

    @property
    def _is_table(self) -> bool:
        """Whether a table has its name."""
        return False

    def texts(self, dialect: Dialect) -> tuple[str | SelectBase, ...] | None:
        """The parts of its statement that were given; None if a database of this kind is not to have it."""
        found = [_for(dialect, text) for text in self._given]
        texts = tuple(text for text in found if text is not None)
        return texts if len(texts) == len(found) else None

    @property
    def _given(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(filter(None, [self.schema, self.name]))}"


class View(Declared):
    """A view.

    Args:
        name: what it is called.
        query: what it shows; one for each kind of database, if given as a mapping: others do not have it.
        metadata: of the models.
        schema: the schema that it is in; that of the metadata by default.

    Raises:
        ArgumentError: the query is none.
        InvalidRequestError: there is a view or a table of that name already.
    """

    kind = VIEW

    def __init__(self, name: str, query: Query, metadata: MetaData, *, schema: str | None = None) -> None:
        self.query = _checked(query, (str, SelectBase), "a view", "SQL or a select()")
        super().__init__(name, metadata, schema)

    @property
    def identity(self) -> tuple[str, str | None, str | None, str]:
        """Views of both sorts share their names."""
        return (VIEW, self.schema, None, self.name)

    @property
    def _is_table(self) -> bool:
        return ".".join(filter(None, [self.schema, self.name])) in self.metadata.tables

    @property
    def _given(self) -> tuple[Any, ...]:
        return (self.query,)


class MaterializedView(View):
    """A view whose rows are kept, as PostgreSQL has it. Its arguments are those of `View`."""

    kind = MATERIALIZED_VIEW


class Function(Declared):
    """A function of the database.

    Args:
        name: what it is called.
        definition: all that stands behind its name in `CREATE FUNCTION`: what it takes, returns and does; one for each
            kind of database, if given as a mapping: others do not have it.
        metadata: of the models.
        schema: the schema that it is in; that of the metadata by default.

    Raises:
        ArgumentError: the definition is no text.
        InvalidRequestError: there is one of that name already; none can be overloaded.
    """

    kind = FUNCTION

    def __init__(self, name: str, definition: Text, metadata: MetaData, *, schema: str | None = None) -> None:
        self.definition = _checked(definition, str, f"a {self.kind}", "SQL")
        super().__init__(name, metadata, schema)

    @property
    def identity(self) -> tuple[str, str | None, str | None, str]:
        """Functions and procedures share their names on PostgreSQL."""
        return (FUNCTION, self.schema, None, self.name)

    @property
    def _given(self) -> tuple[Any, ...]:
        return (self.definition,)


class Procedure(Function):
    """A procedure of the database. Its arguments are those of `Function`."""

    kind = PROCEDURE


class Trigger(Declared):
    """A trigger, on a table of the models or on a declared view. It is declared with that, in its schema.

    Args:
        name: what it is called.
        table: what it is on: a `Table`, a mapped class, or a `View`.
        when: what stands before `ON` and the table: `AFTER INSERT`, `BEFORE UPDATE OF total`.
        action: all that stands behind: `FOR EACH ROW EXECUTE FUNCTION …()`, `BEGIN … END`. Both can be given for each
            kind of database, as a mapping: others do not have it.

    Raises:
        ArgumentError: it is on nothing that has triggers, or `when` or `action` is no text.
        InvalidRequestError: the table has one of that name already.
    """

    kind = TRIGGER

    def __init__(self, name: str, table: Any, when: Text, action: Text) -> None:
        on = getattr(table, "__table__", table)
        if not isinstance(on, Table | View):
            raise ArgumentError(f"a trigger is on a table, a mapped class or a view, not on {table!r}")
        self.on: Table | View = on
        self.when = _checked(when, str, "when a trigger acts", "SQL")
        self.action = _checked(action, str, "what a trigger does", "SQL")
        super().__init__(name, on.metadata, on.schema)

    @property
    def table(self) -> str | None:
        """The table that it is a part of; None if it is on a view."""
        return self.on.name if isinstance(self.on, Table) else None

    @property
    def identity(self) -> tuple[str, str | None, str | None, str]:
        """A trigger is known by what it is on."""
        return (TRIGGER, self.schema, self.on.name, self.name)

    def texts(self, dialect: Dialect) -> tuple[str | SelectBase, ...] | None:
        """As `Declared.texts`: one that is on a view is where that is."""
        is_there = isinstance(self.on, Table) or self.on.texts(dialect) is not None
        return super().texts(dialect) if is_there else None

    @property
    def _given(self) -> tuple[Any, ...]:
        return (self.when, self.action)

    def __str__(self) -> str:
        return f"trigger {self.name} on {self.on.name}"


def _checked(given: Any, kinds: Any, what: str, wanted: str) -> Any:
    """What was given, if each text of it is one."""
    for text in given.values() if isinstance(given, Mapping) else [given]:
        if not isinstance(text, kinds):
            raise ArgumentError(f"{what} is {wanted}, not {text!r}")
    return given


def _for(dialect: Dialect, given: Any) -> str | SelectBase | None:
    """What was given for a kind of database; None if nothing was."""
    if not isinstance(given, Mapping):
        text: str | SelectBase = given
        return text
    names = ["mariadb"] if getattr(dialect, "is_mariadb", False) else []
    names += [dialect.name, "mysql"] if dialect.name == "mariadb" else [dialect.name]
    return next((given[name] for name in names if name in given), None)


def all_declared(metadata: MetaData) -> list[Declared]:
    """What is declared beside the tables of a MetaData, in the order in which it was."""
    return [*metadata.info.get(_INFO, {}).values()]
