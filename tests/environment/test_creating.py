"""`update_db`: a database that is missing is created by whoever comes first, and brought to head."""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import whimbrel
from support.databases import ASYNC, SERVERS, SYNC, rows, tables, through, version_rows
from support.projects import alembic_project, linear, native_project
from whimbrel import Project, errors, events

MakeMissing = Callable[[str], str]
ODD = 'Shop "of" `all`'
"""A name that has to be quoted, on every server."""


def _administration(kind: str) -> sa.Engine:
    return sa.create_engine(SERVERS[kind], poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")


def _execute(kind: str, *statements: str) -> None:
    with _administration(kind).connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _quoted(kind: str, name: str) -> str:
    mark = '"' if kind == "postgresql" else "`"
    return mark + name.replace(mark, mark * 2) + mark


@pytest.fixture
def make_missing(tmp_path: Path) -> Iterator[MakeMissing]:
    """Makes URLs of databases that are not there, and drops whatever is there afterwards."""
    with ExitStack() as stack:

        def make(kind: str, name: str = "") -> str:
            name = f"{name}wbmissing_{secrets.token_hex(4)}"
            if kind == "sqlite":
                return f"sqlite:///{tmp_path}/not/there/{name}.db"
            force = " WITH (FORCE)" if kind == "postgresql" else ""
            stack.callback(_execute, kind, f"DROP DATABASE IF EXISTS {_quoted(kind, name)}{force}")
            return sa.make_url(SERVERS[kind]).set(database=name).render_as_string(hide_password=False)

        yield make


def _created(project: Project) -> list[str]:
    """Update; the databases that it says it has created."""
    told: list[events.Event] = []
    project._listener = told.append
    project.update()
    return [event.name for event in told if isinstance(event, events.Created)]


@pytest.mark.parametrize("drivers", ["sync", "async"])
def test_a_missing_database_is_created_once_and_brought_to_head(
    drivers: str, kind: str, make_missing: MakeMissing, tmp_path: Path
) -> None:
    url = make_missing(kind)
    used = through(url, ASYNC[kind]) if drivers == "async" else url
    project = Project.load(native_project(tmp_path / "p", used, linear("aaaa", "bbbb")))
    assert _created(project) == [sa.make_url(url).database]
    assert (version_rows(url), tables(url)) == ({"bbbb"}, {"alembic_version", "t_aaaa", "t_bbbb"})
    assert _created(project) == []
    assert project.update().status == "nothing to do"


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_the_json_names_what_was_created(make_missing: MakeMissing, kind: str, tmp_path: Path) -> None:
    url = make_missing(kind)
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    for made in ([sa.make_url(url).database], []):
        document = json.loads(whimbrel("update_db", "--json", cwd=folder).ok().out)
        assert document["result"]["created"] == made


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_any_name_is_quoted(kind: str, make_missing: MakeMissing, tmp_path: Path) -> None:
    url = make_missing(kind, ODD)
    folder = native_project(tmp_path / "p", "sqlite://", linear("aaaa"))
    Project.load(folder, url=url).update()
    with _administration(kind).connect() as connection:
        catalog = "SELECT datname FROM pg_database" if kind == "postgresql" else "SHOW DATABASES"
        assert sa.make_url(url).database in connection.exec_driver_sql(catalog).scalars().all()


@pytest.mark.parametrize("template", ["generic", "async"])
def test_with_an_env_py_it_is_the_database_that_its_engine_connects_to(
    template: str, kind: str, make_missing: MakeMissing, tmp_path: Path
) -> None:
    url = make_missing(kind)
    used = through(url, ASYNC[kind]) if template == "async" else url
    folder = alembic_project(tmp_path / "p", used, linear("aaaa"), template=template)
    assert _created(Project.load(folder, config=folder / "alembic.ini")) == [sa.make_url(url).database]
    assert version_rows(url) == {"aaaa"}


def test_each_database_that_an_env_py_visits_is_created(make_missing: MakeMissing, tmp_path: Path) -> None:
    urls = [make_missing("postgresql"), make_missing("postgresql")]
    folder = alembic_project(tmp_path / "p", urls[0], linear("aaaa"))
    (folder / "alembic" / "env.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import context\n"
        f"for url in {urls!r}:\n"
        "    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:\n"
        "        context.configure(connection=connection)\n"
        "        with context.begin_transaction():\n"
        "            context.run_migrations()\n"
    )
    assert len(_created(Project.load(folder, config=folder / "alembic.ini"))) == 2
    assert [version_rows(url) for url in urls] == [{"aaaa"}, {"aaaa"}]


def test_replicas_at_once_all_succeed_and_run_each_revision_once(
    kind: str, make_missing: MakeMissing, tmp_path: Path
) -> None:
    url = make_missing(kind)
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb", "cccc"))
    command = [sys.executable, "-m", "whimbrel", "update_db"]
    replicas = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(5)
    ]
    told = [replica.communicate(timeout=100)[0] for replica in replicas]
    assert [replica.returncode for replica in replicas] == [0] * 5, "\n".join(told)
    assert rows(url, "SELECT revision, state FROM whimbrel_attempt ORDER BY revision") == [
        ("aaaa", "done"),
        ("bbbb", "done"),
        ("cccc", "done"),
    ]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_one_that_was_created_meanwhile_is_no_error(
    kind: str, make_missing: MakeMissing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process is faster between the question whether it is there and the statement that creates it."""
    from whimbrel.dialects.creation import ServerCreation

    url = make_missing(kind)
    original = ServerCreation.make

    def beaten(self: ServerCreation, query: Callable[[str], list[object]], *rest: object) -> bool:
        def slow(statement: str) -> list[object]:
            if statement.startswith("CREATE"):
                _execute(kind, statement)
            return query(statement)

        return original(self, slow, *rest)

    monkeypatch.setattr(ServerCreation, "make", beaten)
    assert _created(Project.load(native_project(tmp_path / "p", url, linear("aaaa")))) == []
    assert version_rows(url) == {"aaaa"}


def test_whoever_is_connected_to_the_template_is_waited_for(
    make_missing: MakeMissing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whimbrel import patience

    url = make_missing("postgresql")
    template = sa.make_url(SERVERS["postgresql"]).set(database="template1")
    with sa.create_engine(template, poolclass=sa.NullPool).connect() as connection:
        waited = iter((connection.close, lambda: None))
        monkeypatch.setattr(patience.Patience, "wait", lambda self: next(waited)() or True)
        Project.load(native_project(tmp_path / "p", url, linear("aaaa"))).update()
        assert connection.closed, "PostgreSQL has refused at first"
    assert version_rows(url) == {"aaaa"}


@pytest.fixture
def user(kind: str) -> Iterator[str]:
    """A user of the server who may create nothing."""
    name = f"wbpoor_{secrets.token_hex(3)}"
    account = name if kind == "postgresql" else f"'{name}'@'%%'"
    made = f"CREATE ROLE {name} LOGIN PASSWORD 'hunter2canary'" if kind == "postgresql" else ""
    _execute(kind, made or f"CREATE USER {account} IDENTIFIED BY 'hunter2canary'")
    yield name
    _execute(kind, f"DROP {'ROLE' if kind == 'postgresql' else 'USER'} {account}")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_who_may_not_create_it_is_told_what_an_administrator_runs(
    kind: str, user: str, make_missing: MakeMissing, tmp_path: Path
) -> None:
    url = make_missing(kind)
    poor = sa.make_url(url).set(username=user, password="hunter2canary").render_as_string(hide_password=False)
    folder = native_project(tmp_path / "p", poor, linear("aaaa"))
    result = whimbrel("update_db", cwd=folder)
    assert (result.code, "error[WB416]" in result.err, "hunter2" in result.err) == (3, True, False), result.err
    assert len(result.err.splitlines()) <= 6
    # What it says is enough: run by an administrator, the same command goes through.
    hint = result.err.partition("as an administrator:")[2].strip()
    _execute(kind, *(statement.replace("%", "%%") for statement in hint.split("; ")))
    try:
        whimbrel("update_db", cwd=folder).ok()
        assert version_rows(url) == {"aaaa"}
    finally:
        if kind == "postgresql":
            _execute(kind, f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    project = Project.load(native_project(tmp_path / "p", f"sqlite:///{tmp_path}/file/app.db", linear("aaaa")))
    with pytest.raises(errors.CannotCreateDatabase) as refused:
        project.update()
    assert refused.value.where == f"sqlite:///{tmp_path}/file/app.db"
    assert "Not a directory" in str(refused.value.why) or "File exists" in str(refused.value.why)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_what_fails_for_another_reason_is_told_as_ever(kind: str, tmp_path: Path) -> None:
    url = sa.make_url(SERVERS[kind]).set(username="nobody", password="wrong-canary1", database="wbmissing_no")
    project = Project.load(native_project(tmp_path / "p", url.render_as_string(hide_password=False), linear("aaaa")))
    with pytest.raises(errors.CannotConnect):
        project.update()


@pytest.mark.parametrize("drivers", [SYNC, ASYNC])
def test_a_role_that_is_not_there_is_not_taken_for_a_database_of_its_name(
    drivers: dict[str, str], tmp_path: Path
) -> None:
    """The words of libpq name the one as the other."""
    url = through(SERVERS["postgresql"], drivers["postgresql"])
    nobody = sa.make_url(url).set(username="wbnobody", database="wbnobody").render_as_string(hide_password=False)
    with pytest.raises(errors.CannotConnect, match="cannot connect") as refused:
        Project.load(native_project(tmp_path / "p", nobody, linear("aaaa"))).update()
    assert 'role "wbnobody" does not exist' in str(refused.value.why)


def test_what_an_administrator_grants_is_that_database_alone(make_missing: MakeMissing) -> None:
    """An underscore stands for any letter there."""
    from whimbrel.dialects.mysql.creation import Creation

    name, user = str(sa.make_url(make_missing("mariadb", "a_b")).database), f"wbpoor_{secrets.token_hex(3)}"
    _execute("mariadb", f"CREATE USER '{user}'@'%%'")
    try:
        for statement in Creation().for_administrator(name, user).split("; "):
            _execute("mariadb", statement)
        mine = sa.make_url(SERVERS["mariadb"]).set(username=user)
        with sa.create_engine(mine.set(database=name), poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        server = sa.create_engine(mine.set(database="information_schema"), poolclass=sa.NullPool)
        with server.connect() as connection, pytest.raises(sa.exc.OperationalError, match="Access denied"):
            connection.exec_driver_sql(f"CREATE DATABASE {name.replace('_', 'x')}")
    finally:
        _execute("mariadb", f"DROP USER '{user}'@'%%'")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_upgrade_creates_nothing(kind: str, make_missing: MakeMissing, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", make_missing(kind), linear("aaaa")))
    with pytest.raises(errors.CannotConnect):
        project.upgrade()


def test_a_file_that_must_be_there_is_not_made(tmp_path: Path) -> None:
    url = f"sqlite:///file:{tmp_path}/not/app.db?mode=rw&uri=true"
    with pytest.raises(errors.CannotConnect):
        Project.load(native_project(tmp_path / "p", url, linear("aaaa"))).update()
    assert not (tmp_path / "not").exists()


def test_in_a_running_event_loop(kind: str, make_missing: MakeMissing, tmp_path: Path) -> None:
    url = make_missing(kind)
    project = Project.load(native_project(tmp_path / "p", through(url, ASYNC[kind]), linear("aaaa", "bbbb")))

    async def application() -> None:
        assert (await project.aupdate()).after == ("bbbb",)
        assert project.update().status == "nothing to do"

    asyncio.run(application())
    assert version_rows(url) == {"bbbb"}


def test_every_line_of_the_history_is_applied(tmp_path: Path) -> None:
    from support.projects import Rev

    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa"), Rev("bbbb")])
    result = whimbrel("update-db", "--json", cwd=folder).ok()
    assert '"status": "done"' in result.out
    assert version_rows(f"sqlite:///{folder}/app.db") == {"aaaa", "bbbb"}
