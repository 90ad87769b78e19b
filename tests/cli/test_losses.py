"""Values that are others in a new type, from the command line to the database: counted, asked about, never silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cli import whimbrel
from support.shop import Shop
from support.terminal import on_terminal

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table(
    "places",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("zip", sa.String(10)),
    sa.Column("share", sa.String(40)),
    sa.Column("note", sa.Text),
)
"""
NUMBERS = MODELS.replace('"zip", sa.String(10)', '"zip", sa.Integer').replace("sa.String(40)", "sa.BigInteger")
LESS = NUMBERS.replace('    sa.Column("note", sa.Text),\n', "")
FILLING = "INSERT INTO places (zip, share, note) VALUES ('00123', '007', 'a'), ('01', '8', NULL), (NULL, NULL, NULL)"
REVISION = ("revision", "--autogenerate", "-m", "x")


@pytest.fixture
def shop(url: str, tmp_path: Path) -> Shop:
    return Shop(tmp_path / "p", url, MODELS, FILLING, "places")


@pytest.fixture
def small_shop(tmp_path: Path) -> Shop:
    """One on SQLite: what is asked depends on no kind of database."""
    return Shop(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", MODELS, FILLING, "places")


def test_values_that_change_are_refused_with_those_that_are_dropped_and_nothing_is_written(shop: Shop) -> None:
    shop.models(LESS)
    before = shop.files
    result = whimbrel(*REVISION, "--json", cwd=shop.folder)
    assert result.code == 6
    error = json.loads(result.out)["error"]
    assert (error["code"], error["what"].partition(",")[0]) == ("WB613", "4 values would be lost")
    assert error["hint"].startswith("--allow-drop places.note --allow-drop places.zip --allow-drop places.share  ")
    assert [(one["name"], one["count"]) for one in error["drops"]] == [
        ("places.note", 1),
        ("places.zip", 2),
        ("places.share", 1),
    ]
    assert [("from" in one, "to" in one) for one in error["drops"]] == [(False, False), (True, True), (True, True)]
    assert (shop.files, shop.values("zip")) == (before, ["00123", "01", None])


def test_the_flag_says_that_it_is_meant(shop: Shop) -> None:
    shop.models(NUMBERS)
    allowed = ("--allow-drop", "places.zip", "--allow-drop", "places.share")
    whimbrel("run_migration", *allowed, cwd=shop.folder).ok()
    assert (shop.values("zip"), shop.values("share")) == ([123, 1, None], [7, 8, None])
    whimbrel("check", cwd=shop.folder).ok()


def test_nobody_is_asked_where_each_value_comes_back(shop: Shop) -> None:
    shop.execute("UPDATE places SET zip = '12', share = '7'")
    shop.models(NUMBERS)
    told = whimbrel("run_migration", cwd=shop.folder).ok()
    assert "could not be counted" not in told.err
    assert shop.values("zip") == [12, 12, 12]


def test_a_column_that_is_renamed_as_well_is_named_as_the_database_has_it(shop: Shop) -> None:
    shop.models(NUMBERS.replace('"zip"', '"code"').replace('"places"', '"sites"'))
    said = ("--rename-table", "places=sites", "--rename", "places.zip=code", "--allow-drop", "places.share")
    result = whimbrel(*REVISION, *said, cwd=shop.folder)
    assert (result.code, "change column places.zip: type" in result.err) == (6, True), result.err
    whimbrel("run_migration", *said, "--allow-drop", "places.zip", cwd=shop.folder).ok()
    assert shop.values("code", "sites") == [123, 1, None]


def test_on_a_terminal_the_column_its_types_and_the_count_are_shown_and_yes_changes_it(small_shop: Shop) -> None:
    small_shop.models(LESS)
    code, shown = on_terminal("run_migration", cwd=small_shop.folder, answer="2\n2")
    assert code == 0, shown
    assert "drop column places.note: 1 value would be lost" in shown
    assert "The models give this another type:" in shown
    assert "change column places.zip: type VARCHAR(10) -> INTEGER: 2 values would not come back as they were" in shown
    assert "change column places.share: type VARCHAR(40) -> BIGINT: 1 value would not come back as it was" in shown
    assert "change it: 3 values are lost" in shown
    assert small_shop.values("zip") == [123, 1, None]


@pytest.mark.parametrize("answer", ["", "1"])
def test_on_a_terminal_who_says_nothing_keeps_the_values(answer: str, small_shop: Shop) -> None:
    small_shop.models(NUMBERS)
    before = small_shop.files
    code, shown = on_terminal(*REVISION, cwd=small_shop.folder, answer=answer)
    assert (code, small_shop.files) == (6, before), shown
    assert "WB613" in shown


@pytest.mark.parametrize(
    ("kind", "old", "new", "value"),
    [
        ("postgresql", "sa.BigInteger", "sa.Float(24)", "9223372036854775807"),  # has no way back
        ("mariadb", "sa.Integer", "sa.dialects.mysql.YEAR", "2024"),
    ],
)
def test_what_may_be_lost_and_cannot_be_counted_is_told(
    kind: str, old: str, new: str, value: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    models = MODELS.replace("import sqlalchemy as sa", "import sqlalchemy as sa\nimport sqlalchemy.dialects.mysql")
    filling = f"INSERT INTO places (share) VALUES ({value})"
    shop = Shop(tmp_path / "p", make_database(kind), models.replace("sa.String(40)", old), filling, "places")
    shop.models(models.replace("sa.String(40)", new))
    told = whimbrel(*REVISION, cwd=shop.folder).ok()
    assert "note: change column places.share: type " in told.err
    assert ": 1 value may become others, and how many do could not be counted" in told.err
    next(shop.folder.glob("migrations/versions/*_x.py")).unlink()
    again = whimbrel(*REVISION, "--allow-drop", "places.share", cwd=shop.folder).ok()
    assert "could not be counted" not in again.err, "somebody has said that it may be lost"


def test_a_value_that_the_database_refuses_is_left_to_the_upgrade(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    shop = Shop(tmp_path / "p", make_database("postgresql"), MODELS, FILLING, "places")
    shop.execute("UPDATE places SET zip = 'x'")
    shop.models(MODELS.replace('"zip", sa.String(10)', '"zip", sa.Integer'))
    told = whimbrel(*REVISION, cwd=shop.folder).ok()
    assert "could not be counted" not in told.err
    assert whimbrel("upgrade", cwd=shop.folder).code == 3
    assert shop.values("zip") == ["x", "x", "x"]
