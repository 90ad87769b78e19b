"""Snapshots of a database: its rows written to a file, and taken from it again; a database made empty."""

from __future__ import annotations

from .dumping import Dumped, dump
from .emptying import Cleaned, Counted, clean, count
from .loading import Loaded, load

__all__ = ["Cleaned", "Counted", "Dumped", "Loaded", "clean", "count", "dump", "load"]
