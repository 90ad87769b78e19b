"""Engines, and what drivers say beside their errors."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa

from whimbrel.connect.engine import errors_explained, query_on

WARN = "import logging; logging.getLogger('psycopg').warning('error ignored terminating a pipeline')"
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
def test_warnings_of_psycopg_are_shown_where_somebody_logs_them(before: str, is_shown: bool) -> None:
    """A lost connection is told in one error of six lines, and not by the driver as well."""
    done = subprocess.run([sys.executable, "-c", f"{before}; {WARN}"], capture_output=True, text=True, check=True)
    assert ("error ignored" in done.stderr) == is_shown


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
