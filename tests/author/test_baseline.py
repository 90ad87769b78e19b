"""Tables that `create_all()` has made: no silent empty revision, and a baseline that makes what is there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import alembic, whimbrel
from support.databases import rows, schema, tables, version_rows
from support.projects import alembic_project, linear, native_project
from whimbrel import Project, errors

MakeDatabase = Callable[[str], str]

SOURCE = """\
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("made_a", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.String(20), index=True))
sa.Table("made_b", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.ForeignKey("made_a.id")))
"""


@pytest.fixture(autouse=True)
def _models_are_imported_anew() -> Iterator[None]:
    yield
    sys.modules.pop("wb_made", None)


def create_all(url: str) -> None:
    names: dict[str, sa.MetaData] = {}
    exec(SOURCE, names)
    names["metadata"].create_all(sa.create_engine(url, poolclass=sa.NullPool))


def project(folder: Path, url: str, layout: str) -> Path:
    """A project of either layout, with the models and no revision."""
    if layout == "native":
        native_project(folder, url)
    else:
        alembic_project(folder, url)
        env = folder / "alembic" / "env.py"
        found = env.read_text().replace("target_metadata = None", "from wb_made import metadata as target_metadata", 1)
        env.write_text(found)
    (folder / "wb_made.py").write_text(SOURCE)
    return folder


def revisions(folder: Path) -> list[Path]:
    return [*folder.glob("*/versions/*.py")]


@pytest.mark.parametrize("layout", ["native", "alembic"])
def test_nothing_is_written_and_a_baseline_is_offered(layout: str, kind: str, url: str, tmp_path: Path) -> None:
    create_all(url)
    folder = project(tmp_path / "p", url, layout)
    result = whimbrel("revision", "--autogenerate", "-m", "x", cwd=folder)
    assert (result.code, "error[WB609]" in result.err) == (6, True), result.err
    assert "revision --autogenerate --baseline" in result.err
    assert (revisions(folder), version_rows(url)) == ([], set())


@pytest.mark.parametrize("layout", ["native", "alembic"])
def test_a_baseline_makes_what_is_there_and_the_database_is_stamped_with_it(
    layout: str, kind: str, url: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    create_all(url)
    before = schema(url)
    folder = project(tmp_path / "p", url, layout)
    whimbrel("revision", "--autogenerate", "--baseline", "-m", "baseline", cwd=folder).ok()
    [path] = revisions(folder)
    [head] = version_rows(url)
    assert path.name.startswith(head)
    after = schema(url)
    assert after.pop("alembic_version")
    assert after == before, "nothing but the stamp"
    whimbrel("check", cwd=folder).ok()
    # An empty database gets the same from it; with stock Alembic, where that knows the URL.
    other = make_database(kind)
    if layout == "native":
        Project.load(folder, url=other).upgrade()
    else:
        ini = folder / "alembic.ini"
        ini.write_text(ini.read_text().replace(url, other))
        alembic("upgrade", "head", cwd=folder).ok()
    made = schema(other)
    del made["alembic_version"]
    assert made == before


@pytest.mark.parametrize("more", ["CREATE TABLE stranger (x INTEGER)", "ALTER TABLE made_b ADD COLUMN y INTEGER"])
def test_a_database_that_differs_gets_no_baseline(more: str, kind: str, url: str, tmp_path: Path) -> None:
    create_all(url)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(more)
    folder = project(tmp_path / "p", url, "native")
    with pytest.raises(errors.BaselineRefused, match="differs from the models in 1 place") as refused:
        Project.load(folder).revision("x", autogenerate=True, baseline=True)
    assert refused.value.why in ("drop table stranger", "drop column made_b.y")
    assert (revisions(folder), version_rows(url)) == ([], set())


def test_an_empty_database_gets_none_either(url: str, kind: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", url, "native")
    with pytest.raises(errors.BaselineRefused):
        Project.load(folder).revision("x", autogenerate=True, baseline=True)
    assert (revisions(folder), tables(url)) == ([], set())


def test_where_there_are_revisions_a_baseline_is_refused(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    (folder / "wb_made.py").write_text(SOURCE)
    with pytest.raises(errors.BaselineRefused, match="there are revisions already"):
        Project.load(folder).revision("x", autogenerate=True, baseline=True)


def test_baseline_alone_means_nothing(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db")
    result = whimbrel("revision", "--baseline", cwd=folder)
    assert (result.code, "--baseline goes with --autogenerate" in result.err) == (2, True)


def test_a_stamp_that_fails_says_that_the_file_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    create_all(url)
    folder = project(tmp_path / "p", url, "native")
    (tmp_path / "app.db").chmod(0o444)
    read_only = f"sqlite:///file:{tmp_path}/app.db?mode=ro&uri=true"
    with pytest.raises(errors.DatabaseFailed) as failed:
        Project.load(folder, url=read_only).revision("x", autogenerate=True, baseline=True)
    assert "was written, and nothing was stamped" in str(failed.value.state)
    assert len(revisions(folder)) == 1
    assert rows(url, "SELECT name FROM sqlite_master WHERE name = 'alembic_version'") == []
