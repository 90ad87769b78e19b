"""What stock Alembic is told where whimbrel is installed: no version table and no journal takes part in autogenerate.

Without it `alembic revision --autogenerate` would drop journals, and version tables in other schemas than its own, as
no model declares them. Alembic, 1.18 or newer, loads this module with every `import alembic`, through the entry point
`alembic.plugins`: it imports nothing before something is compared. Its name there, `alembic.autogenerate.whimbrel`, is
one that Alembic uses unless env.py names others.
"""

from __future__ import annotations

import sys
from types import ModuleType

from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def setup(plugin: Any) -> None:
    """Called by Alembic once, with the plugin that it has made for this module."""
    from alembic.util import DispatchPriority

    plugin.add_autogenerate_comparator(_leave_out, "autogenerate", priority=DispatchPriority.FIRST)


def _leave_out(context: Any, upgrade_ops: Any) -> None:
    """Called by Alembic for each database that it compares, before it looks at any table."""
    from .journal.comparison import without_records

    version_table = context.migration_context.version_table
    context.run_name_filters = without_records(context.run_name_filters, context.metadata, version_table)


class _Plugin(ModuleType):
    """Alembic 1.18 and 1.19 take what an entry point names for a list of modules, and fail if it is none."""

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


sys.modules[__name__].__class__ = _Plugin
