"""env.py files that look at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.graphs import A1, A2
from conformance.stage import Stage
from conformance.tools import Tool, ours, stock
from support.projects import linear

from .trees import ENV, project

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])


def _env(look: str) -> str:
    return f"from alembic import context\noptions = context.config.cmd_opts\n{look}\n{ENV}"


_MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table
target_metadata = MetaData()
Table("t_model", target_metadata, Column("id", Integer, primary_key=True))
"""


@_EACH_TOOL
def test_galaxy(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """galaxy: `config.cmd_opts.cmd[0].__name__` and `config.cmd_opts.revision` decide which database is migrated."""
    [place] = stage.places("sqlite", 1)
    look = (
        "name = options.cmd[0].__name__\nopen('told', 'a').write(f\"{name} {getattr(options, 'revision', None)}\\n\")"
    )
    project(tmp_path, place.url, *linear(A1, A2), env=_env(look))
    for line in ("upgrade head", "downgrade -1", "current", "history -i", "upgrade +1 --sql"):
        tool(*line.split(), cwd=tmp_path).ok()
    told = (tmp_path / "told").read_text().splitlines()
    assert told == ["upgrade head", "downgrade -1", "current None", "history None", "upgrade +1"]


@_EACH_TOOL
def test_airflow_and_superset(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """`if config.cmd_opts and config.cmd_opts.autogenerate` drops an empty revision."""
    [place] = stage.places("sqlite", 1)
    hook = (
        _MODELS
        + """
def directives(context_, revision, scripts):
    if options.autogenerate and scripts[0].upgrade_ops.is_empty():
        scripts[:] = []
"""
    )
    env = _env(hook).replace("target_metadata = None\n", "").replace(
        "target_metadata=target_metadata", "target_metadata=target_metadata, process_revision_directives=directives")  # fmt: skip
    project(tmp_path, place.url, env=env)
    tool("revision", "--auto", "-m", "first", cwd=tmp_path).ok()
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert "t_model" in place.tables()
    tool("revision", "--autogenerate", "-m", "nothing", cwd=tmp_path).ok()
    assert len([*(tmp_path / "migrations" / "versions").glob("*.py")]) == 1


@_EACH_TOOL
def test_x_and_tag_arguments(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """onyx: `-x upgrade_all_tenants=true -x schemas=a,b`, before the command; `--tag` behind it."""
    [place] = stage.places("sqlite", 1)
    look = (
        "assert context.get_x_argument(as_dictionary=True) == {'schemas': 'a,b', 'all': 'true', 'flag': ''}\n"
        "assert options.x == ['schemas=a,b', 'all=true', 'flag']\n"
        "assert context.get_tag_argument() == 'blue' and options.tag == 'blue'\n"
        "assert context.get_revision_argument() == 'HEAD', context.get_revision_argument()\n"
        "assert context.get_head_revision() == 'HEAD' == context.get_head_revisions()[0]\n"
    ).replace("HEAD", A2)
    project(tmp_path, place.url, *linear(A1, A2), env=_env(look))
    line = ["-x", "schemas=a,b", "-x", "all=true", "-xflag", "upgrade", "head", "--tag", "blue"]
    tool(*line, cwd=tmp_path).ok()
    assert place.versions() == [A2]


@_EACH_TOOL
@pytest.mark.parametrize(("line", "expected"), [
    ("upgrade head", f"('{A2}',) None"), (f"upgrade {A1}", f"{A1} None"), ("upgrade +1", "+1 None"),
    ("downgrade base", "None None"), ("stamp head", f"('{A2}',) None"), (f"upgrade {A1}:{A2} --sql", f"{A2} {A1}"),
])  # fmt: skip
def test_revision_arguments(tool: Tool, line: str, expected: str, stage: Stage, tmp_path: Path) -> None:
    """What `get_revision_argument()` and `get_starting_revision_argument()` say is the same under both."""
    [place] = stage.places("sqlite", 1)
    look = (
        "def told(function):\n    try:\n        return function()\n    except Exception as error:\n"
        "        return type(error).__name__\n"
        "open('told', 'w').write(f'{told(context.get_revision_argument)} {told(context.get_starting_revision_argument)}')\n"
    )
    for one in (stock, tool):
        folder = project(tmp_path / one.__name__, place.url, *linear(A1, A2), env=_env(look))
        place.empty()
        one(*line.split(), cwd=folder)
    assert (tmp_path / tool.__name__ / "told").read_text() == (tmp_path / "stock" / "told").read_text(), expected


def test_no_command_line_at_all(stage: Stage, tmp_path: Path) -> None:
    """From Python `cmd_opts` is None, under both: env.py files test for it."""
    from alembic import command
    from alembic.config import Config

    from whimbrel import Project

    one, other = stage.places("sqlite", 2)
    look = "assert options is None"
    folder = project(tmp_path / "stock", one.url, *linear(A1), env=_env(look))
    command.upgrade(Config(folder / "alembic.ini"), "head")
    folder = project(tmp_path / "ours", other.url, *linear(A1), env=_env(look))
    Project.load(folder).upgrade("head")
    assert one.see() == other.see()


def test_what_env_py_sees_of_the_scripts(stage: Stage, tmp_path: Path) -> None:
    """`context.script` is Alembic's ScriptDirectory, with everything that env.py files and hooks ask it."""
    look = """
script = context.script
seen = [script.get_heads(), script.get_bases(), script.get_base(), script.get_current_head(), script.dir, script.versions,
        script.file_template, script.truncate_slug_length, script.as_revision_number("head"), script.version_locations]
for one in script.walk_revisions():
    seen.append((one.revision, one.down_revision, one.doc, one.longdoc, one.path, one.is_head, one.is_base,
                 sorted(one.nextrev), sorted(one.branch_labels), one.dependencies, one.module.revision, one.log_entry,
                 one.cmd_format(verbose=False), str(one), one.is_branch_point, one.is_merge_point))
seen.append([one.revision for one in script.iterate_revisions("head", "base")])
seen.append(script.get_revision("a2e1").revision)
seen.append([one.revision for one in script.get_revisions("heads")])
seen.append([context.get_head_revisions(), context.is_offline_mode(), context.get_starting_revision_argument.__name__])
open("seen", "w").write("\\n".join(map(repr, seen)))
"""
    told = []
    for tool, place in zip((stock, ours), stage.places("sqlite", 2), strict=True):
        folder = project(tmp_path / tool.__name__, place.url, *linear(A1, A2), env=_env(look))
        tool("upgrade", "head", cwd=folder).ok()
        told.append((folder / "seen").read_text().replace(str(folder), "<project>"))
    assert told[0] == told[1]


_NUMBERED = """
from alembic.script import ScriptDirectory

def number(context_, revision, directives):
    script, = directives
    head = ScriptDirectory.from_config(context_.config).get_current_head()
    script.rev_id = "{0:04}".format(int(head or 0) + 1)
"""


@_EACH_TOOL
def test_numbered_revisions(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """The recipe for 0001, 0002, …: a hook that asks a ScriptDirectory of its own for the head."""
    [place] = stage.places("sqlite", 1)
    hook = _MODELS + _NUMBERED
    env = _env(hook).replace("target_metadata = None\n", "").replace(
        "target_metadata=target_metadata", "target_metadata=target_metadata, process_revision_directives=number")  # fmt: skip
    ini = "[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = @URL@\nrevision_environment = true\n"
    project(tmp_path, place.url, env=env, ini=ini)
    for line in ("revision --auto -m first", "upgrade head", "revision -m second", "upgrade head"):
        tool(*line.split(), cwd=tmp_path).ok()
    assert place.versions() == ["0002"]
    assert sorted(path.name for path in (tmp_path / "migrations" / "versions").glob("*.py")) == [
        "0001_first.py",
        "0002_second.py",
    ]


@_EACH_TOOL
def test_output_of_env_py_in_offline_mode(tool: Tool, tmp_path: Path) -> None:
    """`context.execute`, `static_output` and an output buffer of env.py's own."""
    env = """
        from alembic import context
        assert context.is_offline_mode()
        with open("own.sql", "w") as buffer:
            context.configure(dialect_name="postgresql", output_buffer=buffer, as_sql=True)
            with context.begin_transaction():
                context.execute("SET search_path TO shop")
                context.static_output("-- from env.py")
                context.run_migrations()
    """
    project(tmp_path, "postgresql://nowhere.invalid/none", *linear(A1), env=env)
    done = tool("upgrade", "head", "--sql", cwd=tmp_path).ok()
    assert done.out == ""
    text = (tmp_path / "own.sql").read_text()
    assert text.startswith("BEGIN;")
    assert "-- from env.py" in text
    assert f"CREATE TABLE t_{A1}" in text
    assert stock("upgrade", "head", "--sql", cwd=tmp_path).code == 0
    assert (tmp_path / "own.sql").read_text() == text


@_EACH_TOOL
def test_callbacks(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """`on_version_apply` hears of every step, with the same arguments."""
    [place] = stage.places("sqlite", 1)
    look = """
def heard(ctx, step, heads, run_args, **kw):
    text = (step.is_upgrade, step.is_stamp, step.up_revision_id, step.down_revision_ids, step.source_revision_ids,
            step.destination_revision_ids, sorted(heads), run_args, sorted(kw))
    open("heard", "a").write(f"{text}\\n")
"""
    env = _env(look).replace("target_metadata=target_metadata", "on_version_apply=heard").replace(
        "context.run_migrations()", "context.run_migrations(team='billing')")  # fmt: skip
    project(tmp_path, place.url, env=env)
    for rev in linear(A1, A2):
        (tmp_path / "migrations" / "versions" / f"{rev.id}.py").write_text(
            f"revision = {rev.id!r}\ndown_revision = {rev.down!r}\ndef upgrade(team): pass\ndef downgrade(team): pass\n")  # fmt: skip
    for line in ("upgrade head", "downgrade base", "stamp head"):
        tool(*line.split(), cwd=tmp_path).ok()
    lines = (tmp_path / "heard").read_text().splitlines()
    assert [line.split("[")[1].split("]")[0] for line in lines] == [f"'{A1}'", f"'{A2}'", f"'{A1}'", "", f"'{A2}'"]
    assert all("'team': 'billing'" in line for line in lines)
