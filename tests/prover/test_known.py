"""Tables that were found to be as the models say are compared again as soon as anything has changed, and not before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from edits.case import models
from edits.cases import Edit, every
from edits.conftest import ground_of  # noqa: F401  # a fixture
from edits.grounds import Ground
from support.projects import native_project
from whimbrel import Project, settings
from whimbrel.catalog import Catalog, compare
from whimbrel.connect.engine import query_on
from whimbrel.connect.url import parse
from whimbrel.dialects import Dialect, dialect_of
from whimbrel.dialects.postgresql.catalogs import Catalogs
from whimbrel.environment import Environment
from whimbrel.objects import KINDS
from whimbrel.prover import known as knowing

CHANGES = {
    "type": "ALTER TABLE orders ALTER COLUMN total TYPE bigint",
    "null": "ALTER TABLE orders ALTER COLUMN total SET NOT NULL",
    "default": "ALTER TABLE orders ALTER COLUMN total SET DEFAULT 5",
    "comment": "COMMENT ON COLUMN orders.total IS 'in euros'",
    "comment of the table": "COMMENT ON TABLE orders IS 'what was ordered'",
    "column": "ALTER TABLE orders ADD COLUMN note text",
    "column that goes": "ALTER TABLE orders DROP COLUMN state",
    "check": "ALTER TABLE orders ADD CHECK (total > 0)",
    "unique": "ALTER TABLE orders ADD UNIQUE (total)",
    "index": "CREATE INDEX other ON orders (total)",
    "index that goes": "DROP INDEX ix_orders_state",
    "foreign key": "ALTER TABLE orders ADD FOREIGN KEY (total) REFERENCES people",
    "primary key": "ALTER TABLE orders DROP CONSTRAINT orders_pkey",
    "sequence": "ALTER SEQUENCE orders_id_seq INCREMENT 7",
    "table that goes": "DROP TABLE orders",
    "enumeration": "ALTER TYPE states ADD VALUE 'c'",
}


def declared(kind: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("people", metadata, sa.Column("id", sa.Integer, primary_key=True))
    states = sa.Enum("a", "b", name="states") if kind == "postgresql" else sa.String(20)
    sa.Table(
        "orders",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", states, index=True),
        sa.Column("total", sa.Integer),
    )
    return metadata


def project(folder: Path, url: str, metadata: sa.MetaData) -> Project:
    if not folder.exists():
        native_project(folder, url, [])
    read = settings.load(str(folder), url=url)
    return Project(read, settings.select(read, None), metadata=[metadata])


def execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture(autouse=True)
def _caches_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("sys.dont_write_bytecode", False)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The tables that each comparison has looked at; None for all."""
    seen: list[Any] = []
    look = knowing.Known.look

    def recorded(self: knowing.Known, visit: Any) -> Any:
        subject = look(self, visit)
        seen.append(subject.places)
        return subject

    monkeypatch.setattr(knowing.Known, "look", recorded)
    return seen


@pytest.fixture
def made(url: str, kind: str, tmp_path: Path) -> Callable[[], Project]:
    """A project whose database is as its models say, and was compared once."""
    declared(kind).create_all(sa.create_engine(url, poolclass=sa.NullPool))
    folder = tmp_path / "project"
    assert project(folder, url, declared(kind)).check() == []
    return lambda: project(folder, url, declared(kind))


def test_what_has_not_changed_is_not_read_and_not_created_again(
    made: Callable[[], Project], looks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was read, or created")

    monkeypatch.setattr(knowing, "read", never)
    monkeypatch.setattr(Environment, "scratch", never)
    assert made().check() == []
    assert looks == [frozenset()]


@pytest.mark.parametrize("kind", ["postgresql"])
def test_what_a_table_is_told_by_is_asked_for_only_when_something_has_changed(
    made: Callable[[], Project], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    texts = Catalogs.texts

    def counted(*given: Any) -> Any:
        asked.append(len(given))
        return texts(*given)

    monkeypatch.setattr(Catalogs, "texts", counted)
    execute(url, "VACUUM ANALYZE")
    assert made().check() == []
    assert made().check() == []
    assert asked == []
    execute(url, "ALTER TABLE orders ADD COLUMN note text")
    assert made().check() == ["drop column orders.note"]
    assert asked
    execute(url, "ALTER TABLE orders DROP COLUMN note")
    assert made().check() == []


def test_full_reads_everything_whatever_is_known(made: Callable[[], Project], looks: list[Any]) -> None:
    assert made().check(full=True) == []
    assert made().check() == []
    assert looks == [None, frozenset()]


def test_pipelines_read_everything(
    made: Callable[[], Project], looks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert made().check() == []
    assert looks == [None]


def test_only_a_table_that_has_changed_is_looked_at(made: Callable[[], Project], url: str, looks: list[Any]) -> None:
    execute(url, "ALTER TABLE people ADD COLUMN note VARCHAR(20)")
    assert made().check() == ["drop column people.note"]
    assert made().check() == ["drop column people.note"]
    assert looks == [frozenset({(None, "people")})] * 2
    execute(url, "ALTER TABLE people DROP COLUMN note")
    assert made().check() == []


def test_models_that_have_changed_are_noticed(
    made: Callable[[], Project], url: str, kind: str, tmp_path: Path, looks: list[Any]
) -> None:
    metadata = declared(kind)
    metadata.tables["people"].append_column(sa.Column("name", sa.String(20)))
    assert project(tmp_path / "project", url, metadata).check() == ["add column people.name"]
    assert looks == [frozenset({(None, "people")})]
    metadata.remove(metadata.tables["people"])
    assert project(tmp_path / "project", url, metadata).check() == ["drop table people"]


def test_a_table_that_has_changed_on_both_sides_is_looked_at_once(
    made: Callable[[], Project], url: str, kind: str, tmp_path: Path, looks: list[Any]
) -> None:
    made()
    execute(url, "ALTER TABLE people ADD COLUMN note VARCHAR(20)")
    metadata = declared(kind)
    metadata.tables["people"].append_column(sa.Column("note", sa.String(20)))
    for _ in range(2):
        assert project(tmp_path / "project", url, metadata).check() == []
    assert looks == [frozenset({(None, "people")}), frozenset()]


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_type_that_nothing_uses_any_longer_is_told_each_time_whatever_is_known(
    made: Callable[[], Project], url: str, kind: str, tmp_path: Path
) -> None:
    metadata = sa.MetaData()
    declared(kind).tables["people"].to_metadata(metadata)
    more = sa.Column("more", sa.String(20), server_default="states", comment="of states")
    total = sa.Column("total", sa.Integer)
    sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True), total, more)
    execute(url, "ALTER TABLE orders ADD COLUMN more varchar(20) DEFAULT 'states'")
    execute(url, "COMMENT ON COLUMN orders.more IS 'of states'")
    for _ in range(2):
        found = project(tmp_path / "project", url, metadata).check()
        assert sorted(found) == ["drop column orders.state", "drop enum states", "drop index ix_orders_state on orders"]


def test_a_revision_has_what_has_changed_and_nothing_else(made: Callable[[], Project], url: str) -> None:
    execute(url, "ALTER TABLE people ADD COLUMN note VARCHAR(20)")
    [new] = made().revision("edit", autogenerate=True, no_rename=True, allow_drop=["people.note"])
    assert "orders" not in Path(new.path).read_text()


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_a_table_of_postgresql_is_noticed(
    change: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    declared("postgresql").create_all(sa.create_engine(url, poolclass=sa.NullPool))
    checked = [project(tmp_path / "project", url, declared("postgresql")).check() for _ in range(2)]
    assert checked == [[], []]
    execute(url, CHANGES[change])
    once_more = project(tmp_path / "project", url, declared("postgresql"))
    found = once_more.check()
    assert found == once_more.check(full=True) != []


def test_another_database_is_not_taken_for_the_one_that_is_known(
    made: Callable[[], Project], url: str, kind: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    other = make_database(kind)
    execute(other, "CREATE TABLE orders (id INTEGER PRIMARY KEY)")
    assert project(tmp_path / "project", other, declared(kind)).check() != []
    assert made().check() == []


def test_a_cache_that_is_broken_or_of_another_version_is_not_believed(
    made: Callable[[], Project], tmp_path: Path, looks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    [cache] = tmp_path.rglob("whimbrel-same-*")
    whole = cache.read_bytes()
    cache.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert made().check() == []
    monkeypatch.setattr("whimbrel.prover.subject.__version__", "0.0.0")
    assert made().check() == []
    assert looks == [None, None]


def test_a_table_that_changes_while_it_is_read_is_not_taken_for_known(
    url: str, kind: str, tmp_path: Path, looks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(kind).create_all(sa.create_engine(url, poolclass=sa.NullPool))
    execute(url, "ALTER TABLE people ADD COLUMN note VARCHAR(20)")
    read = knowing.read

    def late(visit: Any, subject: Any) -> Catalog:
        monkeypatch.setattr(knowing, "read", read)
        visit.end_driver_transaction()
        execute(url, "ALTER TABLE people DROP COLUMN note")
        return read(visit, subject)

    monkeypatch.setattr(knowing, "read", late)
    assert project(tmp_path / "project", url, declared(kind)).check() == []
    execute(url, "ALTER TABLE people ADD COLUMN note VARCHAR(20)")
    assert project(tmp_path / "project", url, declared(kind)).check() == ["drop column people.note"]


def sayable(catalog: Catalog, dialect: Dialect) -> Catalog:
    return Catalog(filter(None, map(dialect.catalogs.declarable, catalog.items)))


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("edit", [edit for edit in every() if edit.case.changes], ids=lambda edit: edit.id)
def test_the_text_of_a_table_changes_with_all_that_models_can_say_of_it(
    edit: Edit,
    ground_of: Callable[[str], Ground],  # noqa: F811  # the fixture
) -> None:
    where = ground_of(edit.database)
    dialect = dialect_of(parse(where.url, where="a test"))
    catalogs = dialect.catalogs

    def query(statement: str) -> list[tuple[Any, ...]]:
        return query_on(where.connection)(statement)

    def create(metadata: sa.MetaData) -> Catalog:
        where.empty()
        if any(table.schema for table in metadata.tables.values()):
            where.execute([where.making_other])
        where.execute(edit.case.setup.get(edit.database, ()))
        metadata.create_all(where.connection)
        return catalogs.read(query, schemas)

    wanted, there = (models(build, edit.database, where.other) for build in (edit.case.after, edit.case.before))
    named = {table.schema for one in (wanted, there) for table in one.tables.values()}
    schemas = (None, *sorted(filter(None, named)))
    after = create(wanted)
    before = create(there)
    texts, signature = catalogs.texts(query, schemas), catalogs.signature(query)
    statements = catalogs.alter(compare(before, after), before, after)
    for statement in statements:
        query(statement)
    assert not signature or (signature != catalogs.signature(query)) == bool(statements)
    now, texts_now = catalogs.read(query, schemas), catalogs.texts(query, schemas)
    differing = [one.item for one in compare(sayable(before, dialect), sayable(now, dialect), exactly=True)]
    changed = {None if item.kind in KINDS else item.place for item in differing}  # triggers are with what is loose
    assert {place for place in changed if texts.get(place) == texts_now.get(place)} == set()
    parts = catalogs.tables(query, schemas, now.tables)
    parts_now = [one for one in sayable(now, dialect).items if one.table is not None and one.kind not in KINDS]
    declarable = {(one.key, one.facts) for one in parts_now}
    assert {(one.key, one.facts) for one in sayable(parts, dialect).items} == declarable
