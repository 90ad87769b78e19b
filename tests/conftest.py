"""Fixtures that every test may use."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support import canary
from support.databases import KINDS, drop_spare_databases, fresh_database
from whimbrel.errors import WhimbrelError

_VARIABLES = (
    "DATABASE_URL",
    "SQLALCHEMY_URL",
    "SQLALCHEMY_DATABASE_URI",
    "ALEMBIC_CONFIG",
    "WHIMBREL_CONFIG",
    "WHIMBREL_MIGRATION_URL",
    "WHIMBREL_URL",
    "NO_COLOR",
    "CI",
)


def pytest_sessionfinish() -> None:
    """The databases that were used again and again are dropped."""
    drop_spare_databases()


@pytest.fixture(autouse=True, scope="session")
def _signals_are_heard() -> None:
    """A shell, or nohup, has what runs in the background ignore some signals, and so do the processes it starts."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the developer's decides what a test finds."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _engines_end_with_the_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Dispose of the engines that a test, or its env.py, has made: Python 3.13 warns of connections that are forgotten.

    whimbrel's own engines are not among them: what it forgets still fails the test.
    """
    made: list[sa.Engine] = []
    create_engine = sa.create_engine

    def recording(*args: Any, **options: Any) -> sa.Engine:
        made.append(create_engine(*args, **options))
        return made[-1]

    monkeypatch.setattr(sa, "create_engine", recording)
    yield
    for engine in made:
        engine.dispose()


@pytest.fixture(autouse=True)
def _errors_keep_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test has a secret in its environment, and no error that is made in it may tell one."""
    monkeypatch.setenv(canary.VARIABLE, canary.OF_ENVIRONMENT)
    told: list[str] = []
    original = WhimbrelError.__init__

    def recording(self: WhimbrelError, what: str, **fields: Any) -> None:
        told.extend(str(text) for text in (what, *fields.values()))
        original(self, what, **fields)

    monkeypatch.setattr(WhimbrelError, "__init__", recording)
    yield
    canary.assert_kept(canary.KNOWN, "\n".join(told))


@pytest.fixture
def make_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Makes empty databases of a kind (`sqlite`, `postgresql`, `mariadb`) and returns their URLs."""
    with ExitStack() as stack:
        yield lambda kind: stack.enter_context(fresh_database(kind, tmp_path_factory.mktemp("database")))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture
def url(kind: str, make_database: Callable[[str], str]) -> str:
    """The URL of an empty database of each kind in turn."""
    return make_database(kind)


@pytest.fixture
def project_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
