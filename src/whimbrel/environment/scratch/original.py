"""What a server is that a scratch one has to be like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...dialects.mysql.creation import SYSTEM
from ...record import Record

if TYPE_CHECKING:
    from ...connect.driver import Query

POSTGRESQL, MARIADB, MYSQL = "PostgreSQL", "MariaDB", "MySQL"

_OTHERS = re.compile(r"Redshift|-YB-|TiDB|Vitess|SingleStore|MemSQL|OceanBase", re.IGNORECASE)
"""What says that it is PostgreSQL or MySQL, and is another program that speaks as those do."""

_POSTGRESQL = """
SELECT version(), current_setting('server_version'), current_setting('server_encoding'), datcollate, current_user::text,
    concat_ws(' ', pg_postmaster_start_time()::text, oid)
FROM pg_catalog.pg_database WHERE datname = current_database()"""
_ROLES = "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"
_MYSQL = (
    "SHOW GLOBAL VARIABLES WHERE variable_name IN ('sql_mode', 'character_set_server', 'collation_server',"
    " 'lower_case_table_names', 'explicit_defaults_for_timestamp', 'innodb_strict_mode', 'innodb_default_row_format')"
)
_SCHEMAS = "SELECT schema_name FROM information_schema.schemata"


class Original(Record):
    """What a server is.

    Attributes:
        product: which program; empty if it is one that only speaks as another does.
        version: as it tells it.
        settings: what decides what it makes of a statement, by name.
        user: who the project is to it.
        roles: who else it knows.
        database: which database of which server it is.
        beside: all databases that the server has, where a statement may name another one.
    """

    product: str
    version: str
    settings: tuple[tuple[str, str], ...] = ()
    user: str = ""
    roles: tuple[str, ...] = ()
    database: str = ""
    beside: tuple[str, ...] = ()

    @property
    def alike(self) -> Original:
        """What servers have in common that statements mean the same to."""
        return self._replace(database="", beside=())

    @property
    def series(self) -> tuple[int, ...]:
        """What of the version has to be the same."""
        return series(self.product, self.version)

    def __str__(self) -> str:
        return f"{self.product} {self.version}".strip()


def series(product: str, version: str) -> tuple[int, ...]:
    """What of a version stays the same until there are new features; empty if it is none."""
    found = re.match(r"(\d+)" if product == POSTGRESQL else r"(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else ()


def look(kind: str, query: Query) -> Original:
    """What a server is. Reads its catalog.

    Args:
        kind: `postgresql` or `mysql`.
        query: goes to it.
    """
    return (_postgresql if kind == "postgresql" else _mysql)(query)


def _postgresql(query: Query) -> Original:
    [[words, version, encoding, locale, user, database]] = query(_POSTGRESQL)
    is_real = words.startswith("PostgreSQL ") and not _OTHERS.search(words)
    return Original(
        POSTGRESQL if is_real else "",
        version.split()[0],
        (("encoding", encoding), ("locale", locale or "C")),
        user,
        tuple(name for (name,) in query(_ROLES)),
        database,
    )


def _mysql(query: Query) -> Original:
    [[version, database]] = query("SELECT VERSION(), CONCAT_WS(' ', @@hostname, @@port, DATABASE())")
    product = "" if _OTHERS.search(version) else MARIADB if "mariadb" in version.lower() else MYSQL
    settings: Sequence[tuple[str, str]] = [(str(name).lower(), str(value)) for name, value in query(_MYSQL)]
    return Original(
        product,
        version.removeprefix("5.5.5-").split("-")[0],
        tuple(sorted(settings)),
        database=database,
        beside=tuple(str(name) for (name,) in query(_SCHEMAS) if str(name).lower() not in SYSTEM),
    )
