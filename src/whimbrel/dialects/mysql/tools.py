"""mariadb-dump and mariadb, or mysqldump and mysql."""

from __future__ import annotations

from ...record import TYPE_CHECKING
from ..tools import Program

if TYPE_CHECKING:
    from ...connect.driver import Query
    from ...connect.url import DatabaseUrl
    from ..contents import Contents

_PACKAGE = "mariadb-client"
_DUMP = (
    "--single-transaction",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--no-tablespaces",
    # MySQL's has these, and MariaDB's does not: what is loose may be unknown.
    "--loose-set-gtid-purged=OFF",
    "--loose-column-statistics=0",
)
_AS_THEY_ARE = {
    "ssl_ca": "ssl-ca",
    "ssl_capath": "ssl-capath",
    "ssl_cert": "ssl-cert",
    "ssl_key": "ssl-key",
    "ssl_cipher": "ssl-cipher",
    "ssl_mode": "loose-ssl-mode",
    "unix_socket": "socket",
}
_LARGEST = 1 << 30
"""Bytes of a row: what servers allow at most."""
_FALSE = ("", "0", "false", "no", "off")


class Tools:
    """The own tools of MySQL and MariaDB, for one database of a server.

    Args:
        contents: knows what is in one.
    """

    end = rb"-- Dump completed(?: on [\d :-]+)?\r?\n"
    is_one_transaction = False

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def begin(self, seconds: float) -> str:
        raise NotImplementedError("it commits each table")

    def dump(self, url: DatabaseUrl, snapshot: str) -> Program:
        return Program(("mariadb-dump", "mysqldump"), _PACKAGE, (*_DUMP, url.database or ""), options=_options(url))

    def load(self, url: DatabaseUrl) -> Program:
        return Program(("mariadb", "mysql"), _PACKAGE, ("--batch", url.database or ""), options=_options(url))

    def share(self, query: Query) -> str:
        return ""

    def clearing(self, query: Query) -> list[str]:
        return self._contents.drop(query, None)


def _options(url: DatabaseUrl) -> str:
    """Whatever a URL tells the driver, as a file of options.

    https://mariadb.com/kb/en/configuring-mariadb-with-option-files/
    """
    query = dict(url.query)
    told = {"default-character-set": "utf8mb4", "max-allowed-packet": str(_LARGEST)}
    parts = {"user": url.user, "password": url.password, "host": url.host, "port": url.port}
    told |= {name: str(value) for name, value in parts.items() if value}
    told |= {option: query[name] for name, option in _AS_THEY_ARE.items() if query.get(name)}
    if "socket" not in told and url.driver != "mysqldb":  # the others take "localhost" for a host like any other
        told |= {"protocol": "tcp"}
    if ("ssl-ca" in told or "ssl-capath" in told) and url.driver != "mysqldb":  # then the drivers verify who it is
        verifies = query.get("ssl_check_hostname", "true").lower() not in _FALSE
        told |= {"loose-ssl-verify-server-cert": str(int(verifies))}
        told |= {"loose-ssl-mode": "VERIFY_IDENTITY" if verifies else "VERIFY_CA"}
    files = [f"!include {query[name]}\n" for name in ("read_default_file",) if query.get(name)]
    return "".join(files) + "[client]\n" + "".join(f"{name}={_quoted(value)}\n" for name, value in told.items())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
