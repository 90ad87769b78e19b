"""What empties a database has to name it, where that is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.databases import tables, version_rows
from support.projects import alembic_project, linear, native_project
from whimbrel import Project, errors


def _production(folder: Path, url: str) -> Path:
    native_project(folder, url, linear("aaaa", "bbbb"))
    with (folder / "whimbrel.toml").open("a") as file:
        file.write("production = true\n")
    return folder


@pytest.mark.parametrize("target", ["base", "-2", "aaaa@base"])
def test_a_production_database_is_taken_back_to_nothing_only_with_its_name(
    target: str, url: str, tmp_path: Path
) -> None:
    project = Project.load(_production(tmp_path / "p", url))
    project.upgrade()
    with pytest.raises(errors.NotConfirmed) as refusal:
        project.downgrade(target)
    assert refusal.value.state == "nothing was changed"
    assert (version_rows(url), "t_aaaa" in tables(url)) == ({"bbbb"}, True)
    with pytest.raises(errors.NotConfirmed):
        project.downgrade(target, confirm="shop")
    assert version_rows(url) == {"bbbb"}
    assert project.downgrade(target, confirm="main").after == ()
    assert tables(url) == {"alembic_version"}


def test_what_leaves_a_revision_behind_needs_no_name(url: str, tmp_path: Path) -> None:
    project = Project.load(_production(tmp_path / "p", url))
    project.upgrade()
    assert project.downgrade("-1").after == ("aaaa",)


def test_a_wrong_name_is_refused_whatever_the_target_is(tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", f"sqlite:///{tmp_path / 'app.db'}", linear("aaaa", "bbbb")))
    project.upgrade()
    with pytest.raises(errors.NotConfirmed):
        project.downgrade("-1", confirm="shop")
    assert project.current() == ("bbbb",)


def test_careful_wants_the_name_of_any_database(tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", f"sqlite:///{tmp_path / 'app.db'}", linear("aaaa")))
    project.upgrade()
    with pytest.raises(errors.NotConfirmed):
        project.downgrade("base", careful=True)
    assert project.downgrade("base", careful=True, confirm="main").after == ()


def test_sql_is_written_for_a_production_database_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project.load(_production(tmp_path / "p", f"sqlite:///{tmp_path / 'app.db'}"))
    assert project.downgrade("bbbb:base", sql=True).status == "written"
    assert "DROP TABLE t_aaaa" in capsys.readouterr().out


def test_an_alembic_project_is_labelled_in_whimbrel_toml(tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path / 'app.db'}", linear("aaaa"))
    (folder / "whimbrel.toml").write_text('[databases.shop]\nconfig = "alembic.ini"\nproduction = true\n')
    project = Project.load(folder)
    project.upgrade()
    with pytest.raises(errors.NotConfirmed) as refusal:
        project.downgrade("base")
    assert "--yes shop" in str(refusal.value.hint)
    assert project.downgrade("base", confirm="shop").after == ()


@pytest.mark.parametrize("command", ["upgrade", "update"])
def test_a_revision_drops_something_of_a_production_database_only_with_its_name(
    command: str, url: str, tmp_path: Path
) -> None:
    project = Project.load(_production(tmp_path / "p", url))
    project.upgrade("aaaa")
    path = Path(project.history["bbbb"].path)
    path.write_text(path.read_text().replace("def upgrade():", "def upgrade():\n    op.drop_table('t_aaaa')"))
    with pytest.raises(errors.NotConfirmed) as refusal:
        getattr(project, command)()
    assert "drops table t_aaaa of main" in refusal.value.what
    assert (version_rows(url), "t_aaaa" in tables(url)) == ({"aaaa"}, True)
    with pytest.raises(errors.NotConfirmed):
        getattr(project, command)(confirm="shop")
    getattr(project, command)(confirm="main")
    assert (version_rows(url), "t_aaaa" in tables(url)) == ({"bbbb"}, False)


def test_what_drops_nothing_needs_no_name(url: str, tmp_path: Path) -> None:
    assert Project.load(_production(tmp_path / "p", url)).upgrade().after == ("bbbb",)
