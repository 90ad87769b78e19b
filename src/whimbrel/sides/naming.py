"""What somebody means who names one side of a comparison."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from ..connect.url import mask
from ..errors import UsageError
from ..history.target import BASE, CURRENT, HEAD, HEADS, Resolver, parse
from ..record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ..history import History

Kind = Literal["models", "revision", "database", "url", "file"]

MODELS = "models"
_PREFIXED: tuple[Kind, ...] = ("revision", "database", "file")
_ENDINGS = (".sql", ".db", ".sqlite", ".sqlite3", ".whimbrel")


class Named(Record):
    """One side: what kind of thing it is, and which one."""

    kind: Kind
    text: str

    @property
    def label(self) -> str:
        """What to call it in a message: of a URL without its password."""
        return mask(self.text) if self.kind == "url" else self.text


def named(
    text: str, databases: Collection[str], history: History, is_file: Callable[[str], bool] = os.path.isfile
) -> Named:
    """What a text means. `revision:`, `database:` and `file:` before it say so where it could be several.

    Args:
        text: as it was typed.
        databases: the names of those that are configured.
        history: the revision files.
        is_file: whether there is a file of that name.

    Raises:
        UsageError: it could mean several things.
        TargetInvalid, RevisionNotFound, RevisionAmbiguous, MultipleHeads: it means none, and is no revision either.
    """
    said = _said(text)
    if said is not None:
        return said
    found: list[Kind] = []
    if text in databases:
        found.append("database")
    if is_file(text):
        found.append("file")
    if not found:
        _check_revision(text, history)
    if not found or _is_whole(text, history):
        found.append("revision")
    if len(found) > 1:
        raise _ambiguous(text, found)
    return Named(found[0], text)


def _said(text: str) -> Named | None:
    """What a text says of itself by how it is written; None for a mere name."""
    if text == MODELS:
        return Named("models", text)
    if "://" in text:
        return Named("url", text)
    before, colon, rest = text.partition(":")
    if colon and (kind := next((one for one in _PREFIXED if one == before), None)) is not None:
        return Named(kind, rest)
    return Named("file", text) if os.sep in text or text.lower().endswith(_ENDINGS) else None


def _check_revision(text: str, history: History) -> None:
    """Be sure that it names a revision; what counts from where a database is does."""
    if not parse(text).asks_database:
        Resolver(history, ()).revisions(text)


def _is_whole(text: str, history: History) -> bool:
    """Whether it is all of a revision's id, a label or a word for one: not what only begins like one."""
    return text in history or text in history.labelled or text in (HEAD, HEADS, BASE, CURRENT)


def _ambiguous(text: str, kinds: list[Kind]) -> UsageError:
    ways = [f"./{text}" if kind == "file" else f"{kind}:{text}" for kind in kinds]
    return UsageError(
        f'"{text}" is a {" and a ".join(kinds)}',
        state="nothing was read",
        hint=f"say which one: {', '.join(ways)}",
    )
