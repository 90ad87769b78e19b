"""`downgrade` to nothing: a question on a terminal, none in a pipeline, and the name of a production database."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cli import whimbrel
from support.databases import version_rows
from support.projects import linear, native_project
from support.terminal import INTERRUPT, on_terminal


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = native_project(tmp_path / "p", "sqlite:///shop.db", linear("aaaa", "bbbb"))
    whimbrel("upgrade", cwd=folder).ok()
    return folder


def _at(folder: Path) -> set[str]:
    return version_rows(f"sqlite:///{folder / 'shop.db'}")


def _label(folder: Path) -> None:
    with (folder / "whimbrel.toml").open("a") as file:
        file.write("production = true\n")


@pytest.mark.parametrize("target", ["base", "-2"])
@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, set()), ("n", 1, {"bbbb"}), ("", 1, {"bbbb"})])
def test_it_asks_on_a_terminal_before_all_is_taken_back(
    answer: str, code: int, left: set[str], target: str, shop: Path
) -> None:
    ended, shown = on_terminal("downgrade", target, cwd=shop, answer=answer)
    assert (ended, _at(shop)) == (code, left), shown
    assert "takes back all of main, 2 revisions" in shown
    assert "and every row\n  (sqlite:///shop.db)\n" in shown, "a terminal of 80 columns breaks no word"
    assert ("nothing was changed" in shown) == bool(code)


def test_ctrl_c_at_the_question_is_an_answer_and_no_statement_is_given_up(shop: Path) -> None:
    code, shown = on_terminal("downgrade", "base", cwd=shop, answer=INTERRUPT)
    assert (code, _at(shop)) == (130, {"bbbb"}), shown
    assert ": interrupted at the question\n  state: nothing was changed\n" in shown
    assert "stopping" not in shown


def test_it_does_not_ask_where_a_revision_is_left(shop: Path) -> None:
    code, shown = on_terminal("downgrade", "-1", cwd=shop, answer="n")
    assert (code, _at(shop)) == (0, {"aaaa"}), shown


def test_yes_has_answered(shop: Path) -> None:
    code, shown = on_terminal("downgrade", "base", "--yes", cwd=shop, answer="n")
    assert (code, _at(shop)) == (0, set()), shown


def test_a_pipeline_is_not_asked(shop: Path) -> None:
    whimbrel("downgrade", "base", cwd=shop).ok()
    assert _at(shop) == set()


@pytest.mark.parametrize("yes", [[], ["--yes"], ["--yes", "shop"], ["-y"]])
def test_a_production_database_has_to_be_named(yes: list[str], shop: Path) -> None:
    _label(shop)
    result = whimbrel("downgrade", "base", *yes, cwd=shop)
    assert (result.code, _at(shop)) == (6, {"bbbb"})
    assert "WB606" in result.err
    code, shown = on_terminal("downgrade", "base", *yes, cwd=shop, answer="y")
    assert (code, _at(shop)) == (6, {"bbbb"}), shown
    whimbrel("downgrade", "base", "--yes", "main", cwd=shop).ok()
    assert _at(shop) == set()


def test_a_target_behind_yes_is_not_taken_for_a_name(shop: Path) -> None:
    result = whimbrel("downgrade", "--yes", "base", cwd=shop)
    assert (result.code, _at(shop)) == (2, {"bbbb"})
    assert "whimbrel downgrade base --yes" in result.err
    whimbrel("downgrade", "--yes", "main", "base", cwd=shop).ok()
    assert _at(shop) == set()
