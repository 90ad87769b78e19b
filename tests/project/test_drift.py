"""`drift`: a database is compared with what its own history leaves, and everything in it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import rows, tables, version_rows
from support.projects import Rev, alembic_project, linear, native_project, write_revision
from whimbrel import Project, errors

ORDERS = """op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(20), server_default="new", nullable=False),
    sa.Column("total", sa.Integer))
op.create_index("ix_orders_total", "orders", ["total"])"""
HISTORY = [Rev("aaaa", upgrade=ORDERS, downgrade='op.drop_table("orders")'), Rev("bbbb", "aaaa")]

TRIGGERS = {
    "sqlite": ["CREATE TRIGGER stop AFTER INSERT ON orders BEGIN UPDATE orders SET total = 1; END"],
    "postgresql": [
        "CREATE FUNCTION stopping() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER stop BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stopping()",
    ],
    "mariadb": ["CREATE TRIGGER stop BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = 1"],
}
DEFAULTS = {
    "sqlite": [
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'new', 'old') WHERE name = 'orders'",
        "PRAGMA writable_schema = OFF",
    ],
    "postgresql": ["ALTER TABLE orders ALTER state SET DEFAULT 'old'"],
    "mariadb": ["ALTER TABLE orders ALTER state SET DEFAULT 'old'"],
}


@contextmanager
def by_hand(url: str) -> Iterator[Callable[[str], object]]:
    """Somebody who changes the database past its revisions."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection.exec_driver_sql


def told(project: Project) -> list[str]:
    """What has drifted, as one line each."""
    return [str(one) for drift in project.drift() for one in drift.differences]


@pytest.fixture
def upgraded(url: str, tmp_path: Path) -> Project:
    """A project whose database is at its head, of each kind in turn."""
    project = Project.load(native_project(tmp_path / "project", url, HISTORY))
    project.upgrade()
    return project


def test_a_database_that_only_revisions_have_changed_has_not_drifted(upgraded: Project, url: str) -> None:
    assert told(upgraded) == []
    upgraded.downgrade("aaaa")
    assert (told(upgraded), version_rows(url)) == ([], {"aaaa"})
    upgraded.downgrade("base")
    assert told(upgraded) == []


def test_a_column_that_was_added_by_hand(upgraded: Project, url: str) -> None:
    with by_hand(url) as do:
        do("ALTER TABLE orders ADD COLUMN note VARCHAR(20)")
    assert told(upgraded) == ["add column orders.note"]


def test_an_index_that_was_dropped_by_hand(upgraded: Project, url: str, kind: str) -> None:
    with by_hand(url) as do:
        do("DROP INDEX ix_orders_total" + (" ON orders" if kind == "mariadb" else ""))
    assert told(upgraded) == ["drop index ix_orders_total on orders"]


def test_a_trigger_that_was_made_by_hand(upgraded: Project, url: str, kind: str) -> None:
    with by_hand(url) as do:
        for statement in TRIGGERS[kind]:
            do(statement)
    [trigger, *function] = sorted(told(upgraded), reverse=True)
    assert trigger.startswith("add trigger stop")
    assert len(function) == len(TRIGGERS[kind]) - 1


def test_a_default_that_was_changed_by_hand(upgraded: Project, url: str, kind: str) -> None:
    with by_hand(url) as do:
        for statement in DEFAULTS[kind]:
            do(statement)
    [line] = told(upgraded)
    assert line.startswith("change column orders.state: default ")
    assert line.index("new") < line.index("old")


def test_a_view_and_a_table_that_were_made_by_hand_and_one_that_was_dropped(upgraded: Project, url: str) -> None:
    with by_hand(url) as do:
        do("CREATE VIEW large AS SELECT id FROM orders WHERE total > 10")
        do("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
        do("DROP TABLE t_bbbb")
    assert sorted(told(upgraded)) == ["add table notes", "add view large", "drop table t_bbbb"]


def test_what_another_program_is_at_work_on_is_compared_with_where_the_database_is(upgraded: Project, url: str) -> None:
    """Not with the head: what is pending is no drift."""
    write_revision(Path(upgraded.database.version_locations[0]), Rev("cccc", "bbbb"))
    assert told(upgraded) == []


def test_nothing_is_written_to_the_database_that_is_looked_at(
    upgraded: Project, url: str, kind: str, scratch_names: list[str]
) -> None:
    with by_hand(url) as do:
        do("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    before = (tables(url), version_rows(url), rows(url, "SELECT * FROM whimbrel_attempt ORDER BY number"))
    upgraded.drift()
    after = (tables(url), version_rows(url), rows(url, "SELECT * FROM whimbrel_attempt ORDER BY number"))
    assert before == after
    if kind != "sqlite":
        names = rows(url, "SELECT datname FROM pg_database" if kind == "postgresql" else "SHOW DATABASES")
        assert scratch_names
        assert {str(name) for (name,) in names}.isdisjoint(scratch_names), "scratch databases are dropped"


def test_the_last_revision_that_was_run_is_known_with_who_has_run_it(upgraded: Project) -> None:
    upgraded.downgrade("aaaa")
    [drift] = upgraded.drift()
    assert drift.last is not None
    assert (drift.last.revision, drift.last.direction) == ("bbbb", "downgrade")
    assert str(drift.last_run).startswith(f"bbbb was taken back {drift.last.when} by ")


def test_an_edited_revision_is_told_with_what_it_would_make_now(upgraded: Project) -> None:
    folder = Path(upgraded.database.version_locations[0])
    write_revision(folder, Rev("bbbb", "aaaa", upgrade='op.create_table("other", sa.Column("id", sa.Integer))'))
    [drift] = upgraded.drift()
    assert [edit.revision for edit in drift.status.edited] == ["bbbb"]
    assert sorted(map(str, drift.differences)) == ["add table t_bbbb", "drop table other"]


def test_a_history_that_cannot_be_replayed_is_an_error_that_names_the_revision(upgraded: Project) -> None:
    folder = Path(upgraded.database.version_locations[0])
    write_revision(folder, Rev("bbbb", "aaaa", upgrade="op.drop_table('nowhere')"))
    with pytest.raises(errors.ReplayFailed, match="bbbb fails"):
        upgraded.drift()


def test_a_revision_that_no_file_has_is_an_error(upgraded: Project) -> None:
    Path(upgraded.database.version_locations[0], "bbbb_.py").unlink()
    with pytest.raises(errors.DatabaseRevisionUnknown, match="bbbb"):
        upgraded.drift()


def test_several_heads_are_replayed_to_all_of_them(url: str, tmp_path: Path) -> None:
    history = [*linear("aaaa"), Rev("bbbb", "aaaa"), Rev("cccc", "aaaa"), Rev("dddd")]
    project = Project.load(native_project(tmp_path / "project", url, history))
    project.upgrade("heads")
    assert told(project) == []
    project.downgrade("cccc@-1")
    assert told(project) == []


def test_a_schema_that_the_history_makes_is_looked_at_and_one_of_somebody_else_is_not(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    own = """op.execute("CREATE SCHEMA billing")
op.create_table("bills", sa.Column("id", sa.Integer, primary_key=True), schema="billing")"""
    project = Project.load(native_project(tmp_path / "project", url, [Rev("aaaa", upgrade=own)]))
    project.upgrade()
    with by_hand(url) as do:
        do("CREATE SCHEMA elsewhere")
        do("CREATE TABLE elsewhere.t (id INTEGER)")
    assert told(project) == []
    with by_hand(url) as do:
        do("ALTER TABLE billing.bills ADD note TEXT")
    assert told(project) == ["add column billing.bills.note"]
    with by_hand(url) as do:
        do("DROP SCHEMA billing CASCADE")
    assert told(project) == ["drop table billing.bills"]


def test_a_table_that_env_py_leaves_out_is_somebody_elses_unless_a_revision_makes_it(url: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "project", url, linear("aaaa"))
    env_py = folder / "alembic" / "env.py"
    env_py.write_text(
        env_py.read_text().replace(
            "connection=connection,",
            "connection=connection, include_object=lambda o, name, kind, r, c: name not in ('t_aaaa', 'queue'),",
        )
    )
    project = Project.load(folder)
    project.upgrade()
    with by_hand(url) as do:
        do("CREATE TABLE queue (id INTEGER PRIMARY KEY)")
        do("CREATE TABLE mine (id INTEGER PRIMARY KEY)")
        do("ALTER TABLE t_aaaa ADD COLUMN note VARCHAR(20)")
    assert sorted(told(project)) == ["add column t_aaaa.note", "add table mine"]


async def _awaited(project: Project) -> int:
    return sum(len(drift.differences) for drift in await project.adrift())


def test_it_can_be_awaited(upgraded: Project) -> None:
    import asyncio

    assert asyncio.run(_awaited(upgraded)) == 0


def test_a_revision_that_failed_half_way_is_told_with_what_it_has_left(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("mariadb")
    project = Project.load(native_project(tmp_path / "project", url, HISTORY))
    project.upgrade()
    halves = "op.add_column('orders', sa.Column('note', sa.Integer))\nop.execute('SELECT nothing FROM nowhere')"
    write_revision(Path(project.database.version_locations[0]), Rev("cccc", "bbbb", upgrade=halves))
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    [drift] = project.drift()
    assert list(map(str, drift.differences)) == ["add column orders.note"]
    assert [(one.revision, one.state) for one in drift.status.unfinished] == [("cccc", "failed")]
