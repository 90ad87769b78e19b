"""sakyum: Flask-SQLAlchemy on `default.db`, Alembic's own layout; the commands as its documentation types them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import rows, tables, version_rows

from .conftest import Copy

OURS = {"exam_question", "exam_choice"}


@pytest.fixture
def kind() -> str:
    """What the seed is about."""
    return "sqlite"


@pytest.fixture
def school(copy: Callable[[str], Copy]) -> Copy:
    """The example; its database is `default.db` beside it."""
    made = copy("sakyum/Schoolsite")
    return made._replace(url=f"sqlite:///{made.folder}/default.db")


@pytest.fixture
def bare(school: Copy) -> Copy:
    """The same before Alembic comes in."""
    shutil.rmtree(school.folder / "alembic")
    school.folder.joinpath("alembic.ini").unlink()
    return school


@pytest.mark.parametrize("tool", ["whimbrel", "alembic", "whimbrel, a process"], indirect=True)
def test_chapter_from_its_first_step_to_its_last(bare: Copy) -> None:
    """`init alembic`, both edits, the first revision, and the upgrade."""
    bare.type("init alembic")
    assert {path.name for path in bare.folder.joinpath("alembic").iterdir()} >= {
        "env.py",
        "README",
        "script.py.mako",
        "versions",
    }
    _edit_as_told(bare.folder)
    bare.type('revision --autogenerate -m "Added table"')
    [revision] = bare.folder.joinpath("alembic", "versions").glob("*.py")
    assert re.fullmatch(r"[0-9a-f]{12}_added_table\.py", revision.name)
    assert revision.read_text().count("create_table") == 2
    bare.type("upgrade head")
    assert tables(bare.url) >= OURS
    number = revision.name[:12]
    assert number in bare.type("current")
    assert "Added table" in bare.type("history --verbose")
    bare.type("downgrade base")
    assert not tables(bare.url) & OURS


def test_project_as_it_is_goes_up_and_down_with_both_tools(school: Copy) -> None:
    """What stands in the example."""
    school.type("upgrade head")
    assert version_rows(school.url) == {"83241ca0f125"}
    school.type("check")
    school.type("downgrade base", tool="alembic")
    school.type("upgrade head", tool="alembic")
    school.type("status --check")


def test_application_runs_on_what_was_migrated(school: Copy) -> None:
    """`create_all()` at its start finds everything there."""
    school.type("upgrade head")
    _python(school.folder, "import thunder; assert thunder.app.test_client().get('/exam').json == []")
    school.type("check")


def test_a_list_of_metadata(school: Copy) -> None:
    """`target_metadata = [db.Model.metadata, …]`, as its later documentation has it."""
    school.type("upgrade head")
    school.folder.joinpath("library.py").write_text(
        "import sqlalchemy as sa\n\nmetadata = sa.MetaData()\n"
        "book = sa.Table('book', metadata, sa.Column('id', sa.Integer, primary_key=True))\n"
    )
    env = school.folder / "alembic" / "env.py"
    line = "target_metadata = db.Model.metadata"
    env.write_text(
        env.read_text().replace(line, "import library\n\ntarget_metadata = [db.Model.metadata, library.metadata]")
    )
    school.type("revision --autogenerate -m books")
    [fresh] = school.folder.joinpath("alembic", "versions").glob("*_books.py")
    assert fresh.read_text().count("create_table") == 1
    school.type("upgrade head")
    assert tables(school.url) >= {*OURS, "book"}


def test_tables_that_the_application_has_made_are_noticed(bare: Copy) -> None:
    """`create_all()` ran first: no silent empty revision, a baseline is offered, and it is taken for what is there."""
    bare.type("init alembic")
    _edit_as_told(bare.folder)
    _python(bare.folder, "import thunder")
    versions = bare.folder / "alembic" / "versions"
    refused = bare.run('revision --autogenerate -m "Added table"')
    assert (refused.code, list(versions.glob("*.py"))) == (6, [])
    assert "--baseline" in refused.err
    bare.type('revision --autogenerate --baseline -m "Added table"')
    [baseline] = versions.glob("*.py")
    assert baseline.read_text().partition("def downgrade")[0].count("create_table") == 2
    assert version_rows(bare.url) == {baseline.name[:12]}
    bare.type("check")


def test_commands_that_were_promised(school: Copy, tmp_path: Path) -> None:
    """`update_db`, `dump_db`, and back: the same rows."""
    school.type("update_db")
    assert version_rows(school.url) == {"83241ca0f125"}
    _execute(school.url, "INSERT INTO exam_question VALUES (1, 'why?', '2023-02-19 21:14:06.000000')")
    before = rows(school.url, "SELECT * FROM exam_question")
    school.type(f"dump_db {tmp_path}/kept.whimbrel")
    _execute(school.url, "DELETE FROM exam_question")
    school.type(f"load_db {tmp_path}/kept.whimbrel")
    assert rows(school.url, "SELECT * FROM exam_question") == before
    school.type("cleaned_db --yes main")
    assert rows(school.url, "SELECT * FROM exam_question") == []
    assert version_rows(school.url) == {"83241ca0f125"}
    school.type("update_db")


def test_flask_has_the_same_commands(school: Copy) -> None:
    """With one line in the application, in the place of the one that has made tables behind everybody's back."""
    routes = school.folder / "Schoolsite" / "routes.py"
    line = "    with app.app_context():\n        db.create_all()\n"
    assert routes.read_text().count(line) == 1
    extension = "    import whimbrel\n\n    whimbrel.Whimbrel(app, db, directory='alembic')\n"
    routes.write_text(routes.read_text().replace(line, extension))
    for words in ("upgrade", "current", "check"):
        command = [sys.executable, "-m", "flask", "--app", "thunder", "db", words]
        done = subprocess.run(command, cwd=school.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert version_rows(school.url) == {"83241ca0f125"}


def _execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _edit_as_told(folder: Path) -> None:
    """Both edits of the chapter."""
    ini = folder / "alembic.ini"
    url = f"sqlalchemy.url = sqlite:///{folder}/default.db"
    ini.write_text(re.sub(r"^sqlalchemy\.url = .*$", url, ini.read_text(), flags=re.MULTILINE))
    env = folder / "alembic" / "env.py"
    assert "target_metadata = None" in env.read_text()
    told = (
        "from exam.models import ExamQuestionModel, ExamChoiceModel\n"
        "from Schoolsite.config import db\n"
        "target_metadata = db.Model.metadata"
    )
    env.write_text(env.read_text().replace("target_metadata = None", told))


def _python(folder: Path, code: str) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True)
