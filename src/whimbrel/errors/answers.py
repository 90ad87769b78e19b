"""WB5xx: the answer to a question is no."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .error import ANSWER_NO, WhimbrelError

if TYPE_CHECKING:
    from typing import Any


class DifferencesFound(WhimbrelError):
    """`check`: the models and the database differ."""

    code = "WB501"
    exit_code = ANSWER_NO
    differences: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The failure as plain data, with a list of what differs."""
        return {**super().as_dict(), "differences": [*self.differences]}


class NotAtHeads(WhimbrelError):
    """`current --check-heads`: a database is not at all heads."""

    code = "WB502"
    exit_code = ANSWER_NO


class ReplayFailed(WhimbrelError):
    """`verify`: the history does not lead from an empty database to its heads."""

    code = "WB510"
    exit_code = ANSWER_NO


class ReturnFailed(WhimbrelError):
    """`verify --down`: the history does not lead back to an empty database."""

    code = "WB511"
    exit_code = ANSWER_NO
