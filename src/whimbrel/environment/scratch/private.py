"""Private servers: started from binaries that are installed, for the scratch databases of this process alone.

One is started when it is wanted first, and ends with the process. What one that was killed has left is ended and
removed by whoever makes the next folder: `folders`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import stat
import subprocess
import tempfile
import threading
from typing import TYPE_CHECKING, Any

import sqlalchemy

from ...patience import Patience
from .binaries import LONGEST_NAME, Binary, installed, running
from .folders import OTHERS, ScratchFolder
from .keeping import Route
from .names import new_name
from .original import Original
from .servers import ScratchOnServer

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ...connect.driver import Query

try:
    import pwd
except ImportError:  # Windows, which has neither users to change to nor these sockets
    pwd = None  # type: ignore[assignment]  # and is asked for before it is used

_PATIENCE = 60.0
"""Seconds for a server to be made, and for it to start."""

_LONGEST_SOCKET = 103
"""Bytes that the path of a socket may have, on the system that allows fewest."""

_LONGEST_WORDS = 300


class NoServer(Exception):
    """There is no private server to be had.

    Args:
        why: in a few words.
        others: servers of another version that are there.
    """

    def __init__(self, why: str, others: tuple[Binary, ...] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.others = others


class PrivateServer:
    """A server that runs, on a socket in a folder of its own.

    Args:
        binary: the program.
        original: what it is to be like.

    Raises:
        NoServer: it does not start.
    """

    def __init__(self, binary: Binary, original: Original) -> None:
        self._how = running(binary, original)
        self._process: subprocess.Popen[bytes] | None = None
        self._maker = os.getpid()
        account = _account(self._how.accounts)
        self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        self._folder = ScratchFolder(_place(is_shared=account is not None))
        try:
            if account is not None:
                os.chown(self._folder.path, account.pw_uid, account.pw_gid)
            self._initialise()
            self._start()
        except OSError as error:
            self.stop()
            raise NoServer(f"{binary.path}: {error.strerror or error}") from error
        except BaseException:
            self.stop()
            raise

    @property
    def ground(self) -> Sequence[str]:
        """Statements that make what belongs to no database; again and again."""
        return self._how.ground

    @property
    def is_running(self) -> bool:
        """Whether it runs still, for this process."""
        return self._process is not None and self._process.poll() is None and self._maker == os.getpid()

    def is_asked(self, query: Query) -> bool:
        """Whether it is this server that answers, of MySQL's kind: where its files are, no other one has any."""
        [[folder]] = query("SELECT @@global.datadir")
        return os.path.basename(self._folder.path) in str(folder).split(os.sep)

    def route(self, dialect: Any) -> Route:
        """How a driver connects to a database that is always there."""
        url = sqlalchemy.URL.create(dialect.name, username=self._how.user, database=self._how.database)
        arguments, options = dialect.create_connect_args(url)
        named = {name: value for name, value in options.items() if name != "host"}
        return Route(tuple(filter(None, arguments)), {**named, **self._how.options(self._folder.path)})

    def stop(self) -> None:
        """End it, and remove what it has written. A process that was forked from this one has none."""
        if self._maker != os.getpid():
            return
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGQUIT)  # PostgreSQL ends at once, with all its processes
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        with contextlib.suppress(FileNotFoundError):
            self._folder.remove()

    def _initialise(self) -> None:
        for command in self._how.initialise(self._folder.path):
            if (said := self._run(command)) is None:
                return
        raise NoServer(f"{command[0]}: {said}")

    def _run(self, command: Any) -> str | None:
        """Run a program to its end; what it says if it fails."""
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PATIENCE,
                check=False,
                **self._how_run,
            )
        except subprocess.TimeoutExpired:
            return f"it takes longer than {_PATIENCE:.0f} s"
        return None if done.returncode == 0 else _last(f"{done.stdout}\n{done.stderr}")

    def _start(self) -> None:
        log = os.path.join(self._folder.path, "log")
        command = self._how.start(self._folder.path)
        with open(log, "wb") as said:
            self._process = subprocess.Popen(command, stdout=said, stderr=said, **self._how_run)
        patience = Patience(_PATIENCE, longest=0.1)
        while not self._how.is_ready(self._folder.path):
            if self._process.poll() is not None or not patience.wait():
                with open(log, errors="replace") as file:
                    raise NoServer(f"{command[0]} does not start: {_last(file.read())}")

    @property
    def _how_run(self) -> dict[str, Any]:
        """A session of its own: Ctrl-C at the terminal is for us, who end it then. Nothing of our environment's."""
        folder = self._folder.path
        path = os.environ.get("PATH", os.defpath)
        surroundings = {"PATH": path, "HOME": folder, "TMPDIR": folder, "LC_ALL": "C"}
        return {
            "cwd": folder,
            "env": surroundings,
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            **self._as,
        }


class ScratchOnPrivateServer(ScratchOnServer):
    """A database on a private server.

    Args:
        dialect, record: with which SQLAlchemy would have connected to another one.
        there: the server.
        name, beside: as for `ScratchOnServer`.

    Raises:
        As `ScratchOnServer`.
    """

    def __init__(
        self,
        dialect: Any,
        record: Any,
        there: PrivateServer,
        *,
        name: str | None = None,
        beside: Collection[str] = (),
    ) -> None:
        self._there = there
        super().__init__(dialect, record, there.route(dialect), name=name, beside=beside)

    def lead(self, route: Route) -> Route:
        """As `Kept.lead`."""
        return self._route.as_session(route.options).to(self.name)

    def prepare(self, query: Query) -> None:
        """As `Kept.prepare`."""
        for statement in self._there.ground:
            query(statement)
        super().prepare(query)


_running: dict[Original, PrivateServer] = {}
_free: list[tuple[Original, PrivateServer]] = []
_hired: list[tuple[Original, PrivateServer]] = []
_starting = threading.Lock()


def private_server(original: Original) -> PrivateServer:
    """A server like another one, started if this process has none yet.

    Raises:
        NoServer: none can be had.
    """
    with _starting:
        alike = original.alike
        if alike not in _running or not _running[alike].is_running:
            _running[alike] = PrivateServer(_binary(original), original)
        return _running[alike]


def hire(original: Original) -> PrivateServer:
    """A server like another one that nobody else of this process uses until it is released.

    Raises:
        NoServer: none can be had.
    """
    with _starting:
        fitting = (one for one in _free if one[0] == original.alike and one[1].is_running)
        if (found := next(fitting, None)) is not None:
            _free.remove(found)
        else:
            found = (original.alike, PrivateServer(_binary(original), original))
        _hired.append(found)
        return found[1]


def release(server: PrivateServer) -> None:
    """Let others have a server that was hired, with nothing left on it."""
    with _starting:
        found = [one for one in _hired if one[1] is server]
        _hired[:] = [one for one in _hired if one[1] is not server]
        _free.extend(found)


@atexit.register
def stop_all() -> None:
    """Stop the private servers of this process."""
    with _starting:
        while _running:
            _running.popitem()[1].stop()
        for servers in (_free, _hired):
            while servers:
                servers.pop()[1].stop()


def _binary(original: Original) -> Binary:
    if pwd is None:
        raise NoServer("this system has no sockets that are files")
    if not original.product:
        raise NoServer("nothing tells what kind of server the configured one is")
    found = installed(original.product)
    same = [one for one in found if one.series == original.series]
    if same:
        return same[0]
    wanted = f"{original.product} {'.'.join(map(str, original.series))}"
    there = f"; there is {', '.join(map(str, found))}" if found else ""
    raise NoServer(f"{wanted} is not installed here{there}", tuple(found))


def _account(names: tuple[str, ...]) -> pwd.struct_passwd | None:
    """Who a server has to run as; None for whoever we are. None of them wants to be root."""
    if os.geteuid():
        return None
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoServer(f"as root, a server needs one of the users {', '.join(names)} to run as")


def _place(*, is_shared: bool) -> str:
    """Where its folder can be: the path of a socket is limited, and another user may have to get there."""
    for place in dict.fromkeys((tempfile.gettempdir(), *OTHERS)):
        path = os.path.join(place, new_name(), LONGEST_NAME)
        fits = len(os.fsencode(path)) <= _LONGEST_SOCKET
        if fits and os.access(place, os.W_OK) and (not is_shared or _is_open(place)):
            return place
    raise NoServer("no folder for temporary files has a short path that it could reach")


def _is_open(folder: str) -> bool:
    """Whether everybody gets into a folder."""
    while folder != os.path.dirname(folder):
        if not os.stat(folder).st_mode & stat.S_IXOTH:
            return False
        folder = os.path.dirname(folder)
    return True


def _last(text: str) -> str:
    """What a program has said last, in one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()] or lines[-1:]
    return telling[-1][:_LONGEST_WORDS] if telling else "it has said nothing"
