"""Which database a history is replayed on, and what is said if there is none."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import ASYNC, SYNC, rows, tables
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project
from whimbrel.environment.scratch import Scratch
from whimbrel.environment.scratch.servers import ScratchOnServer
from whimbrel.environment.waiting import waiting_at_most
from whimbrel.errors import CannotConnect, ScratchUnusable, UsageError

from .scenes import Layout, execute, left_over, on_scratch, on_server


def test_an_empty_database_can_be_named_and_another_is_refused(
    kind: str, url: str, layout: Layout, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, linear("aaaa"))
    empty = make_database(kind)
    assert Project.load(folder).verify(scratch=empty).applied == ("aaaa",)
    assert "t_aaaa" in tables(empty)
    assert tables(url) == set()
    with pytest.raises(ScratchUnusable, match="not empty"):
        Project.load(folder).verify(scratch=empty)


OTHER_KIND = {"postgresql": "mariadb", "mariadb": "postgresql", "sqlite": "postgresql"}


def test_a_named_database_of_another_kind_is_refused_before_it_is_made_or_connected_to(
    url: str, kind: str, layout: Layout, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, linear("aaaa"))
    file = tmp_path / "x.db"
    named = make_database(OTHER_KIND[kind]) if kind == "sqlite" else f"sqlite:///{file}"
    with pytest.raises(ScratchUnusable, match="of another kind") as caught:
        Project.load(folder).verify(scratch=named)
    assert not file.exists()
    own, other = sa.make_url(url).get_backend_name(), sa.make_url(named).get_backend_name()
    assert caught.value.why == f"it is {other}, and the project connects to {own}"
    assert caught.value.hint == f"name an empty one of that kind, --scratch {own}://…; or leave --scratch out"
    assert caught.value.state == "nothing was executed there"
    assert str(caught.value.where).endswith(str(sa.make_url(named).database))
    assert tables(url) == set()


def test_the_kind_of_a_named_database_is_compared_before_its_server_is_asked(
    kind: str, url: str, tmp_path: Path
) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    with pytest.raises(ScratchUnusable, match="of another kind"):
        Project.load(folder).verify(scratch=on_server(SYNC[OTHER_KIND[kind]], port=1))


def test_a_named_file_that_is_not_there_yet_is_empty(layout: Layout, tmp_path: Path) -> None:
    folder = layout(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    named = f"sqlite:///{tmp_path}/new.db"
    assert Project.load(folder).verify(scratch=named).applied == ("aaaa",)
    assert "t_aaaa" in tables(named)
    with pytest.raises(CannotConnect) as caught:
        Project.load(folder).verify(scratch=f"sqlite:///{tmp_path}/no/new.db")
    assert str(caught.value.where).endswith("no/new.db")
    assert caught.value.hint == "correct the path, and who may write there"


SERVER_SCHEMES = [SYNC["postgresql"], ASYNC["postgresql"], SYNC["mariadb"], ASYNC["mariadb"]]


@pytest.mark.parametrize("scheme", SERVER_SCHEMES)
def test_the_configured_database_need_not_be_there(scheme: str, layout: Layout, mark: str, tmp_path: Path) -> None:
    """A pipeline has a server, and nothing in it."""
    if layout is alembic_project and scheme in ASYNC.values():
        pytest.skip("its env.py is for sync drivers")
    missing = on_server(scheme, database=f"wbmissing_{secrets.token_hex(4)}")
    assert Project.load(layout(tmp_path / "p", missing, linear("aaaa"))).verify(down=True).taken_back == ("aaaa",)
    kind = next(kind for kind in SYNC if scheme in (SYNC[kind], ASYNC[kind]))
    assert left_over(kind, mark) == []
    with pytest.raises(CannotConnect):  # nor was it made
        Project.load(tmp_path / "p").upgrade()


@pytest.mark.parametrize("scheme", SERVER_SCHEMES)
@pytest.mark.parametrize("is_named", [False, True])
def test_a_server_that_is_not_there_is_told_as_ever(is_named: bool, scheme: str, tmp_path: Path) -> None:
    nowhere = on_server(scheme, port=1)
    folder = native_project(tmp_path / "p", nowhere, linear("aaaa"))
    with pytest.raises(CannotConnect) as caught:
        Project.load(folder).verify(scratch=nowhere if is_named else None)
    assert caught.value.exit_code == 3
    assert caught.value.hint == "check that the server runs and listens there"


def test_scratch_databases_have_room_for_all_of_unicode(make_database: Callable[[str], str], tmp_path: Path) -> None:
    """As those have that `update_db` makes; the default of a server may be less."""
    tells = 'assert op.get_bind().exec_driver_sql("SELECT @@character_set_database").scalar() == "utf8mb4"'
    url = make_database("mariadb")
    [[default]] = rows(url, "SELECT @@global.character_set_server")
    execute(url, "SET GLOBAL character_set_server = latin1")
    try:
        folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=tells)])
        assert Project.load(folder).verify().applied == ("aaaa",)
    finally:
        execute(url, f"SET GLOBAL character_set_server = {default}")


def test_whoever_is_connected_to_the_template_is_waited_for(
    make_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whimbrel import patience

    folder = native_project(tmp_path / "p", make_database("postgresql"), linear("aaaa"))
    template = sa.create_engine(on_server(SYNC["postgresql"], database="template1"), poolclass=sa.NullPool)
    with template.connect() as connection:
        waited = iter((connection.close, lambda: None))
        monkeypatch.setattr(patience.Patience, "wait", lambda self: next(waited)() or True)
        assert Project.load(folder).verify().applied == ("aaaa",)
        assert connection.closed, "PostgreSQL has refused at first"


def test_a_connection_of_the_callers_is_refused(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    with sa.create_engine("sqlite://").connect() as connection, pytest.raises(UsageError):
        Project.load(folder, connection=connection).verify()


def test_dropping_one_may_take_longer_than_a_server_may_be_silent(make_database: Callable[[str], str]) -> None:
    """As it does with a thousand tables."""
    engine = sa.create_engine(make_database("mariadb"), poolclass=sa.NullPool)
    with waiting_at_most(1), on_scratch() as scratch, engine.connect():
        [made] = scratch._made.values()
        assert isinstance(made, ScratchOnServer)
        with made._query() as query:
            assert [tuple(row) for row in query("SELECT SLEEP(1.5)")] == [(0,)]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_whoever_has_something_open_there_does_not_keep_it(
    kind: str, make_database: Callable[[str], str], mark: str
) -> None:
    engine = sa.create_engine(make_database(kind), poolclass=sa.NullPool)
    scratch = Scratch()
    with scratch.led(), ThreadPoolExecutor(1) as dropping:
        connection = engine.connect()
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
        connection.commit()
        connection.exec_driver_sql("SELECT * FROM t")  # in a transaction, which is not over
        dropping.submit(scratch.drop).result(60)
        connection.invalidate()
    assert left_over(kind, mark) == []


def test_each_of_several_is_dropped_whatever_becomes_of_the_others(
    make_database: Callable[[str], str], mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = Scratch()
    with scratch.led():
        for _ in range(2):
            sa.create_engine(make_database("postgresql"), poolclass=sa.NullPool).connect().close()
    *_, last = scratch._made.values()

    def refuses() -> None:
        raise ValueError("not now")

    drop = last.drop
    monkeypatch.setattr(last, "drop", refuses)
    with pytest.raises(ValueError, match="not now"):
        scratch.drop()
    assert left_over("postgresql", mark) == [last.name]
    drop()
    assert left_over("postgresql", mark) == []
