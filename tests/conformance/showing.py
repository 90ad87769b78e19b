"""Which test shows which difference on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .differences import DIFFERENCES

T = TypeVar("T", bound=Callable[..., None])
SHOWN: set[str] = set()


def shows(key: str) -> Callable[[T], T]:
    """The test shows this difference."""
    assert key in DIFFERENCES
    SHOWN.add(key)
    return lambda test: test
