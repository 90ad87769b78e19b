"""How long something is waited for, and how often it is tried."""

from __future__ import annotations

import random
import time

from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Patience:
    """Pauses that grow, up to a time in all. They differ by chance, so that those who wait do not try in step.

    Args:
        total: seconds to wait in all; 0 to try once.
        first: seconds of the first pause, about.
        longest: seconds of the longest, about.
        sleep: pauses for so many seconds; may raise to end the waiting.
    """

    def __init__(
        self,
        total: float,
        *,
        first: float = 0.02,
        longest: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.total = total
        self._sleep = sleep
        self._pause = first
        self._longest = longest
        self._began = time.monotonic()

    @property
    def waited(self) -> float:
        """Seconds since the first try."""
        return time.monotonic() - self._began

    def wait(self) -> bool:
        """Pause before the next try; false if there is no time for one."""
        left = self.total - self.waited
        if left <= 0:
            return False
        self._sleep(min(left, self._pause * random.uniform(0.5, 1.5)))  # noqa: S311  # nothing to guess
        self._pause = min(self._pause * 1.6, self._longest)
        return True
