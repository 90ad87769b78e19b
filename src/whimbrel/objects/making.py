"""Declared objects, made and dropped with the tables of their MetaData."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, event
from sqlalchemy.engine.interfaces import Dialect

from .declaring import Declared, all_declared
from .existing import is_there
from .order import ordered
from .statements import CreateObject, DropObject


def declared_in(metadata: Iterable[MetaData], dialect: Dialect) -> list[Declared]:
    """What a kind of database is to have beside the tables of some models, in the order in which it can be made."""
    wanted = [one for some in metadata for one in all_declared(some) if one.texts(dialect) is not None]
    return ordered({one: statement_of(one, dialect) for one in wanted})


def statement_of(one: Declared, dialect: Dialect) -> str:
    """The statement that makes it."""
    return str(CreateObject(one).compile(dialect=dialect))


def make(connection: Connection, objects: Sequence[Declared]) -> None:
    """Make objects, none of which is there. Writes the database.

    Raises:
        DBAPIError: the database refuses one.
    """
    for one in objects:
        connection.execute(CreateObject(one))


@event.listens_for(MetaData, "after_create")
def _make_all(target: MetaData, connection: Any, checkfirst: bool = True, **more: Any) -> None:
    """What `create_all` does behind the tables. What was asked for by `tables=` is these alone."""
    if not _is_whole(more):
        return
    for one in declared_in([target], connection.dialect):
        if not checkfirst or not is_there(connection, one):
            connection.execute(CreateObject(one))


@event.listens_for(MetaData, "before_drop")
def _drop_all(target: MetaData, connection: Any, **more: Any) -> None:
    """What `drop_all` does before the tables."""
    if _is_whole(more):
        for one in reversed(declared_in([target], connection.dialect)):
            connection.execute(DropObject(one))


def _is_whole(arguments: dict[str, Any]) -> bool:
    """Whether all of a MetaData is meant. An event names those tables only that were not there."""
    return getattr(arguments.get("_ddl_runner"), "tables", None) is None
