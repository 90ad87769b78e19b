"""Several replays at once, and what one that was killed has left."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from faults.databases import wait_until
from support.databases import ASYNC, SERVERS, SYNC, rows, through
from support.projects import Rev, linear, native_project
from whimbrel import Project
from whimbrel.environment.scratch import servers

from .scenes import left_over

WAITS = """
open({reached!r}, "w").close()
with open({gate!r}) as gate:
    gate.read()"""


class Replay:
    """`verify` in a process of its own, which waits in its second revision until it may go on."""

    def __init__(self, folder: Path, url: str, mark: str, before: str = "", also: str = "") -> None:
        folder.mkdir()
        reached, self._gate = folder / "reached", folder / "gate"
        os.mkfifo(self._gate)
        waits = WAITS.format(reached=str(reached), gate=str(self._gate))
        makes = 'op.create_table("t_bbbb", sa.Column("id", sa.Integer))'
        first = Rev("aaaa", upgrade=f'op.create_table("t_aaaa", sa.Column("id", sa.Integer))\n{also}')
        revisions = [first, Rev("bbbb", "aaaa", upgrade=waits + "\n" + makes)]
        code = (
            "from whimbrel.environment.scratch import names, servers\n"
            f"names.PREFIX = {mark!r}\n{before}\nimport whimbrel.cli\nraise SystemExit(whimbrel.cli.main())"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "verify", "--down"],
            cwd=native_project(folder / "p", url, revisions),
            env={**os.environ, "TMPDIR": tempfile.gettempdir()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_until(lambda: reached.exists() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.process.communicate()

    def ended(self) -> tuple[int, str]:
        """Let it go on; how it ended, and what it said."""
        with open(self._gate, "w"):
            pass
        told, _ = self.process.communicate(timeout=100)
        return self.process.returncode, told

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


SCHEMES = [*SYNC.values(), ASYNC["postgresql"], ASYNC["mariadb"]]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_two_at_once_leave_each_other_alone(
    scheme: str, make_database: Callable[[str], str], mark: str, tmp_path: Path
) -> None:
    kind = next(kind for kind in SYNC if scheme in (SYNC[kind], ASYNC[kind]))
    url = make_database(kind)
    replay = Replay(tmp_path / "one", through(url, scheme), mark)
    beside = native_project(tmp_path / "p", url, linear("aaaa"))
    try:
        [at_work] = left_over(kind, mark)
        assert Project.load(beside).verify().applied == ("aaaa",)
        assert left_over(kind, mark) == [at_work]
        code, told = replay.ended()
    finally:
        replay.kill()
    assert (code, "2 revisions applied, 2 taken back" in told) == (0, True), told
    assert left_over(kind, mark) == []


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_its_lock_is_what_tells_it_from_a_dead_ones(
    kind: str, make_database: Callable[[str], str], mark: str, tmp_path: Path
) -> None:
    server = kind.replace("mariadb", "mysql")

    def taken_for_dead() -> list[str]:
        return [str(row[0]) for row in rows(SERVERS[kind], servers._ABANDONED[server].format(mark))]

    for number, before in enumerate(["", f"servers._LOCK[{server!r}] = 'SELECT 1'"]):
        replay = Replay(tmp_path / str(number), make_database(kind), mark, before)
        try:
            assert taken_for_dead() == (left_over(kind, mark) if before else [])
            assert replay.ended()[0] == 0
        finally:
            replay.kill()


def test_what_one_that_was_killed_has_left_is_dropped_by_the_next(
    kind: str, url: str, mark: str, tmp_path: Path
) -> None:
    replay = Replay(tmp_path / "one", url, mark)
    replay.kill()
    assert len(left_over(kind, mark)) == 1
    project = Project.load(native_project(tmp_path / "p", url, linear("aaaa")))

    def is_gone() -> bool:
        project.verify()
        return left_over(kind, mark) == []

    assert wait_until(is_gone, 60), "the server has noticed by now that it was killed"


def test_what_is_only_called_alike_is_left_alone(kind: str, url: str, mark: str, tmp_path: Path) -> None:
    name = f"{mark}0123456789ab00000000"
    project = Project.load(native_project(tmp_path / "p", url, linear("aaaa")))
    if kind == "sqlite":
        folder = Path(tempfile.gettempdir(), name)
        folder.mkdir()
        (folder / "maker").touch()
        project.verify()
        assert left_over(kind, mark) == [name]
        return
    administration = sa.create_engine(SERVERS[kind], isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            project.verify()
            assert left_over(kind, mark) == [name]
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
