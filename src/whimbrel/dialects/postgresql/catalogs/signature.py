"""Whether anything was changed in the catalogs of PostgreSQL: what takes a tenth of the time that reading them takes.

Each row has the number of the transaction that has written it (`xmin`), and a place (`ctid`). Whoever changes a row
writes another one: with the number of a later transaction, or in the same one at another place. So the sum over all
rows comes back only if those come back, or if the numbers do: on a server that was set back in time while it was
running. Statistics and what VACUUM notes are written over in place, and change nothing here.
"""

from __future__ import annotations

from ....record import TYPE_CHECKING

if TYPE_CHECKING:
    from ....connect.driver import Query

_OWN = 16384
"""The first number that is given to anything but what the server itself has made."""
_CATALOGS = {
    "pg_aggregate": "aggfnoid::oid",
    "pg_am": "oid",
    "pg_attrdef": "",
    "pg_attribute": "attrelid",
    "pg_class": "oid",
    "pg_collation": "oid",
    "pg_constraint": "oid",
    "pg_depend": "objid",
    "pg_description": "objoid",
    "pg_enum": "",
    "pg_index": "indexrelid",
    "pg_inherits": "",
    "pg_namespace": "",
    "pg_opclass": "oid",
    "pg_operator": "oid",
    "pg_policy": "",
    "pg_proc": "oid",
    "pg_range": "rngtypid",
    "pg_rewrite": "oid",
    "pg_sequence": "",
    "pg_statistic_ext": "",
    "pg_tablespace": "",
    "pg_trigger": "",
    "pg_type": "oid",
}
"""All from which texts are made, and how rows of the server's own are told, which are many and stay as they are."""

_SERVER = """
SELECT version(), pg_postmaster_start_time()::text, current_setting('search_path'), current_setting('role'),
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database())"""
_ROWS = (
    "SELECT '{name}' AS name, count(*) AS rows, sum(hashtextextended(xmin::text || ctid::text, 0)) AS sum FROM {name}"
)


def signature(query: Query) -> str:
    """A text that is another one as soon as anything in the catalogs is. Reads the database.

    Empty for a server that only speaks as PostgreSQL does, and keeps its catalogs in another way.
    """
    [[version, *server]] = query(_SERVER)
    if not version.startswith("PostgreSQL ") or "-YB-" in version:
        return ""
    rows = " UNION ALL ".join(
        _ROWS.format(name=name) + (f" WHERE {number} >= {_OWN}" if number else "") for name, number in _CATALOGS.items()
    )
    [[sums]] = query(f"SELECT string_agg(format('%s %s %s', name, rows, sum), ', ' ORDER BY name) FROM ({rows}) r")
    return repr((version, *server, sums))
