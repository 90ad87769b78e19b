"""Statements that would reach out of a scratch database of PostgreSQL: about its whole server, told by their text.

Other databases of a server are out of reach there, but for what is said of them as such. Roles, tablespaces and
settings of the server are everybody's: what a replay does to them is done. What is in the text of a `DO` or of a
function is not looked at: that is how somebody makes a role only if it is not there.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ...dialects.statement import only_looks

_SILENT = re.compile(
    r"--[^\n]*|/\*.*?\*/|[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$", re.DOTALL
)
_NAME = r"\"(?:[^\"]|\"\")+\"|[\w$]+"
_BEGINNING = r"(?:^|;)\s*"
_UP_TO_ON = r"(?:[^;\"]|\"[^\"]*\")*?\sON\s"
_OF_SERVER = re.compile(
    rf"{_BEGINNING}(?P<words>ALTER\s+SYSTEM|(?:CREATE|ALTER|DROP|COMMENT\s+ON)\s+(?:ROLE|USER(?!\s+MAPPING\b)|GROUP|"
    rf"TABLESPACE|SUBSCRIPTION)|(?:DROP|REASSIGN)\s+OWNED|(?:GRANT|REVOKE)(?!{_UP_TO_ON}))\b",
    re.IGNORECASE,
)
_DATABASE = re.compile(
    rf"{_BEGINNING}(?:(?:CREATE|ALTER|DROP|COMMENT\s+ON)\s|(?:GRANT|REVOKE){_UP_TO_ON})\s*DATABASE\s+(?:IF\s+EXISTS\s+)?({_NAME})",
    re.IGNORECASE,
)


def reached(sql: str, own: Collection[str]) -> str | None:
    """How a text reaches out of the scratch databases; None if it does not.

    Args:
        sql: a statement, or several.
        own: the names of the scratch databases.
    """
    if only_looks(sql):
        return None
    text = _SILENT.sub(" ", sql)
    if of_server := _OF_SERVER.search(text):
        return f"{' '.join(of_server['words'].upper().split())} is about the server"
    others = (name for name in map(_unquoted, _DATABASE.findall(text)) if name not in own)
    return next((f"it is about the database {name}" for name in others), None)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
