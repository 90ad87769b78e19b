"""One labelled edit: models before and after it, rows that are there, and what must be true in the end. Data only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import MetaData

SQLITE, POSTGRESQL, MARIADB = "sqlite", "postgresql", "mariadb"
ALL = (SQLITE, POSTGRESQL, MARIADB)
SERVERS = (POSTGRESQL, MARIADB)

Build = Callable[[MetaData], object]
Row = Mapping[str, Any]

OTHER = "other"
"""The schema beside the default one: a schema of PostgreSQL, a second database of MariaDB. `elsewhere` has its name."""


def elsewhere(metadata: MetaData) -> str:
    """What the schema beside the default one is called in the database that the models are made for."""
    return str(metadata.info[OTHER])


def database(metadata: MetaData) -> str:
    """The kind of database that the models are made for."""
    return str(metadata.info["database"])


class Case(NamedTuple):
    """An edit.

    Args:
        label: what is edited, in words joined by underscores; unique in its module.
        before: declares the models as they were.
        after: declares them as they are. The same function as `before`: nothing has changed, and nothing may be found.
        databases: those that have what is edited.
        rows: what is in the tables before, by table; each row has all the columns that matter.
        then: the values of a column after the upgrade, in the order of `rows`, where they are not those of before.
            A new column that is not named here must be empty.
        back: the same after the downgrade. A column that was dropped and came back must be empty otherwise.
        renames: columns by their old name, `table.column`, to the new one.
        table_renames: tables by their old name to the new one.
        no_rename: whether nothing else is renamed, however much it looks like it.
        allow_drop: tables that may be dropped.
        remaps: values that are gone from a list, as `table.column.value`, to what rows get instead; None for NULL.
        fills: columns that are NOT NULL now, to what rows get that have no value, as it is typed.
        setup: statements for a database before the models are made, such as an extension.
        objects: statements for what no model declares and must be there in the end as well.
        works: statements that must succeed after the upgrade, as an insert that needs the next number of a key.
        refusal: words that a refusal must have, by database, where that is the right end.
        one_way: words that a refusal of the downgrade must have, where nothing could make up what is missing.
        foreign_keys: SQLite connections of this project enforce foreign keys.
    """

    label: str
    before: Build
    after: Build
    databases: Sequence[str] = ALL
    rows: Mapping[str, Sequence[Row]] = {}
    then: Mapping[str, Sequence[Any]] = {}
    back: Mapping[str, Sequence[Any]] = {}
    renames: Mapping[str, str] = {}
    table_renames: Mapping[str, str] = {}
    no_rename: bool = False
    allow_drop: Sequence[str] = ()
    remaps: Mapping[str, str | None] = {}
    fills: Mapping[str, str] = {}
    setup: Mapping[str, Sequence[str]] = {}
    objects: Mapping[str, Sequence[str]] = {}
    works: Sequence[str] = ()
    refusal: Mapping[str, Sequence[str]] = {}
    one_way: Sequence[str] = ()
    foreign_keys: bool = False

    @property
    def changes(self) -> bool:
        """Whether there is anything to find."""
        return self.before is not self.after


def models(build: Build, kind: str, other: str) -> MetaData:
    """The models that a case declares, made anew: tables belong to one MetaData for ever."""
    metadata = MetaData(info={"database": kind, OTHER: other})
    build(metadata)
    return metadata
