"""The statements that make and drop what is declared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import SelectBase, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from .declaring import TRIGGER, Declared, Trigger, View


class CreateObject(ExecutableDDLElement):
    """Makes what is declared.

    Args:
        element: what; one that the database is to have.
    """

    def __init__(self, element: Declared) -> None:
        self.element = element


class DropObject(ExecutableDDLElement):
    """Drops what is declared, if it is there. Its argument is that of `CreateObject`."""

    def __init__(self, element: Declared) -> None:
        self.element = element


@compiles(CreateObject)
def _create(statement: CreateObject, compiler: Any, **_: Any) -> str:
    one = statement.element
    texts = one.texts(compiler.dialect)
    assert texts is not None
    given = [_written(compiler, text) for text in texts]
    create = f"CREATE {one.kind.upper()} {_named(compiler, one)}"
    if isinstance(one, Trigger):
        when, action = given
        return f"{create} {when} ON {_on(compiler, one)} {action}"
    return f"{create} AS {given[0]}" if isinstance(one, View) else f"{create}{_gap(given[0])}{given[0]}"


@compiles(DropObject)
def _drop(statement: DropObject, compiler: Any, **_: Any) -> str:
    one = statement.element
    drop = f"DROP {one.kind.upper()} IF EXISTS {_named(compiler, one)}"
    if isinstance(one, Trigger) and compiler.dialect.name == "postgresql":
        return f"{drop} ON {_on(compiler, one)}"
    return drop


def _gap(definition: str) -> str:
    return "" if definition.startswith("(") else " "


def _written(compiler: Any, text: str | SelectBase) -> str:
    """A text as the driver wants it, which may have parameters behind each %; a query with its values in it."""
    if isinstance(text, str):
        return str(compiler.sql_compiler.post_process_text(text.strip().rstrip(";").rstrip()))
    return str(compiler.sql_compiler.process(text, literal_binds=True))


def _named(compiler: Any, one: Declared) -> str:
    """Its name; a trigger of PostgreSQL is where its table is, and has no schema of its own."""
    is_bare = one.kind == TRIGGER and compiler.dialect.name == "postgresql"
    return _quoted(compiler, one, with_schema=not is_bare)


def _on(compiler: Any, trigger: Trigger) -> str:
    """What a trigger is on; on SQLite it is in its schema anyway."""
    return _quoted(compiler, trigger.on, with_schema=compiler.dialect.name != "sqlite")


def _quoted(compiler: Any, one: Declared | Table, *, with_schema: bool) -> str:
    """Its name, as SQLAlchemy writes those of tables: in the schema that a `schema_translate_map` says."""
    preparer = compiler.preparer
    schema = preparer.schema_for_object(one) if with_schema else None
    name = preparer.quote(one.name)
    return f"{preparer.quote_schema(schema)}.{name}" if schema else str(name)
