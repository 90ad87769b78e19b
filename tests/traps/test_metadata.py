"""target_metadata and the hooks around autogenerate, as 14 of 21 well-known env.py files use them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql

from conformance.stage import Stage
from conformance.test_writing import _tree
from conformance.tools import Tool, ours, stock

from .trees import ENV, project

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])

_MODELS = '''
import enum
import sqlalchemy as sa
from sqlalchemy import types

class Upper(types.TypeDecorator):
    """A type of the project's own."""
    impl = sa.String
    cache_ok = True

class Colour(enum.Enum):
    red = 1
    blue = 2

first = sa.MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"})
second = sa.MetaData()
sa.Table("owners", first, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", Upper(30), index=True))
sa.Table("orders", first, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("owner_id", sa.Integer, sa.ForeignKey("owners.id"), nullable=False),
         sa.Column("colour", sa.Enum(Colour), server_default="red", comment="which" if COMMENT else None),
         sa.Column("total", sa.Numeric(10, 2), nullable=False), sa.UniqueConstraint("owner_id", "total", name="uq_total"))
sa.Table("events", second, sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("at", sa.DateTime(timezone=True)))
sa.Table("skip_me", second, sa.Column("id", sa.Integer, primary_key=True))
'''.replace("COMMENT", "False")

_HOOKS = """
import sqlalchemy as sa
from trap_models import Upper, first, second
target_metadata = [first, second]

def include_object(item, name, kind, reflected, compare_to):
    return not (kind == "table" and name.startswith("skip_"))

def include_name(name, kind, parents):
    return not (kind == "table" and name == "legacy")

def render_item(kind, item, autogenerate):
    if kind == "type" and isinstance(item, Upper):
        autogenerate.imports.add("import trap_models")
        return f"trap_models.Upper({item.impl.length})"
    return False

def process_revision_directives(context, revision, directives):
    directives[0].message = f"{directives[0].message} (reviewed)"

def compare_type(context, inspected, column, inspected_type, column_type):
    return None
"""

_ARGUMENTS = """target_metadata=target_metadata, include_object=include_object, include_name=include_name,
            render_item=render_item, process_revision_directives=process_revision_directives, compare_type=compare_type,
            compare_server_default=True, render_as_batch=True, include_schemas=False, user_module_prefix="trap_models."""
_ENV = ENV.replace("target_metadata = None", _HOOKS).replace("target_metadata=target_metadata", _ARGUMENTS + '"', 1)
_INI = "[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = @URL@\nprepend_sys_path = %(here)s/lib\n"


def _make(folder: Path, url: str) -> Path:
    return project(folder, url, env=_ENV, ini=_INI, **{"lib/trap_models.py": _MODELS})


_TELLS_CREATE_TYPE = "create_type" in repr(postgresql.ENUM("a", name="a", create_type=False))
"""Newer versions of SQLAlchemy print all that an enumeration was made with."""


def test_autogenerate_writes_the_same_file(kind: str, stage: Stage, tmp_path: Path) -> None:
    """A list of MetaData, types and enums of the project's own, four hooks: the same text, and the same tables.

    But on PostgreSQL: stock Alembic's downgrade leaves the types of enumerations behind, and whimbrel's drops them.
    """
    sides = []
    for tool, place in zip((stock, ours), stage.places(kind, 2), strict=True):
        place.run("CREATE TABLE legacy (id INTEGER)", "CREATE TABLE skip_them (id INTEGER)")
        folder = _make(tmp_path / tool.__name__, place.url)
        lines = ("revision --auto -m first --rev-id a1", "upgrade head", "check")
        codes = [tool(*line.split(), cwd=folder) for line in lines]
        (folder / "lib" / "trap_models.py").write_text(_MODELS.replace(
            'sa.Column("total"', 'sa.Column("note", sa.Text()), sa.Column("total"').replace(', index=True', ''))  # fmt: skip
        lines = ("check", "revision --autogenerate -m second --rev-id a2", "upgrade head", "check", "downgrade base")
        codes += [tool(*line.split(), cwd=folder) for line in lines]
        sides.append(([code.code == 0 for code in codes], _tree(folder, place.url), place.see(), codes))
    assert sides[0][0] == sides[1][0], [side[3] for side in sides]
    assert sides[0][0][:2] == [True, True], sides[0][3]
    if kind == "postgresql" and not _TELLS_CREATE_TYPE:
        return  # whatever is told of it: the table of the enumeration is made in words, as Alembic's would make the type
    if kind == "postgresql":
        first = "migrations/versions/a1_first_reviewed.py"
        sides[1][1][first] = _as_stock(sides[1][1][first])
    assert sides[0][1] == sides[1][1]
    assert sides[0][2] == sides[1][2]
    text = sides[1][1]["migrations/versions/a1_first_reviewed.py"]
    assert "trap_models.Upper(30)" in text
    assert "(reviewed)" in text
    assert "skip_" not in text


def _as_stock(text: str) -> str:
    """A file that makes and drops the type of an enumeration by itself, as if the table did."""
    for line in (
        '    op.execute("""CREATE TYPE "colour" AS ENUM (\'red\', \'blue\')""")\n',
        "    op.execute('DROP TYPE \"colour\"')\n",
        "from sqlalchemy.dialects import postgresql\n",
    ):
        assert line in text
        text = text.replace(line, "")
    return text.replace(
        "postgresql.ENUM('red', 'blue', name='colour', create_type=False)", "sa.Enum('red', 'blue', name='colour')"
    )


def test_check_names_the_differences(stage: Stage, tmp_path: Path) -> None:
    """Both say no; whimbrel in words, on standard output, with exit code 1."""
    [place] = stage.places("sqlite", 1)
    folder = _make(tmp_path, place.url)
    refused = stock("check", cwd=folder)
    assert refused.code == 255
    assert "add_table" in refused.out
    done = ours("check", cwd=folder)
    assert done.code == 1
    assert "add table owners" in done.out.splitlines()


@_EACH_TOOL
def test_hook_that_takes_the_revision_away(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """`directives[:] = []` in env.py: no file, and no failure."""
    [place] = stage.places("sqlite", 1)
    env = _ENV.replace('directives[0].message = f"{directives[0].message} (reviewed)"', "directives[:] = []")
    folder = project(tmp_path, place.url, env=env, ini=_INI, **{"lib/trap_models.py": _MODELS})
    tool("revision", "--autogenerate", "-m", "x", cwd=folder).ok()
    assert not list((folder / "migrations" / "versions").glob("*.py"))


@_EACH_TOOL
def test_metadata_without_tables(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """`target_metadata = None`: autogenerate is refused by both."""
    [place] = stage.places("sqlite", 1)
    folder = project(tmp_path, place.url)
    assert tool("revision", "--autogenerate", "-m", "x", cwd=folder).code != 0


@_EACH_TOOL
def test_rewriter_and_several_directives(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """alembic.autogenerate.rewriter.Rewriter, chained, as in Alembic's documentation."""
    [place] = stage.places("sqlite", 1)
    hooks = """
import sqlalchemy as sa
from alembic.autogenerate import rewriter
from alembic.operations import ops
target_metadata = sa.MetaData()
sa.Table("t", target_metadata, sa.Column("id", sa.Integer, primary_key=True))
one, two = rewriter.Rewriter(), rewriter.Rewriter()

@one.rewrites(ops.CreateTableOp)
def add_column(context, revision, op):
    op.columns.append(sa.Column("made_at", sa.DateTime()))
    return op

@two.rewrites(ops.CreateTableOp)
def and_index(context, revision, op):
    return [op, ops.CreateIndexOp("ix_made", op.table_name, ["made_at"])]
"""
    env = ENV.replace("target_metadata = None", hooks).replace(
        "target_metadata=target_metadata", "target_metadata=target_metadata, process_revision_directives=one.chain(two)")  # fmt: skip
    folder = project(tmp_path, place.url, env=env)
    tool("revision", "--autogenerate", "-m", "x", cwd=folder).ok()
    tool("upgrade", "head", cwd=folder).ok()
    assert ("index", "ix_made") in {row[:2] for row in place.see()["columns"]}
