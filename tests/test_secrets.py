"""No password, bind parameter, literal or value of the environment is in anything that is told.

The canary comes from a file, so that it is in an error only because a database, a driver or SQLAlchemy has repeated it.
Each case has its control: what Python would have shown of the same error does hold the canary.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exc

from support import canary
from support.databases import through
from support.projects import Rev, alembic_project, native_project
from whimbrel.cli import console, main
from whimbrel.connect import sayings

CANARY = "hunter2C4nary"

DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+aiosqlite": "sqlite",
    "postgresql+psycopg": "postgresql",
    "postgresql+asyncpg": "postgresql",
    "mysql+pymysql": "mariadb",
    "mysql+asyncmy": "mariadb",
}

PREPARE = (
    "v = __import__('pathlib').Path(__file__).with_name('canary.txt').read_text()\n"
    "op.execute('CREATE TABLE item (id INTEGER, name VARCHAR(60) UNIQUE, n INTEGER CHECK (n < 100))')\n"
    "op.execute(sa.text('INSERT INTO item (id, name) VALUES (1, :v)').bindparams(v=v))\n"
    "table = sa.table('item', sa.column('id'), sa.column('name'), sa.column('n'))\n"
)
SITUATIONS = {
    "a literal twice": "op.execute(f\"INSERT INTO item (id, name) VALUES (2, '{v}')\")",
    "a parameter twice": "op.get_bind().execute(sa.text('INSERT INTO item (id, name) VALUES (2, :v)'), {'v': v})",
    "many rows": "op.bulk_insert(table, [{'id': 2, 'name': 'x', 'n': 1}, {'id': 3, 'name': v, 'n': 2}])",
    "many rows, one by one": "op.bulk_insert(table, [{'id': 2, 'name': 'x'}, {'id': 3, 'name': v}], multiinsert=False)",
    "a literal that is no number": "op.execute(f\"UPDATE item SET n = '{v}'\")",
    "a parameter that is no number": "op.get_bind().execute(sa.text('UPDATE item SET n = :v'), {'v': v})",
    "bytes": "op.get_bind().execute(sa.text('UPDATE item SET n = :v'), {'v': v.encode()})",
    "quotes in a value": 'op.execute(f"""INSERT INTO nope VALUES (\'it\'\'s "{v}\', 1)""")',
    "quotes in a parameter": "op.get_bind().execute(sa.text('UPDATE item SET n = :v'), {'v': 'it\\'s \"' + v})",
    "a long value": "op.execute(f\"INSERT INTO item SELECT nope nope nope 'x' '{'long ' * 20 + v}\")",
    "a syntax error": "op.execute(f\"SELECT nope nope nope '{v}' '{v}'\")",
    "a string without its end": 'op.execute(f"SELECT \'{v}")',
    "a comment": 'op.execute(f"SELECT nope /* \'{v} */ FROM item -- {v}")',
    "a user's password": "op.execute(f\"CREATE USER canary WITH PASSWORD '{v}' NONSENSE\")",
    "a missing table": "op.execute(f\"INSERT INTO nope VALUES ('{v}')\")",
    "a missing parameter": "op.get_bind().execute(sa.text('SELECT :v, :w'), {'v': v})",
    "repeated by the revision": (
        "try:\n    op.execute(f\"INSERT INTO nope VALUES ('{v}')\")\n"
        "except Exception as error:\n    raise RuntimeError(f'copying failed: {error}') from error"
    ),
}


@pytest.fixture(params=DRIVERS)
def driver_url(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> str:
    """The URL of an empty database through each driver in turn."""
    return through(make_database(DRIVERS[request.param]), request.param)


class Told:
    """What a command has told, and what of its error Python would have shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: Any, caplog: pytest.LogCaptureFixture) -> None:
        self.raw = ""
        self._capsys, self._caplog = capsys, caplog
        shown = console._traceback
        # An env.py that ran before in this process has sent what other libraries log to standard error.
        monkeypatch.setattr(logging.getLogger(), "handlers", [caplog.handler])

        def recording(error: BaseException) -> str:
            for one in sayings.causes(error):
                if isinstance(one, exc.StatementError):
                    one.hide_parameters = False
            self.raw = "".join(traceback.format_exception(error))
            return shown(error)

        monkeypatch.setattr(console, "_traceback", recording)

    def by(self, *command: str) -> str:
        """All that a command writes, and logs at any level. What drivers log is the user's own affair."""
        self._caplog.set_level(logging.DEBUG)
        code = main([*command, "--debug", "--json"])
        out, err = self._capsys.readouterr()
        assert code != 0
        assert json.loads(out)["version"] == 1
        logged = [record for record in self._caplog.records if record.name.startswith(("whimbrel", "alembic", "py"))]
        return "\n".join([out, err, *(record.getMessage() for record in logged)])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: Any, caplog: pytest.LogCaptureFixture) -> Told:
    return Told(monkeypatch, capsys, caplog)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_value_of_a_failing_statement_is_told(
    situation: str, driver_url: str, project_folder: Path, told: Told
) -> None:
    native_project(project_folder, driver_url, [Rev("aaaa", upgrade=PREPARE + SITUATIONS[situation])])
    (project_folder / "migrations/versions/canary.txt").write_text(CANARY)
    shown = told.by("upgrade", "head")
    assert CANARY in told.raw, "the control: Python would have shown it"
    assert CANARY not in shown
    assert "WB401" in shown or "WB402" in shown


@pytest.mark.parametrize("situation", ["a literal twice", "a parameter that is no number", "many rows"])
def test_an_engine_of_env_py_shows_no_parameters_either(
    situation: str, url: str, project_folder: Path, told: Told
) -> None:
    """The templates of Alembic make engines that do not hide them."""
    alembic_project(project_folder, url, [Rev("aaaa", upgrade=PREPARE + SITUATIONS[situation])])
    (project_folder / "alembic/versions/canary.txt").write_text(CANARY)
    shown = told.by("upgrade", "head")
    assert CANARY in told.raw
    assert CANARY not in shown


_AGAIN = "op.execute('INSERT INTO item (name) SELECT name FROM item')"
ROWS = {
    "postgresql": ["op.execute('UPDATE item SET n = CAST(name AS INTEGER)')", _AGAIN],
    "mariadb": ["op.execute('UPDATE item SET n = name')", _AGAIN],
}


@pytest.mark.parametrize("driver", [driver for driver, kind in DRIVERS.items() if kind in ROWS])
@pytest.mark.parametrize("number", [0, 1])
def test_no_value_of_a_row_is_told(
    driver: str, number: int, make_database: Callable[[str], str], project_folder: Path, told: Told
) -> None:
    """It is in no statement that fails."""
    kind = DRIVERS[driver]
    native_project(
        project_folder, through(make_database(kind), driver), [Rev("aaaa", upgrade=PREPARE + ROWS[kind][number])]
    )
    (project_folder / "migrations/versions/canary.txt").write_text(CANARY)
    shown = told.by("upgrade", "head")
    if (driver, number) != ("postgresql+asyncpg", 1):  # it keeps the details to itself
        assert CANARY in told.raw
    assert CANARY not in shown


@pytest.mark.parametrize("driver", [driver for driver, kind in DRIVERS.items() if kind != "sqlite"])
@pytest.mark.parametrize("command", ["upgrade", "current", "status", "stamp"])
def test_no_password_is_told_when_there_is_no_way_in(
    driver: str, command: str, make_database: Callable[[str], str], project_folder: Path, told: Told
) -> None:
    server = make_database(DRIVERS[driver]).partition("@")[2]
    url = f"{driver}://canary_nobody:{CANARY}@{server}"
    native_project(project_folder, url, [Rev("aaaa")])
    shown = told.by(command, *(["head"] if command == "stamp" else []))
    assert CANARY in canary.passwords_in([(project_folder / "whimbrel.toml").read_text()])
    assert '"WB4' in shown
    assert CANARY not in shown


@pytest.mark.parametrize("place", ["revision", "env.py"])
@pytest.mark.parametrize(
    "words",
    ["os.environ['SHOP_TOKEN']", "os.environ['SHOP_URL']", "os.environ['SHOP_URL'][13:26]", "'app:' + password"],
)
def test_no_secret_is_told_that_the_users_own_code_repeats(
    place: str, words: str, project_folder: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", CANARY)
    monkeypatch.setenv("SHOP_URL", f"https://x.ab:{CANARY}@shop.example/api")
    code = f"import os\npassword = os.environ['SHOP_TOKEN']\nraise ValueError('no answer from ' + {words})"
    if place == "env.py":
        alembic_project(project_folder, "sqlite:///app.db", [Rev("aaaa")])
        env = project_folder / "alembic/env.py"
        env.write_text(code + "\n" + env.read_text())
    else:
        native_project(project_folder, "sqlite:///app.db", [Rev("aaaa", upgrade=code)])
    shown = told.by("upgrade", "head")
    assert CANARY in told.raw
    assert CANARY not in shown
    assert "ValueError: no answer from " in shown


def test_the_password_of_the_url_is_not_told_when_a_revision_repeats_it(project_folder: Path, told: Told) -> None:
    database = f"sqlite:///app.db?password={CANARY}"
    alembic_project(project_folder, "sqlite:///app.db", [Rev("aaaa", upgrade="raise ValueError(op.get_bind().info)")])
    env = project_folder / "alembic/env.py"
    env.write_text(
        "import sqlalchemy as sa\nfrom pathlib import Path\n"
        "url = sa.make_url(Path('canary.txt').read_text())\nraise ValueError(f'no {url.query[\"password\"]}')\n"
    )
    (project_folder / "canary.txt").write_text(database)
    shown = told.by("upgrade", "head")
    assert CANARY in told.raw
    assert CANARY not in shown


# -- the guards of the whole suite see what they guard against -------------------------------------


def test_the_guard_of_every_command_sees_a_secret(tmp_path: Path) -> None:
    (tmp_path / "whimbrel.toml").write_text(f'url = "postgresql://app:{CANARY}%40@h/db"')
    secrets = canary.secrets_of(["--url", "mysql://u:an0ther1@h/d"], tmp_path, {"X": "mysql://u:th1rd-one@h/d"})
    assert secrets == {f"{CANARY}%40", f"{CANARY}@", "an0ther1", "th1rd-one", canary.OF_ENVIRONMENT}
    for secret in secrets:
        with pytest.raises(AssertionError, match="is shown"):
            canary.assert_kept(secrets, f"cannot connect: {secret}!")
    canary.assert_kept(secrets, "cannot connect: ***!")


def test_the_guard_of_every_error_sees_a_secret(pytester_free_errors: Callable[[str], None]) -> None:
    with pytest.raises(AssertionError, match="is shown"):
        pytester_free_errors(canary.OF_ENVIRONMENT)
    pytester_free_errors("nothing")


@pytest.fixture
def pytester_free_errors() -> Callable[[str], None]:
    def checked(text: str) -> None:
        canary.assert_kept(canary.KNOWN, f"it failed\nNone\n{text}")

    return checked
