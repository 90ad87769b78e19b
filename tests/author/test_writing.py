"""New revision files: what is typed stays data, and a file is there complete or not at all."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.cli import alembic, whimbrel
from support.databases import rows
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project, errors
from whimbrel.author.text import in_docstring, one_line

INJECTION = 'a"""\nimport os; os.system("touch ran")\n"""'


@pytest.mark.parametrize("layout", [native_project, alembic_project])
def test_a_message_with_quotes_and_line_breaks_stays_a_message(layout: object, tmp_path: Path) -> None:
    """With stock Alembic the next `history` runs the command in this message (measured)."""
    folder = layout(tmp_path / "p", "sqlite:///app.db")
    whimbrel("revision", "-m", INJECTION, cwd=folder).ok()
    assert 'a""" import os; os.system("touch ran") """' in whimbrel("history", cwd=folder).ok().out
    whimbrel("upgrade", cwd=folder).ok()
    if layout is alembic_project:
        assert 'a""" import os' in alembic("history", cwd=folder).ok().out
    assert not (folder / "ran").exists()


@given(st.text(max_size=60))
def test_any_message_is_one_line_of_docstring_that_reads_back(message: str) -> None:
    line = one_line(message)
    source = f'"""{in_docstring(line)}\n\nRevision ID: x\n"""\n'
    module = ast.parse(source)
    assert len(module.body) == 1, "nothing but the docstring"
    assert (ast.get_docstring(module, clean=False) or "").split("\n")[0] == line


@given(st.text(max_size=60))
def test_any_message_fits_templates_that_close_the_docstring_behind_it(message: str) -> None:
    line = one_line(message)
    module = ast.parse(f'"""{in_docstring(line)}"""\n')
    assert ast.get_docstring(module, clean=False) == line


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x00", "\x1b", "\u2028", "\r"])
def test_characters_that_hide_or_reorder_text_do_not_reach_the_file(hidden: str, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", "sqlite:///app.db"))
    [new] = project.revision(f"add{hidden}table")
    assert hidden not in Path(new.path).read_text()


def test_emoji_and_other_scripts_are_kept(tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", "sqlite:///app.db"))
    message = "Straße 👩‍🚀 نص"
    [new] = project.revision(message)
    assert project.history[new.revision].message == message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.text(max_size=40))
def test_any_revision_id_is_taken_or_refused_and_nothing_is_written_outside(tmp_path: Path, revision: str) -> None:
    folder = tmp_path / "p"
    if not folder.exists():
        native_project(folder, "sqlite:///app.db")
    versions = folder / "migrations" / "versions"
    for path in versions.glob("*.py"):
        path.unlink()
    try:
        Project.load(folder).revision("x", rev_id=revision)
    except errors.RevisionDataInvalid:
        assert list(versions.glob("*.py")) == []
    else:
        assert len(list(versions.iterdir())) in (1, 2)  # with __pycache__ there may be two
    assert {path.name for path in tmp_path.iterdir()} == {"p"}
    assert {path.name for path in folder.iterdir()} <= {"migrations", "whimbrel.toml", "__pycache__"}


def test_a_template_that_fails_leaves_no_file(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db")
    (folder / "migrations" / "script.py.mako").write_text("${no_such_thing}")
    with pytest.raises(errors.WhimbrelError):
        Project.load(folder).revision("x")
    assert list((folder / "migrations" / "versions").iterdir()) == []


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db")
    [new] = Project.load(folder).revision("x")
    (tmp_path / "other").touch()
    assert os.stat(new.path).st_mode == os.stat(tmp_path / "other").st_mode


def test_the_projects_own_template_is_used(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db")
    (folder / "migrations" / "script.py.mako").write_text(
        '"""${message}"""\n# house style\nrevision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n'
    )
    [new] = Project.load(folder).revision('say "hi"')
    assert "# house style" in Path(new.path).read_text()
    assert Project.load(folder).history[new.revision].message == 'say "hi"'


def test_files_written_here_run_under_stock_alembic(url: str, tmp_path: Path) -> None:
    """A native project's revisions, given to Alembic with an env.py and an ini of its own."""
    native = native_project(tmp_path / "native", url)
    (native / "shop_of_stock.py").write_text(
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
        "sa.Table('parent', metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.String(9)))\n"
        "sa.Table('child', metadata, sa.Column('id', sa.Integer, primary_key=True),"
        " sa.Column('parent_id', sa.ForeignKey('parent.id')))\n"
    )
    whimbrel("revision", "--autogenerate", "-m", "both", "--rev-id", "aaaa", cwd=native).ok()
    stock = alembic_project(tmp_path / "stock", url)
    [new] = (native / "migrations" / "versions").glob("*.py")
    (stock / "alembic" / "versions" / new.name).write_text(new.read_text())
    alembic("upgrade", "head", cwd=stock).ok()
    assert whimbrel("current", cwd=native).ok().out == "aaaa (head)\n"
    assert whimbrel("check", cwd=native).ok().out == "No new upgrade operations detected.\n"
    alembic("downgrade", "base", cwd=stock).ok()


def test_types_of_the_project_and_of_sqlmodel_are_imported_where_they_are_used(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db")
    (folder / "shop_types.py").write_text(
        "import sqlalchemy as sa\nclass Money(sa.types.TypeDecorator):\n    impl = sa.Integer\n    cache_ok = True\n"
    )
    (folder / "shop_sqlmodels.py").write_text(
        "import sqlalchemy as sa\nfrom sqlmodel import Field, SQLModel\nfrom shop_types import Money\n"
        "class Hero(SQLModel, table=True):\n    id: int | None = Field(default=None, primary_key=True)\n    name: str\n"
        "    pay: int = Field(sa_column=sa.Column(Money()))\n"
    )
    whimbrel("revision", "--autogenerate", "-m", "x", cwd=folder).ok()
    [new] = (folder / "migrations" / "versions").glob("*.py")
    assert "import shop_types" in new.read_text()
    assert "import sqlmodel" in new.read_text()
    whimbrel("upgrade", cwd=folder).ok()


def test_autogenerate_and_check_do_not_write_to_the_database(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db")
    (folder / "shop_reading.py").write_text(
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\nsa.Table('t', metadata, sa.Column('x', sa.Integer))\n"
    )
    assert whimbrel("check", cwd=folder).code == 1
    whimbrel("revision", "--autogenerate", "-m", "x", cwd=folder).ok()
    assert rows(f"sqlite:///{folder / 'app.db'}", "SELECT * FROM sqlite_master") == []


@pytest.mark.parametrize("differs", [False, True])
def test_an_env_py_that_drops_empty_revisions_says_nothing_differs(
    differs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`directives[:] = []`, from Alembic's cookbook: stock `check` ends in an IndexError there (measured)."""
    folder = alembic_project(tmp_path / "p", "sqlite:///app.db")
    monkeypatch.chdir(folder)  # where its env.py has the database
    env = folder / "alembic" / "env.py"
    table = "sa.Table('t', target_metadata, sa.Column('x', sa.Integer))\n" if differs else ""
    models = f"import sqlalchemy as sa\ntarget_metadata = sa.MetaData()\n{table}"
    drop = "def drop(context, revision, directives):\n    if directives[0].upgrade_ops.is_empty():\n"
    env.write_text(
        env.read_text()
        .replace("target_metadata = None\n", f"{models}{drop}        directives[:] = []\n")
        .replace("connection=connection,", "connection=connection, process_revision_directives=drop,")
    )
    assert len(Project.load(folder).check()) == differs
    assert whimbrel("check", cwd=folder).code == differs
    result = whimbrel("revision", "--autogenerate", "-m", "x", cwd=folder).ok()
    assert ("env.py dropped the new revision" in result.err) is not differs
    assert "the new revision is empty" not in result.err
    assert len(list((folder / "alembic" / "versions").glob("*.py"))) == differs


def test_merge_of_one_revision_is_refused(tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb")))
    with pytest.raises(errors.RevisionDataInvalid, match="nothing to merge"):
        project.merge("heads")


def test_merge_joins_the_heads(tmp_path: Path) -> None:
    revisions = [Rev("aaaa"), Rev("bbbb", "aaaa"), Rev("cccc", "aaaa")]
    project = Project.load(native_project(tmp_path / "p", "sqlite:///app.db", revisions))
    [new] = project.merge("heads", "join")
    assert project.history.heads == (new.revision,)
    assert set(project.history.parents(new.revision)) == {"bbbb", "cccc"}


HOOK = '[[post_write_hooks]]\nname = "format"\ntype = "{type}"\n{more}\n'


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        ({"type": "exec", "more": 'executable = "no-such-program"'}, "no-such-program"),
        ({"type": "console_scripts", "more": 'entrypoint = "no-such-script"'}, "no-such-script"),
        ({"type": "no-such-type", "more": ""}, "no-such-type"),
    ],
)
def test_a_hook_that_fails_leaves_the_revision_and_says_so(hook: dict[str, str], why: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    settings = folder / "whimbrel.toml"
    settings.write_text(settings.read_text() + HOOK.format(**hook))
    project = Project.load(folder)
    with pytest.raises(errors.HookFailed, match="format") as caught:
        project.revision("next")
    history = project.history
    [new] = [history[name] for name in history if history[name].message == "next"]
    assert why in (caught.value.why or "")
    assert (caught.value.state or "").startswith(f"{errors.place(new.path)} was written")
    settings.write_text('url = "sqlite:///app.db"\n')
    assert Project.load(folder).upgrade().after == (new.revision,)


def test_what_alembic_refuses_behind_the_file_names_the_file(tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", "sqlite:///app.db")
    template = folder / "alembic" / "script.py.mako"
    template.write_text(template.read_text().replace("${repr(branch_labels)}", "None"))
    with pytest.raises(errors.CommandRefused, match="branch_labels") as caught:
        Project.load(folder).revision("next", branch_label="billing")
    [file] = (folder / "alembic" / "versions").glob("*_next.py")
    assert caught.value.state == f"{file} was written"


def test_a_merge_without_a_message_says_what_it_merges(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa"), Rev("bbbb", "aaaa"), Rev("cccc", "aaaa")])
    [new] = Project.load(folder).merge("heads")
    assert Project.load(folder).history[new.revision].message in ("merge bbbb and cccc", "merge cccc and bbbb")
