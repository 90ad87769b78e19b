"""What happened to a database: every attempt of every revision, and what is half done. It is kept in the database."""

from __future__ import annotations

from .attempt import (
    ATTEMPTS,
    PREFIX,
    STAMP,
    STATEMENTS,
    Attempt,
    applied,
    last_applied,
    latest,
    open_ends,
    provenance_of,
    read_attempts,
    read_half_done,
)

__all__ = [
    "ATTEMPTS",
    "PREFIX",
    "STAMP",
    "STATEMENTS",
    "Attempt",
    "applied",
    "last_applied",
    "latest",
    "open_ends",
    "provenance_of",
    "read_attempts",
    "read_half_done",
]
