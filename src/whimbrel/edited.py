"""Revisions that were edited after they were applied: the journal knows what was run, the files say what is now."""

from __future__ import annotations

from .errors import HistoryEdited, counted, few, place
from .history import History
from .journal import Attempt, applied
from .record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAMED = 4  # revisions in a sentence
_SHOWN = 36  # characters of a message


class Edited(Record):
    """An applied revision whose file now does something else than when it was applied.

    Attributes:
        revision, message: the revision.
        path: its file.
        attempt: what has applied it.
    """

    revision: str
    message: str
    path: str
    attempt: Attempt


def edited(history: History, heads: Iterable[str], attempts: Iterable[Attempt]) -> tuple[Edited, ...]:
    """The revisions that were edited after they were applied, oldest first.

    Comments, formatting and docstrings are no edits. A revision is not among them if the journal does not know what its
    file was, or if the file cannot be parsed. Reads files only, and only those whose bytes are others than those that
    were run.

    Args:
        history: the revision files.
        heads: where the database is: what stock Alembic has taken back may be edited.
        attempts: the journal, in its order; other attempts than the last one of each revision do not count.
    """
    known = {
        name: attempt
        for name, attempt in applied(attempts).items()
        if attempt.code_sha256 and name in history and history[name].sha256 != attempt.file_sha256
    }
    if not known:
        return ()
    from .history.checksum import code_checksums

    there = history.ancestors(heads, effective=True)
    codes = code_checksums(history[name].path for name in known if name in there)
    found = (Edited(name, history[name].message, history[name].path, attempt) for name, attempt in known.items())
    return tuple(one for one in found if codes.get(one.path) not in (None, one.attempt.code_sha256))


def told(found: Sequence[Edited]) -> tuple[str, str]:
    """A sentence about edited revisions, and what helps."""
    names = [one.revision for one in found]
    if len(names) == 1:
        message = " ".join(found[0].message.split())
        message = f" ({message[:_SHOWN]}{'…' if len(message) > _SHOWN else ''})" if message else ""
        text = f"{names[0]}{message} was edited after it was applied"
    else:
        text = f"{counted(len(names), 'revision')} were edited after they were applied: "
        text += few(names, _NAMED)
    hint = f"git log -p {_argument(found[0].path)} shows how; what is new belongs into a revision of its own"
    return text, f"{hint}; if it is right: whimbrel resolve --accept-edits"


def refusal(found: Sequence[Edited], where: str | None) -> HistoryEdited:
    """The error for edited revisions, where none are allowed.

    Args:
        found: the revisions.
        where: the database, with its password masked.
    """
    what, hint = told(found)
    one = len(found) == 1
    return HistoryEdited(
        what,
        where=where,
        why=f"{'its file does' if one else 'their files do'} something else now than what was run here",
        state="nothing was changed",
        hint=f"{hint}; without --strict it is only a warning",
    )


def _argument(path: str) -> str:
    """A path as it is typed in a shell."""
    from shlex import quote

    return quote(place(path))
