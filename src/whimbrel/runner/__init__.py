"""Runs plans: one migrator at a time, each revision once, and "done" only when a new connection sees it."""

from __future__ import annotations

from .outcome import Change, Outcome
from .runner import Runner

__all__ = ["Change", "Outcome", "Runner"]
