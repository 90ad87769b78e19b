"""WB6xx: refused, as something would be lost, or become known."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .error import REFUSED, Differing, WhimbrelError

if TYPE_CHECKING:
    from typing import Any


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


class RenameUnanswered(WhimbrelError):
    """Autogenerate: a table or a column may have been renamed, and nobody says whether it was."""

    code = "WB612"
    exit_code = REFUSED
    candidates: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The failure as plain data, with each pair of names and the flag that makes it a rename."""
        return {**super().as_dict(), "candidates": [*self.candidates]}


class DropUnanswered(WhimbrelError):
    """Autogenerate: rows or values would be lost by a drop or another type, and nobody says that they may be."""

    code = "WB613"
    exit_code = REFUSED
    drops: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The failure as plain data, with what is dropped or gets another type, and how much would be lost."""
        return {**super().as_dict(), "drops": [*self.drops]}


class ValueUnanswered(WhimbrelError):
    """Autogenerate: rows hold a value that their column no longer takes, and nobody says what becomes of it."""

    code = "WB618"
    exit_code = REFUSED
    values: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The failure as plain data, with each value, how many rows hold it, and what it may become."""
        return {**super().as_dict(), "values": [*self.values]}


class TablesWouldBeDropped(WhimbrelError):
    """Autogenerate: most tables of the database are not in the models, which most likely were not all imported."""

    code = "WB614"
    exit_code = REFUSED
    tables: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The failure as plain data, with the tables that would be dropped."""
        return {**super().as_dict(), "tables": [*self.tables]}


class StampDiffers(Differing):
    """`stamp`: the tables of the database are not those that the history makes up to the revision."""

    code = "WB615"
    exit_code = REFUSED


class RebuildRefused(WhimbrelError):
    """SQLite: a table cannot be rebuilt without a loss."""

    code = "WB617"
    exit_code = REFUSED
