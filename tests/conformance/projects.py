"""Projects as stock `alembic init` makes them, made once for each template and copied."""

from __future__ import annotations

import atexit
import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from support.projects import Rev, write_revision

from .tools import stock


@cache
def _template(name: str) -> Path:
    folder = Path(mkdtemp(prefix="whimbrel-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if name.startswith("pyproject"):
        (folder / "pyproject.toml").write_text('[project]\nname = "example"\n')
    stock("init", "-t", name, "alembic", cwd=folder).ok()
    return folder


def make(folder: Path, url: str, revisions: Iterable[Rev] = (), *, template: str = "generic") -> Path:
    """A project with these revisions, whose configuration names the database."""
    shutil.copytree(_template(template), folder, dirs_exist_ok=True)
    point(folder, url)
    for rev in revisions:
        write_revision(folder / "alembic" / "versions", rev)
    return folder


def point(folder: Path, url: str, *, key: str = "sqlalchemy.url") -> None:
    """Write the URL into the project's ini file."""
    ini = folder / "alembic.ini"
    line = f"{key} = {url.replace('%', '%%')}"
    ini.write_text(re.sub(rf"(?m)^{re.escape(key)} = .*$", lambda _: line, ini.read_text()))


def make_multidb(folder: Path, urls: list[str], revisions: Iterable[Rev]) -> Path:
    """A project for two databases, `engine1` and `engine2`, whose revisions make a table in each of them."""
    shutil.copytree(_template("multidb"), folder, dirs_exist_ok=True)
    ini = folder / "alembic.ini"
    left = iter(urls)
    ini.write_text(re.sub(r"(?m)^sqlalchemy\.url = .*$", lambda _: f"sqlalchemy.url = {next(left)}", ini.read_text()))
    for rev in revisions:
        up, down = f'op.create_table("t_{rev.id}_N", sa.Column("id", sa.Integer, primary_key=True))', f"t_{rev.id}_N"
        write_revision(
            folder / "alembic" / "versions",
            rev._replace(
                upgrade='globals()[f"upgrade_{engine_name}"]()', downgrade='globals()[f"downgrade_{engine_name}"]()'
            ),
        )
        path = folder / "alembic" / "versions" / f"{rev.id}_.py"
        text = path.read_text().replace("def upgrade():", "def upgrade(engine_name):")
        text = text.replace("def downgrade():", "def downgrade(engine_name):")
        for number in ("1", "2"):
            text += f"\n\ndef upgrade_engine{number}():\n    {up.replace('_N', f'_{number}')}\n"
            text += f'\n\ndef downgrade_engine{number}():\n    op.drop_table("{down.replace("_N", f"_{number}")}")\n'
        path.write_text(text)
    return folder
