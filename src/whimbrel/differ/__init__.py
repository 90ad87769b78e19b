"""Differences between models and a database: in words, and which of them may be renames."""

from .renames import Candidate, Rename, column_candidates, common_tables, table_candidates
from .words import described, without_removals

__all__ = [
    "Candidate",
    "Rename",
    "column_candidates",
    "common_tables",
    "described",
    "table_candidates",
    "without_removals",
]
