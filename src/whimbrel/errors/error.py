"""What all errors are: values with fields."""

from __future__ import annotations

from ..program import as_typed
from ..record import TYPE_CHECKING
from .wording import from_here, one_line

if TYPE_CHECKING:
    from typing import Any, ClassVar

USAGE = 2
DATABASE = 3
ANSWER_NO = 1
PARTLY = 4
BUSY = 5
REFUSED = 6
INTERRUPTED = 130


class WhimbrelError(Exception):
    """An expected failure, told in at most six lines.

    Args:
        what: the failure in one sentence, without a full stop.
        where: the file and line, or the database with its password masked.
        why: the cause, when it is not obvious from `what`.
        state: what has been changed so far; "nothing was changed" when nothing was.
        hint: the next command or edit that helps.
    """

    code: ClassVar[str] = "WB000"
    exit_code: int = USAGE

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        why: str | None = None,
        state: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.state = state
        self.hint = hint

    def lines(self) -> list[str]:
        """The failure as lines of text, the first one with its code."""
        return [f"error[{self.code}]: {one_line(self.what)}"] + [
            f"  {name + ':':<6} {one_line(text)}" for name, text in self._fields().items() if text
        ]

    def as_dict(self) -> dict[str, Any]:
        """The failure as plain data, for `--json`."""
        return {
            "code": self.code,
            "exit_code": self.exit_code,
            "what": self.what,
            **self._fields(),
        }

    def _fields(self) -> dict[str, str | None]:
        """What stands below the first line. A path that one begins with is written as in the current folder."""
        fields = {"where": self.where, "why": self.why, "state": self.state, "hint": self.hint and as_typed(self.hint)}
        return {name: text and from_here(text) for name, text in fields.items()}

    def __str__(self) -> str:
        return "\n".join(self.lines())


class Differing(WhimbrelError):
    """Two schemas are not alike, and that is told one line each.

    Attributes:
        differences: the lines.
    """

    differences: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The failure as plain data, with a list of what differs."""
        return {**super().as_dict(), "differences": [*self.differences]}
