"""WB6xx: refused, as something would be lost, or become known."""

from __future__ import annotations

from .error import REFUSED, WhimbrelError


class WouldOverwrite(WhimbrelError):
    """The destination exists and is not empty."""

    code = "WB601"
    exit_code = REFUSED


class HistoryEdited(WhimbrelError):
    """`upgrade --strict`: the file of an applied revision does something else than what was run."""

    code = "WB602"
    exit_code = REFUSED


class RevisionEdited(WhimbrelError):
    """A revision was left in the middle, and its file is another one now."""

    code = "WB603"
    exit_code = REFUSED


class NeedsDecision(WhimbrelError):
    """Nobody but a human can know whether a statement of an interrupted revision has happened."""

    code = "WB604"
    exit_code = REFUSED


class HalfDone(WhimbrelError):
    """A revision was left in the middle, and what was asked for does not complete it."""

    code = "WB605"
    exit_code = REFUSED


class NotConfirmed(WhimbrelError):
    """A database would be emptied, and was not confirmed with its name; or it is labelled production."""

    code = "WB606"
    exit_code = REFUSED


class NotEmpty(WhimbrelError):
    """`load_db`: there are rows already, and nobody has said that they may go."""

    code = "WB607"
    exit_code = REFUSED


class ArchiveDoesNotFit(WhimbrelError):
    """`load_db`: the archive is of another revision, or of other tables and columns, than the database."""

    code = "WB608"
    exit_code = REFUSED


class NeedsBaseline(WhimbrelError):
    """Autogenerate finds nothing to do, as something else than a revision has made the tables: `create_all()`."""

    code = "WB609"
    exit_code = REFUSED


class BaselineRefused(WhimbrelError):
    """`revision --baseline`: there are revisions already, or the database is not as the models say."""

    code = "WB610"
    exit_code = REFUSED


class TokenUnencrypted(WhimbrelError):
    """A token for Amazon RDS would be sent over a connection that need not be encrypted."""

    code = "WB611"
    exit_code = REFUSED
