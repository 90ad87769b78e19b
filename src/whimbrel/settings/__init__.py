"""Everything that is configured, read from files, environment and flags, each value with its origin."""

from .load import load, select
from .values import AlembicFiles, Database, Origin, Settings

__all__ = ["AlembicFiles", "Database", "Origin", "Settings", "load", "select"]
