"""Whether a database has what is declared already."""

from __future__ import annotations

from sqlalchemy import Connection, text

from .declaring import Declared, Trigger, View

_ROUTINE = """
SELECT count(*) FROM information_schema.routines
WHERE routine_type = :kind AND routine_schema = :schema AND routine_name = :name"""
_TRIGGER = """
SELECT count(*) FROM information_schema.triggers WHERE event_object_schema = :schema AND trigger_name = :name"""
_TRIGGER_OF_POSTGRESQL = """
SELECT count(*) FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :on AND t.tgname = :name"""


def is_there(connection: Connection, one: Declared) -> bool:
    """Whether a database has something of this kind and name, whatever it does. Reads it."""
    schema = connection.schema_for_object(one)  # type: ignore[arg-type]  # it asks for a name alone
    if isinstance(one, View):
        return connection.dialect.has_table(connection, one.name, schema=schema)
    given = {"schema": schema or connection.dialect.default_schema_name, "name": one.name}
    if not isinstance(one, Trigger):
        return bool(connection.scalar(text(_ROUTINE), {**given, "kind": one.kind.upper()}))
    if connection.dialect.name == "postgresql":
        return bool(connection.scalar(text(_TRIGGER_OF_POSTGRESQL), {**given, "on": one.on.name}))
    if connection.dialect.name == "sqlite":
        master = f"{connection.dialect.identifier_preparer.quote_schema(schema or 'main')}.sqlite_master"
        statement = f"SELECT count(*) FROM {master} WHERE type = 'trigger' AND name = :name"
        return bool(connection.scalar(text(statement), {"name": one.name}))
    return bool(connection.scalar(text(_TRIGGER), given))
