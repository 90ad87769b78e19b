"""Writes revision files and sets up projects."""

from .author import Author
from .comparing import Compared, compared
from .decisions import Answers, Asking, Question
from .starting import start, start_alembic, templates
from .writing import NewRevision, WritingScripts

__all__ = [
    "Answers",
    "Asking",
    "Author",
    "Compared",
    "NewRevision",
    "Question",
    "WritingScripts",
    "compared",
    "start",
    "start_alembic",
    "templates",
]
