"""The programs of servers that are installed here, and how each is made to run as a private one.

A private server listens on a socket in its own folder, to which nobody else gets, and on no port. What it keeps need
not survive anything.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Any

from ...dialects.base import double_quoted, literal
from ...record import Record
from .original import MARIADB, MYSQL, POSTGRESQL, Original, series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/opt/homebrew/opt/mariadb*/bin",
    "/opt/homebrew/opt/mysql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/local/opt/mariadb*/bin",
    "/usr/local/opt/mysql*/bin",
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/libexec",
)
"""Where packages put servers that are not in PATH."""

_PROGRAMS = {POSTGRESQL: ("postgres",), MARIADB: ("mariadbd", "mysqld"), MYSQL: ("mysqld",)}
_INSTALLERS = ("mariadb-install-db", "mysql_install_db")
_VERSIONS = (
    (POSTGRESQL, re.compile(r"\(PostgreSQL\) (\d[\w.]*)")),
    (MARIADB, re.compile(r"Ver (\d+\.\d+\.\d+)-MariaDB")),
    (MYSQL, re.compile(r"Ver (\d+\.\d+\.\d+)")),
)
_LONGEST = 20  # seconds for a program to say which version it is
_PORT = 5432  # a part of the socket's name

_SOCKET = "socket"
LONGEST_NAME = f".s.PGSQL.{_PORT}.lock"
"""The longest name of a file that a server makes for its socket."""


class Binary(Record):
    """A server that is installed.

    Attributes:
        path: the program.
        product: which it is.
        version: as it tells it.
    """

    path: str
    product: str
    version: str

    @property
    def series(self) -> tuple[int, ...]:
        """What of the version has to be the same."""
        return series(self.product, self.version)

    def __str__(self) -> str:
        return f"{self.product} {self.version} ({self.path})"


def installed(product: str) -> list[Binary]:
    """The servers of this kind that are installed."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *(one for place in PLACES for one in glob.glob(place))]
    paths = [shutil.which(name, path=folder) for folder in folders for name in _PROGRAMS[product]]
    found = [_binary(path) for path in dict.fromkeys(os.path.realpath(path) for path in paths if path)]
    return [one for one in found if one is not None and one.product == product]


def _binary(path: str) -> Binary | None:
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_LONGEST, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    for product, pattern in _VERSIONS:
        if found := pattern.search(told.stdout):
            return Binary(path, product, found[1])
    return None


class Running(Record):
    """How a server is made to run.

    Attributes:
        user: who is its administrator, without a password.
        database: one that is always there.
        accounts: users of the system that it may run as, where it must not be root.
        initialise: the commands of which one has to go well, in a folder.
        start: the command that runs it there, in the foreground.
        is_ready: whether it accepts connections there.
        options: what a driver needs to find it there.
        ground: statements that make what belongs to no database, whatever is there of it.
    """

    user: str
    database: str
    accounts: tuple[str, ...]
    initialise: Callable[[str], list[Sequence[str]]]
    start: Callable[[str], Sequence[str]]
    is_ready: Callable[[str], bool]
    options: Callable[[str], dict[str, Any]]
    ground: tuple[str, ...] = ()


def running(binary: Binary, original: Original) -> Running:
    """How a binary is run as a server like another one."""
    return {POSTGRESQL: _postgresql, MARIADB: _mariadb, MYSQL: _mysql}[binary.product](binary, original)


def _postgresql(binary: Binary, original: Original) -> Running:
    settings = dict(original.settings)
    options = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")

    def initialise(folder: str) -> list[Sequence[str]]:
        init = [os.path.join(os.path.dirname(binary.path), "initdb"), "-D", f"{folder}/data", "-A", "trust", "-N"]
        init += ["-U", original.user, "-E", settings["encoding"]]
        # The system may not have the original's locale, which decides little in an empty database.
        return [[*init, f"--locale={locale}"] for locale in dict.fromkeys((settings["locale"], "C"))]

    def is_ready(folder: str) -> bool:
        with contextlib.suppress(OSError), open(f"{folder}/data/postmaster.pid") as file:
            return file.read().split("\n")[7:8] == ["ready   "]
        return False

    return Running(
        user=original.user,
        database="postgres",
        accounts=("postgres", "nobody"),
        initialise=initialise,
        start=lambda folder: [
            *(binary.path, "-D", f"{folder}/data", "-k", folder, "-p", str(_PORT)),
            *(word for option in options for word in ("-c", option)),
        ],
        is_ready=is_ready,
        options=lambda folder: {"host": folder, "port": _PORT},
        ground=tuple(_role(name) for name in original.roles if name != original.user),
    )


def _role(name: str) -> str:
    """What makes a role that a revision may grant something to."""
    body = f"BEGIN CREATE ROLE {double_quoted(name)}; EXCEPTION WHEN duplicate_object THEN NULL; END"
    return f"DO {literal(body)}"


def _mariadb(binary: Binary, original: Original) -> Running:
    folders = (os.path.dirname(binary.path), f"{os.path.dirname(binary.path)}/../bin", os.environ.get("PATH", ""))
    path = os.pathsep.join([*folders, *(one for place in PLACES for one in glob.glob(place))])
    installer = next(filter(None, (shutil.which(name, path=path) for name in _INSTALLERS)), _INSTALLERS[0])
    options = ("--auth-root-authentication-method=normal", "--skip-test-db")
    return _of_mysql(
        binary, original, lambda folder: [[installer, "--no-defaults", f"--datadir={folder}/data", *options]]
    )


def _mysql(binary: Binary, original: Original) -> Running:
    options = ("--no-defaults", "--initialize-insecure")
    names = [f"--{name}={value}" for name, value in original.settings if name == "lower_case_table_names"]
    running = _of_mysql(binary, original, lambda folder: [[binary.path, *options, *names, f"--datadir={folder}/data"]])
    start = running.start
    return running._replace(start=lambda folder: [*start(folder), "--mysqlx=OFF"])


def _of_mysql(binary: Binary, original: Original, initialise: Callable[[str], list[Sequence[str]]]) -> Running:
    settings = [f"--{name.replace('_', '-')}={value}" for name, value in original.settings]
    return Running(
        user="root",
        database="mysql",
        accounts=("mysql", "nobody"),
        initialise=initialise,
        start=lambda folder: [
            *(binary.path, "--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}"),
            *(f"--socket={folder}/{_SOCKET}", f"--pid-file={folder}/pid", "--skip-networking", "--skip-log-bin"),
            *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", *settings),
        ],
        is_ready=lambda folder: _greets(f"{folder}/{_SOCKET}"),
        options=lambda folder: {"unix_socket": f"{folder}/{_SOCKET}"},
    )


def _greets(path: str) -> bool:
    """Whether a server says the first word on its socket."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(path)
        return bool(connection.recv(1))
    return False
