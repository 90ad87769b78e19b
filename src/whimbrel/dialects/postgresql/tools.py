"""pg_dump and psql."""

from __future__ import annotations

import re

from ...record import TYPE_CHECKING
from ..base import double_quoted
from ..tools import Program
from .contents import Contents

if TYPE_CHECKING:
    from ...connect.driver import Query
    from ...connect.url import DatabaseUrl

_PACKAGE = "postgresql-client"
_SCHEMAS = """
SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = pg_namespace.oid
                    AND d.deptype = 'e')
ORDER BY 1"""
_PUBLIC = "public"
_NAMED_OTHERWISE = {"application_name": "PGAPPNAME", "dbname": "PGDATABASE"}
_PORT = re.compile(r"(?P<host>[^/]*):(?P<port>\d+)")


class Tools:
    """PostgreSQL's own tools, which write and read the whole database."""

    # Newer versions have a command behind it that ends what they allow in a script.
    end = rb"-- PostgreSQL database dump complete\s+--\s*(?:\\unrestrict \w+\s*)?\n"
    is_one_transaction = True

    def begin(self, seconds: float) -> str:
        return f"BEGIN;\nSET LOCAL lock_timeout = {max(1, round(seconds * 1000))};\n"  # 0 would be for ever

    def dump(self, url: DatabaseUrl, snapshot: str) -> Program:
        options = ("--no-owner", "--no-privileges", "--no-password", f"--snapshot={snapshot}")
        return Program(("pg_dump",), _PACKAGE, options, _variables(url))

    def load(self, url: DatabaseUrl) -> Program:
        options = ("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1")
        return Program(("psql",), _PACKAGE, options, _variables(url))

    def share(self, query: Query) -> str:
        [[snapshot]] = query("SELECT pg_export_snapshot()")
        return str(snapshot)

    def clearing(self, query: Query) -> list[str]:
        """In all schemas, as the script makes all. A new database has one of them already."""
        contents = Contents()
        found = []
        for (schema,) in query(_SCHEMAS):
            found += contents.drop(query, schema)
            found += [] if schema == _PUBLIC else [f"DROP SCHEMA IF EXISTS {double_quoted(schema)} CASCADE"]
        return found


def _variables(url: DatabaseUrl) -> dict[str, str]:
    """Whatever a URL tells libpq, as variables of its environment: no other user of the machine sees those.

    https://www.postgresql.org/docs/current/libpq-envars.html
    """
    parts = {"user": url.user, "password": url.password, "host": url.host, "port": url.port, "dbname": url.database}
    told = {name: str(value) for name, value in parts.items() if value}
    hosts = [value for name, value in url.query if name == "host"]
    if hosts:  # several stand in the query, each with its port
        pairs = [_PORT.fullmatch(host) for host in hosts]
        told["host"] = ",".join(pair["host"] if pair else host for pair, host in zip(pairs, hosts, strict=True))
        if any(pairs):
            told["port"] = ",".join(pair["port"] if pair else "" for pair in pairs)
    told.update((name, value) for name, value in url.query if name != "host")
    if url.driver == "asyncpg" and "ssl" in told:
        told["sslmode"] = told.pop("ssl")
    variables = {
        _NAMED_OTHERWISE.get(name, f"PG{name.replace('_', '').upper()}"): value for name, value in told.items() if value
    }
    return {"PGCLIENTENCODING": "UTF8", **variables}
