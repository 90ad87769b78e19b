"""Snapshots of a database: written to a file, and taken from it again; a database made empty."""

from __future__ import annotations

from .dumping import dump
from .emptying import Cleaned, Counted, clean, count
from .formats import Dumped, Loaded
from .loading import load
from .transfer import Transfer

__all__ = ["Cleaned", "Counted", "Dumped", "Loaded", "Transfer", "clean", "count", "dump", "load"]
