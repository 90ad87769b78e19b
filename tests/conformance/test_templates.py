"""The five templates of `init`: the same files, and on every database projects that both tools can work in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.databases import ASYNC, SYNC, through
from support.projects import Rev, write_revision

from .graphs import A1, A2
from .projects import point
from .stage import Place, Stage
from .test_writing import _tree
from .tools import Tool, ours, stock

_TEMPLATES = ("generic", "async", "multidb", "pyproject", "pyproject_async")


@pytest.mark.parametrize("package", [False, True], ids=["folder", "package"])
@pytest.mark.parametrize("template", _TEMPLATES)
def test_init_writes_the_same_files(template: str, package: bool, tmp_path: Path) -> None:
    line = ["init", "-t", template, "db/migrations", *(["--package"] if package else [])]
    told = []
    for tool in (stock, ours):
        folder = tmp_path / tool.__name__
        folder.mkdir()
        told.append(tool(*line, cwd=folder).ok().out.replace(str(folder), "<project>"))
    assert _tree(tmp_path / "stock") == _tree(tmp_path / "ours")
    assert told[0] == told[1]


@pytest.mark.parametrize("line", [
    "init alembic", "init -t pyproject alembic", "init -t nonsense alembic", "-c other.ini init alembic",
    "-c here/pyproject.toml init -t pyproject alembic", "init .", "init empty", "init full",
])  # fmt: skip
def test_init_where_there_is_something_already(line: str, tmp_path: Path) -> None:
    """Existing files stay, a pyproject.toml gets its table, and a folder that is not empty is refused."""
    told = []
    for tool in (stock, ours):
        folder = tmp_path / tool.__name__
        for name, text in {
            "pyproject.toml": '[project]\nname = "example"\n', "here/pyproject.toml": "", "full/file": "",
            "alembic.ini": "[alembic]\n" if tool and "-c" not in line else "",
        }.items():  # fmt: skip
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        (folder / "empty").mkdir()
        done = tool(*line.split(), cwd=folder)
        told.append((done.code == 0, done.out.replace(str(folder), "<project>") if done.code == 0 else ""))
    assert told[0] == told[1]
    assert _tree(tmp_path / "stock") == _tree(tmp_path / "ours")


def _project(template: str, folder: Path, places: list[Place]) -> Path:
    """What the template makes, the URLs filled in with the driver it is for."""
    folder.mkdir()
    if template.startswith("pyproject"):
        (folder / "pyproject.toml").write_text('[project]\nname = "example"\n')
    stock("init", "-t", template, "alembic", cwd=folder).ok()
    schemes = ASYNC if "async" in template else SYNC
    urls = [through(place.url, schemes[place.kind]) for place in places]
    if template == "multidb":
        ini = folder / "alembic.ini"
        left = iter(urls)
        ini.write_text(
            re.sub(r"(?m)^sqlalchemy\.url = .*$", lambda _: f"sqlalchemy.url = {next(left)}", ini.read_text())
        )
    else:
        point(folder, urls[0])
    return folder


@pytest.mark.parametrize("template", _TEMPLATES)
def test_a_project_works_with_both(template: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """Write two revisions, go up, down and up again; the tools take turns. What one wrote, the other runs."""
    each = 2 if template == "multidb" else 1
    places = stage.places(kind, 2 * each)
    for number, turns in enumerate(((stock, ours), (ours, stock))):
        own = places[number * each : (number + 1) * each]
        folder = _project(template, tmp_path / str(number), own)
        _use(folder, turns, own)
    assert [place.see() for place in places[:each]] == [place.see() for place in places[each:]]


def _use(folder: Path, turns: tuple[Tool, Tool], places: list[Place]) -> None:
    first, second = turns
    first("revision", "-m", "first", "--rev-id", A1, cwd=folder).ok()
    second("revision", "-m", "second", "--rev-id", A2, cwd=folder).ok()
    for path in (folder / "alembic" / "versions").glob("*.py"):
        _fill(path)
    for tool, line, at in (
        (first, "upgrade +1", [A1]), (second, "upgrade head", [A2]), (first, "downgrade -1", [A1]),
        (second, "downgrade base", []), (first, "stamp head", [A2]), (second, "stamp base", []),
        (second, "upgrade head", [A2]),
    ):  # fmt: skip
        tool(*line.split(), cwd=folder).ok()
        assert all(place.versions() == at for place in places), line
    for line in ("current", "history -v", "heads", "check"):
        one, other = first(*line.split(), cwd=folder), second(*line.split(), cwd=folder)
        assert (one.code == 0) == (other.code == 0), f"{line}\n{one}\n{other}"
        assert one.code != 0 or one.out == other.out


def _fill(path: Path) -> None:
    """Make tables in every `upgrade` of the file."""
    revision = path.name.partition("_")[0]
    text = path.read_text()
    for up, down, table in (
        ("def upgrade() -> None:", "def downgrade() -> None:", f"t_{revision}"),
        ("def upgrade_engine1() -> None:", "def downgrade_engine1() -> None:", f"t_{revision}_1"),
        ("def upgrade_engine2() -> None:", "def downgrade_engine2() -> None:", f"t_{revision}_2"),
    ):
        made = f'op.create_table("{table}", sa.Column("id", sa.Integer, primary_key=True))'
        text = text.replace(up, f"{up}\n    {made}").replace(down, f'{down}\n    op.drop_table("{table}")')
    assert "create_table" in text, text
    path.write_text(text)


@pytest.mark.parametrize("template", ["async", "pyproject_async"])
def test_async_template_with_a_sync_url(template: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """A wrong driver fails with both, and leaves nothing behind."""
    place = stage.places(kind, 1)[0]
    folder = _project(template, tmp_path / "project", [place])
    point(folder, place.url)
    write_revision(folder / "alembic" / "versions", Rev(A1))
    if kind != "postgresql":  # psycopg is both
        assert stock("upgrade", "head", cwd=folder).code != 0
        assert ours("upgrade", "head", cwd=folder).code != 0
        assert A1 not in place.versions()
    else:
        ours("upgrade", "head", cwd=folder).ok()
        assert place.versions() == [A1]
