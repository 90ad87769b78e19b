"""What the tests of `verify` share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from support.databases import ASYNC, SERVERS, SYNC, rows, through
from whimbrel.environment.scratch import Scratch

Layout = Callable[..., Path]


def left_over(kind: str, mark: str) -> list[str]:
    """Scratch databases that are there, as the server or the folder for temporary files says."""
    if kind == "sqlite":
        return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(mark)]
    catalog = {"postgresql": "SELECT datname FROM pg_database", "mariadb": "SHOW DATABASES"}[kind]
    return [str(name) for (name,) in rows(SERVERS[kind], catalog) if str(name).startswith(mark)]


@contextmanager
def on_scratch() -> Iterator[Scratch]:
    """Connections of this thread or task are led to a scratch database, which is dropped afterwards."""
    with Scratch() as scratch, scratch.led():
        yield scratch


def execute(url: str, *statements: str) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def on_server(scheme: str, **parts: Any) -> str:
    kind = next(kind for kind in SYNC if scheme in (SYNC[kind], ASYNC[kind]))
    return sa.make_url(through(SERVERS[kind], scheme)).set(**parts).render_as_string(hide_password=False)
