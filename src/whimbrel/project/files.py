"""What a project has on disk: its revisions and its env.py, or why it cannot do without them."""

from __future__ import annotations

import os
import sys

from ..errors import EnvironmentFailed, ProjectNotFound, VersionsFolderMissing, place
from ..history import History, read_folders
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from ..settings import Database


def read_history(database: Database, configured: bool) -> History:
    """The graph of the revision files. Reads files only, and imports none that can be read.

    Args:
        database: whose revisions.
        configured: whether there is a configuration; without one, a folder for revisions is what makes a project.

    Raises:
        ProjectNotFound, VersionsFolderMissing: there is nothing that could hold revisions.
        HistoryBroken: the revisions form a cycle.
    """
    if not any(os.path.isdir(folder) for folder in database.version_locations):
        _refuse_without_versions(database, configured)
    # A revision whose id is computed is imported, and may need them. At the end: nothing is shadowed here.
    sys.path += [path for path in database.options.get("prepend_sys_path", ()) if path not in sys.path]
    listing = read_folders(
        database.version_locations,
        recursive=bool(database.options.get("recursive_version_locations")),
        sourceless=bool(database.options.get("sourceless")),
    )
    return History(listing.files, listing.broken)


def check_for_env_py(database: Database) -> None:
    """Refuse an Alembic project that has lost its env.py: another database than its own may be configured as well.

    Raises:
        EnvironmentFailed
    """
    if database.alembic is not None and not database.has_env and os.path.isdir(database.script_location):
        raise EnvironmentFailed(
            "env.py is missing",
            where=place(os.path.join(database.script_location, "env.py")),
            why=f"{database.origin} makes this an Alembic project, and there env.py decides which database it is",
            state="nothing was changed",
            hint="restore it from version control; or, to go without, write whimbrel.toml with script_location",
        )


def _refuse_without_versions(database: Database, configured: bool) -> None:
    if database.alembic is None and not configured:
        raise ProjectNotFound(
            "there is no whimbrel project here",
            where=place(database.root),
            why=f"no {place(database.script_location)} folder, and no configuration that names another one",
            hint="whimbrel init, in the folder of your project",
        )
    if database.alembic is None or not os.path.isdir(database.script_location):
        raise VersionsFolderMissing(
            "the folder with the migrations does not exist",
            where=place(database.script_location),
            why=f"script_location in {database.origin}",
            state="nothing was changed",
            # A new folder would make another kind of project of one that has lost its env.py.
            hint="restore it from version control, or correct script_location"
            if database.alembic
            else "restore it from version control; if there never was one: whimbrel init",
        )
