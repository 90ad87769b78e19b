"""Commands that try something on a scratch database, stopped by a signal: nothing is left of it."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from support.cli import started
from support.databases import rows
from support.projects import Rev, native_project
from whimbrel.environment.scratch.keeping import Kept, Route

from .scenes import left_over

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True))
{also}
"""
LISTENS = 'sa.event.listen(metadata, "after_create", sa.DDL("SELECT {asleep}"))'
SLEEP = {"postgresql": "pg_sleep", "mariadb": "SLEEP"}
WHERE = {
    "postgresql": "SELECT datname FROM pg_stat_activity WHERE query LIKE '%%{}%%' AND pid <> pg_backend_pid()"
    " AND state = 'active'",
    "mariadb": "SELECT db FROM information_schema.processlist WHERE info LIKE '%%{}%%' AND id <> CONNECTION_ID()",
}
COMMANDS = {
    "check": ["check"],
    "diff": ["diff", "base", "models"],
    "revision": ["revision", "--autogenerate", "-m", "orders"],
}


def stopped(kind: str, url: str, folder: Path, asleep: str, number: int, *command: str) -> tuple[int, str, str]:
    """Send a signal while the server sleeps; how the process has ended, what it said, and the scratch database."""
    with started(sys.executable, "-m", "whimbrel", *command, cwd=folder, stderr=subprocess.PIPE) as process:
        while not (found := rows(url, WHERE[kind].format(asleep))):
            assert process.poll() is None, process.communicate()
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    return process.returncode, told, str(found[0][0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_while_models_are_created(command: list[str], number: int, kind: str, url: str, tmp_path: Path) -> None:
    asleep = f"{SLEEP[kind]}(60.{secrets.randbelow(10**9)})"
    folder = native_project(tmp_path / "p", url)
    (folder / "models.py").write_text(MODELS.format(also=LISTENS.format(asleep=asleep)))
    code, told, name = stopped(kind, url, folder, asleep, number, *command)
    assert code == 128 + number, told
    assert name.startswith("whimbrel_verify_")
    assert left_over(kind, name) == [], told
    assert list((folder / "migrations" / "versions").glob("*.py")) == []


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_while_the_history_is_replayed_for_a_new_revision(kind: str, url: str, tmp_path: Path) -> None:
    """That the history cannot be replayed is another matter: then it goes on with a copy."""
    asleep = f"{SLEEP[kind]}(60.{secrets.randbelow(10**9)})"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade="pass", downgrade="pass")])
    (folder / "models.py").write_text(MODELS.format(also=""))
    command = [sys.executable, "-m", "whimbrel"]
    subprocess.run([*command, "upgrade"], cwd=folder, check=True, capture_output=True)
    file = folder / "migrations" / "versions" / "aaaa_.py"
    file.write_text(file.read_text().replace("    pass", f'    op.execute("SELECT {asleep}")', 1))
    code, told, name = stopped(kind, url, folder, asleep, signal.SIGTERM, *COMMANDS["revision"])
    assert (code, left_over(kind, name)) == (143, []), told
    assert "cannot be replayed" not in told
    assert list(file.parent.glob("*.py")) == [file]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_while_a_new_revision_is_proven(kind: str, url: str, tmp_path: Path) -> None:
    """The file is there by then, and is said to be."""
    asleep = f"{SLEEP[kind]}(60.{secrets.randbelow(10**9)})"
    folder = native_project(tmp_path / "p", url)
    versions = folder / "migrations" / "versions"
    (folder / "models.py").write_text(MODELS.format(also=""))
    (folder / "migrations" / "script.py.mako").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = ${repr(up_revision)}\n"
        "down_revision = ${repr(down_revision)}\n\n\ndef upgrade():\n    ${upgrades}\n"
        f'    op.execute("SELECT {asleep}")\n\n\ndef downgrade():\n    ${{downgrades}}\n'
    )
    code, told, name = stopped(kind, url, folder, asleep, signal.SIGTERM, *COMMANDS["revision"])
    assert (code, left_over(kind, name)) == (143, []), told
    assert "state: the file was written, and is not proven" in told
    assert len(list(versions.glob("*.py"))) == 1


AT_THE_PROOF = """
import sys
from pathlib import Path
from whimbrel.cli import main
from whimbrel.prover import Replica

stock = Replica.read
def read(replica):
    if list(Path("migrations/versions").glob("*.py")):
        raise KeyboardInterrupt
    return stock(replica)
Replica.read = read
sys.argv[1:] = {command}
sys.exit(main())
"""


def test_ctrl_c_behind_the_file_says_that_it_was_written(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url)
    (folder / "models.py").write_text(MODELS.format(also=""))
    code = AT_THE_PROOF.format(command=COMMANDS["revision"])
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    [file] = folder.glob("migrations/versions/*.py")
    assert done.returncode == 130
    assert done.stderr.splitlines()[-4:-1] == [
        "error[WB409]: interrupted",
        f"  where: {file.relative_to(folder)}",
        "  state: the file was written, and is not proven",
    ]


def test_one_that_is_being_made_is_dropped_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal comes while the keeper is with the server, which makes it all the same."""
    making, may_go_on, dropped = threading.Event(), threading.Event(), threading.Event()

    class Slow(Kept):
        def _keep(self) -> None:
            making.set()
            super()._keep()

        def _query(self) -> Any:
            return memoryview(b"")  # a context manager

        def prepare(self, query: Any) -> None:
            may_go_on.wait()

        def finish(self, query: Any) -> None:
            dropped.set()

    class Interrupted(Future[None]):
        def result(self, timeout: float | None = None) -> None:
            if self is kept._prepared:
                making.wait()
                may_go_on.set()
                raise KeyboardInterrupt
            super().result(timeout)

    kept = Slow.__new__(Slow)
    monkeypatch.setattr("whimbrel.environment.scratch.keeping.Future", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        kept.__init__(_Dialect(), None, Route((), {}))  # type: ignore[misc]  # it must be known before it ends
    assert dropped.is_set()


class _Dialect:
    name = "postgresql"
    is_async = False
