"""Models and revisions in several databases of one server: what is tried is tried where each of them has its name."""

from __future__ import annotations

import secrets
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import ASYNC, SYNC, rows, tables, through
from support.projects import Rev, alembic_project, native_project
from whimbrel import Project
from whimbrel.connect.engine import query_of
from whimbrel.dialects.mysql.creation import SYSTEM
from whimbrel.environment.scratch import Scratch, Ways, at_url, private
from whimbrel.environment.scratch.names import new_name
from whimbrel.environment.scratch.original import look
from whimbrel.errors import ReplayFailed, ScratchRefused, ScratchUnusable, WhimbrelError
from whimbrel.events import Event, Notice

from .restricted import end, folders_of, servers_of, without_binaries
from .scenes import execute, left_over
from .test_at_once import Replay

MakeDatabase = Callable[[str], str]


class Pair:
    """Two databases of one server: that of the project, and another one."""

    def __init__(self, url: str, other: str) -> None:
        self.url, self.other_url = url, other
        self.name, self.other = (str(sa.make_url(one).database) for one in (url, other))
        self.module = f"models_{secrets.token_hex(4)}"  # Python knows each name once

    def project(
        self, folder: Path, heard: list[Event], models: str = "", revisions: list[Rev] | None = None
    ) -> Callable[[], Project]:
        """Loads a project, with the models of a module."""
        native_project(folder, self.url, [self.made(one) for one in revisions or []])
        self.write(folder, models)
        with open(folder / "whimbrel.toml", "a") as file:
            file.write(f'models = "{self.module}"\n' if models else "")
        return lambda: Project.load(folder, listener=heard.append)

    def write(self, folder: Path, models: str) -> None:
        text = self.said(textwrap.dedent(models))
        (folder / f"{self.module}.py").write_text(
            f"from sqlalchemy import *\nfrom sqlalchemy import text as sql\nmetadata = MetaData()\n{text}"
        )

    def made(self, rev: Rev) -> Rev:
        return rev._replace(upgrade=self.said(rev.upgrade), downgrade=self.said(rev.downgrade))

    def said(self, text: str) -> str:
        return text.replace("{other}", self.other).replace("{own}", self.name)

    def shown(self, table: str) -> str:
        [[_, text]] = rows(self.url, f"SHOW CREATE TABLE {self.said(table)}")
        return str(text)


@pytest.fixture
def pair(make_database: MakeDatabase) -> Iterator[Pair]:
    made = Pair(make_database("mariadb"), make_database("mariadb"))
    yield made
    execute(made.url, "SET foreign_key_checks = 0", f"DROP DATABASE {made.other}", f"DROP DATABASE {made.name}")


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture(autouse=True)
def ended(mark: str) -> Iterator[None]:
    yield
    end(mark)


@pytest.fixture(autouse=True, scope="module")
def stopped() -> Iterator[None]:
    """The tests have a private server together: each starts one that finds none."""
    yield
    private.stop_all()


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str], str]]:
    """Another server of the same version, with one database, which `scratch_url` may name; called with a URL here."""
    stopped = []

    def start(url: str) -> str:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            original = look("mysql", query_of(connection.connection))
        server = private.PrivateServer(private._binary(original), original)
        stopped.append(server)
        there = f"mysql+pymysql://root@/mysql?unix_socket={server._folder.path}/socket"
        execute(there, "CREATE DATABASE at_will")
        return there.replace("/mysql?", "/at_will?")

    yield start
    for server in stopped:
        server.stop()


def notices(heard: list[Event]) -> str:
    return "\n".join(event.text for event in heard if isinstance(event, Notice))


def named_there(url: str) -> set[str]:
    return {str(name) for (name,) in rows(url, "SHOW DATABASES")} - SYSTEM


SALE = """
Table("sale", metadata, Column("id", Integer, primary_key=True), Column("name", String(20)), schema="{other}")
Table("note", metadata, Column("id", Integer, primary_key=True), Column("sale_id", ForeignKey("{other}.sale.id")))
"""
SALE_CHANGED = """
Table("sale", metadata, Column("id", Integer, primary_key=True), Column("name", String(20)),
    CheckConstraint("name > 'a'", name="named"), schema="{other}")
Table("note", metadata, Column("id", Integer, primary_key=True),
    Column("sale_id", ForeignKey("{other}.sale.id", name="of_sale", ondelete="CASCADE")))
"""
SALE_MADE = Rev(
    "aaaa",
    upgrade="""op.create_table("sale", sa.Column("id", sa.Integer, primary_key=True), schema="{other}")""",
    downgrade="""op.drop_table("sale", schema="{other}")""",
)


# -- a revision ----------------------------------------------------------------------------------


def test_a_revision_about_two_databases_is_proven_and_neither_is_touched(
    pair: Pair, heard: list[Event], mark: str, tmp_path: Path
) -> None:
    load = pair.project(tmp_path / "p", heard, SALE)
    [new] = load().revision("both", autogenerate=True)
    assert "replayed from empty" in new.proof
    assert tables(pair.url) == tables(pair.other_url) == set()
    load().upgrade()
    assert load().check() == []
    pair.write(tmp_path / "p", SALE_CHANGED)
    heard.clear()
    del sys.modules[pair.module]
    [new] = load().revision("more of both", autogenerate=True)
    assert "replayed from empty" in new.proof
    load().upgrade()
    assert "CHECK (`name` > 'a')" in pair.shown("{other}.sale")
    assert f"REFERENCES `{pair.other}`.`sale` (`id`) ON DELETE CASCADE" in pair.shown("note")
    load().downgrade("base")
    assert tables(pair.url) | tables(pair.other_url) == {"alembic_version", "whimbrel_attempt"} & tables(pair.url)
    assert left_over("mariadb", mark) == []


def test_models_may_name_the_database_that_is_connected_to_and_point_into_it(
    pair: Pair, heard: list[Event], tmp_path: Path
) -> None:
    models = """
        Table("note", metadata, Column("id", Integer, primary_key=True), schema="{own}")
        Table("sale", metadata, Column("note_id", ForeignKey("{own}.note.id")), schema="{other}")
        """
    load = pair.project(tmp_path / "p", heard, models)
    [new] = load().revision("both", autogenerate=True)
    assert "replayed from empty" in new.proof
    load().upgrade()
    assert f"REFERENCES `{pair.name}`.`note`" in pair.shown("{other}.sale")
    assert load().check() == []


def test_models_are_compared_with_both_databases_wherever_those_come_from(
    pair: Pair, heard: list[Event], tmp_path: Path
) -> None:
    load = pair.project(tmp_path / "p", heard, SALE, [SALE_MADE])
    load().upgrade()
    sides = ("head", "main", pair.url)
    missing = [f"add column {pair.other}.sale.name", "add table note"]
    for side in sides:
        assert sorted(str(one) for one in load().diff(side, "models")) == missing
    load().revision("the rest", autogenerate=True)
    load().upgrade()
    for side in sides:
        assert load().diff("models", side) == []


def test_where_the_history_is_not_what_is_there_both_are_copied(pair: Pair, heard: list[Event], tmp_path: Path) -> None:
    execute(
        pair.url,
        "CREATE TABLE note (id INTEGER PRIMARY KEY, x INTEGER)",
        pair.said("CREATE TABLE {other}.sale (id INTEGER PRIMARY KEY, note_id INTEGER, z INTEGER)"),
        pair.said("ALTER TABLE {other}.sale ADD CONSTRAINT to_note FOREIGN KEY (note_id) REFERENCES {own}.note (id)"),
        pair.said("CREATE VIEW {other}.noted AS SELECT note.id FROM {own}.note"),
    )
    models = """
        Table("note", metadata, Column("id", Integer, primary_key=True, autoincrement=False), schema="{own}")
        Table("sale", metadata, Column("id", Integer, primary_key=True, autoincrement=False),
            Column("note_id", ForeignKey("{own}.note.id", name="to_note")), Column("y", Integer), schema="{other}")
        """
    load = pair.project(tmp_path / "p", heard, models)
    [new] = load().revision(
        "more", autogenerate=True, allow_drop=[pair.said("{other}.sale.z"), "note.x"], no_rename=True
    )
    assert "on a copy of the database's schema" in new.proof
    load().upgrade()
    assert load().check() == []
    assert f"REFERENCES `{pair.name}`.`note`" in pair.shown("{other}.sale")


def test_tables_have_the_characters_of_their_own_database(pair: Pair, heard: list[Event], tmp_path: Path) -> None:
    execute(pair.url, pair.said("ALTER DATABASE {other} CHARACTER SET latin1 COLLATE latin1_german2_ci"))
    load = pair.project(tmp_path / "p", heard, SALE)
    load().revision("both", autogenerate=True)
    load().upgrade()
    assert "latin1_german2_ci" in pair.shown("{other}.sale")
    assert "latin1" not in pair.shown("note")
    assert load().check() == []


def test_a_database_that_is_not_there_is_told(pair: Pair, heard: list[Event], tmp_path: Path) -> None:
    load = pair.project(tmp_path / "p", heard, SALE.replace("{other}", "{other}_not_there"))
    with pytest.raises(WhimbrelError) as told:
        load().revision("both", autogenerate=True)
    assert pair.said("Unknown database '{other}_not_there'") in str(told.value.why)
    assert pair.said("{other}_not_there") not in named_there(pair.url)


def test_an_env_py_is_led_to_both(pair: Pair, heard: list[Event], tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", pair.url)
    pair.write(folder, SALE)
    env = folder / "alembic" / "env.py"
    env.write_text(
        env.read_text().replace(
            "target_metadata = None",
            f"import sys\nsys.path.insert(0, {str(folder)!r})\nfrom {pair.module} import metadata as target_metadata",
        )
    )
    project = Project.load(folder, listener=heard.append)
    [new] = project.revision("both", autogenerate=True)
    assert "replayed from empty" in new.proof
    assert tables(pair.other_url) == set()


# -- a history -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", [SYNC["mariadb"], ASYNC["mariadb"]])
def test_a_history_of_two_databases_is_replayed_and_the_other_one_not_touched(
    scheme: str, pair: Pair, heard: list[Event], mark: str, tmp_path: Path
) -> None:
    private.stop_all()
    execute(pair.other_url, "CREATE TABLE sale (precious INTEGER)")
    native_project(tmp_path / "p", through(pair.url, scheme), [pair.made(SALE_MADE)])
    done = Project.load(tmp_path / "p", listener=heard.append).verify(down=True)
    assert (done.applied, done.taken_back) == (("aaaa",), ("aaaa",))
    assert f"the history names the database {pair.other}" in notices(heard)
    assert "precious" in pair.shown("{other}.sale")
    assert len(servers_of(mark)) == 1
    private.stop_all()
    assert (servers_of(mark), folders_of(mark), left_over("mariadb", mark)) == ([], [], [])


def test_a_revision_that_drops_what_the_history_does_not_make_fails_and_drops_nothing(
    pair: Pair, heard: list[Event], tmp_path: Path
) -> None:
    execute(pair.other_url, "CREATE TABLE sale (precious INTEGER)")
    dropping = Rev("aaaa", upgrade='op.drop_table("sale", schema="{other}")')
    with pytest.raises(ReplayFailed, match="aaaa fails"):
        pair.project(tmp_path / "p", heard, revisions=[dropping])().verify()
    assert tables(pair.other_url) == {"sale"}


def test_drift_and_stamp_follow_a_history_of_two_databases(pair: Pair, heard: list[Event], tmp_path: Path) -> None:
    beside = Rev("bbbb", "aaaa", upgrade='op.create_table("note", sa.Column("id", sa.Integer))')
    load = pair.project(tmp_path / "p", heard, revisions=[SALE_MADE, beside])
    load().upgrade()
    assert [one.differences for one in load().drift()] == [()]
    load().stamp("bbbb")
    execute(pair.url, "ALTER TABLE note ADD COLUMN by_hand INTEGER")
    assert [len(one.differences) for one in load().drift()] == [1]


def test_the_server_s_own_databases_are_nobody_s_scratch(pair: Pair, heard: list[Event], tmp_path: Path) -> None:
    dropping = Rev("aaaa", upgrade='op.execute("DELETE FROM mysql.time_zone_name")')
    with pytest.raises(ScratchUnusable, match="another database"):
        pair.project(tmp_path / "p", heard, revisions=[dropping])().verify()


def test_a_connection_to_the_configured_database_is_refused_although_the_scratch_one_has_its_name(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(pair.other_url, "CREATE TABLE sale (precious INTEGER)")
    engine = sa.create_engine(pair.url, poolclass=sa.NullPool)
    arguments, options = engine.dialect.create_connect_args(engine.url)
    with Scratch(ways=Ways(beside=[pair.other])) as scratch, scratch.led():
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT DATABASE()").scalar() == pair.name
            assert connection.exec_driver_sql(pair.said("SHOW TABLES FROM {other}")).all() == []
        connect = engine.dialect.connect
        with monkeypatch.context() as patch:
            patch.setattr(engine.dialect, "connect", lambda *_, **__: connect(*arguments, **options))
            with pytest.raises(ScratchUnusable, match="another database"):
                engine.connect()
    assert tables(pair.other_url) == {"sale"}


def test_an_engine_that_connects_to_one_server_whatever_it_is_told_has_no_scratch_database(
    pair: Pair, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(pair.other_url, "CREATE TABLE sale (precious INTEGER)")
    engine = sa.create_engine(pair.url, poolclass=sa.NullPool)
    arguments, options = engine.dialect.create_connect_args(engine.url)
    connect = engine.dialect.connect
    monkeypatch.setattr(engine.dialect, "connect", lambda *_, **__: connect(*arguments, **options))
    with Scratch(ways=Ways(beside=[pair.other])) as scratch, scratch.led(), pytest.raises(ScratchRefused) as refused:
        engine.connect()
    assert "connects to another server" in str(refused.value.why)
    assert tables(pair.other_url) == {"sale"}


# -- where there is no private server ------------------------------------------------------------


def test_without_a_private_server_it_is_told_and_nothing_is_proven(
    pair: Pair, heard: list[Event], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_binaries(monkeypatch)
    load = pair.project(tmp_path / "p", heard, SALE, [SALE_MADE])
    with pytest.raises(ScratchRefused) as refused:
        load().verify()
    assert f"beside it: {pair.other} would be what is in use there; on a private server: " in str(refused.value.why)
    load().upgrade()
    load().revision("both", autogenerate=True)
    assert "the new revision is NOT proven" in notices(heard)


def test_the_server_of_scratch_url_may_have_them_and_keeps_none(
    pair: Pair,
    heard: list[Event],
    elsewhere: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = elsewhere(pair.url)
    without_binaries(monkeypatch)
    monkeypatch.setenv("WHIMBREL_SCRATCH_URL", there)
    load = pair.project(tmp_path / "p", heard, SALE)
    [new] = load().revision("both", autogenerate=True)
    assert "replayed from empty" in new.proof
    assert load().verify(down=True).applied
    assert named_there(there) == {"at_will"}
    assert tables(there) == set()


@pytest.mark.parametrize("name", ["{own}", "{other}"])
def test_a_database_of_that_name_on_the_server_of_scratch_url_is_not_touched(
    name: str,
    pair: Pair,
    heard: list[Event],
    elsewhere: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there, name = elsewhere(pair.url), pair.said(name)
    execute(there, f"CREATE DATABASE {name}", f"CREATE TABLE {name}.precious (id INTEGER)")
    without_binaries(monkeypatch)
    monkeypatch.setenv("WHIMBREL_SCRATCH_URL", there)
    with pytest.raises(ScratchRefused) as refused:
        pair.project(tmp_path / "p", heard, revisions=[SALE_MADE])().verify()
    assert f"statements name {name}, and there is a database of that name on its server" in str(refused.value.why)
    assert rows(there, f"SHOW TABLES FROM {name}") == [("precious",)]
    assert named_there(there) == {"at_will", name}
    assert tables(there) == set()


def test_what_a_process_has_left_there_that_was_killed_is_dropped_by_the_next(
    pair: Pair,
    heard: list[Event],
    mark: str,
    elsewhere: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = elsewhere(pair.url)
    without_binaries(monkeypatch)
    monkeypatch.setenv("WHIMBREL_SCRATCH_URL", there)
    nothing = "from whimbrel.environment.scratch import binaries\nbinaries.PLACES = ()"
    makes = pair.said('op.create_table("sale", sa.Column("id", sa.Integer), schema="{other}")')
    Replay(tmp_path / "one", pair.url, mark, nothing, makes).kill()
    assert named_there(there) == {"at_will", pair.name, pair.other}
    assert pair.project(tmp_path / "p", heard, revisions=[SALE_MADE])().verify().applied == ("aaaa",)
    assert named_there(there) == {"at_will"}


def test_another_process_that_has_the_name_there_is_waited_for(
    pair: Pair,
    heard: list[Event],
    elsewhere: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = elsewhere(pair.url)
    without_binaries(monkeypatch)
    monkeypatch.setenv("WHIMBREL_SCRATCH_URL", there)
    monkeypatch.setattr(at_url, "PATIENCE", 0.0)
    left = new_name()
    execute(there, f"CREATE DATABASE {pair.other}", f"CREATE TABLE {pair.other}.{left} (id INTEGER)")
    with sa.create_engine(there).connect() as connection:
        connection.exec_driver_sql(f"SELECT GET_LOCK(CONCAT('whimbrel scratch ', SHA1('{pair.other}')), 0)")
        with pytest.raises(ScratchRefused) as refused:
            pair.project(tmp_path / "p", heard, revisions=[SALE_MADE])().verify()
    assert f"another process uses {pair.other} on its server" in str(refused.value.why)
    assert rows(there, f"SHOW TABLES FROM {pair.other}") == [(left,)]
