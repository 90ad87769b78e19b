"""What is declared beside the tables is compared by the database's own words; what nobody declares stays.

How each edit of it ends, by the dumps of the databases, is in `tests/edits/cases/declared.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import rows
from support.projects import alembic_project
from whimbrel import Project
from whimbrel.errors import ModelsNotCreatable, RevisionDataInvalid
from whimbrel.objects import Function, Trigger, View

from .project import Build, Team, execute, note, routines, triggers, views


def viewing(query: str = "SELECT id, title FROM note", **more: str) -> Build:
    """Notes, and views of them."""

    def build(metadata: sa.MetaData) -> None:
        note(metadata)
        for name, text in {"titles": query, **more}.items():
            View(name, text, metadata)

    return build


def plain(metadata: sa.MetaData) -> None:
    note(metadata)


@pytest.fixture
def team(tmp_path: Path, url: str) -> Team:
    """A project whose database has a table of notes."""
    made = Team(tmp_path, url)
    made.migrate(plain)
    return made


@pytest.fixture
def on_postgresql(tmp_path: Path, make_database: Callable[[str], str]) -> Team:
    """The same on PostgreSQL alone."""
    made = Team(tmp_path, make_database("postgresql"))
    made.migrate(plain)
    return made


def test_a_view_is_made_and_dropped_by_a_proven_revision_and_then_nothing_differs(team: Team) -> None:
    text = team.migrate(viewing(long="SELECT id FROM titles WHERE title LIKE '%:a%'"))
    assert team.differences == ["add view long", "add view titles"]
    assert team.proof == "up and down: replayed from empty"
    assert "op.execute" in text
    assert views(team.url) == {"titles", "long"}
    project = team.project(viewing(long="SELECT id FROM titles WHERE title LIKE '%:a%'"))
    assert project.check() == []
    project.downgrade("-1")
    assert views(team.url) == set()


def test_what_a_view_is_is_seen_by_the_database_and_not_by_its_text(on_postgresql: Team) -> None:
    on_postgresql.migrate(viewing("SELECT id, title FROM note WHERE id > 1"))
    same = viewing("select   note.id, note.title\nfrom note where note.id > 1;")
    assert on_postgresql.project(same).check() == []


def test_a_view_that_was_changed_is_seen_though_its_tables_are_known(team: Team) -> None:
    team.migrate(viewing())
    assert team.project(viewing()).check() == []  # what the models become is kept from here on
    assert [one.partition(":")[0] for one in team.project(viewing("SELECT id FROM note")).check()] == [
        "change view titles"
    ]
    assert team.project(viewing()).check() == []

    def wider(metadata: sa.MetaData) -> None:
        note(metadata, sa.Column("body", sa.String(20)))
        View("titles", "SELECT * FROM note", metadata)

    team.migrate(wider)
    assert team.project(wider).check() == []
    statement = "SELECT * FROM titles"
    engine = sa.create_engine(team.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert list(connection.execute(sa.text(statement)).keys()) == ["id", "title", "body"]


def test_what_nobody_declares_is_left_alone_and_told_once_something_of_its_kind_is_declared(team: Team) -> None:
    execute(team.url, "CREATE VIEW theirs AS SELECT id FROM note")
    assert team.project(plain).check() == []
    team.migrate(viewing())
    [told] = [notice for notice in team.notices if "not declared" in notice]
    assert "view theirs" in told
    assert "--allow-drop 'view theirs'" in told
    assert views(team.url) == {"titles", "theirs"}
    assert team.project(viewing()).check() == []


@pytest.mark.parametrize("name", ["theirs", "view theirs"])
def test_what_nobody_declares_is_dropped_if_somebody_names_it_and_the_downgrade_makes_it_again(
    team: Team, name: str
) -> None:
    """It was made by a revision, so that it is there wherever that was run."""
    team.migrate(viewing(theirs="SELECT title FROM note"))
    team.migrate(viewing(), allow_drop=[name])
    assert team.differences == ["drop view theirs"]
    assert views(team.url) == {"titles"}
    team.project(viewing()).downgrade("-1")
    assert views(team.url) == {"titles", "theirs"}
    assert rows(team.url, "SELECT title FROM theirs") == []


def test_a_name_that_nothing_has_is_refused_with_the_nearest(team: Team) -> None:
    team.migrate(viewing())
    with pytest.raises(RevisionDataInvalid, match="has no table or column title") as caught:
        team.revise(viewing("SELECT id FROM note"), allow_drop=["title_s"])
    assert "titles" in (caught.value.why or "")


def test_the_name_of_a_table_is_that_of_the_table_and_not_of_a_function(on_postgresql: Team) -> None:
    execute(on_postgresql.url, "CREATE FUNCTION note() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    assert on_postgresql.project(plain).check() == []
    on_postgresql.migrate(viewing(), allow_drop=["note"])
    assert on_postgresql.differences == ["add view titles"]
    on_postgresql.migrate(viewing(), allow_drop=["function note()"])
    assert on_postgresql.differences == ["drop function note()"]
    assert routines(on_postgresql.url) == []


def test_models_whose_view_the_database_refuses_are_refused_before_anything_is_written(team: Team) -> None:
    with pytest.raises(ModelsNotCreatable):
        team.revise(viewing("SELECT nothing FROM note"), head="head")
    assert views(team.url) == set()


def doubling(kind: str) -> Build:
    def build(metadata: sa.MetaData) -> None:
        note(metadata)
        Function("doubled", f"(amount {kind}) RETURNS {kind} LANGUAGE sql AS 'SELECT amount * 2'", metadata)

    return build


def test_a_function_that_takes_something_else_takes_the_place_of_the_old_one(on_postgresql: Team) -> None:
    on_postgresql.migrate(doubling("integer"))
    on_postgresql.migrate(doubling("bigint"))
    assert on_postgresql.differences == ["add function doubled(amount bigint)", "drop function doubled(amount integer)"]
    assert routines(on_postgresql.url) == ["doubled"]


def test_an_overloaded_function_that_nobody_declares_stays(on_postgresql: Team) -> None:
    on_postgresql.migrate(doubling("integer"))
    execute(
        on_postgresql.url, "CREATE FUNCTION doubled(amount text) RETURNS text LANGUAGE sql AS 'SELECT amount || amount'"
    )
    assert on_postgresql.project(doubling("integer")).check() == []
    on_postgresql.revise(doubling("bigint"))
    assert on_postgresql.differences == ["add function doubled(amount bigint)"], "which of two it was, nobody knows"


def stamping(*tables: str) -> Build:
    def build(metadata: sa.MetaData) -> None:
        Function(
            "stamp",
            {"postgresql": "() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"},
            metadata,
        )
        for name in ("note", "other"):
            table = sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True))
            if name in tables:
                Trigger("stamping", table, "BEFORE UPDATE", "FOR EACH ROW EXECUTE FUNCTION stamp()")

    return build


def test_triggers_of_one_name_are_told_apart_by_their_tables(
    tmp_path: Path, make_database: Callable[[str], str]
) -> None:
    team = Team(tmp_path, make_database("postgresql"))
    team.migrate(stamping("note", "other"))
    team.migrate(stamping("note"), allow_drop=["trigger stamping on other"])
    assert team.differences == ["drop trigger stamping on other"]
    assert rows(team.url, "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal") == [("note",)]


def test_a_trigger_beside_one_of_others_does_not_differ_by_its_place(
    tmp_path: Path, make_database: Callable[[str], str]
) -> None:
    """MariaDB counts the triggers of a table that act at the same time."""
    team = Team(tmp_path, make_database("mariadb"))
    team.migrate(plain)
    execute(team.url, "CREATE TRIGGER theirs BEFORE INSERT ON note FOR EACH ROW SET NEW.title = 'b'")

    def build(metadata: sa.MetaData) -> None:
        Trigger("ours", note(metadata), "BEFORE INSERT", "FOR EACH ROW SET NEW.title = 'a'")

    team.migrate(build)
    assert team.differences == ["add trigger ours on note"]
    assert triggers(team.url) == {"theirs", "ours"}
    assert team.project(build).check() == []


def test_what_a_revision_has_said_of_a_view_besides_stays_when_it_changes(on_postgresql: Team) -> None:
    on_postgresql.migrate(viewing())
    on_postgresql.write(
        viewing(), "ALTER VIEW titles SET (security_barrier = true)", "COMMENT ON VIEW titles IS 'all of them'"
    )
    assert on_postgresql.project(viewing()).check() == []
    on_postgresql.migrate(viewing("SELECT id FROM note"))
    [told] = rows(on_postgresql.url, "SELECT reloptions, obj_description(oid) FROM pg_class WHERE relname = 'titles'")
    assert told == (["security_barrier=true"], "all of them")


MODELS = """
import sqlalchemy as sa
from whimbrel.objects import View

metadata = sa.MetaData()
table = sa.Table("note", metadata, sa.Column("id", sa.Integer, primary_key=True))
View("ids", sa.select(table.c.id), metadata)
"""


def test_an_env_py_with_the_metadata_of_the_models_needs_nothing_more(tmp_path: Path, url: str) -> None:
    folder = alembic_project(tmp_path / "project", url)
    env_py = folder / "alembic" / "env.py"
    env_py.write_text(env_py.read_text().replace("target_metadata = None", f"{MODELS}\ntarget_metadata = metadata"))
    project = Project.load(folder)
    project.revision("first", autogenerate=True)
    project.upgrade()
    assert views(url) == {"ids"}
    assert project.check() == []


def test_a_module_that_declares_nothing_but_a_view_is_found(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{project_folder / 'a.db'}"
    package = project_folder / "viewed"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(MODELS.replace('View("ids"', "#"))
    (package / "more.py").write_text(
        "from whimbrel.objects import View\nfrom .models import metadata\n"
        'View("ids", "SELECT id FROM note", metadata)\n'
    )
    (project_folder / "migrations" / "versions").mkdir(parents=True)
    (project_folder / "whimbrel.toml").write_text(f'url = "{url}"\n')
    project = Project.load(project_folder)
    project.revision("first", autogenerate=True)
    project.upgrade()
    assert views(url) == {"ids"}
