"""A revision from the models: where it is made and proven, what is noticed on the way, and what env.py has to say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.databases import ASYNC, rows, tables, through, version_rows
from support.projects import Rev, alembic_project
from whimbrel import Project
from whimbrel.errors import ModelsEmpty, ProofFailed, RevisionDataInvalid, WhimbrelError
from whimbrel.events import Event, Notice

USERS = """op.create_table("users", sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False))"""
FIRST = Rev("aaaa", upgrade=USERS, downgrade='op.drop_table("users")')
MODELS = """import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("name", sa.String(40), nullable=False), sa.Column("age", sa.Integer))
sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("user_id", sa.ForeignKey("users.id", name="fk_notes_user")))
"""
OTHERS = """for name in ("t_bbbb", "t_cccc"):
    sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
PROVEN = "up and down: replayed from empty"
ON_A_COPY = "up and down: on a copy of the database's schema"
Load = Callable[..., Project]


@pytest.fixture
def told() -> list[Event]:
    """What the projects of a test tell."""
    return []


@pytest.fixture
def load(url: str, kind: str, tmp_path: Path, told: list[Event]) -> Load:
    """Makes a project with an env.py that has models, and something more to say; its database is at head."""

    def load(
        history: list[Rev],
        models: str = MODELS,
        code: str = "",
        options: str = "",
        engine: str = "",
        template: str = "generic",
    ) -> Project:
        address = through(url, ASYNC[kind]) if template == "async" else url
        folder = alembic_project(tmp_path / "project", address, history, template=template)
        env = folder / "alembic" / "env.py"
        text = env.read_text().replace("target_metadata = None", f"{models}\n{code}\ntarget_metadata = metadata")
        text = text.replace("connection=connection,", f"connection=connection, {options}")
        env.write_text(text.replace("poolclass=pool.NullPool,", f"poolclass=pool.NullPool, {engine}"))
        Project.load(folder).upgrade("heads")
        return Project.load(folder, listener=told.append)

    return load


def notices(told: list[Event]) -> list[str]:
    return [event.text for event in told if isinstance(event, Notice)]


def execute(url: str, *statements: str) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def there_and_back(project: Project, url: str) -> None:
    """What was written does on the database what was proven elsewhere, both ways."""
    before = tables(url)
    project.upgrade()
    assert project.check() == []
    project.downgrade("-1")
    assert tables(url) == before
    project.upgrade()
    assert project.check() == []


# -- where it is made ---------------------------------------------------------------------------


def test_it_is_made_on_what_the_history_leaves_and_the_database_is_only_read(
    load: Load, url: str, told: list[Event]
) -> None:
    project = load([FIRST])
    [new] = project.revision("more", autogenerate=True)
    assert (new.proof, notices(told)) == (PROVEN, [])
    assert (tables(url), version_rows(url)) == ({"users", "alembic_version"}, {"aaaa"})
    there_and_back(project, url)


NO_MODELS = "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"


def test_models_without_a_table_are_refused_with_the_number_of_the_tables_that_are_the_projects(load: Load) -> None:
    with pytest.raises(ModelsEmpty) as refused:
        load([FIRST], NO_MODELS).check()
    assert refused.value.what == "the models hold no table, and the database has 1"


def test_models_without_a_table_are_those_of_a_database_that_has_only_whimbrels(load: Load) -> None:
    assert load([Rev("aaaa", upgrade="pass")], NO_MODELS).check() == []


def test_drift_in_a_table_that_it_is_about_is_noticed_and_it_is_proven_on_a_copy(
    load: Load, url: str, told: list[Event]
) -> None:
    project = load([FIRST])
    execute(url, "ALTER TABLE users ADD COLUMN age INTEGER", "ALTER TABLE users ADD COLUMN past_history INTEGER")
    [new] = project.revision("more", autogenerate=True)
    [drifted] = notices(told)
    assert drifted.startswith("the database is not as its history leaves it: ")
    assert "add column users.past_history" in drifted
    assert new.proof == ON_A_COPY
    assert '"age"' not in Path(new.path).read_text(), "somebody has added it already"
    there_and_back(project, url)


def test_drift_elsewhere_is_none_of_its_business(load: Load, url: str, told: list[Event]) -> None:
    models = MODELS + 'sa.Table("other", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'
    other = 'op.create_table("other", sa.Column("id", sa.Integer, primary_key=True))'
    project = load([FIRST, Rev("bbbb", "aaaa", upgrade=other, downgrade='op.drop_table("other")')], models)
    execute(url, "CREATE VIEW past_history AS SELECT id FROM other")
    [new] = project.revision("more", autogenerate=True)
    assert (new.proof, notices(told)) == (PROVEN, [])


def test_a_history_that_cannot_be_replayed_is_noticed_with_the_reason_and_it_is_proven_on_a_copy(
    load: Load, url: str, told: list[Event], tmp_path: Path
) -> None:
    """As where the first tables were made by hand, and the first revision changes one of them."""
    execute(url, "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY)")
    add = 'op.add_column("users", sa.Column("name", sa.String(40), nullable=False))'
    if url.startswith("sqlite"):
        add = add.replace("nullable=False", 'nullable=False, server_default=""')
    models = MODELS.replace("nullable=False", 'nullable=False, server_default=""') if "server" in add else MODELS
    project = load([Rev("aaaa", upgrade=add, downgrade='op.drop_column("users", "name")')], models)
    [new] = project.revision("more", autogenerate=True)
    [unplayed] = notices(told)
    assert unplayed.startswith("the history cannot be replayed from empty: revision aaaa failed (")
    assert "users" in unplayed
    assert new.proof == ON_A_COPY
    there_and_back(project, url)


def test_a_renamed_column_is_written_as_people_write_it(load: Load, url: str) -> None:
    project = load([FIRST], MODELS.replace('"name"', '"full_name"'))
    [new] = project.revision("more", autogenerate=True, renames={"users.name": "full_name"})
    assert "new_column_name='full_name'" in Path(new.path).read_text()
    there_and_back(project, url)


def test_a_renamed_column_with_a_foreign_key_goes_there_and_back_as_often_as_one_likes(load: Load, url: str) -> None:
    """MySQL makes an index for the key, and treats it otherwise as soon as it was renamed."""
    make = """op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.ForeignKey("notes.id", ondelete="SET NULL")))"""
    models = """import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("answer_to", sa.ForeignKey("notes.id", ondelete="CASCADE")))
"""
    project = load([Rev("aaaa", upgrade=make, downgrade='op.drop_table("notes")')], models)
    project.revision("more", autogenerate=True, renames={"notes.parent": "answer_to"})
    there_and_back(project, url)
    project.downgrade("-1")
    there_and_back(project, url)


# -- what env.py says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "def chosen(thing, name, kind, reflected, other):\n    return not (kind == 'table' and name == 'elsewhere')",
        "def chosen(name, kind, parents):\n    return not (kind == 'table' and name == 'elsewhere')",
    ],
    ids=["include_object", "include_name"],
)
def test_what_a_filter_leaves_out_is_kept(code: str, load: Load, url: str, told: list[Event]) -> None:
    name = "include_object" if "reflected" in code else "include_name"
    project = load([FIRST], code=code, options=f"{name}=chosen,")
    execute(url, "CREATE TABLE elsewhere (id INTEGER)", "INSERT INTO elsewhere VALUES (7)")
    assert not any("elsewhere" in line for line in project.check())
    [new] = project.revision("more", autogenerate=True)
    assert "elsewhere" not in Path(new.path).read_text()
    assert (new.proof, notices(told)) == (PROVEN, [])
    there_and_back(project, url)
    assert rows(url, "SELECT id FROM elsewhere") == [(7,)]


ADDS = """from alembic.operations import ops
def hook(context, revision, directives):
    [script] = directives
    script.rev_id = "by_hook"
    script.upgrade_ops.ops.append(ops.ExecuteSQLOp("CREATE VIEW by_hook AS SELECT id FROM users"))
    script.downgrade_ops.ops.insert(0, ops.ExecuteSQLOp("DROP VIEW by_hook"))
"""


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_filter_is_told_what_a_thing_is_compared_with(load: Load) -> None:
    """As those tell what is new, or only there, from what has changed."""
    code = """def kept(thing, name, kind, reflected, compared_with):
    return compared_with is not None or kind == "column"
"""
    models = MODELS.replace("sa.String(40)", "sa.String(60)")
    found = load([FIRST], models, code=code, options="include_object=kept,").check()
    assert found == ["add column users.age", "change column users.name: type VARCHAR(40) -> VARCHAR(60)"]


def test_what_a_hook_adds_is_written_and_proven_too(load: Load, url: str, told: list[Event]) -> None:
    project = load([FIRST], code=ADDS, options="process_revision_directives=hook,")
    [new] = project.revision("more", autogenerate=True)
    assert new.revision == "by_hook"
    assert "CREATE VIEW by_hook" in Path(new.path).read_text()
    assert (new.proof, notices(told)) == (PROVEN, [])
    project.upgrade()
    assert rows(url, "SELECT id FROM by_hook") == []


def test_a_hook_that_makes_a_revision_wrong_is_found_out(load: Load, url: str) -> None:
    code = ADDS.replace("DROP VIEW by_hook", "SELECT 1")
    project = load([FIRST], code=code, options="process_revision_directives=hook,")
    with pytest.raises(ProofFailed) as failed:
        project.revision("more", autogenerate=True)
    assert failed.value.differences == ("drop view by_hook",)
    assert tables(url) == {"users", "alembic_version"}
    assert version_rows(url) == {"aaaa"}


@pytest.mark.parametrize("template", ["generic", "async"])
def test_operations_are_written_where_each_statement_is_committed_by_itself(
    template: str, url: str, told: list[Event], load: Load
) -> None:
    project = load([FIRST], engine='isolation_level="AUTOCOMMIT",', template=template)
    [new] = project.revision("more", autogenerate=True)
    text = Path(new.path).read_text()
    assert "op.create_table('notes'" in text
    assert "op.execute" not in text
    assert (new.proof, notices(told)) == (PROVEN, [])
    there_and_back(project, url)


def test_a_hook_that_wants_something_else_than_the_models_is_told_and_followed(
    load: Load, url: str, told: list[Event]
) -> None:
    """As those do that give each table a column which no model has."""
    code = ADDS.replace("CREATE VIEW by_hook AS SELECT id FROM users", "ALTER TABLE users ADD COLUMN by_hook INTEGER")
    code = code.replace("DROP VIEW by_hook", "ALTER TABLE users DROP COLUMN by_hook")
    project = load([FIRST], code=code, options="process_revision_directives=hook,")
    [new] = project.revision("more", autogenerate=True)
    [otherwise] = notices(told)
    assert otherwise.endswith("still to be done would be drop column users.by_hook")
    assert new.proof == PROVEN
    project.upgrade()
    assert "by_hook" in {column["name"] for column in sa.inspect(sa.create_engine(url)).get_columns("users")}


# -- several databases --------------------------------------------------------------------------

BOTH = """import sqlalchemy as sa
one, two = sa.MetaData(), sa.MetaData()
sa.Table("users", one, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))
sa.Table("events", two, sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", sa.DateTime, index=True))
target_metadata = {"engine1": one, "engine2": two}
"""


def multidb_project(folder: Path, first: str, second: str, models: str) -> Path:
    """A project of Alembic's template for several databases, with the models of both."""
    alembic_project(folder, "unused://", template="multidb")
    ini, env = folder / "alembic.ini", folder / "alembic" / "env.py"
    text = ini.read_text()
    for name, url in (("engine1", first), ("engine2", second)):
        head, found, rest = text.partition(f"[{name}]\n")
        assert found
        _, rest = rest.split("\n", 1)
        text = f"{head}{found}sqlalchemy.url = {url}\n{rest}"
    ini.write_text(text)
    assert "target_metadata = {}" in env.read_text()
    env.write_text(env.read_text().replace("target_metadata = {}", models))
    return folder


@pytest.mark.parametrize("kinds", [("sqlite", "sqlite"), ("postgresql", "mariadb"), ("postgresql", "postgresql")])
def test_several_databases_behind_one_env_py_are_filled_and_proven_each(
    kinds: tuple[str, str], make_database: Callable[[str], str], tmp_path: Path, told: list[Event]
) -> None:
    first, second = map(make_database, kinds)
    folder = multidb_project(tmp_path / "project", first, second, BOTH)
    project = Project.load(folder, listener=told.append)

    [new] = project.revision("both", autogenerate=True)
    text = Path(new.path).read_text()
    up = text.partition("def upgrade_engine1")[2].partition("def downgrade_engine1")
    assert ("users" in up[0], "events" in up[0], "events" in up[2]) == (True, False, True)
    assert (new.proof, notices(told)) == (PROVEN, [])
    assert tables(first) | tables(second) == set()
    project.upgrade()
    assert (tables(first), tables(second)) == ({"users", "alembic_version"}, {"events", "alembic_version"})
    assert project.check() == []
    project.downgrade("base")
    assert tables(first) | tables(second) == {"alembic_version"}


@pytest.mark.parametrize("kinds", [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_of_several_databases_each_is_told_what_is_its_own_and_altered_in_its_own_way(
    kinds: tuple[str, str], make_database: Callable[[str], str], tmp_path: Path, told: list[Event]
) -> None:
    first, second = map(make_database, kinds)
    folder = multidb_project(tmp_path / "project", first, second, BOTH)
    Project.load(folder).revision("both", autogenerate=True)
    Project.load(folder).upgrade()
    execute(first, "INSERT INTO users (id, name) VALUES (1, 'ann')")
    execute(second, "INSERT INTO events (id, at) VALUES (1, '2026-01-02')")
    env = folder / "alembic" / "env.py"
    text = env.read_text().replace('"name", sa.String(40)', '"full_name", sa.Text')
    env.write_text(text.replace(', sa.Column("at", sa.DateTime, index=True)', ""))
    with pytest.raises(RevisionDataInvalid, match=r"no column users\.nam"):
        Project.load(folder).revision("more", autogenerate=True, renames={"users.nam": "full_name"})
    project = Project.load(folder, listener=told.append)
    [new] = project.revision("more", autogenerate=True, renames={"users.name": "full_name"}, allow_drop=["events.at"])
    assert (new.proof, notices(told)) == (PROVEN, [])
    project.upgrade()
    assert (rows(first, "SELECT * FROM users"), rows(second, "SELECT * FROM events")) == ([(1, "ann")], [(1,)])


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_the_project_calls_alembic_and_sqlalchemy_is_written_in_batches_too(
    load: Load, url: str, told: list[Event]
) -> None:
    models = MODELS.replace(
        'sa.Column("age", sa.Integer)', 'sa.Column("age", sa.Integer), sa.CheckConstraint("age > 0")'
    )
    models = models.replace("sa.String(40)", "sa.Text")
    prefixes = 'alembic_module_prefix="migrate.", sqlalchemy_module_prefix="db.",'
    project = load([FIRST], models, options=prefixes)
    template = Path(project.database.script_location) / "script.py.mako"
    text = template.read_text().replace("from alembic import op", "from alembic import op as migrate")
    template.write_text(text.replace("import sqlalchemy as sa", "import sqlalchemy as db"))
    [new] = project.revision("more", autogenerate=True)
    assert "CREATE TABLE" not in Path(new.path).read_text()
    there_and_back(project, url)


# -- what models stand on, and do not make ------------------------------------------------------

STANDING = """op.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
op.execute("CREATE FUNCTION new_id() RETURNS integer LANGUAGE sql AS 'SELECT 42'")
op.execute("CREATE SEQUENCE numbers")"""
ON_IT = """import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM
metadata = sa.MetaData()
sa.Table("pets", metadata, sa.Column("id", sa.Integer, primary_key=True, server_default=sa.text("new_id()")),
         sa.Column("number", sa.Integer, server_default=sa.text("nextval('numbers'::regclass)")),
         sa.Column("mood", ENUM("sad", "happy", name="mood", create_type=False)))
"""


@pytest.mark.parametrize("kind", ["postgresql"])
def test_models_may_stand_on_what_only_revisions_make(load: Load, url: str, told: list[Event]) -> None:
    project = load([Rev("aaaa", upgrade=STANDING, downgrade="pass")], ON_IT)
    assert project.check() == ["add table pets"]
    [new] = project.revision("pets", autogenerate=True)
    assert "mood" in Path(new.path).read_text()
    assert (new.proof, notices(told)) == (PROVEN, [])
    project.upgrade()
    assert project.check() == []
    execute(url, "INSERT INTO pets (mood) VALUES ('happy')")
    assert rows(url, "SELECT id, number, mood FROM pets") == [(42, 1, "happy")]


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.parametrize(
    ("made", "models"),
    [
        ("CREATE EXTENSION citext", 'sa.Table("pets", metadata, sa.Column("name", CITEXT))'),
        ('CREATE SCHEMA "s%q"', 'sa.Table("pets", metadata, sa.Column("id", sa.Integer), schema="s%q")'),
    ],
    ids=["an extension", "a schema"],
)
def test_models_may_stand_on_what_somebody_has_made_in_the_database_and_no_revision_makes(
    made: str, models: str, load: Load, url: str, told: list[Event]
) -> None:
    project = load([FIRST], f"{MODELS}from sqlalchemy.dialects.postgresql import CITEXT\n{models}\n")
    execute(url, made.replace("%", "%%"))
    [new] = project.revision("more", autogenerate=True)
    told_of = f"{PROVEN}, with schemas or extensions of the database that no revision makes"
    assert (new.proof, notices(told)) == (told_of, [])
    there_and_back(project, url)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_revision_does_not_stand_on_a_schema_that_nobody_has_made(load: Load) -> None:
    project = load([FIRST], f'{MODELS}sa.Table("pets", metadata, sa.Column("id", sa.Integer), schema="nowhere")\n')
    with pytest.raises(WhimbrelError, match="the database refused") as refused:
        project.revision("more", autogenerate=True)
    assert 'schema "nowhere" does not exist' in str(refused.value)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_type_that_a_table_of_somebody_elses_uses_stays(load: Load, url: str, told: list[Event]) -> None:
    """Though the last column of the models that used it goes."""
    mood = """op.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
op.add_column("users", sa.Column("mood", sa.Enum("sad", "happy", name="mood", create_type=False)))"""
    down = 'op.drop_column("users", "mood")\nop.execute("DROP TYPE mood")'
    code = "def chosen(thing, name, kind, reflected, other):\n    return not (kind == 'table' and name == 'elsewhere')"
    project = load(
        [FIRST, Rev("bbbb", "aaaa", upgrade=mood, downgrade=down)], code=code, options="include_object=chosen,"
    )
    execute(url, "CREATE TABLE elsewhere (mood mood)")
    assert "drop enum mood" not in project.check()
    [new] = project.revision("more", autogenerate=True, allow_drop=["users.mood"])
    assert "DROP TYPE" not in Path(new.path).read_text()
    project.upgrade()
    execute(url, "DROP TABLE elsewhere", "DROP TYPE mood")


def test_a_second_revision_of_the_same_project_is_made_on_the_first(load: Load, url: str, tmp_path: Path) -> None:
    project = load([FIRST])
    [first] = project.revision("more", autogenerate=True)
    project.upgrade()
    env = tmp_path / "project" / "alembic" / "env.py"
    env.write_text(env.read_text().replace('sa.Column("age", sa.Integer)', 'sa.Column("age", sa.BigInteger)'))
    assert project.check() == ["change the type of users.age from integer to bigint"] or project.check()
    [second] = project.revision("bigger", autogenerate=True)
    assert first.revision in Path(second.path).read_text()
    there_and_back(project, url)


@pytest.mark.parametrize(
    "options",
    [
        {"head": "base", "branch_label": "side"},
        {"head": "aaaa", "splice": True},
        {"head": "cccc", "depends_on": ["bbbb"]},
        {"head": "heads"},
    ],
    ids=["a line of its own", "a fork", "one that depends on another line", "a merge"],
)
def test_wherever_it_goes_in_the_history_it_alone_is_taken_back(
    load: Load, url: str, told: list[Event], options: dict[str, Any]
) -> None:
    project = load([FIRST, Rev("bbbb", "aaaa"), Rev("cccc")], MODELS + OTHERS)
    [new] = project.revision("more", autogenerate=True, rev_id="dddd", **options)
    assert (new.proof, notices(told)) == (PROVEN, [])
    project.upgrade("heads")
    assert project.check() == []
