"""What a revision that was left in the middle does when it is run again, on the databases where it can be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.crash import killed_upgrade
from support.databases import rows, tables, through, version_rows
from support.projects import Rev, native_project
from whimbrel import Project, errors
from whimbrel.runner.notes import Notes

MakeDatabase = Callable[[str], str]


class Crash:
    """Kills upgrades."""

    def upgrade(self, project: Project, word: str, *, after: bool = False) -> None:
        killed_upgrade(Path(project.database.root), word, after=after)


@pytest.fixture
def crash() -> Crash:
    return Crash()


def project_of(folder: Path, url: str, upgrade: str) -> Project:
    return Project.load(native_project(folder / "p", url, [Rev("aaaa", upgrade=upgrade)]))


def executed(url: str, statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements.split(";"):
            connection.exec_driver_sql(statement)


def left(url: str) -> list[tuple[object, ...]]:
    """What the journal holds of statements."""
    return rows(url, "SELECT seq, summary, state FROM whimbrel_statement ORDER BY seq")


MIXED = """
op.execute("INSERT INTO account VALUES (1)")
op.add_column("item", sa.Column("a", sa.Integer))
op.execute("UPDATE account SET n = n + 1")
op.add_column("item", sa.Column("b", sa.Integer))
op.execute("UPDATE account SET n = n + 10")
""".strip()


@pytest.fixture
def mariadb(make_database: MakeDatabase) -> str:
    url = make_database("mariadb")
    executed(url, "CREATE TABLE account (n int); CREATE TABLE item (id int PRIMARY KEY AUTO_INCREMENT)")
    return url


@pytest.fixture
def postgresql(make_database: MakeDatabase) -> str:
    url = make_database("postgresql")
    executed(url, "CREATE TABLE account (n int); CREATE TABLE item (id serial PRIMARY KEY)")
    return url


# -- skipped, redone -----------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "word", ["INSERT INTO account", "COLUMN a ", "n + 1\0", "COLUMN b ", "n + 10", "alembic_version"]
)
def test_every_statement_is_executed_once_wherever_the_run_ends(
    mariadb: str, tmp_path: Path, crash: Crash, word: str, after: bool
) -> None:
    project = project_of(tmp_path, mariadb, MIXED)
    word = {"n + 1\0": "n + 1", "alembic_version": "INSERT INTO alembic_version"}.get(word, word)
    crash.upgrade(project, word, after=after)
    assert version_rows(mariadb) == set()
    outcome = project.upgrade()
    assert outcome.verified
    assert rows(mariadb, "SELECT n FROM account") == [(12,)]
    assert version_rows(mariadb) == {"aaaa"}
    assert left(mariadb) == [], "what is through is forgotten"
    assert project.upgrade().status == "nothing to do"


def test_what_came_before_a_statement_that_commits_is_noted_with_it(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    project = project_of(tmp_path, mariadb, MIXED)
    crash.upgrade(project, "COLUMN b ", after=True)
    assert left(mariadb) == [
        (1, "INSERT account", "done"),
        (2, "ALTER TABLE item", "done"),
        (3, "UPDATE account", "done"),
        (4, "ALTER TABLE item", "started"),
    ]


def test_it_may_end_again_and_again(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    project = project_of(tmp_path, mariadb, MIXED)
    for word, after in (("COLUMN a ", True), ("COLUMN b ", False), ("COLUMN b ", True), ("n + 10", True)):
        crash.upgrade(project, word, after=after)
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(12,)]


SETS_AUTOCOMMIT = """
op.execute("SET SESSION autocommit = 1")
op.execute("INSERT INTO account VALUES (1)")
op.execute("START TRANSACTION")
op.execute("UPDATE account SET n = n + 1")
op.execute("ROLLBACK")
op.execute("UPDATE account SET n = n + 10")
op.execute("SET autocommit=0")
op.execute("UPDATE account SET n = n + 100")
""".strip()


@pytest.mark.parametrize("driver", ["mysql+pymysql", "mysql+asyncmy"])
@pytest.mark.parametrize("word", ["VALUES (1)", "n + 1", "n + 10", "n + 100"])
def test_what_the_server_commits_by_itself_is_not_done_twice(
    mariadb: str, tmp_path: Path, crash: Crash, word: str, driver: str
) -> None:
    project = project_of(tmp_path, through(mariadb, driver), SETS_AUTOCOMMIT)
    crash.upgrade(project, word, after=True)
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(111,)]
    assert left(mariadb) == []


def test_through_an_async_driver_too(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    project = project_of(tmp_path, through(mariadb, "mysql+asyncmy"), MIXED)
    crash.upgrade(project, "COLUMN b ", after=True)
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(12,)]


def test_a_statement_that_the_database_refuses_is_not_noted_as_begun(mariadb: str, tmp_path: Path) -> None:
    """A corrected file may be run: nothing of it has happened."""
    project = project_of(tmp_path, mariadb, 'op.drop_column("item", "nothing_such")')
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    assert left(mariadb) == []
    path = next((tmp_path / "p" / "migrations" / "versions").glob("*.py"))
    path.write_text(path.read_text().replace('op.drop_column("item", "nothing_such")', "pass"))
    assert Project.load(tmp_path / "p").upgrade().revisions == ("aaaa",)


def test_a_revision_that_expects_to_be_refused_goes_on(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    upgrade = (
        "try:\n    op.drop_column('item', 'nothing_such')\nexcept sa.exc.DBAPIError:\n"
        "    op.add_column('item', sa.Column('a', sa.Integer))\n"
        "op.execute('INSERT INTO account VALUES (1)')\nop.add_column('item', sa.Column('b', sa.Integer))"
    )
    project = project_of(tmp_path, mariadb, upgrade)
    crash.upgrade(project, "COLUMN b ", after=True)
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(1,)]
    assert left(mariadb) == []


def test_an_edited_file_is_not_gone_on_with(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    project = project_of(tmp_path, mariadb, MIXED)
    crash.upgrade(project, "COLUMN b ", after=True)
    path = next((tmp_path / "p" / "migrations" / "versions").glob("*.py"))
    text = path.read_text()
    path.write_text(text.replace("n + 10", "n + 20"))
    with pytest.raises(errors.RevisionEdited) as refused:
        Project.load(tmp_path / "p").upgrade()
    assert refused.value.exit_code == 6
    path.write_text(text.replace("def upgrade", "# a comment changes nothing\n\ndef upgrade"))
    Project.load(tmp_path / "p").upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(12,)]


# -- passed over ---------------------------------------------------------------------------------

INSPECTS = """
if not sa.inspect(op.get_bind()).has_table("extra"):
    op.create_table("extra", sa.Column("id", sa.Integer))
op.execute("UPDATE account SET n = n + 1")
op.add_column("item", sa.Column("b", sa.Integer))
""".strip()


@pytest.mark.parametrize(("word", "after"), [("TABLE extra", False), ("COLUMN b ", True)])
def test_a_revision_may_look_before_it_acts(mariadb: str, tmp_path: Path, crash: Crash, word: str, after: bool) -> None:
    executed(mariadb, "INSERT INTO account VALUES (0)")
    project = project_of(tmp_path, mariadb, INSPECTS)
    crash.upgrade(project, word, after=after)
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(1,)]
    assert "extra" in tables(mariadb)
    assert left(mariadb) == []


def test_if_that_was_the_last_thing_it_did_a_human_says_that_nothing_stood_behind_it(
    mariadb: str, tmp_path: Path, crash: Crash
) -> None:
    executed(mariadb, "INSERT INTO account VALUES (0)")
    project = project_of(tmp_path, mariadb, INSPECTS)
    crash.upgrade(project, "TABLE extra", after=True)
    with pytest.raises(errors.NeedsDecision, match="CREATE TABLE extra"):
        project.upgrade()
    project.resolve("happened")
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(1,)]


CONCURRENT = """
with op.get_context().autocommit_block():
    if "ix" not in {one["name"] for one in sa.inspect(op.get_bind()).get_indexes("item")}:
        op.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON item (code)")
""".strip()


def test_an_index_that_is_half_built_is_not_taken_for_one_by_a_revision_that_looks(
    postgresql: str, tmp_path: Path
) -> None:
    executed(postgresql, "ALTER TABLE item ADD code int; INSERT INTO item (code) VALUES (1), (1)")
    project = project_of(tmp_path, postgresql, CONCURRENT)
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    executed(postgresql, "DELETE FROM item WHERE id = 2")
    with pytest.raises(errors.NeedsDecision) as undecided:
        project.upgrade()
    assert "CREATE INDEX ix" in undecided.value.what
    assert version_rows(postgresql) == set()


# -- undecided -----------------------------------------------------------------------------------


def test_what_cannot_be_seen_is_asked_about(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    project = project_of(tmp_path, mariadb, 'op.execute("TRUNCATE account")')
    crash.upgrade(project, "TRUNCATE", after=True)
    for _ in range(2):
        with pytest.raises(errors.NeedsDecision) as undecided:
            project.upgrade()
        assert undecided.value.exit_code == 6
        assert (
            "whether statement 1 of aaaa has happened cannot be known: TRUNCATE TABLE account" in undecided.value.what
        )
        assert left(mariadb) == [(1, "TRUNCATE TABLE account", "undecided")]


@pytest.mark.parametrize(("state", "expected"), [("happened", [(5,)]), ("again", [])])
def test_what_was_decided_is_done(
    mariadb: str, tmp_path: Path, crash: Crash, state: str, expected: list[tuple[int]]
) -> None:
    executed(mariadb, "INSERT INTO account VALUES (5)")
    project = project_of(tmp_path, mariadb, 'op.execute("TRUNCATE account")')
    crash.upgrade(project, "TRUNCATE", after=True)
    # It did happen; a row that was written since shows what is made of the decision.
    executed(mariadb, f"INSERT INTO account VALUES (5); UPDATE whimbrel_statement SET state = '{state}'")
    if not left(mariadb):
        pytest.fail("nothing was noted")
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == expected
    assert left(mariadb) == []


def test_values_that_differ_from_the_last_time_are_asked_about(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    upgrade = (
        "import uuid\n"
        "op.get_bind().execute(sa.text('INSERT INTO account VALUES (:n)'), {'n': uuid.uuid4().int % 10**6})\n"
        "op.add_column('item', sa.Column('b', sa.Integer))"
    )
    project = project_of(tmp_path, mariadb, upgrade)
    crash.upgrade(project, "COLUMN b ", after=True)
    with pytest.raises(errors.NeedsDecision) as undecided:
        project.upgrade()
    assert "statement 1, INSERT account" in undecided.value.what
    assert len(rows(mariadb, "SELECT n FROM account")) == 1
    executed(mariadb, "UPDATE whimbrel_statement SET state = 'happened' WHERE state = 'undecided'")
    project.upgrade()
    assert len(rows(mariadb, "SELECT n FROM account")) == 1


def test_rows_that_were_returned_are_not_made_up(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    upgrade = (
        "[[n]] = op.get_bind().exec_driver_sql('INSERT INTO account VALUES (7) RETURNING n')\n"
        "op.execute('ALTER TABLE item ADD b int')\nassert n == 7"
    )
    project = project_of(tmp_path, mariadb, upgrade)
    crash.upgrade(project, "ADD b", after=True)
    with pytest.raises(errors.NeedsDecision, match="INSERT account"):
        project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(7,)]


def test_a_revision_that_ends_before_it_has_come_as_far_as_the_last_time_is_asked_about(
    mariadb: str, tmp_path: Path, crash: Crash
) -> None:
    """It goes by rows that it has changed itself."""
    upgrade = (
        "if not op.get_bind().scalar(sa.text('SELECT count(*) FROM account')):\n"
        "    op.execute('INSERT INTO account VALUES (1)')\n"
        "    op.add_column('item', sa.Column('b', sa.Integer))"
    )
    project = project_of(tmp_path, mariadb, upgrade)
    crash.upgrade(project, "COLUMN b ", after=False)
    if rows(mariadb, "SELECT n FROM account"):
        with pytest.raises(errors.NeedsDecision, match="INSERT account"):
            project.upgrade()
        assert version_rows(mariadb) == set()
    else:
        project.upgrade()
        assert rows(mariadb, "SELECT n FROM account") == [(1,)]


# -- what the driver says ------------------------------------------------------------------------

ORM = """
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "item"
    id = mapped_column(sa.Integer, primary_key=True)
    code = mapped_column(sa.Integer)

with Session(op.get_bind()) as session:
    item = Item(code=5)
    session.add(item)
    session.flush()
    session.commit()
    item.code = 6
    session.flush()  # raises StaleDataError if the count of rows is not 1
    op.add_column("item", sa.Column("b", sa.Integer))
    number = item.id
    session.commit()
result = op.get_bind().execute(sa.text("UPDATE item SET code = code + 1"))
assert result.rowcount == 1, result.rowcount
op.add_column("item", sa.Column("c", sa.Integer))
op.get_bind().execute(sa.text("INSERT INTO account VALUES (:n)"), {"n": number})
""".strip()


@pytest.mark.parametrize(("word", "after"), [("COLUMN b ", False), ("COLUMN b ", True), ("COLUMN c ", True)])
def test_an_orm_finds_its_ids_and_counts_after_a_statement_is_skipped(
    mariadb: str, tmp_path: Path, crash: Crash, word: str, after: bool
) -> None:
    executed(mariadb, "ALTER TABLE item ADD code int; ALTER TABLE item AUTO_INCREMENT = 42")
    project = project_of(tmp_path, mariadb, ORM)
    crash.upgrade(project, word, after=after)
    project.upgrade()
    [(key, code)] = rows(mariadb, "SELECT id, code FROM item")
    assert code == 7
    assert rows(mariadb, "SELECT n FROM account") == [(key,)]


def test_rows_that_were_inserted_in_bulk_are_not_inserted_twice(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    upgrade = (
        "table = sa.table('account', sa.column('n', sa.Integer))\n"
        "op.bulk_insert(table, [{'n': n} for n in range(3)])\n"
        "op.get_bind().execute(table.insert(), [{'n': n} for n in range(3, 6)])\n"
        "op.add_column('item', sa.Column('b', sa.Integer))"
    )
    project = project_of(tmp_path, mariadb, upgrade)
    crash.upgrade(project, "COLUMN b ", after=True)
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account ORDER BY n") == [(n,) for n in range(6)]


# -- temporary tables ----------------------------------------------------------------------------

TEMPORARY = """
op.execute("CREATE TEMPORARY TABLE Scratch (n int)")
op.execute("INSERT INTO scratch VALUES (1), (2)")
op.execute("UPDATE scratch SET n = n + 1")
op.execute("ALTER TABLE scratch ADD m int")
op.execute("UPDATE scratch SET m = n")
op.add_column("item", sa.Column("b", sa.Integer))
op.execute("INSERT INTO account SELECT m FROM scratch")
op.add_column("item", sa.Column("c", sa.Integer))
op.execute("DROP TABLE scratch")
op.add_column("item", sa.Column("d", sa.Integer))
""".strip()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("word", ["ADD m", "COLUMN b ", "INSERT INTO account", "COLUMN c ", "DROP TABLE", "COLUMN d "])
def test_a_temporary_table_is_filled_again_in_each_session(
    mariadb: str, tmp_path: Path, crash: Crash, word: str, after: bool
) -> None:
    project = project_of(tmp_path, mariadb, TEMPORARY.replace("Scratch", "scratch"))
    crash.upgrade(project, word, after=after)
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account ORDER BY n") == [(2,), (3,)]
    assert left(mariadb) == []


@pytest.mark.parametrize("word", ["CONCURRENTLY ix ", "INSERT INTO account", "CONCURRENTLY iy "])
def test_a_temporary_table_outlives_an_autocommit_block(
    postgresql: str, tmp_path: Path, crash: Crash, word: str
) -> None:
    upgrade = TEMPORARY
    for column, name in (("b", "ix"), ("c", "iy"), ("d", "iz")):
        upgrade = upgrade.replace(
            f'op.add_column("item", sa.Column("{column}", sa.Integer))',
            f"with op.get_context().autocommit_block():\n"
            f'    op.execute("CREATE INDEX CONCURRENTLY {name} ON item (id)")',
        )
    project = project_of(tmp_path, postgresql, upgrade)
    crash.upgrade(project, word, after=True)
    project.upgrade()
    assert rows(postgresql, "SELECT n FROM account ORDER BY n") == [(2,), (3,)]
    assert left(postgresql) == []


def test_a_table_beside_a_temporary_one_is_not_changed_twice(mariadb: str, tmp_path: Path, crash: Crash) -> None:
    executed(mariadb, "INSERT INTO account VALUES (1)")
    upgrade = (
        "op.execute('CREATE TEMPORARY TABLE scratch (n int)')\n"
        "op.execute('INSERT INTO scratch VALUES (1)')\n"
        "op.execute('UPDATE scratch s JOIN account a ON s.n = 1 SET a.n = a.n + 1')\n"
        "op.add_column('item', sa.Column('b', sa.Integer))"
    )
    project = project_of(tmp_path, mariadb, upgrade)
    crash.upgrade(project, "COLUMN b ", after=True)
    project.upgrade()
    assert rows(mariadb, "SELECT n FROM account") == [(2,)]


# -- PostgreSQL ----------------------------------------------------------------------------------

BLOCKS = """
op.execute("INSERT INTO account VALUES (1)")
with op.get_context().autocommit_block():
    op.execute("UPDATE account SET n = n + 1")
    op.execute("CREATE INDEX CONCURRENTLY ix ON item (id)")
    op.execute("UPDATE account SET n = n + 10")
op.execute("UPDATE account SET n = n + 100")
""".strip()


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql+asyncpg"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("word", ["INSERT INTO account", "n + 1\0", "CONCURRENTLY", "n + 10\0", "n + 100"])
def test_an_autocommit_block_is_gone_through_once(
    postgresql: str, tmp_path: Path, crash: Crash, word: str, after: bool, scheme: str
) -> None:
    project = project_of(tmp_path, through(postgresql, scheme), BLOCKS.replace('0")', '0 ")').replace('1")', '1 ")'))
    crash.upgrade(project, word.replace("\0", " "), after=after)
    project.upgrade()
    assert rows(postgresql, "SELECT n FROM account") == [(112,)]
    assert left(postgresql) == []
    assert rows(postgresql, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass") == [(True,)]


def test_a_revision_that_is_one_transaction_leaves_no_notes(url: str, tmp_path: Path, kind: str) -> None:
    if kind == "mariadb":
        return  # DDL commits there
    upgrade = "op.create_table('a', sa.Column('id', sa.Integer))\nop.execute('INSERT INTO a VALUES (1)')"
    project = project_of(tmp_path, url, upgrade)
    seen: list[str] = []
    write = Notes.write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Notes, "write", lambda self, entries=(): (seen.append(""), write(self, entries)))
        project.upgrade()
    assert seen == []
    assert left(url) == []
