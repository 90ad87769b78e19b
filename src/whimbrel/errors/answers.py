"""WB5xx: the answer to a question is no."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .error import ANSWER_NO, Differing, WhimbrelError

if TYPE_CHECKING:
    from typing import Any


class DifferencesFound(Differing):
    """`check`: the models and the database differ."""

    code = "WB501"
    exit_code = ANSWER_NO


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


class ProofFailed(Differing):
    """`revision --autogenerate`: the new revision does not make what the models say, or does not lead back."""

    code = "WB512"
    exit_code = ANSWER_NO


class Drifted(Differing):
    """`drift`: the database is not as its history leaves it."""

    code = "WB513"
    exit_code = ANSWER_NO
    databases: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The failure as plain data, with what the journal knows of each database."""
        return {**super().as_dict(), "databases": [*self.databases]}


class DiffFound(Differing):
    """`diff`: the two differ."""

    code = "WB514"
    exit_code = ANSWER_NO
