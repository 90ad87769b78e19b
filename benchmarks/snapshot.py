"""A million rows out of a database and into it again, against the database's own tool; and how much memory it takes.

    python benchmarks/snapshot.py [ROWS]

One line for each database: rows in a second of dump_db and load_db, how many times as long as the own tool they take
(pg_dump and psql, mariadb-dump and mariadb, SQLite's own dump), and the most memory that each of the two processes
had. It fails if that is 150 MB or more. Where a tool is not installed there is nothing to compare with. Servers are
those of the tests.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support.databases import KINDS, fresh_database

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
LIMIT = 150  # MB
REVISION = '''"""one table"""

import sqlalchemy as sa
from alembic import op

revision = "aaaa"
down_revision = None


def upgrade():
    op.create_table(
        "line",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("name", sa.String(80)),
        sa.Column("price", sa.Numeric(12, 2)),
        sa.Column("at", sa.DateTime),
        sa.Column("is_open", sa.Boolean),
    )


def downgrade():
    op.drop_table("line")
'''
NUMBERS = {
    "sqlite": "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) "
    "SELECT n, 'a line with the number ' || n, n / 100.0, '2024-02-29 12:00:00.000000', n % 2 FROM s",
    "postgresql": "SELECT n, 'a line with the number ' || n, n / 100.0, timestamp '2024-02-29 12:00', n % 2 = 0 "
    "FROM generate_series(1, {rows}) s (n)",
    "mariadb": "SELECT seq, concat('a line with the number ', seq), seq / 100.0, '2024-02-29 12:00', seq % 2 "
    "FROM seq_1_to_{rows}",
}


def main() -> int:
    """Measure and print the table; 1 if a process had too much memory."""
    print(f"{ROWS} rows  {'dump rows/s':>14} {'x own':>6} {'MB':>5}  {'load rows/s':>14} {'x own':>6} {'MB':>5}")
    worst = max(_measured(kind) for kind in KINDS)
    if worst >= LIMIT:
        print(f"a process had {worst:.0f} MB, and may have less than {LIMIT}")
    return int(worst >= LIMIT)


def _measured(kind: str) -> float:
    """Measure one kind of database; the most memory that a process had, in MB."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with fresh_database(kind, folder) as first, fresh_database(kind, folder) as second:
            _project(folder)
            for url in (first, second):
                _whimbrel(folder, "upgrade", "--url", url)
            _execute(first, f"INSERT INTO line {NUMBERS[kind].format(rows=ROWS)}")
            dump = _whimbrel(folder, "dump_db", "lines.whimbrel", "--url", first)
            load = _whimbrel(folder, "load_db", "lines.whimbrel", "--url", second)
            own = _own(kind, folder, sa.make_url(first), sa.make_url(second))
    cells = [
        f"{ROWS / seconds:>14.0f} {f'{seconds / tool:.1f}' if tool else '-':>6} {memory:>5.0f}"
        for (seconds, memory), tool in zip((dump, load), own, strict=True)
    ]
    print(f"{kind:<12} {cells[0]}  {cells[1]}", flush=True)
    return max(dump[1], load[1])


def _own(kind: str, folder: Path, first: sa.URL, second: sa.URL) -> tuple[float | None, float | None]:
    """How many seconds the database's own tool takes for the same two; None where it is not here."""
    file, out, into = folder / "lines.sql", *_tools(kind, first, second)
    if not shutil.which(out[0]) or not shutil.which(into[0]):
        return None, None
    _execute(second.render_as_string(hide_password=False), "DELETE FROM line")
    passwords = {"PGPASSWORD": first.password, "MYSQL_PWD": first.password}
    env = {**os.environ, **{name: str(value) for name, value in passwords.items() if value}}
    with file.open("wb") as stream:
        dumped = _timed(lambda: subprocess.run(out, stdout=stream, env=env, check=True))
    with file.open("rb") as stream:
        loaded = _timed(lambda: subprocess.run(into, stdin=stream, stdout=subprocess.DEVNULL, env=env, check=True))
    return dumped, loaded


def _tools(kind: str, first: sa.URL, second: sa.URL) -> tuple[list[str], list[str]]:
    if kind == "sqlite":
        dump = (
            "import sqlite3, sys\nfor line in sqlite3.connect(sys.argv[1]).iterdump():\n"
            "    if 'INTO \"line\"' in line: print(line)"
        )
        load = (
            "import sqlite3, sys\nconnection = sqlite3.connect(sys.argv[1])\n"
            "for line in sys.stdin: connection.execute(line)\nconnection.commit()"
        )
        return [sys.executable, "-c", dump, str(first.database)], [sys.executable, "-c", load, str(second.database)]
    place = ["-h", str(first.host), f"-{'p' if kind == 'postgresql' else 'P'}", str(first.port)]
    if kind == "postgresql":
        user = ["-U", str(first.username)]
        return (
            ["pg_dump", *place, *user, "--data-only", "-t", "line", str(first.database)],
            ["psql", *place, *user, "-q", "-1", str(second.database)],
        )
    user = ["-u", str(first.username)]
    return (
        ["mariadb-dump", *place, *user, "--single-transaction", "--no-create-info", str(first.database), "line"],
        ["mariadb", *place, *user, str(second.database)],
    )


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _whimbrel(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run a command; how many seconds it took, and how many MB it had at most."""
    command = [sys.executable, "-m", "whimbrel", "-q", *arguments]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments[:1])} ended with {process.returncode}")
    return time.perf_counter() - began, _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _project(folder: Path) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "aaaa_one_table.py").write_text(REVISION)
    (folder / "whimbrel.toml").write_text("")


def _execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement.replace("%", "%%") if "sqlite" not in url else statement)


if __name__ == "__main__":
    sys.exit(main())
