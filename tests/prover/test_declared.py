"""What a database makes of models is asked of a scratch database, once for each table; what none can know, always."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.databases import tables
from support.projects import native_project
from whimbrel.catalog import CHECK, COLUMN, INDEX, TABLE, Catalog, compare
from whimbrel.environment.scratch import Scratch
from whimbrel.errors import ModelsNotCreatable, ScratchRefused
from whimbrel.prover import declared


def models(*more: Any) -> sa.MetaData:
    """Three tables, one of which refers to another; the last may have something more."""
    metadata = sa.MetaData()
    sa.Table("owners", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))
    sa.Table("kinds", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("size", sa.Numeric(8, 2)))
    sa.Table(
        "pets",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner_id", sa.ForeignKey("owners.id"), index=True),
        sa.Column("state", sa.Enum("well", "ill", name="state")),
        *more,
    )
    return metadata


@pytest.fixture
def seen(
    url: str, tmp_path: Path, stand: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Catalog]:
    """What the database makes of models."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder = native_project(tmp_path / "project", url)

    def see(metadata: sa.MetaData) -> Catalog:
        stood = stand(folder, metadata)
        [catalog] = declared(stood.environment, stood.look())
        return catalog

    return see


@pytest.fixture
def no_scratch(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, there is no scratch database to be had."""

    def refuse(*_: Any) -> Any:
        raise ScratchRefused("there is none")

    return lambda: monkeypatch.setattr(Scratch, "connect", refuse)


def test_what_was_seen_once_is_told_again_and_no_scratch_database_is_needed(
    seen: Callable[..., Catalog], no_scratch: Callable[[], None]
) -> None:
    first = seen(models())
    assert [item.name for item in first.items if item.kind == TABLE] != []
    no_scratch()
    again = seen(models())
    assert sorted(map(repr, again.items)) == sorted(map(repr, first.items))
    with pytest.raises(ScratchRefused):
        seen(models(sa.Column("weight", sa.Integer)))


def test_a_table_that_has_changed_is_created_with_what_it_refers_to_and_no_other(
    seen: Callable[..., Catalog], created: list[str]
) -> None:
    before = seen(models())
    assert sorted(created) == ["kinds", "owners", "pets"]
    created.clear()
    after = seen(models(sa.Column("weight", sa.Integer)))
    assert sorted(created) == ["owners", "pets"]
    [difference] = compare(before, after)
    assert (str(difference), difference.item.kind) == ("add column pets.weight", COLUMN)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_table_is_created_behind_what_it_inherits_from_also_when_it_alone_has_changed(
    seen: Callable[..., Catalog], created: list[str]
) -> None:
    def models(*more: Any) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("zones", metadata, sa.Column("id", sa.Integer, primary_key=True))
        sa.Table("areas", metadata, *more, postgresql_inherits="zones")
        return metadata

    before = seen(models())
    assert created == ["zones", "areas"]
    created.clear()
    after = seen(models(sa.Column("size", sa.Integer)))
    assert created == ["zones", "areas"]
    assert [str(one) for one in compare(before, after)] == ["add column areas.size"]


def test_a_table_is_created_behind_what_it_is_said_to_depend_on(
    seen: Callable[..., Catalog], created: list[str]
) -> None:
    def models(*more: Any) -> sa.MetaData:
        metadata = sa.MetaData()
        areas = sa.Table("areas", metadata, sa.Column("id", sa.Integer, primary_key=True), *more)
        areas.add_is_dependent_on(sa.Table("zones", metadata, sa.Column("id", sa.Integer, primary_key=True)))
        return metadata

    seen(models())
    assert created == ["zones", "areas"]
    created.clear()
    seen(models(sa.Column("size", sa.Integer)))
    assert created == ["zones", "areas"]


def test_what_is_kept_is_what_the_same_models_become_when_they_are_seen_at_once(
    seen: Callable[..., Catalog], make_database: Any, kind: str, tmp_path: Path, stand: Callable[..., Any]
) -> None:
    changed = sa.Column("weight", sa.Integer)
    seen(models())
    bit_by_bit = seen(models(changed))
    other = stand(native_project(tmp_path / "other", make_database(kind)), models(sa.Column("weight", sa.Integer)))
    [at_once] = declared(other.environment, other.look())
    assert compare(bit_by_bit, at_once) == compare(at_once, bit_by_bit) == []
    assert {item.key for item in bit_by_bit.items} == {item.key for item in at_once.items}


@pytest.mark.parametrize("is_text", [True, False], ids=["DDL", "a function"])
def test_models_whose_listeners_execute_something_are_created_each_time(
    is_text: bool, seen: Callable[..., Catalog], created: list[str]
) -> None:
    def listening() -> sa.MetaData:
        metadata = models()
        statement = "ALTER TABLE kinds ADD COLUMN by_listener INTEGER"
        if is_text:
            sa.event.listen(metadata.tables["kinds"], "after_create", sa.DDL(statement))
        else:
            sa.event.listen(
                metadata.tables["kinds"],
                "after_create",
                lambda table, connection, **_: connection.execute(sa.text(statement)),
            )
        return metadata

    for _ in range(2):
        created.clear()
        found = seen(listening())
        assert sorted(created) == ["kinds", "owners", "pets"]
        assert "by_listener" in {item.name for item in found.items if item.kind == COLUMN}


@pytest.mark.parametrize("kind", ["mariadb"])
def test_a_database_with_another_default_is_asked_anew(
    seen: Callable[..., Catalog], url: str, created: list[str]
) -> None:
    before = seen(models())
    created.clear()
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {sa.make_url(url).database} CHARACTER SET latin1")
    after = seen(models())
    assert sorted(created) == ["kinds", "owners", "pets"]
    assert "owners" in {difference.item.table for difference in compare(before, after)}


@pytest.mark.parametrize("kind", ["mariadb"])
def test_so_is_one_whose_session_is_set_otherwise(seen: Callable[..., Catalog], url: str, tmp_path: Path) -> None:
    """A table without an engine gets that of the session."""
    place = (None, "owners")
    assert seen(models()).tables[place].fact("engine") == "InnoDB"
    set_otherwise = "init_command=SET%20default_storage_engine%3DMyISAM"
    (tmp_path / "project" / "whimbrel.toml").write_text(f'url = "{url}?{set_otherwise}"\n')
    assert seen(models()).tables[place].fact("engine") == "MyISAM"


def test_an_index_that_models_say_twice_is_made_once(seen: Callable[..., Catalog]) -> None:
    metadata = models(sa.Index("ix_pets_owner_id", "owner_id"))
    assert len(metadata.tables["pets"].indexes) == 2
    assert [item.name for item in seen(metadata).items if item.kind == INDEX] == ["ix_pets_owner_id"]
    assert len(metadata.tables["pets"].indexes) == 2


def test_models_that_the_database_refuses_are_named_and_nothing_is_changed(
    seen: Callable[..., Catalog], url: str, kind: str
) -> None:
    refused = sa.Column("x", sa.Integer, server_default=sa.text("no_such_function()" if kind != "sqlite" else "("))
    with pytest.raises(ModelsNotCreatable) as error:
        seen(models(refused))
    assert error.value.state == "only a scratch database was changed"
    assert error.value.why
    assert tables(url) == set()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_check_is_as_the_database_writes_it(seen: Callable[..., Catalog]) -> None:
    found = seen(models(sa.CheckConstraint("id  >  0", name="positive")))
    [check] = [item for item in found.items if item.kind == CHECK and item.name == "positive"]
    assert "id > 0" in str(check.facts)
