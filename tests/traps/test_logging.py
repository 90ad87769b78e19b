"""`fileConfig()` in env.py takes over the logging of the program that migrates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import run

from conformance.graphs import A1, A2
from support.cli import alembic, whimbrel
from support.projects import Rev, alembic_project, linear

from .trees import ENV, project

_LOGGING = """
[loggers]
keys = root,sqlalchemy,alembic
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARNING
handlers = console
qualname =
[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine
[logger_alembic]
level = INFO
handlers =
qualname = alembic
[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic
[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
"""
_ENV = ENV.replace("config = context.config\n", "import logging\nfrom logging.config import fileConfig\n"
                   "config = context.config\nif config.config_file_name:\n    fileConfig(config.config_file_name)\n"
                   "logging.getLogger('alembic.env').info('from env.py')\n")  # fmt: skip
_APPLICATION = """
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(name)s says %(message)s", stream=sys.stdout)
app = logging.getLogger("shop.orders")
app.info("before")
MIGRATE
app.info("after")
print(app.disabled, logging.getLogger().level, len(logging.getLogger().handlers))
"""


def _run(folder: Path, migrate: str) -> str:
    code = _APPLICATION.replace("MIGRATE", migrate)
    done = run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def _project(folder: Path) -> Path:
    url = f"sqlite:///{folder}/a.db"
    ini = f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {url}\n{_LOGGING}"
    return project(folder, url, *linear(A1, A2), env=_ENV, ini=ini)


def test_alembic_silences_the_application(tmp_path: Path) -> None:
    _project(tmp_path)
    told = _run(tmp_path, "from alembic import command\nfrom alembic.config import Config\n"
                "command.upgrade(Config('alembic.ini'), 'head')")  # fmt: skip
    assert "shop.orders says after" not in told
    assert told.splitlines()[-1] == "True 30 1"


def test_whimbrel_does_not(tmp_path: Path) -> None:
    _project(tmp_path)
    told = _run(tmp_path, "import whimbrel\nwhimbrel.Project.load().upgrade('head')")
    assert "shop.orders says before\n" in told
    assert "shop.orders says after\n" in told
    assert told.splitlines()[-1] == "False 20 1"


def test_the_commands_log_what_env_py_logs(tmp_path: Path) -> None:
    """On standard error, by the project's own configuration; Alembic's report of each step is said otherwise."""
    _project(tmp_path)
    one = alembic("upgrade", "+1", cwd=tmp_path).ok()
    other = whimbrel("upgrade", "+1", cwd=tmp_path).ok()
    for done in (one, other):
        assert "INFO  [alembic.env] from env.py" in done.err
        assert "from env.py" not in done.out
    assert "Running upgrade" in one.err
    assert "Running upgrade" not in other.err
    assert f"ok  {A2}" in other.err


def test_loggers_of_revisions_stay_on(tmp_path: Path) -> None:
    """A module that was imported before env.py keeps its logger, under the command as well."""
    _project(tmp_path)
    (tmp_path / "early.py").write_text("import logging\nlog = logging.getLogger('early.module')\n")
    env = tmp_path / "migrations" / "env.py"
    env.write_text("import sys\nsys.path.insert(0, '.')\nimport early\n" + env.read_text()
                   + "early.log.warning('still here')\n")  # fmt: skip
    assert "still here" not in alembic("current", cwd=tmp_path).ok().err
    assert "still here" in whimbrel("upgrade", "head", cwd=tmp_path).ok().err


def test_the_commands_do_not_tell_of_each_column_that_numbers_itself(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    """Which Alembic does when it compares tables of PostgreSQL, and nothing is to be done about it."""
    url = make_database("postgresql")
    table = 'sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))'
    made = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
    folder = alembic_project(tmp_path, url, [Rev("aaaa", upgrade=made, downgrade='op.drop_table("t")')])
    env = folder / "alembic" / "env.py"
    models = f"import sqlalchemy as sa\ntarget_metadata = {table}.metadata"
    env.write_text(env.read_text().replace("target_metadata = None", models))
    whimbrel("upgrade", cwd=folder).ok()
    assert "Detected sequence" in alembic("check", cwd=folder).err
    for command in (["check"], ["revision", "--autogenerate"]):
        done = whimbrel(*command, cwd=folder)
        assert "add column t.n" in done.out + done.err
        assert "Detected sequence" not in done.err
