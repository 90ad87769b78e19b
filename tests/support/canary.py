"""Secrets that are put everywhere, and looked for in everything that is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote

VARIABLE = "CANARY_SECRET"
OF_ENVIRONMENT = "c4nary-0f-the-environment"
"""What the variable holds while a test runs."""

KNOWN = (OF_ENVIRONMENT, "hunter2canary", "hunter2secret", "C4naryW0rd", "hunter2C4nary")
"""Passwords and values that tests use for secrets."""

_FILES = ("whimbrel.toml", "alembic.ini", "pyproject.toml", ".env")
_PASSWORD = re.compile(r"://[^:/@\s\"']*:([^@\s\"']+)@")


def passwords_in(texts: Iterable[str]) -> set[str]:
    """The passwords of the URLs in texts, encoded and decoded; words that stand in any text are none."""
    found = {password for text in texts for password in _PASSWORD.findall(text)}
    found |= {unquote(password.replace("%%", "%")) for password in found}
    return {password for password in found if len(password) >= 6 and not password.isalpha()}


def secrets_of(arguments: Iterable[str], cwd: Path, env: Mapping[str, str]) -> set[str]:
    """The secrets that a command gets: from its arguments, the variables, the configuration files of its folder."""
    texts = [*arguments, *env.values()]
    texts += [(cwd / name).read_text(errors="replace") for name in _FILES if (cwd / name).is_file()]
    return passwords_in(texts) | {OF_ENVIRONMENT}


def assert_kept(secrets: Iterable[str], told: str) -> None:
    """Fail if one of the secrets is in a text."""
    shown = sorted(secret for secret in secrets if secret in told)
    assert not shown, f"{shown} is shown:\n{told}"
