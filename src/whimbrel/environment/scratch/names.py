"""What scratch databases are called: a name tells that it was made here, whoever finds it later."""

from __future__ import annotations

import secrets
from hashlib import blake2b

PREFIX = "whimbrel_verify_"
_RANDOM, _SEAL = 12, 8  # digits


def new_name() -> str:
    """A name that nothing else has."""
    number = secrets.token_hex(_RANDOM // 2)
    return PREFIX + number + _seal(number)


def is_ours(name: str) -> bool:
    """Whether it was made by `new_name`: nobody calls a database of his so by accident."""
    number, seal = name[len(PREFIX) : -_SEAL], name[-_SEAL:]
    return name.startswith(PREFIX) and len(number) == _RANDOM and seal == _seal(number)


def _seal(number: str) -> str:
    return blake2b(f"whimbrel verify {number}".encode(), digest_size=_SEAL // 2).hexdigest()
