"""Finds the SQLAlchemy models of a project: `scan` reads its files without importing them, `load` imports them.

Nothing here touches a database, and no file of the user's is needed to say where the models are.
"""

from .found import ModelModule, Models
from .load import load
from .scan import scan

__all__ = ["ModelModule", "Models", "load", "scan"]
