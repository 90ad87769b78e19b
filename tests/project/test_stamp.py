"""`stamp` looks whether the tables are as the history leaves them, and the journal says who has recorded what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import rows, tables, version_rows
from support.projects import Rev, alembic_project, linear, native_project, write_revision
from verify.restricted import without_binaries
from whimbrel import Project, errors
from whimbrel.events import Event, Notice

USERS = """op.create_table("users", sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("phone", sa.String(20)))"""
HISTORY = [Rev("aaaa", upgrade=USERS, downgrade='op.drop_table("users")'), Rev("bbbb", "aaaa")]


def made(url: str, *, phone: bool = True) -> None:
    """Tables as `create_all()` makes them, with or without a column."""
    metadata = sa.MetaData()
    columns = [sa.Column("phone", sa.String(20))] if phone else []
    sa.Table(
        "users", metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False), *columns,
    )  # fmt: skip
    sa.Table("t_bbbb", metadata, sa.Column("id", sa.Integer, primary_key=True))
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    metadata.create_all(engine)


def stamps(url: str) -> list[tuple[object, ...]]:
    """What the journal holds of stamps, seen by another connection."""
    columns = "revision, state, from_heads, to_heads"
    return rows(url, f"SELECT {columns} FROM whimbrel_attempt WHERE direction = 'stamp' ORDER BY started_at, number")


@pytest.fixture
def told() -> list[Event]:
    """What the projects of a test tell."""
    return []


@pytest.fixture
def load(url: str, tmp_path: Path, told: list[Event]) -> Callable[..., Project]:
    """Makes the project of an empty database of each kind in turn."""

    def load(history: list[Rev] = HISTORY) -> Project:
        return Project.load(native_project(tmp_path / "project", url, history), listener=told.append)

    return load


def test_tables_that_are_as_the_history_leaves_them_are_stamped(
    load: Callable[..., Project], url: str, told: list[Event]
) -> None:
    made(url)
    assert load().stamp("head").after == ("bbbb",)
    assert (version_rows(url), told) == ({"bbbb"}, [])
    assert stamps(url) == [("bbbb", "stamped", "", "bbbb")]


def test_tables_that_lack_a_column_are_refused_and_nothing_is_written(load: Callable[..., Project], url: str) -> None:
    made(url, phone=False)
    with pytest.raises(errors.StampDiffers) as refused:
        load().stamp("head")
    assert refused.value.differences == ("add column users.phone",)
    assert (refused.value.code, refused.value.exit_code) == ("WB615", 6)
    assert refused.value.as_dict()["differences"] == ["add column users.phone"]
    assert tables(url) == {"users", "t_bbbb"}
    assert "whimbrel_attempt" not in str(rows(url, TABLES[url.partition(":")[0].partition("+")[0]]))


TABLES = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": "SELECT tablename FROM pg_tables",
    "mysql": "SHOW TABLES",
}


def test_with_force_it_is_recorded_and_the_journal_says_so(load: Callable[..., Project], url: str) -> None:
    made(url, phone=False)
    project = load()
    assert project.stamp("head", force=True).after == ("bbbb",)
    assert project.stamp("aaaa", force=True).after == ("aaaa",)
    assert version_rows(url) == {"aaaa"}
    assert stamps(url) == [("bbbb", "forced", "", "bbbb"), ("aaaa", "forced", "bbbb", "aaaa")]
    newest = project.log()[0].attempt
    assert (newest.direction, newest.state, newest.application) == ("stamp", "forced", "whimbrel stamp")
    assert newest.os_user
    assert newest.host


def test_tables_that_are_there_are_too_many_for_a_revision_before_them(load: Callable[..., Project], url: str) -> None:
    project = load()
    project.upgrade()
    with pytest.raises(errors.StampDiffers) as refused:
        project.stamp("aaaa")
    assert refused.value.differences == ("drop table t_bbbb",)
    with pytest.raises(errors.StampDiffers, match="as base leaves it"):
        project.stamp("base")
    assert version_rows(url) == {"bbbb"}


def test_an_empty_database_is_at_base_and_at_no_revision(load: Callable[..., Project], url: str) -> None:
    project = load()
    project.stamp("base")
    with pytest.raises(errors.StampDiffers) as refused:
        project.stamp("aaaa")
    assert refused.value.differences == ("add table users",)


def test_views_and_functions_do_not_count(load: Callable[..., Project], url: str) -> None:
    made(url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW named AS SELECT name FROM users")
    load().stamp("head")
    assert version_rows(url) == {"bbbb"}


def test_what_is_kept_of_other_lines_is_replayed_too(load: Callable[..., Project], url: str) -> None:
    project = load([*linear("aaaa", "bbbb"), Rev("cccc", labels=("shop",))])
    project.upgrade("heads")
    project.stamp("bbbb", purge=True, force=True)
    assert version_rows(url) == {"bbbb"}
    project.stamp("cccc")
    assert version_rows(url) == {"bbbb", "cccc"}
    assert stamps(url)[1:] == [("cccc", "stamped", "bbbb", "bbbb cccc")]


def test_a_purge_is_checked_and_noted_with_what_was_there(load: Callable[..., Project], url: str) -> None:
    project = load()
    project.upgrade()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'gone'")
    with pytest.raises(errors.StampDiffers):
        project.stamp("aaaa", purge=True)
    assert version_rows(url) == {"gone"}
    project.stamp("bbbb", purge=True)
    assert version_rows(url) == {"bbbb"}
    assert stamps(url) == [("bbbb", "stamped", "gone", "bbbb")]
    project.stamp("base", purge=True, force=True)
    assert stamps(url)[1:] == [("base", "forced", "bbbb", "")]


def test_what_changes_nothing_is_not_noted(load: Callable[..., Project], url: str) -> None:
    project = load()
    project.upgrade()
    assert project.stamp("head").status == "nothing to do"
    assert project.stamp("head", purge=True).status == "nothing to do"
    assert stamps(url) == []


def test_a_history_that_cannot_be_replayed_is_stamped_unchecked_and_that_is_told(
    load: Callable[..., Project], url: str, told: list[Event]
) -> None:
    made(url, phone=False)
    project = load()
    write_revision(Path(project.database.version_locations[0]), Rev("bbbb", "aaaa", upgrade="op.drop_table('nowhere')"))
    assert project.stamp("head").after == ("bbbb",)
    [notice] = [event for event in told if isinstance(event, Notice)]
    assert notice.text.startswith("it was not checked whether the database is as head leaves it: ")
    assert "bbbb fails" in notice.text
    assert stamps(url) == [("bbbb", "unchecked", "", "bbbb")]


def test_a_user_who_may_make_no_database_stamps_unchecked(
    make_database: Callable[[str], str], tmp_path: Path, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_binaries(monkeypatch)
    url = make_database("postgresql")
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    name = str(engine.url.database)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        connection.exec_driver_sql(f"GRANT ALL ON SCHEMA public TO {name}")
        try:
            as_user = str(engine.url.set(username=name).render_as_string(hide_password=False))
            project = Project.load(native_project(tmp_path / "p", as_user, linear("aaaa")), listener=told.append)
            assert project.stamp("head").after == ("aaaa",)
        finally:
            connection.exec_driver_sql(f"DROP OWNED BY {name} CASCADE")
            connection.exec_driver_sql(f"DROP ROLE {name}")
    [notice] = [event for event in told if isinstance(event, Notice)]
    assert "permission denied to create database" in notice.text


def test_sql_is_written_unchecked_and_that_is_told(
    load: Callable[..., Project], url: str, told: list[Event], capsys: pytest.CaptureFixture[str]
) -> None:
    load().stamp("head", sql=True)
    assert "bbbb" in capsys.readouterr().out
    assert [event.text for event in told if isinstance(event, Notice)] == [
        "it was not checked whether the database is as head leaves it: SQL is written, and no database is asked"
    ]


def test_no_journal_is_made_if_none_is_wanted(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "project", url, HISTORY)
    (folder / "whimbrel.toml").write_text(f'url = "{url}"\njournal = false\n')
    made(url)
    Project.load(folder).stamp("head")
    assert tables(url) == {"users", "t_bbbb", "alembic_version"}
    assert "whimbrel" not in str(rows(url, TABLES[url.partition(":")[0].partition("+")[0]]))


@pytest.mark.parametrize("transaction", ["with context.begin_transaction():", "if True:"])
def test_an_env_py_with_a_transaction_or_without_one_keeps_the_note_with_the_stamp(
    url: str, tmp_path: Path, transaction: str
) -> None:
    folder = alembic_project(tmp_path / "project", url, HISTORY)
    env_py = folder / "alembic" / "env.py"
    env_py.write_text(env_py.read_text().replace("with context.begin_transaction():", transaction))
    made(url)
    Project.load(folder).stamp("head")
    assert (version_rows(url), stamps(url)) == ({"bbbb"}, [("bbbb", "stamped", "", "bbbb")])


def test_in_the_transaction_of_a_caller_it_is_his_to_commit(url: str, tmp_path: Path, kind: str) -> None:
    folder = native_project(tmp_path / "project", url, HISTORY)
    made(url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection, connection.begin() as transaction:
        project = Project.load(folder, connection=connection)
        project.stamp("head")
        if kind != "mariadb":  # which commits what makes a table
            transaction.rollback()
            assert version_rows(url) == set()
            assert "whimbrel_attempt" not in tables(url) or stamps(url) == []
    if kind == "mariadb":
        assert stamps(url) == [("bbbb", "stamped", "", "bbbb")]


def test_a_stamp_is_no_run_for_those_who_ask_what_was_edited_or_is_unfinished(
    load: Callable[..., Project], url: str
) -> None:
    project = load()
    project.upgrade()
    project.stamp("aaaa", force=True)
    project.stamp("bbbb")
    write_revision(Path(project.database.version_locations[0]), Rev("bbbb", "aaaa", upgrade="op.execute('SELECT 1')"))
    [status] = project.status()
    assert [edit.revision for edit in status.edited] == ["bbbb"]
    assert status.unfinished == ()
