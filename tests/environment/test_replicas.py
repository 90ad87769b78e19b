"""New connections that lead to a replica: a pool or a proxy in between decides that, and whimbrel cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import version_rows
from support.projects import alembic_project, linear
from whimbrel import Project, errors
from whimbrel.environment import work

MakeDatabase = Callable[[str], str]

# The first connection is made to the primary, and the next ones to another database, which only reads.
ROUTED = """
    import psycopg, itertools
    made = itertools.count()
    def creator():
        return psycopg.connect(primary if not 0 < next(made) <= behind else replica)
    import sqlalchemy
    connectable = sqlalchemy.create_engine("postgresql+psycopg://", creator=creator, poolclass=pool.NullPool)
"""


def routed(folder: Path, primary: str, replica: str, behind: int, *, only_reads: bool = True) -> Path:
    """A project whose engine shows `replica` to so many connections behind the first."""
    alembic_project(folder, primary, linear("aaaa", "bbbb"))
    env = folder / "alembic" / "env.py"
    names = {"primary": primary, "replica": replica}
    plain = {name: sa.make_url(url).set(drivername="postgresql").render_as_string(False) for name, url in names.items()}
    where = f"\n    primary, replica, behind = {plain['primary']!r}, {plain['replica']!r}, {behind}"
    assert "    with connectable.connect()" in env.read_text()
    env.write_text(
        env.read_text().replace("    with connectable.connect()", f"{where}{ROUTED}    with connectable.connect()")
    )
    name = sa.make_url(replica).database
    engine = sa.create_engine(replica, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = {only_reads}")
    return folder


def test_a_replica_that_catches_up_confirms_the_run(make_database: MakeDatabase, tmp_path: Path) -> None:
    primary, replica = make_database("postgresql"), make_database("postgresql")
    folder = routed(tmp_path / "p", primary, replica, behind=3)
    outcome = Project.load(folder, config=folder / "alembic.ini").upgrade()
    assert (outcome.after, outcome.verified) == (("bbbb",), True)
    assert version_rows(primary) == {"bbbb"}


def test_one_that_stays_behind_is_told_and_nothing_is_said_to_be_undone(
    make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "REPLICA_PATIENCE", 0.0)
    primary, replica = make_database("postgresql"), make_database("postgresql")
    folder = routed(tmp_path / "p", primary, replica, behind=1000)
    with pytest.raises(errors.NotCommitted) as failed:
        Project.load(folder, config=folder / "alembic.ini").upgrade()
    assert failed.value.why == "new connections lead to a replica, which is still at base"
    assert failed.value.state == "what was run is most likely committed"
    assert version_rows(primary) == {"bbbb"}


def test_a_database_that_takes_changes_is_not_waited_for(
    make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it does not hold is not there."""
    folder = routed(tmp_path / "p", make_database("postgresql"), make_database("postgresql"), 1000, only_reads=False)
    monkeypatch.setattr(work.time, "sleep", lambda _: pytest.fail("waited"))
    with pytest.raises(errors.NotCommitted, match="a new connection finds the database at base"):
        Project.load(folder, config=folder / "alembic.ini").upgrade()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_a_server_of_its_own_takes_changes(kind: str, url: str) -> None:
    from whimbrel.connect.engine import query_of
    from whimbrel.dialects import dialect_named

    dialect = dialect_named(kind)
    assert dialect is not None
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert not dialect.only_reads(query_of(connection.connection))
