"""What is declared beside tables is made and dropped with them, in an order in which a database takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from support.databases import tables
from whimbrel.objects import Function, MaterializedView, Procedure, Trigger, View

from .project import execute, note, routines, triggers, views

SEEN = {
    "postgresql": "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := '100%'; RETURN NEW; END $$",
    "mysql": "() RETURNS varchar(40) RETURN '100%'",
}
WHEN = {"sqlite": "AFTER INSERT", "postgresql": "BEFORE INSERT", "mysql": "BEFORE INSERT"}
ACTION = {
    "sqlite": "BEGIN UPDATE note SET title = '100%'; END;",
    "postgresql": "FOR EACH ROW EXECUTE FUNCTION seen()",
    "mysql": "FOR EACH ROW SET NEW.title = seen()",
}


def declared() -> sa.MetaData:
    """Each of them, declared before what it needs."""
    metadata = sa.MetaData()
    table = note(metadata)
    View("loud", "SELECT shout FROM louder WHERE shout LIKE '%!%%'", metadata)
    View("louder", "SELECT title || '!%' AS shout FROM titles", metadata)
    Trigger("seeing", table, WHEN, ACTION)
    View("titles", sa.select(table.c.title).where(table.c.title != "it's 0%"), metadata)
    Function("seen", SEEN, metadata)
    Procedure("clear_notes", {"postgresql": "() LANGUAGE sql AS 'DELETE FROM note'"}, metadata)
    MaterializedView("kept", {"postgresql": "SELECT title FROM titles"}, metadata)
    return metadata


def engine_of(url: str) -> sa.Engine:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if engine.dialect.name == "mysql":  # where || is OR otherwise

        @sa.event.listens_for(engine, "connect")
        def _(connection: sa.engine.interfaces.DBAPIConnection, record: object) -> None:
            connection.cursor().execute("SET sql_mode = 'PIPES_AS_CONCAT'")

    return engine


def test_create_all_makes_what_is_declared_in_the_order_in_which_it_is_needed(url: str) -> None:
    metadata, engine = declared(), engine_of(url)
    metadata.create_all(engine)
    metadata.create_all(engine)
    is_postgresql = engine.dialect.name == "postgresql"
    assert views(url) == {"titles", "louder", "loud"} | ({"kept"} if is_postgresql else set())
    assert triggers(url) == {"seeing"}
    assert (
        routines(url) == {"sqlite": [], "mysql": ["seen"], "postgresql": ["clear_notes", "seen"]}[engine.dialect.name]
    )
    with engine.begin() as connection:
        connection.execute(metadata.tables["note"].insert(), {"title": "a"})
        assert connection.scalars(sa.text("SELECT shout FROM loud")).all() == ["100%!%"]


def test_drop_all_leaves_nothing_and_takes_what_is_gone_already(url: str) -> None:
    metadata, engine = declared(), engine_of(url)
    metadata.create_all(engine)
    execute(url, "DROP VIEW loud")
    metadata.drop_all(engine)
    metadata.drop_all(engine)
    assert (views(url), triggers(url), routines(url), tables(url)) == (set(), set(), [], set())


def test_what_is_there_already_stays_as_it_is(url: str) -> None:
    metadata, engine = declared(), engine_of(url)
    note(sa.MetaData()).create(engine)
    execute(url, "CREATE VIEW titles AS SELECT 'other' AS title")
    metadata.create_all(engine)
    with engine.connect() as connection:
        assert connection.scalars(sa.text("SELECT title FROM titles")).all() == ["other"]


def test_some_tables_alone_are_made_and_dropped_without_what_is_declared_beside_them(url: str) -> None:
    metadata, engine = declared(), engine_of(url)
    metadata.create_all(engine, tables=[metadata.tables["note"]])
    assert (tables(url), views(url), triggers(url)) == ({"note"}, set(), set())
    metadata.create_all(engine)
    execute(url, "CREATE TABLE other (id INTEGER)")
    other = sa.Table("other", metadata, sa.Column("id", sa.Integer))
    metadata.drop_all(engine, tables=[other])
    assert triggers(url) == {"seeing"}


def test_a_schema_is_translated_as_it_is_for_tables(make_database: Callable[[str], str]) -> None:
    url = make_database("postgresql")
    metadata = sa.MetaData(schema="tenant")
    table = sa.Table("note", metadata, sa.Column("id", sa.Integer, primary_key=True))
    View("ids", sa.select(table.c.id), metadata)
    Function("one", "() RETURNS integer LANGUAGE sql AS 'SELECT 1'", metadata)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    translated = engine.execution_options(schema_translate_map={"tenant": None})
    metadata.create_all(translated)
    metadata.create_all(translated)
    assert (views(url), routines(url)) == ({"ids"}, ["one"])
    metadata.drop_all(translated)
    assert (views(url), routines(url)) == (set(), [])


def test_a_trigger_is_on_a_mapped_class_and_in_its_metadata(tmp_path: Path) -> None:
    class Base(DeclarativeBase):
        pass

    class Note(Base):
        __tablename__ = "note"

        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]

    Trigger("seeing", Note, "AFTER INSERT", ACTION)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}", poolclass=sa.NullPool)
    Base.metadata.create_all(engine)
    assert triggers(f"sqlite:///{tmp_path / 'a.db'}") == {"seeing"}


def test_there_is_one_of_a_name() -> None:
    metadata = sa.MetaData()
    table = note(metadata)
    view = View("titles", "SELECT 1", metadata)
    Function("one", "() RETURNS integer RETURN 1", metadata)
    Trigger("seeing", table, "AFTER INSERT", "BEGIN SELECT 1; END")
    Trigger("seeing", view, "INSTEAD OF INSERT", "BEGIN SELECT 1; END")
    View("titles", "SELECT 1", metadata, schema="other")
    with pytest.raises(sa.exc.InvalidRequestError, match="view titles"):
        MaterializedView("titles", "SELECT 1", metadata)
    with pytest.raises(sa.exc.InvalidRequestError, match="view note"):
        View("note", "SELECT 1", metadata)
    with pytest.raises(sa.exc.InvalidRequestError, match="procedure one"):
        Procedure("one", "() SELECT 1", metadata)
    with pytest.raises(sa.exc.InvalidRequestError, match="trigger seeing on note"):
        Trigger("seeing", table, "AFTER DELETE", "BEGIN SELECT 1; END")


def test_what_is_no_text_and_no_query_is_refused_where_it_is_declared() -> None:
    metadata = sa.MetaData()
    with pytest.raises(sa.exc.ArgumentError, match=r"SQL or a select\(\)"):
        View("titles", {"postgresql": 1}, metadata)
    with pytest.raises(sa.exc.ArgumentError, match="a function is SQL"):
        Function("one", None, metadata)
    with pytest.raises(sa.exc.ArgumentError, match="on a table, a mapped class or a view"):
        Trigger("seeing", "note", "AFTER INSERT", "BEGIN SELECT 1; END")
    assert metadata.info == {}


def test_a_database_that_nothing_is_given_for_does_not_have_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    metadata = sa.MetaData()
    view = View("titles", {"postgresql": "SELECT 1 AS a"}, metadata)
    Trigger("seeing", view, "INSTEAD OF INSERT", "BEGIN SELECT 1; END")
    metadata.create_all(sa.create_engine(url, poolclass=sa.NullPool))
    assert (views(url), triggers(url)) == (set(), set())
