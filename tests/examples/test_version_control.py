"""database-version-control: a folder, an ini, a variable and a schema for each database; as its README types it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from support.databases import fresh_database, rows, tables

from .conftest import Copy


class Member(NamedTuple):
    """One of its databases."""

    name: str
    variable: str
    schema: str
    revisions: tuple[str, str]


MEMBERS = (
    Member("aiven_postgres", "PG_AIVEN_URL", "stocks", ("3e8f2a5c1b90", "a94d0be7c623")),
    Member("neon_postgres", "PG_NEON_URL", "stocks", ("0b6de4f1a835", "d71c5a39e04f")),
    Member("neon_postgres_finance", "PG_NEON_FINANCE_URL", "finance", ("6f20c8b35ad1", "b58e17d4c90a")),
)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """PostgreSQL is what it is about; on SQLite schemas are attached files."""
    return getattr(request, "param", "postgresql")


@pytest.fixture(params=MEMBERS, ids=lambda member: member.name)
def member(request: pytest.FixtureRequest) -> Member:
    """Each of its databases."""
    return request.param


@pytest.fixture
def control(copy: Callable[[str], Copy], member: Member) -> Copy:
    """The folder of one of its databases."""
    return copy(f"database-version-control/alembic_src/{member.name}")


@pytest.mark.parametrize(
    ("kind", "tool"),
    [
        ("postgresql", "whimbrel, a process"),
        ("sqlite", "whimbrel, a process"),
    ],
    indirect=True,
)
def test_readme_in_each_folder(control: Copy, member: Member) -> None:
    """Every command of the README, in its order."""
    env, (first, second) = {member.variable: control.url}, member.revisions
    control.type("upgrade +1", env)
    assert _version(control.url, member.schema) == [first]
    control.type("upgrade head", env)
    assert _version(control.url, member.schema) == [second]

    control.type('revision -m "Some message"', env)
    [third] = control.folder.glob("alembic/versions/*_some_message.py")
    control.type("upgrade head", env)
    control.type(f"downgrade {second}", env)
    assert _version(control.url, member.schema) == [second]
    control.type(f"stamp {third.name[:12]}", env)
    assert _version(control.url, member.schema) == [third.name[:12]]

    control.type("revision --autogenerate", env)
    [fourth] = control.folder.glob("alembic/versions/*_.py")
    assert "op." not in fourth.read_text().partition("def upgrade")[2].replace("op.f(", "")
    assert first not in control.type("history", env, cwd=_sister(control.folder))


def test_stock_alembic_goes_on_in_each_folder(control: Copy, member: Member) -> None:
    """And whimbrel behind it."""
    env = {member.variable: control.url}
    control.type("upgrade head", env, tool="alembic, a process")
    done = control.run("upgrade head", env, tool="whimbrel, a process").ok()
    assert f"at {member.revisions[1]} already: nothing to do" in done.err
    control.type("downgrade base", env, tool="alembic, a process")
    assert _version(control.url, member.schema) == []


@pytest.fixture
def root(copy: Callable[[str], Copy]) -> Copy:
    """The folder above all of its databases."""
    return copy("database-version-control")


@pytest.fixture
def urls(kind: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database for each of its variables."""
    with ExitStack() as stack:
        yield {member.variable: stack.enter_context(fresh_database(kind, tmp_path)) for member in MEMBERS}


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"], indirect=True)
def test_all_of_them_from_the_root(root: Copy, urls: dict[str, str]) -> None:
    """By the name of its folder, all of them, and all of them in one table."""
    process = "whimbrel, a process"
    root.type("-d neon_postgres upgrade +1", urls, tool=process)
    assert _version(urls["PG_NEON_URL"], "stocks") == ["0b6de4f1a835"]
    out = root.type("upgrade --all", urls, tool=process)
    assert [line.split()[0] for line in out.splitlines()] == [member.name for member in MEMBERS]
    for member in MEMBERS:
        assert _version(urls[member.variable], member.schema) == [member.revisions[1]]
    status = root.type("status --check", urls, tool=process)
    assert all(member.name in status for member in MEMBERS)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_one_that_cannot_be_reached_does_not_stop_the_others(root: Copy, urls: dict[str, str]) -> None:
    """And the exit code says that it was some."""
    broken = urls | {"PG_AIVEN_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nowhere"}
    done = root.run("upgrade --all", broken, tool="whimbrel, a process")
    assert done.code == 4
    assert "aiven_postgres  error[WB4" in done.out
    for member in MEMBERS[1:]:
        assert _version(urls[member.variable], member.schema) == [member.revisions[1]]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_history_that_cannot_be_replayed_is_found(root: Copy, urls: dict[str, str]) -> None:
    """As in the repository that this is like: two revisions that add the same column. The database is not touched."""
    folder = root.folder / "alembic_src" / "aiven_postgres" / "alembic" / "versions"
    again = (folder / "a94d0be7c623_validity.py").read_text()
    again = again.replace('"a94d0be7c623"', '"c0ffee000001"').replace('"3e8f2a5c1b90"', '"a94d0be7c623"')
    (folder / "c0ffee000001_again.py").write_text(again)
    done = root.run("-d aiven_postgres verify", urls, tool="whimbrel, a process")
    assert done.code == 1
    assert "c0ffee000001" in done.err
    assert "validity" in done.err
    root.type("-d neon_postgres verify --down", urls, tool="whimbrel, a process")
    assert [tables(url) for url in urls.values()] == [set()] * len(urls)


def _sister(folder: Path) -> Path:
    """The folder of another database."""
    names = [member.name for member in MEMBERS]
    return folder.parent / names[names.index(folder.name) - 1]


def _version(url: str, schema: str) -> list[str]:
    """What the version table of the schema holds: on SQLite in a file of its own."""
    if url.startswith("sqlite"):
        return [row[0] for row in rows(f"{url}.{schema}.db", "SELECT version_num FROM alembic_version")]
    return [row[0] for row in rows(url, f"SELECT version_num FROM {schema}.alembic_version")]
