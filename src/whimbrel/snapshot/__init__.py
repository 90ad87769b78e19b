"""Snapshots of a database: its rows written to a file, and taken from it again; a database made empty."""

from __future__ import annotations

from .dumping import Dumped, dump
from .loading import Loaded, load

__all__ = ["Dumped", "Loaded", "dump", "load"]
