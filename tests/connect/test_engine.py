"""Engines, and what drivers say beside their errors."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import whimbrel
from support.databases import ASYNC, through
from support.projects import linear, native_project
from whimbrel.connect.driver import with_driver
from whimbrel.connect.engine import errors_explained, query_on
from whimbrel.connect.url import parse
from whimbrel.dialects.mysql import MySQL

WARN = "import logging; logging.getLogger('{}').warning('error ignored terminating a pipeline')"
OURS = "import whimbrel.connect.engine"


@pytest.mark.parametrize(
    ("before", "is_shown"),
    [
        ("pass", True),
        (OURS, False),
        (f"{OURS}, logging; logging.basicConfig()", True),
    ],
    ids=["negative control", "nobody logs", "the application logs"],
)
@pytest.mark.parametrize("driver", ["psycopg", "asyncmy"])
def test_warnings_of_drivers_are_shown_where_somebody_logs_them(driver: str, before: str, is_shown: bool) -> None:
    """A lost connection is told in one error of six lines, and not by the driver as well."""
    warn = f"{before}; {WARN.format(driver)}"
    done = subprocess.run([sys.executable, "-c", warn], capture_output=True, text=True, check=True)
    assert ("error ignored" in done.stderr) == is_shown


def test_what_a_server_notes_of_a_statement_is_not_told_by_asyncmy(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    """MariaDB notes that it gives a primary key no name: each version table has a named one."""
    folder = native_project(tmp_path, through(make_database("mariadb"), ASYNC["mariadb"]), linear("aaaa"))
    assert whimbrel("-q", "upgrade", cwd=folder).ok().err == ""
    assert whimbrel("-q", "verify", cwd=folder).ok().err == ""


def test_nor_where_a_connection_of_the_driver_alone_is_enough(
    make_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger("asyncmy"), "handlers", [])
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own
    dialect, url = MySQL(), parse(through(make_database("mariadb"), ASYNC["mariadb"]))
    plain = dialect.plain(with_driver(url, dialect.drivers))
    assert plain is not None
    with plain as query:
        assert query("SELECT 1 / 0") == [(None,)]  # of which the server has a warning
    assert capfd.readouterr().err == ""


def test_a_connection_that_the_driver_was_interrupted_on_is_not_used_again(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is left of an answer would be taken for that of the next statement, and the pool would log what fails."""
    engine = sa.create_engine(url)

    def interrupted() -> None:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            with errors_explained(connection):
                getattr(driver, "_force_close", driver.close)()  # as PyMySQL does it then
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert caplog.records == []
    with engine.connect() as connection:
        assert query_on(connection)("SELECT 1") == [(1,)]
    engine.dispose()
