"""The environment that needs no env.py: everything it configures follows from the settings."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection, MetaData

from ..connect.driver import with_driver
from ..connect.engine import make_engine, run
from ..dialects import dialect_of
from ..settings import Database
from .context import WorkContext

_OPTIONS = ("version_table", "version_table_schema")


def run_native(database: Database, context: WorkContext) -> None:
    """Do a piece of work on the database that the settings name, as a well-written env.py would.

    Raises:
        UrlMissing, UrlInvalid, DriverMissing: there is nothing to connect to, or nothing to do it with.
    """
    shared: Connection | None = context.config.attributes.get("connection")
    if shared is not None:
        _on_connection(database, context, shared)
    elif context.work.offline:
        _offline(database, context)
    else:
        url = database.required_url_for(changes=context.work.writes)
        engine = make_engine(with_driver(url, dialect_of(url).drivers))
        run(engine, lambda connection: _on_connection(database, context, connection))


def _on_connection(database: Database, context: WorkContext, connection: Connection) -> None:
    context.configure(connection=connection, **_configuration(database, context, connection.dialect.name))
    with context.begin_transaction():
        context.run_migrations()


def _offline(database: Database, context: WorkContext) -> None:
    name = dialect_of(database.required_url_for(changes=context.work.writes)).name
    context.configure(
        dialect_name=name,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **_configuration(database, context, name),
    )
    with context.begin_transaction():
        context.run_migrations()


def _configuration(database: Database, context: WorkContext, dialect: str) -> dict[str, Any]:
    """The arguments of `configure()` that the settings and the models decide."""
    metadata: tuple[MetaData, ...] = tuple(context.work.metadata or ())
    schemas = {table.schema for one in metadata for table in one.tables.values()}

    def include_name(name: str | None, kind: str, parents: Any) -> bool:
        """Compare the schemas that the models use."""
        return kind != "schema" or name is None or name in schemas

    def render_item(kind: str, item: Any, autogenerate: Any) -> Literal[False]:
        """Leave the rendering to Alembic, but import what it names: a type of the project's, or SQLModel's."""
        module = type(item).__module__
        if kind == "type" and not module.startswith(("sqlalchemy.", "alembic.")):
            autogenerate.imports.add(f"import {module}")
        return False

    return {
        "render_item": render_item,
        "target_metadata": list(metadata) or None,
        "include_schemas": bool(schemas - {None}),
        "include_name": include_name,
        "transaction_per_migration": context.work.per_revision and not context.work.offline,
        "render_as_batch": database.options.get("render_as_batch", dialect == "sqlite"),
        **{name: database.options[name] for name in _OPTIONS if name in database.options},
    }
