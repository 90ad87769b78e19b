"""What the processes of a trial do. Each is called with a function to report by and one that waits at the gate."""

from __future__ import annotations

import random
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa

from faults.crash_points import CrashPoints
from faults.databases import connect, end_sessions, sessions, wait_until

Report = Callable[..., None]
Gate = Callable[[], None]


def whimbrel(
    report: Report,
    gate: Gate,
    *,
    folder: str,
    scheme: str,
    command: str = "upgrade",
    target: str = "head",
    **faults: Any,
) -> int:
    """`whimbrel upgrade`: the exit code, and the text of an error, are those of the command line."""
    from whimbrel import Project, WhimbrelError, errors
    from whimbrel.cli.bounds import First
    from whimbrel.cli.signals import Signals
    from whimbrel.events import RevisionFinished

    def listen(event: Any) -> None:
        if isinstance(event, RevisionFinished):
            report("applied", event.revision)

    project = Project.load(folder, listener=listen)
    points = _faults(scheme, **faults)
    first = First()
    signals = Signals(project.interruption, print, first)
    gate()
    try:
        with signals if faults.get("act") == "signal" else nullcontext():
            getattr(project, command)(target)
    except KeyboardInterrupt:
        return 128 + (first.number or signal.SIGINT)
    except WhimbrelError as error:
        print("\n".join(error.lines()))
        return 128 + (first.number or signal.SIGINT) if isinstance(error, errors.Interrupted) else error.exit_code
    finally:
        if points:
            report("points", points.labels)
    return 0


def alembic(
    report: Report,
    gate: Gate,
    *,
    folder: str,
    scheme: str,
    command: str = "upgrade",
    target: str = "head",
    per_migration: bool = False,
    **faults: Any,
) -> int:
    """Stock Alembic on the same revisions, in either of its modes."""
    import alembic.command
    from alembic.config import Config
    from alembic.util import CommandError

    def on_version_apply(step: Any, **_: Any) -> None:
        report("applied", ", ".join(step.up_revision_ids))

    attributes = {"per_migration": per_migration, "on_version_apply": on_version_apply}
    config = Config(f"{folder}/stock/alembic.ini", attributes=attributes)
    points = _faults(scheme, **faults)
    gate()
    try:
        getattr(alembic.command, command)(config, target)
    except CommandError as error:
        print(f"FAILED: {error}")
        return 255
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        if points:
            report("points", points.labels)
    return 0


def _faults(
    scheme: str,
    *,
    count: bool = False,
    crash_after: int | None = None,
    act: str = "kill",
    pages: int | None = None,
) -> CrashPoints | None:
    """Prepare this process to fail.

    Args:
        scheme: that of its URL, which names the driver.
        count: report all crash points at the end.
        crash_after: at this one
        act: be killed, lose the connection (`cut`), or get a `signal`.
        pages: the SQLite database may grow to so many pages.
    """
    if pages is not None:

        @sa.event.listens_for(sa.Engine, "connect")
        def limit(connection: Any, _: Any) -> None:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA max_page_count = {pages}")
            cursor.close()

    return CrashPoints(scheme, crash_after, act=act) if count or crash_after is not None else None


def cut(report: Report, gate: Gate, *, url: str, after: list[float], seed: int) -> None:
    """End the sessions of the others on the server, at these moments."""
    random.seed(seed)
    with connect(url) as connection:
        gate()
        begun = time.monotonic()
        for moment in sorted(after):
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            for statement in end_sessions(connection):
                report("cut", statement)


_AT_WORK = ("active", "waiting", "Query")


def watch(report: Report, gate: Gate, *, url: str, matching: str, waiting: bool = False, then: str = "") -> None:
    """Wait until another session is at a statement that contains `matching`, and report it as `found`.

    It may have to be `waiting` for a lock as well. Then `cancel` the statement, `terminate` the session, or nothing.
    """
    with connect(url) as connection:
        gate()

        def found() -> list[Any]:
            return [
                session
                for session, state, text in sessions(connection)
                if matching in (text or "") and state in (("waiting",) if waiting else _AT_WORK)
            ]

        for session in wait_until(found, 20):
            report("found", session)
            if then == "cancel":
                connection.exec_driver_sql(f"SELECT pg_cancel_backend({session})")
            elif then == "terminate":
                end_sessions(connection, matching)


def hold(report: Report, gate: Gate, *, url: str, statements: list[str], seconds: float) -> None:
    """Hold the locks of these statements in an open transaction, taken before the gate opens."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        gate()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        signal.sigtimedwait({signal.SIGTERM}, seconds)
        connection.rollback()
    report("released")


def read(report: Report, gate: Gate, *, url: str, statement: str) -> None:
    """Read the same thing until asked to end; reports how many times, and the longest it took."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    times = []
    with connect(url) as connection:
        gate()
        while not ended:
            begun = time.monotonic()
            connection.exec_driver_sql(statement)
            times.append(time.monotonic() - begun)
            time.sleep(0.002)
    report("reads", len(times), max(times))


def session_lock(report: Report, gate: Gate, *, url: str, key: int, seconds: float) -> None:
    """Take a session's advisory lock as the recipes in the wild do, over and over, and count how often two held it."""
    engine = sa.create_engine(
        url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT", connect_args={"prepare_threshold": None}
    )
    with engine.connect() as connection:
        gate()
        deadline = time.monotonic() + seconds
        taken = False
        while not taken and time.monotonic() < deadline:
            taken = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({key})").scalar_one())
        if taken:
            report("took", key)
            time.sleep(seconds)


def noise(report: Report, gate: Gate, *, url: str) -> None:
    """Short transactions until asked to end: a pooler gives every one of them another server connection."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"prepare_threshold": None})
    transactions = 0
    with engine.connect() as connection:
        gate()
        while not ended:
            connection.exec_driver_sql("SELECT pg_sleep(0.002)")
            connection.rollback()
            transactions += 1
    report("transactions", transactions)
