"""Every example in the documentation does what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from .player import Player

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/*.rst"), *ROOT.glob("docs/errors/*.rst"), ROOT / "README.md"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_shows_what_happens(page: Path, tmp_path: Path) -> None:
    player = Player(tmp_path)
    player.play(page)
    if player.wrong:
        pytest.fail("\n\n".join(player.wrong), pytrace=False)
