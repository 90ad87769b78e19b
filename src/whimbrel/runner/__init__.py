"""Runs plans: one migrator at a time, each revision once, and "done" only when a new connection sees it."""

from __future__ import annotations

from .accepting import accept_edits
from .holding import Held, end_holder, holders
from .outcome import Change, Outcome
from .resolving import Decision, Unfinished, check_half_done, resolve, unfinished
from .runner import Runner

__all__ = [
    "Change",
    "Decision",
    "Held",
    "Outcome",
    "Runner",
    "Unfinished",
    "accept_edits",
    "check_half_done",
    "end_holder",
    "holders",
    "resolve",
    "unfinished",
]
