"""The runner of the examples finds what is wrong: a page that says something else fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from .matching import Ids
from .pages import Block, commands, read
from .player import Player


@pytest.mark.parametrize(
    ("expected", "seen"),
    [
        ("done", "done"),
        ("Generating …/versions/one.py", "Generating /tmp/x/versions/one.py"),
        ("first\n…\nlast", "first\nlast"),
        ("first\n…\nlast", "first\nsecond\nthird\nlast"),
        ("first\n…", "first\nsecond\nthird"),
        ("took 0.0 s", "took 12.3 s"),
        ("Create Date: 2026-11-20 10:00:00.123456", "Create Date: 2027-01-01 00:00:00.000001"),
        ("at 0123456789ab", "at ba9876543210"),
        ("0123456789ab -> 0123456789ab", "ba9876543210 -> ba9876543210"),
        ("a.b* (c)", "a.b* (c)"),
        ("one\ntwo", "one\n  ...  upgrade 1/2  aaaa  slow  (running for 2 s)\ntwo"),
    ],
)
def test_what_a_page_shows_matches_what_happens(expected: str, seen: str) -> None:
    assert Ids().matches(expected, seen)


@pytest.mark.parametrize(
    ("expected", "seen"),
    [
        ("done", "done."),
        ("", "something"),
        ("something", ""),
        ("a.b", "axb"),
        ("one … three", "one\ntwo three"),
        ("first\n…\nlast", "first\nlast but one"),
        ("took 0.0 s", "took long"),
        ("at 0123456789ab", "at base"),
        ("0123456789ab -> 0123456789ab", "ba9876543210 -> aaaaaaaaaaaa"),
        ("0123456789ab -> bbbbbbbbbbbb", "ba9876543210 -> ba9876543210"),
    ],
)
def test_another_text_does_not_match(expected: str, seen: str) -> None:
    assert not Ids().matches(expected, seen)


def test_an_id_means_the_same_revision_in_the_whole_page() -> None:
    ids = Ids()
    assert ids.matches("Generating 0123456789ab_first.py", "Generating ba9876543210_first.py")
    assert ids.matches("main  base -> 0123456789ab", "main  base -> ba9876543210")
    assert not ids.matches("main  base -> 0123456789ab", "main  base -> aaaaaaaaaaaa")
    assert ids.real("whimbrel upgrade 0123+1") == "whimbrel upgrade ba98+1"
    assert ids.shown("ba9876543210 (head)") == "0123456789ab (head)"


PAGE = """\
Title
=====

.. example project: shop

.. code-block:: console

   $ whimbrel upgrade +1
     ok  3f9a1c5d7e02  customers  0.0 s
   main  base -> 3f9a1c5d7e02  (1 revision, verified)

Text.

.. code-block:: python
   :caption: shop/more.py

   NAME = "more"


   OTHER = NAME + UNKNOWN

* an item

  .. code-block:: text

     only to read
"""


def test_blocks_of_a_page_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text(PAGE)
    assert read(page) == [
        Block(4, "project", "", "shop"),
        Block(8, "console", "", PAGE.split("\n\n")[3].replace("\n   ", "\n").removeprefix("   ") + "\n"),
        Block(17, "python", "shop/more.py", 'NAME = "more"\n\n\nOTHER = NAME + UNKNOWN\n'),
        Block(26, "text", "", "only to read\n"),
    ]


def test_blocks_of_markdown_are_found(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(
        "# Title\n\n<!-- example project: shop -->\n```console\n$ whimbrel heads\nhead\n```\n\n"
        "```python\n# shop/more.py\nNAME = 1\n```\n"
    )
    assert read(page) == [
        Block(3, "project", "", "shop"),
        Block(5, "console", "", "$ whimbrel heads\nhead\n"),
        Block(10, "python", "shop/more.py", "# shop/more.py\nNAME = 1\n"),
    ]


def test_commands_of_a_console_are_found() -> None:
    found = commands("$ whimbrel upgrade \\\n    head\nok\n\nmain\n$ whimbrel heads\n")
    assert [(command.line, command.text, command.output) for command in found] == [
        (0, "whimbrel upgrade head", "ok\n\nmain"),
        (5, "whimbrel heads", ""),
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("(1 revision, verified)", "(2 revisions, verified)", "page.rst:8: whimbrel upgrade +1"),
        ("  ok  3f9a1c5d7e02  customers  0.0 s\n  ", "", "page.rst:8: whimbrel upgrade +1"),
        ("upgrade +1", "upgrade +4", "ended with 2, which the page does not show"),
        ("   :caption: shop/more.py\n", "", "page.rst:16: NameError"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    page = tmp_path / "page.rst"
    page.write_text(PAGE.replace(right, wrong))
    assert page.read_text() != PAGE
    player = Player(tmp_path)
    player.play(page)
    assert told in "\n".join(player.wrong)


def test_the_right_page_is_not(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text(PAGE)
    player = Player(tmp_path)
    player.play(page)
    assert player.wrong == []
