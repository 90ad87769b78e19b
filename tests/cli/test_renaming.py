"""Renames and drops from the command line to the database: values stay, or somebody has said that they may go."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support.cli import whimbrel
from support.databases import tables
from support.shop import Shop
from support.terminal import INTERRUPT, on_terminal

MODELS = """
from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str] = mapped_column(String(80), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    bio: Mapped[str | None] = mapped_column(Text)


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
"""
RENAMED = MODELS.replace("full_name", "display_name")
MOVED = RENAMED.replace('"users', '"people')
DROPPED = MODELS.replace("    bio: Mapped[str | None] = mapped_column(Text)\n", "")


FILLING = "INSERT INTO users (full_name, bio) VALUES ('Ada', 'first'), ('Grace', NULL)"
"""There are two users, one of them with a bio."""


@pytest.fixture
def shop(url: str, tmp_path: Path) -> Shop:
    return Shop(tmp_path / "p", url, MODELS, FILLING, "users")


@pytest.fixture
def small_shop(tmp_path: Path) -> Shop:
    """One on SQLite: what is asked depends on no kind of database."""
    return Shop(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", MODELS, FILLING, "users")


# -- renames ------------------------------------------------------------------------------------


def test_where_nobody_can_be_asked_a_likely_rename_is_refused_and_nothing_written(small_shop: Shop) -> None:
    small_shop.models(RENAMED)
    before = small_shop.files
    result = whimbrel("revision", "--autogenerate", "-m", "x", "--json", cwd=small_shop.folder)
    assert result.code == 6
    error = json.loads(result.out)["error"]
    assert error["code"] == "WB612"
    assert [one["flag"] for one in error["candidates"]] == ["--rename users.full_name=users.display_name"]
    assert small_shop.files == before


def test_a_column_that_is_renamed_by_flag_keeps_its_values_there_and_back(shop: Shop) -> None:
    shop.models(RENAMED)
    flags = ("--rename", "users.full_name=users.display_name")
    told = whimbrel("revision", "--autogenerate", "-m", "x", *flags, cwd=shop.folder).ok()
    assert "rename column users.full_name to display_name" in told.err
    assert not re.search(r"add column|drop column|NOT NULL", told.err), told.err
    whimbrel("upgrade", cwd=shop.folder).ok()
    assert shop.values("display_name") == ["Ada", "Grace"]
    whimbrel("check", cwd=shop.folder).ok()
    whimbrel("downgrade", "-1", cwd=shop.folder).ok()
    assert shop.values("full_name") == ["Ada", "Grace"]


def test_a_table_and_a_column_in_it_are_renamed_at_once_in_a_pipeline(shop: Shop) -> None:
    shop.models(MOVED)
    flags = ("--rename-table", "users=people", "--rename", "users.full_name=display_name")
    whimbrel("run_migration", *flags, cwd=shop.folder).ok()
    assert shop.values("display_name", "people") == ["Ada", "Grace"]
    assert "users" not in tables(shop.url)
    whimbrel("check", cwd=shop.folder).ok()


def test_on_a_terminal_the_answer_yes_keeps_the_values(small_shop: Shop) -> None:
    small_shop.models(RENAMED)
    code, shown = on_terminal("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder, answer="1")
    assert code == 0, shown
    assert "1) yes, rename users.full_name to display_name: keeps 2 values" in shown
    whimbrel("upgrade", cwd=small_shop.folder).ok()
    assert small_shop.values("display_name") == ["Ada", "Grace"]


def test_on_a_terminal_ctrl_c_at_the_question_writes_nothing(small_shop: Shop) -> None:
    small_shop.models(RENAMED)
    before = small_shop.files
    code, shown = on_terminal("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder, answer=INTERRUPT)
    assert (code, small_shop.files) == (130, before), shown
    assert "WB409" in shown
    assert "state: nothing was changed" in shown


def test_two_questions_are_two_answers_and_names_that_are_renamed_at_once_are_both_kept(small_shop: Shop) -> None:
    small_shop.models(MOVED)
    code, shown = on_terminal("run_migration", cwd=small_shop.folder, answer="1\n1")
    assert code == 0, shown
    assert shown.count("Choose [1]:") == 2
    assert small_shop.values("display_name", "people") == ["Ada", "Grace"]


def test_a_new_column_in_a_renamed_table_that_rows_have_no_value_for_is_told(shop: Shop) -> None:
    shop.models(MODELS.replace('"users', '"people').replace("class Post", "    age: Mapped[int]\n\n\nclass Post"))
    told = whimbrel("revision", "--autogenerate", "-m", "x", "--rename-table", "users=people", cwd=shop.folder).ok()
    assert "rename table users to people" in told.err
    assert "add column people.age" in told.err
    assert "people.age is NOT NULL and has no server default" in told.err
    assert told.err.count("NOT NULL and has") == 1


# -- drops --------------------------------------------------------------------------------------


def test_values_go_only_if_somebody_says_so(shop: Shop) -> None:
    shop.models(DROPPED)
    before = shop.files
    result = whimbrel("revision", "--autogenerate", "-m", "x", cwd=shop.folder)
    assert (result.code, shop.files) == (6, before)
    assert "WB613" in result.err
    assert "drop column users.bio (1 value)" in result.err
    whimbrel("revision", "--autogenerate", "-m", "x", "--allow-drop", "users.bio", cwd=shop.folder).ok()
    whimbrel("upgrade", cwd=shop.folder).ok()
    assert shop.values("full_name") == ["Ada", "Grace"]


def test_on_a_terminal_who_says_nothing_keeps_them(small_shop: Shop) -> None:
    small_shop.models(DROPPED)
    before = small_shop.files
    code, shown = on_terminal("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder, answer="")
    assert (code, small_shop.files) == (6, before), shown
    code, shown = on_terminal("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder, answer="2")
    assert code == 0, shown
    assert "drop column users.bio: 1 value would be lost" in shown


def test_what_is_said_to_be_no_rename_with_its_loss_in_view_is_not_asked_about_again(small_shop: Shop) -> None:
    small_shop.models(
        RENAMED.replace("mapped_column(String(80), index=True)", "mapped_column(String(80), server_default='')")
    )
    code, shown = on_terminal("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder, answer="2")
    assert code == 0, shown
    assert shown.count("Choose") == 1
    assert "2 values are lost" in shown


def test_no_rename_says_nothing_of_what_is_lost(small_shop: Shop) -> None:
    small_shop.models(RENAMED)
    result = whimbrel("revision", "--autogenerate", "-m", "x", "--no-rename", cwd=small_shop.folder)
    assert (result.code, "WB613" in result.err) == (6, True)
    assert "users.full_name (2 values)" in result.err


def test_models_that_lack_most_tables_are_refused_on_a_terminal_too(small_shop: Shop) -> None:
    kept = MODELS[: MODELS.index("class User")]
    small_shop.models(kept)
    before = small_shop.files
    code, shown = on_terminal("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder, answer="2")
    assert (code, small_shop.files) == (6, before), shown
    assert "WB614" in shown
    flags = ("--allow-drop", "users", "--allow-drop", "posts")
    whimbrel("run_migration", *flags, cwd=small_shop.folder).ok()
    assert tables(small_shop.url) == {"teams", "alembic_version"}
