"""What is taken out of an error's words, and what stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from support.cli import whimbrel
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel.connect.literals import literals, shown
from whimbrel.connect.sayings import traceback_of
from whimbrel.connect.url import of_environment, parse, scrub
from whimbrel.environment.reasons import reason

BACKSLASH = chr(92)

STATEMENTS = [
    ("", "INSERT INTO t VALUES ('a''b', 12, '')", "INSERT INTO t VALUES ('***', 12, '')"),
    ("postgresql", """UPDATE "t" SET "a b" = 'x"y'""", """UPDATE "t" SET "a b" = '***'"""),
    ("postgresql", "SELECT $$it's$$, $x$a $$ b$x$, $1, a[1]", "SELECT $$***$$, $$***$$, $1, a[1]"),
    ("postgresql", f"SELECT E'it{BACKSLASH}'s', 'x{BACKSLASH}', 'y'", "SELECT '***', '***', '***'"),
    ("mysql", f"SELECT 'it{BACKSLASH}'s', \"x\", `a'b` # don't", "SELECT '***', '***', `a'b`"),
    ("mysql", "SELECT 1 -- don't\n, 'x' /* don't */ , 0x68756E746572", "SELECT 1 , '***' , '***'"),
    ("mysql", "/*!50001 SET x = 'y' */", "/*!50001 SET x = '***' */"),
    ("sqlite", """INSERT INTO "t" ("a") VALUES ("b")""", """INSERT INTO "t" ("a") VALUES ('***')"""),
    ("sqlite", """SELECT "a" FROM "t" WHERE "a"."b" = "c" """, """SELECT "a" FROM "t" WHERE "a"."b" = '***'"""),
    ("postgresql", "SELECT 'no end", "SELECT '***'"),
    ("mysql", 'SELECT "no end', "SELECT '***'"),
    ("postgresql", "DO $$no end", "DO $$***$$"),
]


@pytest.mark.parametrize(("kind", "statement", "expected"), STATEMENTS)
def test_a_statement_is_shown_without_its_literals(kind: str, statement: str, expected: str) -> None:
    assert shown(statement, kind) == expected


def test_literals_are_found_inside_of_literals_and_names_are_none() -> None:
    found = literals("DO $$ BEGIN EXECUTE 'CREATE USER x PASSWORD ''s3cret'''; END $$", "postgresql")
    assert "s3cret" in found.values
    found = literals("INSERT INTO kind (name) VALUES ('name')", "postgresql")
    assert "name" in found.names & found.values


def failing(statement: str, params: object, words: str, *, number: int = 0) -> exc.DBAPIError:
    """What SQLAlchemy raises for a driver's error."""
    module = "pymysql.err" if number else "psycopg.errors"
    kind = type("Refused", (Exception,), {"__module__": module})
    return exc.DBAPIError(statement, params, kind(number, words) if number else kind(words))


@pytest.mark.parametrize(
    ("words", "expected"),
    [("no", "no"), ("\n no \n", "no"), ("no\nbecause\nof this", "no …"), ("\n", None)],
)
def test_words_of_several_lines_are_seen_to_go_on(words: str, expected: str | None) -> None:
    assert reason(RuntimeError(words)) == ("RuntimeError" if expected is None else f"RuntimeError: {expected}")
    if expected == "no …":
        assert "of this" in traceback_of(RuntimeError(words))


def test_what_helps_stays() -> None:
    error = failing(
        "INSERT INTO users (email, role) VALUES (%(email)s, 'email')",
        {"email": "me@example.org"},
        'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=(me@example.org) already exists.',
    )
    assert reason(error) == (
        'Refused: duplicate key value violates unique constraint "users_email_key", '
        "in: INSERT INTO users (email, role) VALUES (%(email)s, '***')"
    )
    error = failing(
        "INSERT INTO t VALUES (%s)", [("abc",), (1062,)], "Duplicate entry '1062' for key 'PRIMARY'", number=1062
    )
    assert "Duplicate entry '***' for key 'PRIMARY' (1062)" in reason(error).replace("(***)", "(1062)")


def test_a_message_that_the_statement_raises_itself_stays() -> None:
    statement = "DO $$ BEGIN RAISE EXCEPTION 'orders without customer'; END $$"
    assert reason(failing(statement, {}, "orders without customer")).startswith("Refused: orders without customer, in")


@pytest.mark.parametrize("params", [
    {"v": "s3cret"}, ("s3cret",), [{"v": ["s3cret"]}], [("x", b"s3cret")], {"v": {"a": {"s3cret"}}},
])  # fmt: skip
def test_a_parameter_of_any_nesting_is_taken_out(params: object) -> None:
    told = reason(failing("SELECT %(v)s", params, "that s3cret is 's3cret'"))
    assert told.startswith("Refused: that *** is '***', in")


def test_a_short_word_is_not_taken_out_of_other_words() -> None:
    told = reason(failing("SELECT %(v)s", {"v": "user"}, 'relation "users" of user does not exist'))
    assert 'relation "users" of *** does' in told


def test_the_users_own_words_stay() -> None:
    assert reason(ValueError("the value 'x' is wrong: invalid: \"y\"")) == (
        "ValueError: the value 'x' is wrong: invalid: \"y\""
    )


def test_a_password_of_a_url_is_taken_out_of_anything() -> None:
    url = parse("postgresql://postgres:postgres@h/db")
    assert scrub("postgresql: password postgres is wrong", url) == "postgresql: password *** is wrong"
    assert reason(ValueError("not p4ss,word"), parse("postgresql://u:p4ss,word@h/db")) == "ValueError: not ***"


def test_secrets_of_an_environment_are_known_by_name_and_by_url() -> None:
    environment = {
        "PWD": "/home/somebody",
        "OLDPWD": "/home/somebody",
        "HOME": "/home/somebody",
        "MYSQL_PWD": "value-1",
        "PGPASSWORD": "value-2",
        "API_KEY": "value-3",
        "STRIPE_SECRET": "value-4",
        "GITHUB_TOKEN": "value-5",
        "MONKEY": "a banana",
        "API_TOKEN": "short",
        "DB_PASSWORD_FILE": "/run/secrets/db",
        "CACHE": "redis://:value-6@cache:6379/0",
        "REPLICA": "postgresql://u:value%2F7@h/db",
        "PLAIN": "sqlite:///app.db",
    }
    expected = {f"value-{number}" for number in range(1, 7)} | {"value%2F7", "value/7"}
    assert of_environment(environment) == expected


def test_a_traceback_has_the_chain_the_notes_and_the_groups_without_values() -> None:
    def fails() -> None:
        try:
            raise failing("SELECT 's3cret'", {"v": "0ther"}, "no s3cret") from KeyError("0ther")
        except exc.DBAPIError as error:
            error.add_note("it was s3cret")
            raise ExceptionGroup("several", [error, ValueError("0ther")]) from error

    with pytest.raises(ExceptionGroup) as caught:
        fails()
    told = traceback_of(caught.value)
    assert "s3cret" not in told
    assert "0ther" not in told
    for part in ("direct cause", "it was ***", "several (2 sub-exceptions)", "[SQL: SELECT '***']", "in fails"):
        assert part in told


def test_tables_that_create_all_has_made_are_to_be_stamped(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path, url, linear("aaaa", "bbbb"))
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    made = sa.MetaData()
    sa.Table("t_aaaa", made, sa.Column("id", sa.Integer, primary_key=True))
    made.create_all(engine)
    failed = whimbrel("upgrade", cwd=folder)
    assert failed.code == 3
    assert "hint:  correct the revision; or, if create_all() was there first, whimbrel stamp head  looks" in failed.err
    whimbrel("stamp", "aaaa", cwd=folder).ok()
    sa.Table("t_bbbb", made, sa.Column("id", sa.Integer, primary_key=True))
    made.create_all(engine)
    failed = whimbrel("upgrade", cwd=folder)
    assert "hint:  correct the revision and run the same command again" in failed.err, "it is under version control"


@pytest.mark.parametrize("layout", [alembic_project, native_project])
def test_a_revision_that_writes_no_script_is_told_as_one_that_has_failed(
    layout: Callable[[Path, str, Iterable[Rev]], Path], url: str, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, [Rev("aaaa", upgrade="raise ValueError('it looks at rows')")])
    failed = whimbrel("upgrade", "--sql", cwd=folder)
    assert failed.code == 3
    assert failed.err.startswith("error[WB402]: revision aaaa failed\n")
    assert "why:   ValueError: it looks at rows\n" in failed.err
    assert "state: no database was touched\n" in failed.err


@pytest.mark.parametrize(
    ("models", "line", "why"),
    [
        ("import sqlalchemy\n\nmetadata = = 1\n", 3, "SyntaxError: invalid syntax"),
        ("import sqlalchemy\nmetadata = sqlalchemy.MetaDat()\n", 2, "AttributeError: "),
        ("import no_such_library\n", 1, "ModuleNotFoundError: "),
    ],
)
def test_a_module_that_env_py_imports_and_that_fails_is_named_with_its_line(
    models: str, line: int, why: str, tmp_path: Path
) -> None:
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    (folder / "app").mkdir()
    (folder / "app" / "__init__.py").write_text("from app.models import metadata\n")
    (folder / "app" / "models.py").write_text(models)
    env = folder / "alembic" / "env.py"
    env.write_text(f"import app\n{env.read_text()}")
    failed = whimbrel("upgrade", cwd=folder)
    assert failed.err.startswith(f"error[WB406]: env.py failed\n  where: app/models.py:{line}\n  why:   {why}")
    if "no_such" in models:
        assert "hint:  install no_such_library" in failed.err
    else:
        assert "hint:  correct that file, which alembic/env.py:1 imports; --debug shows" in failed.err


def test_an_error_in_what_is_installed_is_told_at_the_line_of_env_py(tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    env = folder / "alembic" / "env.py"
    env.write_text(f"import tomllib\ntomllib.loads('=')\n{env.read_text()}")
    failed = whimbrel("upgrade", cwd=folder)
    assert failed.err.startswith("error[WB406]: env.py failed\n  where: alembic/env.py:2\n")
    assert "hint:  correct env.py; --debug shows" in failed.err
