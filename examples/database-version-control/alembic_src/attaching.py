"""Schemas on SQLite, for trying things out: each is a file of its own beside the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event


def with_schema(engine: Engine, schema: str) -> Engine:
    """Make the schema known to every connection of an engine of SQLite; others know it by themselves."""
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def attach(connection: Any, _: Any) -> None:
            connection.execute(f"ATTACH DATABASE '{engine.url.database}.{schema}.db' AS {schema}")

    return engine
