"""`run_migration`: generate if the models have changed, then upgrade, in one command for a pipeline."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import whimbrel
from support.databases import tables, version_rows
from support.projects import Rev, native_project, write_revision
from whimbrel import Project, errors

MODELS = """\
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True){})
"""


@pytest.fixture(autouse=True)
def _models_are_imported_anew() -> Iterator[None]:
    yield
    sys.modules.pop("wb_models", None)


@pytest.fixture
def folder(url: str, tmp_path: Path) -> Path:
    """A project with a model, no revision, and an empty database."""
    folder = native_project(tmp_path / "p", url)
    change(folder)
    return folder


def change(folder: Path, more: str = "") -> None:
    (folder / "wb_models.py").write_text(MODELS.format(more))


def files(folder: Path) -> list[Path]:
    return sorted((folder / "migrations" / "versions").glob("*.py"))


def test_from_nothing_then_nothing_to_do_then_a_change(kind: str, url: str, folder: Path) -> None:
    assert whimbrel("run_migration", "-m", "first", cwd=folder).ok().out.startswith("Generating migrations/versions/")
    assert (tables(url), len(files(folder))) == ({"t", "alembic_version"}, 1)
    again = whimbrel("run-migration", cwd=folder).ok()
    assert "nothing to do" in again.err
    assert len(files(folder)) == 1
    change(folder, ', sa.Column("n", sa.Integer)')
    done = json.loads(whimbrel("run_migration", "--json", "-m", "n", cwd=folder).ok().out)["result"]
    [new] = done["written"]
    assert (done["status"], done["after"], done["revisions"]) == ("done", [new["revision"]], [new["revision"]])
    assert version_rows(url) == {new["revision"]}
    assert new["path"].endswith("_n.py")


def test_what_colleagues_have_written_is_applied_first(url: str, kind: str, folder: Path) -> None:
    """Else the models would be compared with a database that is behind, and the same change written twice."""
    versions = folder / "migrations" / "versions"
    write_revision(versions, Rev("aaaa", upgrade='op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'))
    assert whimbrel("run_migration", cwd=folder).ok().out == "main  base -> aaaa  (1 revision, verified)\n"
    assert len(files(folder)) == 1


def test_check_says_what_it_would_do_and_writes_nothing(url: str, kind: str, folder: Path) -> None:
    would = whimbrel("run_migration", "--check", cwd=folder)
    assert (would.code, would.out) == (1, "main  would write a revision: add table t\n")
    assert (files(folder), tables(url)) == ([], set())
    whimbrel("run_migration", cwd=folder).ok()
    whimbrel("run_migration", "--check", cwd=folder).ok()
    [path] = files(folder)
    write_revision(path.parent, Rev("bbbb", path.name.partition("_")[0], upgrade='op.execute("SELECT 1")'))
    would = whimbrel("run_migration", "--check", cwd=folder)
    assert (would.code, would.out) == (1, "main  would apply bbbb\n")
    assert version_rows(url) == {path.name.partition("_")[0]}


def test_tables_that_something_else_has_made_need_a_baseline(url: str, kind: str, folder: Path) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.create_all(sa.create_engine(url, poolclass=sa.NullPool))
    for words in (["run_migration"], ["run_migration", "--check"]):
        result = whimbrel(*words, cwd=folder)
        assert (result.code, "error[WB609]" in result.err) == (6, True), result.err
    assert files(folder) == []


def test_a_failure_behind_the_writing_says_what_exists_now(url: str, kind: str, folder: Path) -> None:
    """Two rows with the same value are in the way of an index that allows only one."""
    project = Project.load(folder)
    first = project.run_migration("first")
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("INSERT INTO t (id) VALUES (1), (2)")
    index = 'sa.Index("ix_t_n", "n", unique=True)'
    change(folder, f', sa.Column("n", sa.Integer, nullable=False, server_default="1"), {index}')
    sys.modules.pop("wb_models")
    with pytest.raises(errors.MigrationFailed) as failed:
        Project.load(folder).run_migration("second")
    [path] = [path for path in files(folder) if path.name.endswith("_second.py")]
    assert f"{path.name} was written; " in str(failed.value.state)
    if kind != "mariadb":  # there the first half has committed, and the next run goes on with it
        assert version_rows(url) == set(first.after)


def test_a_failure_behind_the_first_half_says_what_was_applied(url: str, kind: str, folder: Path) -> None:
    versions = folder / "migrations" / "versions"
    write_revision(versions, Rev("aaaa"))
    (folder / "wb_models.py").write_text(
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\nraise RuntimeError('no')\n"
    )
    with pytest.raises(errors.WhimbrelError) as failed:
        Project.load(folder, models="wb_models").run_migration()
    assert str(failed.value.state).startswith("aaaa applied")
    assert version_rows(url) == {"aaaa"}


def test_all_is_for_every_database(tmp_path: Path) -> None:
    for name in ("one", "two"):
        change(
            native_project(tmp_path / name, f"sqlite:///{tmp_path / name}/app.db"), f', sa.Column("{name}", sa.Integer)'
        )
    would = whimbrel("run_migration", "--check", "--all", cwd=tmp_path)
    lines = [f"{name}  would write a revision: add table t" for name in ("one", "two")]
    assert (would.code, would.out.splitlines()) == (1, lines)
    whimbrel("run_migration", "--all", cwd=tmp_path).ok()
    for name in ("one", "two"):
        found = sa.inspect(sa.create_engine(f"sqlite:///{tmp_path / name}/app.db")).get_columns("t")
        assert [column["name"] for column in found] == ["id", name]
    whimbrel("run_migration", "--check", "--all", cwd=tmp_path).ok()
