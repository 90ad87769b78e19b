"""WB2xx: the revision files are not as they have to be."""

from __future__ import annotations

from .error import WhimbrelError


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
