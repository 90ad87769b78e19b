"""Version control for the schemas of SQLAlchemy teams.

The public names are imported when they are first used: `import whimbrel` loads neither SQLAlchemy nor Alembic.
"""

from __future__ import annotations

from .record import TYPE_CHECKING
from .version import __version__

if TYPE_CHECKING:
    from typing import Any

    from .edited import Edited
    from .errors import WhimbrelError
    from .integrations import Readiness, aensure_schema, ensure_schema, lifespan, ready
    from .integrations.flask import Whimbrel
    from .journal import Attempt
    from .log import LogEntry
    from .position import Position
    from .project import Project
    from .project.serving import Intended, Migrated
    from .project.verifying import Verification
    from .runner import Change, Held, Outcome, Unfinished
    from .snapshot import Cleaned, Counted, Dumped, Loaded
    from .status import Status

__all__ = [
    "Attempt",
    "Change",
    "Cleaned",
    "Counted",
    "Dumped",
    "Edited",
    "Held",
    "Intended",
    "Loaded",
    "LogEntry",
    "Migrated",
    "Outcome",
    "Position",
    "Project",
    "Readiness",
    "Status",
    "Unfinished",
    "Verification",
    "Whimbrel",
    "WhimbrelError",
    "__version__",
    "aensure_schema",
    "ensure_schema",
    "lifespan",
    "ready",
]

_HOMES = {
    "Attempt": "journal",
    "Change": "runner",
    "Cleaned": "snapshot",
    "Counted": "snapshot",
    "Dumped": "snapshot",
    "Edited": "edited",
    "Held": "runner",
    "Intended": "project.serving",
    "Loaded": "snapshot",
    "LogEntry": "log",
    "Migrated": "project.serving",
    "Outcome": "runner",
    "Position": "position",
    "Project": "project",
    "Readiness": "integrations",
    "Status": "status",
    "Unfinished": "runner",
    "Verification": "project.verifying",
    "Whimbrel": "integrations.flask",
    "WhimbrelError": "errors",
    "aensure_schema": "integrations",
    "ensure_schema": "integrations",
    "lifespan": "integrations",
    "ready": "integrations",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
