"""Many rows in and out of a SQLAlchemy connection, as the driver has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from .engine import marked, style_of

_AS_IT_IS = {"no_parameters": True}


_FIRST, _MOST = 100, 2000
_BYTES = 1 << 20


class Pace:
    """How many rows are taken at a time: as many as fit into a mebibyte, going by those that came before.

    Attributes:
        size: the number for the next time.
    """

    def __init__(self) -> None:
        self.size = _FIRST

    def seen(self, rows: int, size: int) -> None:
        """Know of some rows, and how many bytes they were."""
        if rows:
            self.size = max(1, min(_MOST, _BYTES * rows // max(size, 1)))


class Rows:
    """Statements on a connection; SQLAlchemy knows of them, and begins a transaction if there is none.

    Args:
        connection: the connection.
        give_up: makes the server give up the statement whose rows are streamed, where the driver would else read all
            of them before it does anything else.
    """

    def __init__(self, connection: Connection, give_up: Callable[[], None] | None = None) -> None:
        self._connection = connection
        self._give_up = give_up

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement without parameters; none if it returns none."""
        with self._connection.exec_driver_sql(statement, None, _AS_IT_IS) as result:
            return [tuple(row) for row in result] if result.returns_rows else []

    def stream(self, statement: str, pace: Pace) -> Iterator[Sequence[Sequence[Any]]]:
        """The rows of a statement, some at a time: the driver holds no more of them."""
        options = {**_AS_IT_IS, "stream_results": True, "max_row_buffer": 1}
        with self._connection.exec_driver_sql(statement, None, options) as result:
            try:
                while rows := result.fetchmany(pace.size):
                    yield rows
            except (GeneratorExit, KeyboardInterrupt):  # nobody wants the rest
                if self._give_up is not None:
                    self._give_up()
                    with suppress(DBAPIError):
                        while result.fetchmany(_MOST):
                            pass  # what is on its way already
                raise

    def put(self, statement: str, parameters: Sequence[Any]) -> None:
        """Execute a statement with parameters, for each of which it has a `?`."""
        text = marked(statement, style_of(self._connection))
        self._connection.exec_driver_sql(text, tuple(parameters)).close()

    def put_each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """As `put`, once for each row."""
        text = marked(statement, style_of(self._connection))
        self._connection.exec_driver_sql(text, [tuple(row) for row in rows]).close()
