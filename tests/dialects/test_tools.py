"""What a URL says reaches the database's own tools, and nothing of it stands in their arguments."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.databases import needs_tools
from whimbrel.connect.url import parse
from whimbrel.dialects import dialect_named
from whimbrel.dialects.tools import Program, Tools


def _tools(dialect: str) -> Tools:
    found = dialect_named(dialect)
    assert found is not None
    assert found.tools is not None
    return found.tools


def _both(url: str) -> tuple[Program, Program]:
    parsed = parse(url)
    return _tools(parsed.dialect).dump(parsed, "00-1"), _tools(parsed.dialect).load(parsed)


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        (
            "postgresql+psycopg://app:p%40ss@db.example:6543/shop?sslmode=verify-full&sslrootcert=ca.pem",
            {
                "PGUSER": "app",
                "PGPASSWORD": "p@ss",
                "PGHOST": "db.example",
                "PGPORT": "6543",
                "PGDATABASE": "shop",
                "PGSSLMODE": "verify-full",
                "PGSSLROOTCERT": "ca.pem",
            },
        ),
        (
            "postgresql+psycopg://app@/shop?host=one:5432&host=two:5433&target_session_attrs=read-write",
            {
                "PGUSER": "app",
                "PGDATABASE": "shop",
                "PGHOST": "one,two",
                "PGPORT": "5432,5433",
                "PGTARGETSESSIONATTRS": "read-write",
            },
        ),
        (
            "postgresql+psycopg2:///shop?host=/run/postgresql&options=-c%20search_path%3Dshop&application_name=me",
            {
                "PGDATABASE": "shop",
                "PGHOST": "/run/postgresql",
                "PGOPTIONS": "-c search_path=shop",
                "PGAPPNAME": "me",
            },
        ),
        (
            "postgresql+asyncpg://app@db/shop?ssl=require",
            {"PGUSER": "app", "PGHOST": "db", "PGDATABASE": "shop", "PGSSLMODE": "require"},
        ),
    ],
)
def test_postgresql_is_told_by_variables(url: str, variables: dict[str, str]) -> None:
    for program in _both(url):
        assert program.variables == {"PGCLIENTENCODING": "UTF8", **variables}
        assert not {*variables.values()} & {*program.arguments}


@needs_tools
@pytest.mark.parametrize(
    ("url", "options"),
    [
        (
            "mysql+pymysql://app:p%40ss@db.example:3307/shop?ssl_ca=ca.pem",
            {"user": "app", "password": "p@ss", "host": "db.example", "port": "3307", "protocol": "tcp"}
            | {"ssl-ca": "ca.pem", "loose-ssl-verify-server-cert": "1"},
        ),
        (
            "mysql+pymysql://app@db/shop?ssl_ca=ca.pem&ssl_check_hostname=false",
            {"user": "app", "host": "db", "protocol": "tcp", "ssl-ca": "ca.pem", "loose-ssl-verify-server-cert": "0"},
        ),
        ("mysql+asyncmy://app@/shop?unix_socket=/run/mysqld.sock", {"user": "app", "socket": "/run/mysqld.sock"}),
        ("mysql+mysqldb://app@localhost/shop", {"user": "app", "host": "localhost"}),
        ("mysql+pymysql://app@localhost/shop", {"user": "app", "host": "localhost", "protocol": "tcp"}),
        ("mysql+pymysql://app:%23a%22b%27%5Cs%3B%20c@db/shop", {"password": "#a\"b'\\s; c"}),
    ],
)
def test_mariadb_reads_what_the_file_of_options_says(url: str, options: dict[str, str], tmp_path: Path) -> None:
    for program in _both(url):
        (tmp_path / "my.cnf").write_text(program.options)
        told = subprocess.run(
            ["my_print_defaults", f"--defaults-file={tmp_path / 'my.cnf'}", "client"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        read = dict(line.removeprefix("--").split("=", 1) for line in told)
        assert {name: read.get(name) for name in options} == options
        assert ("protocol" in read) is (options.get("protocol") == "tcp" or "password" in options)
        assert program.arguments[-1] == "shop"
