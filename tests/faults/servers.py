"""Database servers of our own, from the system's binaries, that may be killed: in a temporary folder, on a free port.

`postgres` refuses to run as root, so as root everything runs as the user that the system's package has made.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from faults.databases import wait_until

DATABASE = "faults"


class ServerMissing(Exception):
    """The system has no binaries for this server."""


class Server:
    """One server. It is initialised here, and runs from `start` to `stop` or `kill`."""

    kind = ""
    users: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="whimbrel-faults-"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged(self.users)
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self.initialise()

    def initialise(self) -> None:
        """Write the files of an empty server."""
        raise NotImplementedError

    def command(self) -> Sequence[str]:
        """What starts it, in the foreground."""
        raise NotImplementedError

    def address(self, database: str) -> str:
        """The URL of a database, through the usual sync driver."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The URL of the database for trials."""
        return self.address(DATABASE)

    def start(self) -> None:
        """Start it, and wait until it answers: after a crash, until it has recovered."""
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **self._as()
            )
        if not wait_until(self.answers, 60):
            text = (self.folder / "log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.kind} does not answer on port {self.port}:\n{text}")

    def answers(self) -> bool:
        """Whether it can be connected to."""
        engine = sa.create_engine(self.address(self.administration), poolclass=sa.NullPool)
        try:
            with engine.connect():
                return True
        except sa.exc.DBAPIError:
            return False

    administration = ""

    def create_database(self) -> None:
        """Make the database for trials."""
        engine = sa.create_engine(
            self.address(self.administration), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}")

    def kill(self) -> None:
        """kill -9: the server and whatever processes it has forked, all of one session that was begun here."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)
            self._process = None

    def stop(self) -> None:
        """Ask it to end, at once if need be, and remove its files."""
        if self._process:
            self._process.send_signal(signal.SIGINT if self.kind == "postgresql" else signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: str) -> None:
        """Run a program of the server's to its end."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=self.folder, **self._as())
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")

    def _as(self) -> dict[str, Any]:
        user = self._user
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


class PostgreSQL(Server):
    """A PostgreSQL server."""

    kind = "postgresql"
    users = ("postgres", "nobody")
    administration = "postgres"

    def initialise(self) -> None:
        self._binaries = _postgresql_binaries()
        self.run(f"{self._binaries}/initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "-N")

    def command(self) -> Sequence[str]:
        # Without fsync: what is killed here is the process, and what it has written stays in the system's cache.
        settings = ("fsync=off", f"unix_socket_directories={self.folder}", "max_connections=300")
        options = [part for setting in settings for part in ("-c", setting)]
        address = ("-h", "127.0.0.1", "-p", str(self.port))
        return [f"{self._binaries}/postgres", "-D", f"{self.folder}/data", *address, *options]

    def address(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def kill(self) -> None:
        """Kill the postmaster and its children.

        Each child has begun a session of its own, so a signal to the group would miss it. They end when they notice.
        """
        process = self._process
        if process is None:
            return
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait(20)
        self._process = None


class MariaDB(Server):
    """A MariaDB server."""

    kind = "mariadb"
    users = ("mysql", "nobody")
    administration = "mysql"

    def initialise(self) -> None:
        install = _binary("mariadb-install-db", "mysql_install_db")
        self._server = _binary("mariadbd", "mysqld")
        data = ("--no-defaults", f"--datadir={self.folder}/data", "--auth-root-authentication-method=normal")
        self.run(install, *data, "--skip-test-db")

    def command(self) -> Sequence[str]:
        return [
            self._server,
            "--no-defaults",
            f"--datadir={self.folder}/data",
            f"--socket={self.folder}/socket",
            f"--pid-file={self.folder}/pid",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=64M",
            "--max-connections=300",
        ]

    def address(self, database: str) -> str:
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{database}"


class PgBouncer(Server):
    """A connection pooler in transaction mode, in front of a PostgreSQL server."""

    kind = "pgbouncer"
    users = ("postgres", "nobody")

    def __init__(self, server: str, size: int = 4) -> None:
        self._server = sa.make_url(server)
        self._size = size
        self.administration = str(self._server.database)
        super().__init__()

    def initialise(self) -> None:
        try:
            self._binary = _binary("pgbouncer")
        except ServerMissing:
            raise ServerMissing("there is no pgbouncer; Debian and Ubuntu: apt-get install pgbouncer") from None
        server = self._server
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={server.host} port={server.port or 5432} user={server.username}"
            f"{f' password={server.password}' if server.password else ''}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {self._size}\nmax_client_conn = 200\n"
            "ignore_startup_parameters = extra_float_digits,options,application_name\n"
        )
        os.chmod(self.folder / "pgbouncer.ini", 0o644)

    def command(self) -> Sequence[str]:
        return [self._binary, str(self.folder / "pgbouncer.ini")]

    def address(self, database: str) -> str:
        return f"postgresql+psycopg://{self._server.username}@127.0.0.1:{self.port}/{database}"


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server, while it runs."""
    try:
        server.start()
        if not isinstance(server, PgBouncer):
            server.create_database()
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _unprivileged(names: Sequence[str]) -> pwd.struct_passwd | None:
    if os.geteuid():
        return None
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerMissing(f"as root a server needs one of the users {', '.join(names)}")


def _binary(*names: str) -> str:
    places = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin"
    for name in names:
        if found := shutil.which(name, path=places):
            return found
    raise ServerMissing(f"there is no {names[0]}")


def _postgresql_binaries() -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if installed:
        return str(installed[-1].parent)
    return str(Path(_binary("initdb")).parent)
