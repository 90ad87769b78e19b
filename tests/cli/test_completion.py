"""The completion script, with Tab really pressed: bash runs it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from support.cli import whimbrel
from whimbrel.cli.grammar import COMMANDS


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["up"], {"upgrade", "update_db", "update-db"}),
        (["upgrade", "--s"], {"--sql", "--strict"}),
        (["revision", "--auto"], {"--autogenerate"}),
        (["completion", ""], {"bash", "zsh", "tcsh"}),
        (["history", "--indi"], {"--indicate-current"}),
        ([""], {spelling for command in COMMANDS for spelling in command.spellings}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_tab_offers_commands_and_their_options(typed: list[str], offered: set[str], tmp_path: Path) -> None:
    (tmp_path / "script").write_text(whimbrel("completion", "bash", cwd=tmp_path).ok().out)
    words = shlex.join(["whimbrel", *typed])
    program = (
        f"source {shlex.quote(str(tmp_path / 'script'))}; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; "
        "_shtab_whimbrel; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert set(done.stdout.split()) == offered
