"""`init`: what it finds, and what it writes down."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from support.cli import whimbrel

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
SECRET = "hunter2canary"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "models.py").write_text(MODELS)
    return tmp_path


def written(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> list[str]:
    """The lines of configuration that `init` writes."""
    whimbrel("init", *arguments, cwd=folder, env=env).ok()
    return (folder / "whimbrel.toml").read_text().splitlines()


def test_what_was_found_elsewhere_is_there_as_a_comment(folder: Path) -> None:
    assert written(folder, env={"DATABASE_URL": f"postgresql://u:{SECRET}@h/db"}) == [
        'script_location = "migrations"',
        '# url = "env:DATABASE_URL"',
        '# models = ["shop.models"]',
        "# production = true",
    ]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (".env", "SQLALCHEMY_URL=sqlite:///a.db\n", '# url = "env:SQLALCHEMY_URL"'),
        ("conf/app.yaml", "database:\n  url: sqlite:///a.db\n", '# url_from = "conf/app.yaml"'),
        ("database.ini", "[db]\nsqlalchemy.url = sqlite:///a.db\n", '# url_from = "database.ini"'),
    ],
)
def test_a_comment_that_is_uncommented_means_what_was_found(name: str, text: str, line: str, folder: Path) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    lines = written(folder)
    assert line in lines
    (folder / "whimbrel.toml").write_text("\n".join(one.removeprefix("# ") for one in lines))
    whimbrel("revision", "--autogenerate", "-m", "first", cwd=folder).ok()
    assert "verified" in whimbrel("upgrade", cwd=folder).ok().out
    assert (folder / "a.db").exists()


def test_what_was_not_found_is_there_as_an_example(tmp_path: Path) -> None:
    assert written(tmp_path) == [
        'script_location = "migrations"',
        '# url = "sqlite:///app.db"',
        '# models = ["package.module"]',
        "# production = true",
    ]


def test_what_is_chosen_is_written_down(folder: Path) -> None:
    assert written(folder, "--url", "sqlite:///b.db", "--models", "shop.models") == [
        'script_location = "migrations"',
        'models = ["shop.models"]',
        'url = "sqlite:///b.db"',
        "# production = true",
    ]


def test_a_password_is_not_written_down(folder: Path) -> None:
    lines = written(folder, "--url", f"postgresql://u:{SECRET}@h/db")
    assert SECRET not in "".join(lines)
    assert '# url = "env:DATABASE_URL"' in lines


def test_of_many_modules_the_packages_are_named(folder: Path) -> None:
    for number in range(5):
        (folder / "shop" / f"models{number}.py").write_text(MODELS)
    assert '# models = ["shop"]' in written(folder)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_pyproject_gets_a_table_and_stays_as_it_is_otherwise(end: str, folder: Path) -> None:
    before = f'[project]{end}name = "shöp"{end}'.encode()
    (folder / "elsewhere.toml").write_bytes(before)
    (folder / "pyproject.toml").symlink_to("elsewhere.toml")
    whimbrel("init", cwd=folder).ok()
    after = (folder / "pyproject.toml").read_bytes()
    assert after.startswith(before)
    assert (folder / "pyproject.toml").is_symlink()
    assert after.count(b"\r\n") == (after.count(b"\n") if end == "\r\n" else 0)
    assert tomllib.loads(after.decode())["tool"]["whimbrel"] == {"script_location": "migrations"}


def test_what_comes_next_is_said_on_standard_error_and_not_if_nobody_wants_it(folder: Path) -> None:
    first = whimbrel("init", cwd=folder, env={"DATABASE_URL": "sqlite:///a.db"}).ok()
    assert (first.out, first.err.splitlines()[-1]) == ("", 'Next:  whimbrel revision --autogenerate -m "first"')
    assert "Next:  look through the file, then  whimbrel upgrade\n" in whimbrel("revision", cwd=folder).ok().err
    for line in ("revision --head base -q", "revision --splice --head base --json"):
        assert "Next" not in whimbrel(*line.split(), cwd=folder).ok().err
    assert whimbrel("revision", "--head", "base", cwd=folder).ok().err.endswith("whimbrel upgrade heads\n")


def test_without_models_and_url_it_says_what_is_missing(tmp_path: Path) -> None:
    said = whimbrel("init", cwd=tmp_path).ok().err
    assert "no database URL found yet" in said
    assert "no models found yet" in said
    assert 'Next:  a database URL and models, then  whimbrel revision --autogenerate -m "first"' in said


def test_no_project_is_begun_above_others_which_it_would_hide(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "db" / name).mkdir(parents=True)
        (tmp_path / "db" / name / "whimbrel.toml").touch()
    refused = whimbrel("init", cwd=tmp_path)
    assert refused.code == 2
    assert "projects in the folders below: one, two" in refused.err
    assert not (tmp_path / "whimbrel.toml").exists()
    (tmp_path / "whimbrel.toml").touch()  # as the hint says
    whimbrel("init", cwd=tmp_path).ok()
    assert (tmp_path / "migrations" / "versions").is_dir()


def test_no_project_is_begun_beside_an_env_py_that_nothing_configures(tmp_path: Path) -> None:
    whimbrel("init", "alembic", cwd=tmp_path).ok()
    (tmp_path / "alembic.ini").unlink()
    refused = whimbrel("init", cwd=tmp_path)
    assert "error[WB103]" in refused.err
    assert not (tmp_path / "migrations").exists()
