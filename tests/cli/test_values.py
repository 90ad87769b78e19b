"""Values that rows need, from the command line to the database: said or chosen, and in the file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support.cli import whimbrel
from support.shop import Shop
from support.terminal import on_terminal

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
state = sa.Enum("new", "done", "gone", name="state", create_constraint=True)
sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", state),
    sa.Column("title", sa.String(40)),
)
"""
MERGED = MODELS.replace('"done", ', "")
RENAMED = MODELS.replace('"done"', '"closed"')
STARRED = MODELS.replace("sa.String(40)),", "sa.String(40)),\n    sa.Column('stars', sa.Integer, nullable=False),")
TITLED = MODELS.replace("sa.String(40)", "sa.String(40), nullable=False")
NASTY = "x'); DROP TABLE jobs; -- :a 100%"


FILLING = "INSERT INTO jobs (state, title) VALUES ('new', 'a'), ('done', NULL), (NULL, NULL)"
"""There are three jobs: one is new, one is done, and of one nothing is known."""


class Jobs(Shop):
    """A shop that stock Alembic can look after as well."""

    def with_alembic(self, target: str) -> None:
        """Move the database as stock Alembic does, which knows nothing of whimbrel."""
        from alembic import command
        from alembic.config import Config

        location = self.folder / "stock"
        if not location.exists():
            location.mkdir()
            (location / "versions").symlink_to(self.folder / "migrations" / "versions")
            (location / "env.py").write_text(
                "import sqlalchemy as sa\n"
                "from alembic import context\n"
                "url = context.config.get_main_option('sqlalchemy.url')\n"
                "with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:\n"
                "    context.configure(connection=connection)\n"
                "    with context.begin_transaction():\n"
                "        context.run_migrations()\n"
            )
        config = Config()
        config.set_main_option("script_location", str(location))
        config.set_main_option("sqlalchemy.url", self.url.replace("%", "%%"))
        (command.downgrade if target.startswith("-") else command.upgrade)(config, target)


@pytest.fixture
def shop(url: str, tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "p", url, MODELS, FILLING, "jobs")


@pytest.fixture
def small_shop(tmp_path: Path) -> Jobs:
    """One on SQLite: what is asked depends on no kind of database."""
    return Jobs(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", MODELS, FILLING, "jobs")


# -- a value that is gone -----------------------------------------------------------------------


def test_where_nobody_can_be_asked_a_value_that_rows_have_is_refused_and_nothing_written(shop: Jobs) -> None:
    shop.models(MERGED)
    before = shop.files
    result = whimbrel("revision", "--autogenerate", "-m", "x", "--json", cwd=shop.folder)
    assert result.code == 6
    error = json.loads(result.out)["error"]
    assert error["code"] == "WB618"
    assert error["values"] == [{"name": "jobs.state.done", "count": 1, "choices": ["new", "gone", None]}]
    assert (shop.files, shop.values("state")) == (before, ["new", "done", None])


@pytest.mark.parametrize(
    ("flag", "there", "back"),
    [
        ("jobs.state.done=gone", ["new", "gone", None], ["new", "gone", None]),
        ("jobs.state.done=", ["new", None, None], ["new", None, None]),
    ],
)
def test_what_the_flag_says_is_done_before_the_value_goes(
    flag: str, there: list[object], back: list[object], shop: Jobs
) -> None:
    shop.models(MERGED)
    told = whimbrel("revision", "--autogenerate", "-m", "x", "--remap", flag, cwd=shop.folder).ok()
    assert "remap jobs.state: done to " in told.err
    whimbrel("upgrade", cwd=shop.folder).ok()
    assert shop.values("state") == there
    whimbrel("check", cwd=shop.folder).ok()
    whimbrel("downgrade", "-1", cwd=shop.folder).ok()
    assert shop.values("state") == back


def test_a_value_that_is_renamed_goes_there_and_back_with_stock_alembic_too(shop: Jobs) -> None:
    shop.models(RENAMED)
    whimbrel("revision", "--autogenerate", "-m", "x", "--remap", "jobs.state.done=closed", cwd=shop.folder).ok()
    shop.with_alembic("head")
    assert shop.values("state") == ["new", "closed", None]
    whimbrel("check", cwd=shop.folder).ok()
    shop.with_alembic("-1")
    assert shop.values("state") == ["new", "done", None]
    whimbrel("upgrade", cwd=shop.folder).ok()
    assert shop.values("state") == ["new", "closed", None]


def test_a_value_that_only_another_database_has_fails_there_and_changes_nothing(shop: Jobs) -> None:
    shop.models(MERGED)
    shop.execute("DELETE FROM jobs WHERE state = 'done'")
    whimbrel("revision", "--autogenerate", "-m", "x", cwd=shop.folder).ok()
    shop.execute("INSERT INTO jobs (state) VALUES ('done')")
    result = whimbrel("upgrade", cwd=shop.folder)
    assert (result.code, shop.values("state")) == (3, ["new", None, "done"]), result.err


def test_a_remap_may_be_said_for_other_databases_where_no_row_has_the_value(shop: Jobs) -> None:
    shop.models(MERGED)
    shop.execute("DELETE FROM jobs WHERE state = 'done'")
    whimbrel("revision", "--autogenerate", "-m", "x", "--remap", "jobs.state.done=gone", cwd=shop.folder).ok()
    shop.execute("INSERT INTO jobs (state) VALUES ('done')")
    whimbrel("upgrade", cwd=shop.folder).ok()
    assert shop.values("state") == ["new", None, "gone"]


@pytest.mark.parametrize(("answer", "state"), [("2", "gone"), ("3", None)])
def test_on_a_terminal_the_value_that_is_chosen_is_written(answer: str, state: str | None, small_shop: Jobs) -> None:
    small_shop.models(MERGED)
    code, shown = on_terminal("run_migration", cwd=small_shop.folder, answer=answer)
    assert code == 0, shown
    assert "jobs.state: the models have no value done any more, and 1 row has it" in shown
    assert small_shop.values("state") == ["new", state, None]


def test_on_a_terminal_who_says_nothing_keeps_the_value(small_shop: Jobs) -> None:
    small_shop.models(MERGED)
    before = small_shop.files
    code, shown = on_terminal("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder, answer="")
    assert (code, small_shop.files) == (6, before), shown
    assert "WB618" in shown


def test_a_value_that_there_is_not_is_refused_with_those_that_there_are(small_shop: Jobs) -> None:
    small_shop.models(MERGED)
    before = small_shop.files
    flags = ("--remap", "jobs.state.dome=gone")
    result = whimbrel("revision", "--autogenerate", "-m", "x", *flags, cwd=small_shop.folder)
    assert (result.code, small_shop.files) == (2, before)
    assert "there is done" in result.err


# -- NOT NULL -----------------------------------------------------------------------------------


def test_a_new_column_is_filled_and_then_not_null_with_stock_alembic_too(shop: Jobs) -> None:
    shop.models(STARRED)
    told = whimbrel("revision", "--autogenerate", "-m", "x", "--fill", "jobs.stars=3", cwd=shop.folder).ok()
    assert "fill jobs.stars: 3" in told.err
    assert "no server default" not in told.err
    shop.with_alembic("head")
    assert shop.values("stars") == [3, 3, 3]
    whimbrel("check", cwd=shop.folder).ok()
    shop.with_alembic("-1")
    whimbrel("upgrade", cwd=shop.folder).ok()
    assert shop.values("stars") == [3, 3, 3]


def test_rows_without_a_value_are_filled_with_what_was_typed_whatever_that_is(shop: Jobs) -> None:
    shop.models(TITLED)
    whimbrel("revision", "--autogenerate", "-m", "x", "--fill", f"jobs.title={NASTY}", cwd=shop.folder).ok()
    shop.with_alembic("head")
    assert shop.values("title") == ["a", NASTY, NASTY]
    whimbrel("check", cwd=shop.folder).ok()


def test_without_the_flag_it_is_told_and_the_flag_is_named(small_shop: Jobs) -> None:
    small_shop.models(STARRED)
    told = whimbrel("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder).ok()
    assert "column jobs.stars is NOT NULL and has no server default: the upgrade fails where" in told.err
    assert "--fill jobs.stars=VALUE" in told.err


def test_it_is_told_as_well_of_a_column_that_was_there_and_becomes_not_null(small_shop: Jobs) -> None:
    small_shop.models(TITLED)
    told = whimbrel("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder).ok()
    assert "column jobs.title becomes NOT NULL: the upgrade fails where a row is NULL" in told.err
    assert "--fill jobs.title=VALUE" in told.err


def test_on_a_terminal_a_value_is_typed_and_what_is_none_is_asked_for_again(small_shop: Jobs) -> None:
    small_shop.models(STARRED)
    code, shown = on_terminal("run_migration", cwd=small_shop.folder, answer="2\nmany\n5")
    assert code == 0, shown
    assert "jobs.stars is new and NOT NULL, and its table has 3 rows" in shown
    assert shown.count("jobs.stars =") == 2
    assert small_shop.values("stars") == [5, 5, 5]


def test_on_a_terminal_who_says_nothing_has_it_written_as_it_is(small_shop: Jobs) -> None:
    small_shop.models(TITLED)
    code, shown = on_terminal("revision", "--autogenerate", "-m", "x", cwd=small_shop.folder, answer="")
    assert code == 0, shown
    assert "jobs.title becomes NOT NULL, and is NULL in 2 rows" in shown
    [new] = list(small_shop.folder.glob("migrations/versions/*_x.py"))
    assert "UPDATE" not in new.read_text()
    assert "jobs.title becomes NOT NULL: the upgrade fails where a row is NULL" in shown


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (("--rename", "jobs.nope=y"), "jobs.nope"),
        (("--rename-table", "nope=y"), "nope"),
        (("--allow-drop", "nope"), "nope"),
        (("--fill", "jobs.title=1"), "jobs.title does not become NOT NULL"),
        (("--remap", "jobs.state.new=done"), "jobs.state"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_nothing_differs_and_no_empty_revision_is_written(
    said: tuple[str, str], complaint: str, small_shop: Jobs
) -> None:
    before = small_shop.files
    refused = whimbrel("revision", "--autogenerate", "-m", "x", *said, cwd=small_shop.folder)
    assert (refused.code, small_shop.files) == (2, before)
    assert "error[WB206]" in refused.err
    assert complaint in refused.err


def test_who_says_at_each_deployment_what_has_been_done_by_now_has_nothing_to_do(small_shop: Jobs) -> None:
    small_shop.models(TITLED)
    said = ("run_migration", "--fill", "jobs.title=none")
    whimbrel(*said, cwd=small_shop.folder).ok()
    before = small_shop.files
    whimbrel(*said, cwd=small_shop.folder).ok()
    assert small_shop.files == before


def test_what_is_no_value_is_refused_and_nothing_written(small_shop: Jobs) -> None:
    small_shop.models(STARRED)
    before = small_shop.files
    flags = ("--fill", "jobs.stars=3; DROP TABLE jobs")
    result = whimbrel("revision", "--autogenerate", "-m", "x", *flags, cwd=small_shop.folder)
    assert (result.code, small_shop.files) == (2, before)
    assert "it is of the type int: 42" in result.err


@pytest.mark.parametrize(
    ("type_", "value", "why"),
    [
        ("sa.Integer", "99999999999999", r"(?i)integer out of range|out of range value"),
        ("sa.Numeric(4, 2)", "100.5", r"(?i)numeric field overflow|out of range value"),
        ("sa.Text", "50% '); -- :a", None),
    ],
)
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_what_the_database_has_no_room_for_is_refused_with_its_column_and_its_words(
    type_: str, value: str, why: str | None, shop: Jobs
) -> None:
    shop.models(STARRED.replace("sa.Integer, nullable=False", f"{type_}, nullable=False"))
    before = shop.files
    flags = ("--fill", f"jobs.stars={value}")
    result = whimbrel("revision", "--autogenerate", "-m", "x", "--json", *flags, cwd=shop.folder)
    if why is None:
        assert result.code == 0, result.err
        return
    error = json.loads(result.out)["error"]
    assert (error["code"], error["what"]) == ("WB206", f"jobs.stars cannot be {value}")
    assert re.search(why, error["why"])
    assert error["state"].startswith("nothing was written")
    assert (shop.files, shop.values("state")) == (before, ["new", "done", None])
