"""Every way whimbrel says no, as values with fields.

The tree is flat: each class is one condition, with a stable code that the documentation explains and the exit code
that the command line ends with.

    WhimbrelError
    ├── exit 2  the command line or the configuration     WB1xx
    ├── exit 2  the revision files                        WB2xx
    ├── exit 2  the models                                WB3xx
    ├── exit 3  the database, or a migration              WB4xx
    ├── exit 1  the answer to a question is no            WB5xx
    ├── exit 5  another migrator is at work               WB410
    ├── exit 6  refused: it would lose something          WB6xx
    └── exit 130  interrupted                             WB409
"""

from __future__ import annotations

import os

from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import ClassVar

USAGE = 2
DATABASE = 3
ANSWER_NO = 1
PARTLY = 4
BUSY = 5
REFUSED = 6
INTERRUPTED = 130


class WhimbrelError(Exception):
    """An expected failure, told in at most six lines.

    Args:
        what: the failure in one sentence, without a full stop.
        where: the file and line, or the database with its password masked.
        why: the cause, when it is not obvious from `what`.
        state: what has been changed so far; "nothing was changed" when nothing was.
        hint: the next command or edit that helps.
    """

    code: ClassVar[str] = "WB000"
    exit_code: int = USAGE

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        why: str | None = None,
        state: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.state = state
        self.hint = hint

    def lines(self) -> list[str]:
        """The failure as lines of text, the first one with its code."""
        return [f"error[{self.code}]: {_one_line(self.what)}"] + [
            f"  {name + ':':<6} {_one_line(text)}" for name, text in self._fields().items() if text
        ]

    def as_dict(self) -> dict[str, str | int | None]:
        """The failure as plain data, for `--json`."""
        return {
            "code": self.code,
            "exit_code": self.exit_code,
            "what": self.what,
            **self._fields(),
        }

    def _fields(self) -> dict[str, str | None]:
        """What stands below the first line. A path that one begins with is written as in the current folder."""
        fields = {"where": self.where, "why": self.why, "state": self.state, "hint": self.hint}
        return {name: text and _from_here(text) for name, text in fields.items()}

    def __str__(self) -> str:
        return "\n".join(self.lines())


def place(path: str, line: int | None = None) -> str:
    """A file, and a line of it, as a user would write it in the current folder."""
    relative = os.path.relpath(path)
    shown = path if relative.startswith("..") else relative
    return f"{shown}:{line}" if line else shown


def _from_here(text: str) -> str:
    try:
        return text.removeprefix(os.path.join(os.getcwd(), ""))
    except FileNotFoundError:  # the current folder is gone
        return text


def counted(number: int, noun: str) -> str:
    """A number and what it counts: `1 revision`, `2 revisions`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _one_line(text: str) -> str:
    """Fold line breaks: drivers send paragraphs, and a message has one line for each field."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


# -- WB1xx: the command line or the configuration ------------------------------------------------


class UsageError(WhimbrelError):
    """The command line does not say what to do."""

    code = "WB101"


class ProjectNotFound(WhimbrelError):
    """No configuration and no revisions here or above."""

    code = "WB102"


class ConfigurationInvalid(WhimbrelError):
    """A configuration file cannot be read, or holds a value that means nothing."""

    code = "WB103"


class UrlMissing(WhimbrelError):
    """No database URL was found anywhere."""

    code = "WB104"


class UrlInvalid(WhimbrelError):
    """The database URL cannot be parsed, or names a database that is not supported."""

    code = "WB105"


class DriverMissing(WhimbrelError):
    """The URL names a driver that is not installed."""

    code = "WB106"


class DatabaseNotConfigured(WhimbrelError):
    """The command names a database that the configuration does not have, or names none of several."""

    code = "WB107"


class LibraryTooOld(WhimbrelError):
    """SQLAlchemy or Alembic is older than whimbrel supports."""

    code = "WB108"


class FileRefused(WhimbrelError):
    """The system refuses to read or write a file."""

    code = "WB110"


class NothingToResolve(WhimbrelError):
    """No revision was left in the middle, no statement of it is in question, or no applied revision was edited."""

    code = "WB111"


class ArchiveInvalid(WhimbrelError):
    """A file is not what its ending says, is cut off, or was changed since it was written."""

    code = "WB112"


class ProgramMissing(WhimbrelError):
    """The database's own tool, which a format needs, is not installed."""

    code = "WB113"


class FormatUnknown(WhimbrelError):
    """The ending of a file names no format that the database can be written in, or read from."""

    code = "WB114"


class ArgumentInvalid(WhimbrelError):
    """A function of the Python interface was given something that it cannot use."""

    code = "WB115"


class FlaskNotConfigured(WhimbrelError):
    """A Flask application has no Flask-SQLAlchemy whose databases could be migrated."""

    code = "WB116"


class CredentialsMissing(WhimbrelError):
    """The URL asks for a token for Amazon RDS, and there are no AWS credentials to make one with."""

    code = "WB120"


class ScratchUnusable(WhimbrelError):
    """`verify`: the scratch database is not empty or not a scratch database, or the project connects past it."""

    code = "WB121"


class SeveralDatabases(WhimbrelError):
    """`dump_db`, `load_db`: the project's env.py visits several databases, and a file holds one."""

    code = "WB122"


class CommandRefused(WhimbrelError):
    """Alembic itself refused the command; its own words are in `what`."""

    code = "WB109"


# -- WB2xx: the revision files -------------------------------------------------------------------


class RevisionNotFound(WhimbrelError):
    """No revision file has this id, prefix or branch label."""

    code = "WB201"


class RevisionAmbiguous(WhimbrelError):
    """The identifier means more than one revision."""

    code = "WB202"


class MultipleHeads(WhimbrelError):
    """One head was asked for and the history has several."""

    code = "WB203"


class RevisionFileBroken(WhimbrelError):
    """A revision file cannot be read or imported."""

    code = "WB204"


class HistoryBroken(WhimbrelError):
    """The files do not form a history: a cycle, a missing parent, an id used twice."""

    code = "WB205"


class RevisionDataInvalid(WhimbrelError):
    """An id, label, message or path for a new revision file is not acceptable."""

    code = "WB206"


class TargetInvalid(WhimbrelError):
    """The target cannot be reached from where the database is, or is not written as a target."""

    code = "WB207"


class VersionsFolderMissing(WhimbrelError):
    """The folder that should hold the revision files is not there."""

    code = "WB208"


class HookFailed(WhimbrelError):
    """A new revision file was written, and a post-write hook could not be run on it."""

    code = "WB209"


# -- WB3xx: the models ---------------------------------------------------------------------------


class ModelsNotFound(WhimbrelError):
    """No SQLAlchemy models were found, or the named ones are not models."""

    code = "WB301"


class ModelImportFailed(WhimbrelError):
    """A module with models cannot be imported."""

    code = "WB302"


class ModelsEmpty(WhimbrelError):
    """The models hold no table while the database does: autogenerate would drop everything."""

    code = "WB303"


# -- WB4xx: the database, or a migration ---------------------------------------------------------


class CannotConnect(WhimbrelError):
    """The database does not accept a connection."""

    code = "WB401"
    exit_code = DATABASE


class MigrationFailed(WhimbrelError):
    """A revision's upgrade or downgrade raised."""

    code = "WB402"
    exit_code = DATABASE


class NotCommitted(WhimbrelError):
    """The run reported a version that a new connection does not see."""

    code = "WB403"
    exit_code = DATABASE


class DatabaseRevisionUnknown(WhimbrelError):
    """The database is at a revision that no file has."""

    code = "WB404"
    exit_code = DATABASE


class VersionTableBroken(WhimbrelError):
    """The version table has another shape, or rows that contradict each other."""

    code = "WB405"
    exit_code = DATABASE


class EnvironmentFailed(WhimbrelError):
    """The project's env.py raised outside of any revision, or ended without running the migrations."""

    code = "WB406"
    exit_code = DATABASE


class DatabaseNotAtHead(WhimbrelError):
    """Autogenerate compares with a database at head, and this one is not."""

    code = "WB407"
    exit_code = DATABASE


class DatabaseFailed(WhimbrelError):
    """The database refused a statement outside any revision: read-only, locked, no rights."""

    code = "WB408"
    exit_code = DATABASE


class Interrupted(WhimbrelError):
    """The run was asked to stop, by a signal or from Python."""

    code = "WB409"
    exit_code = INTERRUPTED


class LockBusy(WhimbrelError):
    """Another migrator is at work on the database, and was waited for as long as allowed."""

    code = "WB410"
    exit_code = BUSY


class PoolerInTheWay(WhimbrelError):
    """A revision commits midway, or a script is loaded, and a transaction pooler gives each part another session."""

    code = "WB411"
    exit_code = DATABASE


class DumpFailed(WhimbrelError):
    """The rows of a database could not be read, or hold what no archive can."""

    code = "WB412"
    exit_code = DATABASE


class RowsRefused(WhimbrelError):
    """The database did not take rows, or did not let them go."""

    code = "WB413"
    exit_code = DATABASE


class LoadedOtherwise(WhimbrelError):
    """Rows that were written are not the same when they are read again, or refer to rows that are not there."""

    code = "WB414"
    exit_code = DATABASE


class CommitUnknown(WhimbrelError):
    """The connection was lost while rows were committed: nobody knows whether they are."""

    code = "WB415"
    exit_code = DATABASE


class CannotCreateDatabase(WhimbrelError):
    """`update_db`: the database is not there, and could not be created."""

    code = "WB416"
    exit_code = DATABASE


class DatabaseNotReady(WhimbrelError):
    """An application was to start, and its database is not at head."""

    code = "WB417"
    exit_code = DATABASE


class SchemaLacks(WhimbrelError):
    """The database is at head, and not as the models of the application need it."""

    code = "WB418"
    exit_code = DATABASE


class ConnectionIgnored(WhimbrelError):
    """The project's env.py connects by itself, and not with the connection that it was given."""

    code = "WB419"
    exit_code = DATABASE


class StillUnreachable(WhimbrelError):
    """`wait`: the database has accepted no connection in time."""

    code = "WB420"
    exit_code = DATABASE


class ScratchRefused(WhimbrelError):
    """`verify`: the server refuses to make a scratch database."""

    code = "WB430"
    exit_code = DATABASE


class Unexpected(WhimbrelError):
    """An error that whimbrel has no name for; `--debug` shows its traceback."""

    code = "WB499"
    exit_code = DATABASE


# -- WB5xx: the answer to a question is no -------------------------------------------------------


class DifferencesFound(WhimbrelError):
    """`check`: the models and the database differ."""

    code = "WB501"
    exit_code = ANSWER_NO


class NotAtHeads(WhimbrelError):
    """`current --check-heads`: a database is not at all heads."""

    code = "WB502"
    exit_code = ANSWER_NO


class ReplayFailed(WhimbrelError):
    """`verify`: the history does not lead from an empty database to its heads."""

    code = "WB510"
    exit_code = ANSWER_NO


class ReturnFailed(WhimbrelError):
    """`verify --down`: the history does not lead back to an empty database."""

    code = "WB511"
    exit_code = ANSWER_NO


# -- WB6xx: refused ------------------------------------------------------------------------------


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


class TokenUnencrypted(WhimbrelError):
    """A token for Amazon RDS would be sent over a connection that need not be encrypted."""

    code = "WB611"
    exit_code = REFUSED


class NeedsBaseline(WhimbrelError):
    """Autogenerate finds nothing to do, as something else than a revision has made the tables: `create_all()`."""

    code = "WB609"
    exit_code = REFUSED


class BaselineRefused(WhimbrelError):
    """`revision --baseline`: there are revisions already, or the database is not as the models say."""

    code = "WB610"
    exit_code = REFUSED
