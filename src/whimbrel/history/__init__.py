"""The revision files of a database as a graph, read without running them and without Alembic."""

from .graph import History
from .index import read_folders
from .revision_file import RevisionFile

__all__ = ["History", "RevisionFile", "read_folders"]
