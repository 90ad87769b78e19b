"""Scratch databases that stand in for the configured ones: at the same revisions, or with the same schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.databases import SERVERS, rows, tables, version_rows
from support.projects import Rev, alembic_project, native_project
from whimbrel import Project
from whimbrel.catalog import compare
from whimbrel.environment.scratch.names import PREFIX
from whimbrel.errors import Interrupted, MigrationFailed, ScratchUnusable
from whimbrel.events import Event, RevisionFinished
from whimbrel.interruption import Interruption
from whimbrel.prover import Replica, Subject

PETS = """op.create_table("pets", sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False, server_default="Rex"), sa.Column("age", sa.Integer))
op.create_index("ix_pets_name", "pets", ["name"])"""
VIEW = 'op.execute("CREATE VIEW old_pets AS SELECT id FROM pets WHERE age > 9")'
HISTORY = [
    Rev("aaaa", upgrade=PETS, downgrade='op.drop_table("pets")'),
    Rev("bbbb", "aaaa", upgrade=VIEW, downgrade='op.execute("DROP VIEW old_pets")'),
]


@pytest.fixture
def replica(url: str, tmp_path: Path, stand: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a replica of the database of a project, at its head."""
    folder = native_project(tmp_path / "project", url, HISTORY)
    Project.load(folder).upgrade()

    @contextmanager
    def make() -> Iterator[tuple[Replica, Subject]]:
        stood = stand(folder)
        subjects = stood.look()
        with Replica(stood.environment, subjects, Interruption()) as made:
            yield made, subjects[0]

    return make


@pytest.fixture
def left(url: str, kind: str) -> Callable[[], set[str]]:
    """The scratch databases that there are on the server."""
    databases = {"postgresql": "SELECT datname FROM pg_database", "mariadb": "SHOW DATABASES"}

    def names() -> set[str]:
        found = rows(SERVERS[kind], databases[kind]) if kind in databases else []
        return {str(name) for (name,) in found if str(name).startswith(PREFIX)}

    return names


def where(made: Replica) -> set[str]:
    """The databases that a replica connects to, as they call themselves."""
    asked = {
        "sqlite": "SELECT file FROM pragma_database_list WHERE name = 'main'",
        "postgresql": "SELECT current_database()",
        "mysql": "SELECT DATABASE()",
    }

    def look(visit: Any, subject: Subject) -> str:
        [[name]] = visit.query(asked[visit.dialect.name])
        return str(name)

    return set(made.each(look))


def test_a_replay_leaves_what_the_upgrade_has_left(replica: Callable[..., Any]) -> None:
    with replica() as (made, subject):
        made.replay()
        [found] = made.read()
        assert compare(found, subject.actual) == []
        assert {item.name for item in subject.actual.items} >= {"pets", "ix_pets_name", "old_pets"}


def test_a_replay_goes_to_the_revision_that_is_named_and_no_further(replica: Callable[..., Any]) -> None:
    with replica() as (made, subject):
        made.replay(["aaaa"])
        [found] = made.read()
        assert "old_pets" not in {item.name for item in found.items}
        made.migrate(lambda planner: planner.upgrade("heads"))
        assert compare(made.read()[0], subject.actual) == []


def test_a_copy_has_what_no_revision_has_made_and_is_at_the_same_revision(
    replica: Callable[..., Any], url: str
) -> None:
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE pets ADD COLUMN past_history INTEGER")
    with replica() as (made, subject):
        made.copy()
        [found] = made.read()
        assert "past_history" in {item.name for item in found.items}
        assert compare(found, subject.actual) == []
        assert made.each(lambda visit, _: visit.read()) == [("bbbb",)]
        made.migrate(lambda planner: planner.downgrade("base"))
        assert "pets" not in {item.table for item in made.read()[0].items}
    assert tables(url) == {"alembic_version", "pets"}


@pytest.mark.parametrize("kind", ["postgresql"])
def test_what_tables_stand_on_is_given_to_it_once(replica: Callable[..., Any], url: str) -> None:
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA there")
        connection.exec_driver_sql("CREATE EXTENSION citext SCHEMA there")
    asked = "SELECT extname FROM pg_extension WHERE extname = 'citext'"
    with replica() as (made, subject):
        made.replay()
        assert made.each(lambda visit, _: visit.query(asked)) == [[]]
        assert (made.ground(), made.ground()) == (True, False)
        assert made.each(lambda visit, _: visit.query(asked)) == [[("citext",)]]
        assert made.each(lambda visit, _: subject.dialect.catalogs.schemas(visit.query)) == [["there"]]


def test_it_is_another_database_which_is_gone_afterwards_also_after_a_failure(
    replica: Callable[..., Any], url: str, left: Callable[[], set[str]]
) -> None:
    found: list[str] = []

    def failing() -> None:
        with replica() as (made, _):
            made.replay()
            found.extend(where(made))
            assert Path(found[0]).exists() if url.startswith("sqlite") else found[0] in left()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    [name] = found
    assert PREFIX in name
    assert not Path(name).exists()
    assert name not in left()
    assert version_rows(url) == {"bbbb"}


def test_the_configured_database_keeps_its_journal_to_itself(replica: Callable[..., Any], url: str) -> None:
    before = rows(url, "SELECT count(*) FROM whimbrel_attempt")
    with replica() as (made, _):
        made.replay()
    assert rows(url, "SELECT count(*) FROM whimbrel_attempt") == before


def test_a_revision_that_fails_there_is_an_error_and_changes_nothing_here(
    url: str, tmp_path: Path, stand: Callable[..., Any]
) -> None:
    broken = Rev("aaaa", upgrade='op.drop_table("was_never_there")', downgrade="pass")
    stood = stand(native_project(tmp_path / "project", url, [broken]))
    with Replica(stood.environment, stood.look(), Interruption()) as made, pytest.raises(MigrationFailed):
        made.replay()
    assert tables(url) == set()


BY_CONTENTS = """
    with connectable.connect() as asked:
        names = sqlalchemy.inspect(asked).get_table_names()
    if "pets" in names:
        with connectable.connect() as connection:
            context.configure(connection=connection, version_table="second_version")
            with context.begin_transaction():
                context.run_migrations()

"""


def test_an_env_py_that_visits_others_where_other_tables_are_is_refused(
    url: str, tmp_path: Path, stand: Callable[..., Any]
) -> None:
    folder = alembic_project(tmp_path / "project", url, HISTORY[:1])
    Project.load(folder).upgrade()
    env = folder / "alembic" / "env.py"
    text = env.read_text()
    assert "    with connectable.connect() as connection:" in text
    text = text.replace("    with connectable.connect()", f"{BY_CONTENTS}    with connectable.connect()", 1)
    env.write_text(f"import sqlalchemy\n{text}")
    stood = stand(folder)
    subjects = stood.look()
    assert len(subjects) == 2
    with Replica(stood.environment, subjects, Interruption()) as made, pytest.raises(ScratchUnusable) as refused:
        made.read()
    assert refused.value.why == "env.py visits 1 database there, and 2 here"
    assert refused.value.state == "nothing was executed on the configured one"


def test_what_was_asked_when_the_last_revision_ended_is_heard_behind_it(
    url: str, tmp_path: Path, stand: Callable[..., Any]
) -> None:
    """A run that changes a database would be through by then. A replay has still to be looked at."""
    stood, interruption = stand(native_project(tmp_path / "p", url, HISTORY)), Interruption()

    def request(event: Event) -> None:
        interruption.requested |= isinstance(event, RevisionFinished) and event.revision == "bbbb"

    with Replica(stood.environment, stood.look(), interruption, request) as made:
        with pytest.raises(Interrupted) as stopped:
            made.replay()
        assert stopped.value.state == "only a scratch database was changed"
        assert not interruption.requested
        assert not interruption.is_too_late
