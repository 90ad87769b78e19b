"""WB1xx: the command line, the configuration, or a file that was named cannot be used."""

from __future__ import annotations

from .error import WhimbrelError


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


class CommandRefused(WhimbrelError):
    """Alembic itself refused the command; its own words are in `what`."""

    code = "WB109"


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
    """The scratch database is not empty or not a scratch database, or the project connects past it."""

    code = "WB121"
    reached: str | None = None
    """The other database that a statement names."""


class SeveralDatabases(WhimbrelError):
    """`dump_db`, `load_db`: the project's env.py visits several databases, and a file holds one."""

    code = "WB122"
