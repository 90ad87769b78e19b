"""Writes revision files and sets up projects."""

from .author import Author
from .starting import start, start_alembic, templates
from .writing import NewRevision, WritingScripts

__all__ = ["Author", "NewRevision", "WritingScripts", "start", "start_alembic", "templates"]
