"""WB4xx: the database, or a migration, does not do what it was to do."""

from __future__ import annotations

from .error import BUSY, DATABASE, INTERRUPTED, WhimbrelError


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


class RebuildIncomplete(WhimbrelError):
    """SQLite: a table was rebuilt, and something in the database is not as it was, or names what is gone."""

    code = "WB421"
    exit_code = DATABASE


class ForeignKeysBroken(WhimbrelError):
    """SQLite: a revision that rebuilds a table leaves rows that refer to rows that are not there."""

    code = "WB422"
    exit_code = DATABASE


class ScratchRefused(WhimbrelError):
    """There is no scratch database to be had: not on the server, not on a private one, not at `scratch_url`."""

    code = "WB430"
    exit_code = DATABASE


class Unexpected(WhimbrelError):
    """An error that whimbrel has no name for; `--debug` shows its traceback."""

    code = "WB499"
    exit_code = DATABASE
