"""What a table of the models is, as a text: two tables with the same one are created by the same statements.

Compiling those takes a third of a second for a thousand tables, each time that nothing has changed. The texts are made
of the same parts, and only where all of them are of kinds whose part in the statements is known. A table that has
anything else has none: an identity, a computed column, an expression in an index, a listener of somebody's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import schema
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ddl
from sqlalchemy.sql.elements import TextClause, _truncated_label, conv, quoted_name
from sqlalchemy.sql.type_api import TypeDecorator

_PLAIN = frozenset((str, int, bool, float, type(None), type))
_FACTS = attrgetter("name", "type", "nullable", "primary_key", "server_default", "default", "comment")
_NAMES = (str, quoted_name, conv, _truncated_label)
"""What is written as it is, or shortened by a rule that depends on nothing else."""
_HOOKABLE = (
    ddl.CreateTable,
    ddl.CreateColumn,
    ddl.CreateIndex,
    ddl.SetTableComment,
    ddl.SetColumnComment,
    schema.PrimaryKeyConstraint,
    schema.UniqueConstraint,
    schema.ForeignKeyConstraint,
    schema.CheckConstraint,
    schema.Table,
    schema.Column,
    schema.Index,
    TextClause,
)
"""What statements for tables are made of: one whose words somebody has taken over (`@compiles`) may say anything."""


class _NotKnown(Exception):
    """Something of a table whose part in its statements is not known."""


class Structures:
    """The texts of tables, for one dialect.

    Args:
        dialect: SQLAlchemy's, as it is connected.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect: Any = dialect
        self._preparer = dialect.identifier_preparer
        self._compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]  # as Alembic does
        self._types: dict[object, str] = {}
        compilers = (self._compiler, self._preparer, self._dialect.type_compiler_instance)
        self._are_known = all(_is_sqlalchemys(type(one)) for one in compilers) and not any(map(_is_hooked, _HOOKABLE))

    def of(self, table: sa.Table) -> str | None:
        """The text of a table; None if something of it is not known.

        Raises:
            SQLAlchemyError: the table cannot be created.
        """
        if not self._are_known:
            return None
        try:
            return self._table(table)
        except _NotKnown:
            return None

    def _table(self, table: sa.Table) -> str:
        _expect(type(table) is sa.Table and getattr(table, "_creator_ddl", None) is None)
        self._check_listeners(table)
        own = (table._prefixes, table.comment, _options(table))
        sorted_constraints: Any = table._sorted_constraints
        parts = [f"{_named(table.schema)}{_named(table.name)}{own!r}"]
        parts += map(self._constraint, sorted_constraints)
        parts += sorted(map(self._index, table.indexes))
        parts += self._columns(table)
        return "\0\0".join(parts)

    def _columns(self, table: sa.Table) -> Iterator[str]:
        """Of ten thousand columns, most of which have a name and a type: so those are one text each, with few calls."""
        counted = table._autoincrement_column
        for column in table.columns:
            name, type_, nullable, is_key, server_default, default, comment = _FACTS(column)
            if (
                type(column) is not sa.Column
                or column.computed
                or column.identity
                or column.system
                or column.constraints
            ):
                raise _NotKnown
            is_plain = server_default is None and default is None and comment is None
            if is_plain and not is_key and column is not counted and "dialect_options" not in column.__dict__:
                more = ""
            else:
                more = self._more(column, is_counted=column is counted)
            yield f"{name}\0{getattr(name, 'quote', None)}\0{self._type(type_, column)}\0{nullable}{more}"

    def _more(self, column: sa.Column[Any], *, is_counted: bool) -> str:
        default: Any = column.default
        _expect(default is None or not default.is_sequence)
        said = None if column.server_default is None else self._default(column.server_default)
        counting = (column.primary_key, is_counted, column.autoincrement)
        return repr((counting, default is None, said, column.comment, _options(column)))

    def _type(self, type_: Any, column: sa.Column[Any]) -> str:
        """What a type is called, and of what kinds it is: those decide, too, how a column is numbered."""
        kind: Any = type_.__class__
        given = type_.__dict__
        key = (kind, *given.items()) if given else kind
        try:
            return self._types[key]
        except (KeyError, TypeError):  # new, or of something that has no hash
            described = self._described(column)
            if _PLAIN.issuperset(map(type, given.values())) and _is_sqlalchemys(kind) and not _is_hooked(kind):
                self._types[key] = described
            return described

    def _described(self, column: sa.Column[Any]) -> str:
        text = self._dialect.type_compiler_instance.process(column.type, type_expression=column)
        impl: Any = column.type.dialect_impl(self._dialect)
        if isinstance(impl, TypeDecorator):
            impl = impl.impl
        kinds = (type(impl), column.type._type_affinity)
        return " ".join([text, *(one.__qualname__ for kind in kinds if kind is not None for one in kind.__mro__)])

    def _default(self, default: Any) -> object:
        if type(default) is not schema.DefaultClause:
            _expect(type(default) is schema.FetchedValue)
            return True
        if type(default.arg) is str:
            return default.arg
        if type(default.arg) is TextClause and not default.arg._bindparams:
            return ("text", default.arg.text)
        return ("expression", self._compiler.render_default_string(default.arg))

    def _constraint(self, constraint: Any) -> str:
        describe = _CONSTRAINTS.get(type(constraint))
        _expect(describe is not None and constraint._create_rule is None and _is_unconditional(constraint))
        assert describe is not None
        when = (constraint.deferrable, constraint.initially, getattr(constraint, "comment", None))
        head = f"{type(constraint).__name__}\0{self._called(constraint)}\0{when}{_options(constraint)}"
        return "\0".join((head, *describe(constraint)))

    def _index(self, index: sa.Index) -> str:
        expressions: Any = index.expressions
        _expect(type(index) is sa.Index and _is_unconditional(index))
        _expect(all(type(one) is sa.Column for one in expressions))
        self._check_listeners(index)
        columns = "".join(_named(column.name) for column in expressions)
        return f"{self._called(index)}\0{index.unique}\0{_options(index)}\0{columns}"

    def _called(self, item: Any) -> str:
        """Its name: how that is shortened depends on nothing else, but where a naming convention is to make it."""
        name: Any = item.name
        if name is None or type(name) in _NAMES:
            return f"{type(name).__name__} {_named(name)}"
        return f"made {self._preparer.format_constraint(item)}"

    def _check_listeners(self, item: Any) -> None:
        """Types listen where a table is created, and most of them do nothing then."""
        silent: tuple[type, ...] = (sa.Boolean,)
        if self._dialect.name != "postgresql":  # there, an enumeration is a type that is made
            silent += (sa.Enum,)
        for listener in (*item.dispatch.before_create, *item.dispatch.after_create):
            own = getattr(listener, "target", None) or getattr(getattr(listener, "func", None), "__self__", None)
            _expect(type(own) in silent)


def _key(constraint: Any) -> Iterator[str]:
    return (_named(column.name) for column in constraint.columns)


def _check(constraint: Any) -> Iterator[str]:
    _expect(type(constraint.sqltext) is TextClause and not constraint.sqltext._bindparams)
    yield constraint.sqltext.text


def _foreign_key(constraint: Any) -> Iterator[str]:
    yield repr((constraint.ondelete, constraint.onupdate, constraint.match, constraint.use_alter))
    for element in constraint.elements:
        column = element.column
        yield from map(_named, (element.parent.name, column.table.schema, column.table.name, column.name))


_CONSTRAINTS: dict[type, Any] = {
    schema.PrimaryKeyConstraint: _key,
    schema.UniqueConstraint: _key,
    schema.CheckConstraint: _check,
    schema.ForeignKeyConstraint: _foreign_key,
}


def _expect(is_known: bool) -> None:
    if not is_known:
        raise _NotKnown


def _named(name: Any) -> str:
    """A name, and whether somebody has said that it is quoted. Nothing is called so; something may be called None."""
    return f"{'' if name is None else name}\0{getattr(name, 'quote', None)}\0"


def _options(item: Any) -> list[tuple[str, object]] | str:
    """What is said for one kind of database alone. With the first of these SQLAlchemy makes the place for them."""
    if "dialect_options" not in vars(item):
        return ""
    found = sorted(item.dialect_kwargs.items())
    _expect(_PLAIN.issuperset(type(value) for _, value in found))
    return found or ""


def _is_unconditional(item: Any) -> bool:
    return getattr(item, "_ddl_if", None) is None


def _is_sqlalchemys(kind: type) -> bool:
    return kind.__module__.startswith("sqlalchemy.")


def _is_hooked(kind: type) -> bool:
    return "_compiler_dispatcher" in vars(kind)
