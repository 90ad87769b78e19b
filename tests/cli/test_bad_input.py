"""Bad input, case by case: a clear error with a code, at most six lines, no traceback, and no secret."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cli import whimbrel
from support.databases import SERVERS
from support.projects import Rev, alembic_project, linear, native_project, write_revision
from whimbrel import errors

SECRET = "hunter2canary"
PG = SERVERS["postgresql"].rpartition("/")[0]
MY = SERVERS["mariadb"].rpartition("/")[0]

Prepare = Callable[[Path], list[str]]
CASES: dict[str, tuple[type[errors.WhimbrelError], Prepare]] = {}


def case(error: type[errors.WhimbrelError]) -> Callable[[Prepare], Prepare]:
    """Register a case: the function prepares a folder and returns the command line that must end in `error`."""

    def register(prepare: Prepare) -> Prepare:
        CASES[prepare.__name__] = (error, prepare)
        return prepare

    return register


def _native(folder: Path, url: str = "sqlite:///app.db", revisions: list[Rev] | None = None) -> list[str]:
    native_project(folder, url, linear("aaaa", "bbbb", "cccc") if revisions is None else revisions)
    return ["upgrade"]


def _versions(folder: Path) -> Path:
    return folder / "migrations" / "versions"


# -- the database ---------------------------------------------------------------------------------


@case(errors.CannotConnect)
def sqlite_path_in_a_missing_directory(folder: Path) -> list[str]:
    return _native(folder, "sqlite:///no/such/folder/app.db")


@case(errors.CannotConnect)
def sqlite_path_is_a_directory(folder: Path) -> list[str]:
    (folder / "app.db").mkdir()
    return _native(folder)


@case(errors.DatabaseFailed)
def sqlite_file_is_not_a_database(folder: Path) -> list[str]:
    (folder / "app.db").write_bytes(b"this is a letter, not a database" * 100)
    return _native(folder)


@case(errors.DatabaseFailed)
def sqlite_file_is_read_only(folder: Path) -> list[str]:
    sqlite3.connect(folder / "app.db").execute("CREATE TABLE t (x)").connection.close()
    return _native(folder, "sqlite:///file:app.db?mode=ro&uri=true")


@case(errors.CannotConnect)
def postgresql_role_is_unknown(folder: Path) -> list[str]:
    return _native(folder, f"postgresql+psycopg://nobody:{SECRET}@127.0.0.1/postgres")


@case(errors.CannotConnect)
def postgresql_database_is_missing(folder: Path) -> list[str]:
    return _native(folder, f"{PG}/whimbrel_no_such_database")


@case(errors.CannotConnect)
def postgresql_database_is_missing_through_asyncpg(folder: Path) -> list[str]:
    return _native(folder, f"{PG.replace('+psycopg', '+asyncpg')}/whimbrel_no_such_database")


@case(errors.CannotConnect)
def mariadb_database_is_missing(folder: Path) -> list[str]:
    return _native(folder, f"{MY}/whimbrel_no_such_database")


@case(errors.CannotConnect)
def mariadb_password_is_wrong(folder: Path) -> list[str]:
    return _native(folder, f"mysql+pymysql://nobody:{SECRET}@127.0.0.1/test")


@case(errors.CannotConnect)
def mariadb_password_is_wrong_through_asyncmy(folder: Path) -> list[str]:
    return _native(folder, f"mysql+asyncmy://nobody:{SECRET}@127.0.0.1/test")


@case(errors.CannotConnect)
def nothing_listens_on_the_port(folder: Path) -> list[str]:
    return _native(folder, f"postgresql+psycopg://app:{SECRET}@127.0.0.1:5999/shop")


@case(errors.CannotConnect)
def nothing_listens_for_current(folder: Path) -> list[str]:
    _native(folder, f"postgresql+asyncpg://app:{SECRET}@127.0.0.1:5999/shop")
    return ["current"]


@case(errors.CannotConnect)
def host_is_unknown(folder: Path) -> list[str]:
    return _native(folder, f"postgresql+psycopg://app:{SECRET}@no-such-host.invalid/shop")


@case(errors.CannotConnect)
def password_has_an_unescaped_at_sign(folder: Path) -> list[str]:
    return _native(folder, f"postgresql+psycopg://app:{SECRET}@x#@127.0.0.1:5999/shop")


@case(errors.CannotConnect)
def env_py_cannot_connect(folder: Path) -> list[str]:
    alembic_project(folder, f"postgresql+psycopg://app:{SECRET}@127.0.0.1:5999/shop", linear("aaaa"))
    return ["upgrade", "head"]


@case(errors.CannotConnect)
def env_py_has_a_password_with_an_unescaped_at_sign(folder: Path) -> list[str]:
    alembic_project(folder, f"postgresql+psycopg://app:x@{SECRET}@127.0.0.1:5999/shop", linear("aaaa"))
    return ["upgrade", "head"]


@case(errors.UrlInvalid)
def env_py_has_a_password_where_the_port_should_be(folder: Path) -> list[str]:
    alembic_project(folder, f"postgresql+psycopg://app:{SECRET}", linear("aaaa"))
    return ["upgrade", "head"]


@case(errors.UrlInvalid)
def env_py_has_a_password_with_an_at_sign_and_a_colon(folder: Path) -> list[str]:
    alembic_project(folder, f"postgresql+psycopg://app:x@y:{SECRET}@127.0.0.1/shop", linear("aaaa"))
    return ["upgrade", "head"]


@case(errors.CannotConnect)
def url_has_secrets_in_its_query(folder: Path) -> list[str]:
    return _native(folder, f"postgresql+psycopg://app@127.0.0.1:5999/shop?password={SECRET}&api_key={SECRET}")


# -- the URL --------------------------------------------------------------------------------------


@case(errors.UrlInvalid)
def url_is_malformed(folder: Path) -> list[str]:
    return _native(folder, "not a url")


@case(errors.UrlInvalid)
def url_is_empty(folder: Path) -> list[str]:
    _native(folder)
    return ["upgrade", "--url", " "]


@case(errors.UrlInvalid)
def url_has_a_bad_port(folder: Path) -> list[str]:
    return _native(folder, f"postgresql://app:{SECRET}@127.0.0.1:port/shop")


@case(errors.UrlInvalid)
def url_is_a_password_without_a_host(folder: Path) -> list[str]:
    return _native(folder, f"postgresql://app:{SECRET}")


@case(errors.UrlInvalid)
def url_names_an_unsupported_database(folder: Path) -> list[str]:
    return _native(folder, f"duckdb://app:{SECRET}@x/file.db")


@case(errors.DriverMissing)
def url_names_a_driver_that_is_not_installed(folder: Path) -> list[str]:
    return _native(folder, f"postgresql+psycopg2://app:{SECRET}@127.0.0.1/shop")


@case(errors.UrlInvalid)
def url_names_an_unknown_driver(folder: Path) -> list[str]:
    return _native(folder, f"postgresql+nosuch://app:{SECRET}@127.0.0.1/shop")


@case(errors.UrlInvalid)
def ini_is_left_at_the_url_of_the_template(folder: Path) -> list[str]:
    alembic_project(folder, "driver://user:pass@localhost/dbname", linear("aaaa"))
    return ["upgrade", "head"]


@case(errors.UrlMissing)
def url_is_nowhere(folder: Path) -> list[str]:
    _native(folder)
    (folder / "whimbrel.toml").write_text("")
    return ["upgrade"]


@case(errors.UrlMissing)
def url_is_in_a_variable_that_is_not_set(folder: Path) -> list[str]:
    return _native(folder, "env:SHOP_DATABASE")


@case(errors.EnvironmentFailed)
def async_driver_with_the_sync_template(folder: Path) -> list[str]:
    alembic_project(folder, "sqlite+aiosqlite:///app.db", linear("aaaa"))
    return ["upgrade", "head"]


# -- the configuration ----------------------------------------------------------------------------


@case(errors.ProjectNotFound)
def no_project_here(folder: Path) -> list[str]:
    return ["upgrade"]


@case(errors.ProjectNotFound)
def no_project_here_for_status(folder: Path) -> list[str]:
    return ["status"]


@case(errors.ConfigurationInvalid)
def configuration_file_is_missing(folder: Path) -> list[str]:
    return ["-c", "nosuch.ini", "history"]


@case(errors.ConfigurationInvalid)
def ini_is_broken(folder: Path) -> list[str]:
    (folder / "alembic.ini").write_text("script_location = x\n")
    return ["history"]


@case(errors.ConfigurationInvalid)
def ini_is_latin_1(folder: Path) -> list[str]:
    (folder / "alembic.ini").write_bytes("[alembic]\n# caf\xe9\nscript_location = x\n".encode("latin-1"))
    return ["history"]


@case(errors.ConfigurationInvalid)
def toml_is_broken(folder: Path) -> list[str]:
    (folder / "whimbrel.toml").write_text("url = \n")
    return ["history"]


@case(errors.ConfigurationInvalid)
def key_is_unknown(folder: Path) -> list[str]:
    (folder / "whimbrel.toml").write_text('url = "sqlite://"\nversion-tabel = "x"\n')
    return ["history"]


@case(errors.ConfigurationInvalid)
def value_has_the_wrong_type(folder: Path) -> list[str]:
    (folder / "whimbrel.toml").write_text("models = 3\n")
    return ["history"]


@case(errors.ConfigurationInvalid)
def yaml_would_run_code(folder: Path) -> list[str]:
    _native(folder)
    (folder / "whimbrel.toml").write_text('url_from = "conf.yaml"\n')
    (folder / "conf.yaml").write_text("database:\n  url: !!python/object/apply:os.system ['touch ran']\n")
    return ["upgrade"]


@case(errors.VersionsFolderMissing)
def script_location_does_not_exist(folder: Path) -> list[str]:
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = gone\n")
    return ["upgrade", "head"]


@case(errors.UrlMissing)
def one_of_several_databases_has_no_url(folder: Path) -> list[str]:
    _native(folder)
    (folder / "whimbrel.toml").write_text('[databases.billing]\n[databases.shop]\nurl = "sqlite://"\n')
    return ["-d", "billing", "upgrade"]


@case(errors.DatabaseNotConfigured)
def database_name_is_misspelt(folder: Path) -> list[str]:
    (folder / "whimbrel.toml").write_text(
        '[databases.billing]\nurl = "sqlite://"\n[databases.shop]\nurl = "sqlite://"\n'
    )
    return ["-d", "biling", "upgrade"]


@case(errors.DatabaseNotConfigured)
def one_of_several_databases_is_not_named(folder: Path) -> list[str]:
    (folder / "whimbrel.toml").write_text(
        '[databases.billing]\nurl = "sqlite://"\n[databases.shop]\nurl = "sqlite://"\n'
    )
    return ["upgrade"]


@case(errors.UsageError)
def command_is_misspelt(folder: Path) -> list[str]:
    return ["upgrad"]


@case(errors.UsageError)
def option_is_misspelt(folder: Path) -> list[str]:
    return ["upgrade", "--tagg", "x"]


@case(errors.UsageError)
def argument_is_missing(folder: Path) -> list[str]:
    return ["downgrade"]


# -- the models -----------------------------------------------------------------------------------


@case(errors.ModelsNotFound)
def no_models(folder: Path) -> list[str]:
    _native(folder, revisions=[])
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.ModelsNotFound)
def named_models_do_not_exist(folder: Path) -> list[str]:
    _native(folder, revisions=[])
    return ["revision", "--autogenerate", "-m", "x", "--models", "no_such_shop.models"]


@case(errors.ModelImportFailed)
def models_fail_to_import(folder: Path) -> list[str]:
    _native(folder, revisions=[])
    (folder / "broken_shop_models.py").write_text("import sqlalchemy as sa\nmetadata = sa.MetaData()\n1 / 0\n")
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.ModelsEmpty)
def models_hold_no_table_while_the_database_does(folder: Path) -> list[str]:
    _native(folder, revisions=[])
    sqlite3.connect(folder / "app.db").execute("CREATE TABLE t (x)").connection.close()
    (folder / "empty_shop_models.py").write_text("import sqlalchemy as sa\nmetadata = sa.MetaData()\n")
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.ModelsNotFound)
def env_py_names_no_models(folder: Path) -> list[str]:
    alembic_project(folder, "sqlite:///app.db")
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.ModelsEmpty)
def env_py_forgets_to_import_the_models(folder: Path) -> list[str]:
    alembic_project(folder, "sqlite:///app.db")
    sqlite3.connect(folder / "app.db").execute("CREATE TABLE t (x)").connection.close()
    env = folder / "alembic" / "env.py"
    env.write_text(
        env.read_text().replace("target_metadata = None", "import sqlalchemy\ntarget_metadata = sqlalchemy.MetaData()")
    )
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.EnvironmentFailed)
def env_py_imports_a_missing_module(folder: Path) -> list[str]:
    alembic_project(folder, "sqlite:///app.db", linear("aaaa"))
    env = folder / "alembic" / "env.py"
    env.write_text("import no_such_app\n" + env.read_text())
    return ["upgrade", "head"]


# -- the revision files ---------------------------------------------------------------------------


@case(errors.RevisionFileBroken)
def revision_has_a_syntax_error(folder: Path) -> list[str]:
    command = _native(folder)
    (_versions(folder) / "dddd_.py").write_text("revision = 'dddd'\ndown_revision = computed(\n")
    return command


@case(errors.RevisionFileBroken)
def revision_body_has_a_syntax_error(folder: Path) -> list[str]:
    command = _native(folder)
    path = write_revision(_versions(folder), Rev("dddd", "cccc"))
    path.write_text(path.read_text() + "\ndef broken(:\n")
    return command


@case(errors.RevisionFileBroken)
def revision_imports_a_missing_module(folder: Path) -> list[str]:
    command = _native(folder)
    path = write_revision(_versions(folder), Rev("dddd", "cccc"))
    path.write_text(path.read_text().replace("import sqlalchemy as sa", "import no_such_module"))
    return command


@case(errors.RevisionFileBroken)
def file_in_versions_has_no_revision_id(folder: Path) -> list[str]:
    command = _native(folder)
    (_versions(folder) / "zz_helper.py").write_text("x = 1\n")
    return command


@case(errors.RevisionFileBroken)
def revision_is_latin_1(folder: Path) -> list[str]:
    command = _native(folder)
    (_versions(folder) / "dddd_.py").write_bytes(
        '"""caf\xe9"""\nrevision = "dddd"\ndown_revision = "cccc"\n'.encode("latin-1")
    )
    return command


@case(errors.RevisionFileBroken)
def revision_holds_nul_bytes(folder: Path) -> list[str]:
    command = _native(folder)
    (_versions(folder) / "dddd_.py").write_bytes(b"revision = 'dddd'\n\0\0\n")
    return command


@case(errors.RevisionFileBroken)
def revision_has_no_upgrade(folder: Path) -> list[str]:
    command = _native(folder)
    (_versions(folder) / "dddd_.py").write_text('revision = "dddd"\ndown_revision = "cccc"\n')
    return command


@case(errors.MultipleHeads)
def two_heads_and_head_is_asked_for(folder: Path) -> list[str]:
    return _native(folder, revisions=[Rev("aaaa"), Rev("bbbb", "aaaa"), Rev("cccc", "aaaa")])


@case(errors.MultipleHeads)
def two_heads_and_a_new_revision(folder: Path) -> list[str]:
    _native(folder, revisions=[Rev("aaaa"), Rev("bbbb", "aaaa"), Rev("cccc", "aaaa")])
    return ["revision", "-m", "x"]


@case(errors.HistoryBroken)
def revision_id_is_used_twice(folder: Path) -> list[str]:
    command = _native(folder)
    (_versions(folder) / "again.py").write_text((_versions(folder) / "cccc_.py").read_text())
    return command


@case(errors.HistoryBroken)
def revisions_form_a_cycle(folder: Path) -> list[str]:
    return _native(folder, revisions=[Rev("aaaa", "cccc"), Rev("bbbb", "aaaa"), Rev("cccc", "bbbb")])


@case(errors.HistoryBroken)
def revision_in_the_middle_is_missing(folder: Path) -> list[str]:
    return _native(folder, revisions=[Rev("aaaa"), Rev("cccc", "bbbb")])


@case(errors.RevisionNotFound)
def target_is_unknown(folder: Path) -> list[str]:
    _native(folder)
    return ["upgrade", "nope"]


@case(errors.RevisionAmbiguous)
def prefix_is_ambiguous(folder: Path) -> list[str]:
    _native(folder, revisions=linear("aaaa1", "aaaa2"))
    return ["upgrade", "aaaa"]


@case(errors.TargetInvalid)
def upgrade_goes_past_head(folder: Path) -> list[str]:
    _native(folder)
    return ["upgrade", "+9"]


@case(errors.TargetInvalid)
def downgrade_goes_below_base(folder: Path) -> list[str]:
    _native(folder)
    whimbrel("upgrade", cwd=folder).ok()
    return ["downgrade", "-9"]


@case(errors.TargetInvalid)
def target_has_rubbish_behind_it(folder: Path) -> list[str]:
    _native(folder)
    return ["upgrade", "+1abc"]


@case(errors.TargetInvalid)
def range_without_sql(folder: Path) -> list[str]:
    _native(folder)
    return ["upgrade", "aaaa:bbbb"]


@case(errors.TargetInvalid)
def downgrade_sql_without_a_range(folder: Path) -> list[str]:
    _native(folder)
    return ["downgrade", "base", "--sql"]


# -- the version table ----------------------------------------------------------------------------


def _with_version_table(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "app.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@case(errors.DatabaseRevisionUnknown)
def database_is_at_an_unknown_revision(folder: Path) -> list[str]:
    command = _native(folder)
    _with_version_table(
        folder, "CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('dead')"
    )
    return command


@case(errors.DatabaseRevisionUnknown)
def database_is_at_an_unknown_revision_for_autogenerate(folder: Path) -> list[str]:
    database_is_at_an_unknown_revision(folder)
    (folder / "unknown_shop_models.py").write_text(
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\nsa.Table('t', metadata, sa.Column('x', sa.Integer))\n"
    )
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.VersionTableBroken)
def version_table_holds_a_revision_and_its_ancestor(folder: Path) -> list[str]:
    command = _native(folder)
    _with_version_table(
        folder,
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('aaaa'), ('bbbb')",
    )
    return command


@case(errors.VersionTableBroken)
def version_table_has_another_shape(folder: Path) -> list[str]:
    command = _native(folder)
    _with_version_table(folder, "CREATE TABLE alembic_version (id INTEGER)")
    return command


@case(errors.VersionTableBroken)
def version_table_has_another_shape_for_current(folder: Path) -> list[str]:
    version_table_has_another_shape(folder)
    return ["current"]


# -- migrations that fail -------------------------------------------------------------------------


@case(errors.MigrationFailed)
def revision_raises(folder: Path) -> list[str]:
    return _native(folder, revisions=[Rev("aaaa", upgrade="raise ValueError('boom')")])


@case(errors.MigrationFailed)
def revision_runs_bad_sql_with_a_secret_parameter(folder: Path) -> list[str]:
    return _native(
        folder,
        revisions=[Rev("aaaa", upgrade=f"op.get_bind().execute(sa.text('SELECT :p FROM nope'), {{'p': '{SECRET}'}})")],
    )


@case(errors.MigrationFailed)
def env_py_project_runs_bad_sql(folder: Path) -> list[str]:
    alembic_project(folder, "sqlite:///app.db", [Rev("aaaa", upgrade="op.execute('SELECT * FROM nope')")])
    return ["upgrade", "head"]


# -- new revisions --------------------------------------------------------------------------------


@case(errors.RevisionDataInvalid)
def revision_id_climbs_out_of_the_folder(folder: Path) -> list[str]:
    _native(folder)
    return ["revision", "-m", "x", "--rev-id", "../../../evil"]


@case(errors.RevisionDataInvalid)
def revision_id_is_too_long(folder: Path) -> list[str]:
    _native(folder)
    return ["revision", "-m", "x", "--rev-id", "y" * 40]


@case(errors.RevisionDataInvalid)
def revision_id_exists(folder: Path) -> list[str]:
    _native(folder)
    return ["revision", "-m", "x", "--rev-id", "aaaa"]


@case(errors.RevisionDataInvalid)
def branch_label_has_an_at_sign(folder: Path) -> list[str]:
    _native(folder)
    return ["revision", "-m", "x", "--branch-label", "a@b"]


@case(errors.RevisionDataInvalid)
def branch_label_is_taken(folder: Path) -> list[str]:
    _native(folder, revisions=[Rev("aaaa", labels=("billing",))])
    return ["revision", "-m", "x", "--head", "base", "--branch-label", "billing"]


@case(errors.FileRefused)
def folder_for_revisions_is_no_folder(folder: Path) -> list[str]:
    (folder / "whimbrel.toml").write_text("")
    (folder / "migrations").write_text("a file")
    return ["revision", "-m", "x"]


@case(errors.RevisionDataInvalid)
def file_template_climbs_out_of_the_folder(folder: Path) -> list[str]:
    _native(folder)
    (folder / "whimbrel.toml").write_text('file_template = "../../%(rev)s"\n')
    return ["revision", "-m", "x"]


@case(errors.WouldOverwrite)
def init_into_a_folder_that_is_not_empty(folder: Path) -> list[str]:
    _native(folder)
    return ["init", "migrations"]


@case(errors.CommandRefused)
def init_with_an_unknown_template(folder: Path) -> list[str]:
    return ["init", "-t", "nosuch", "alembic"]


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_in_one_clear_error(name: str, tmp_path: Path) -> None:
    error, prepare = CASES[name]
    before = sorted(tmp_path.parent.iterdir())
    command = prepare(tmp_path)
    result = whimbrel(*command, cwd=tmp_path)

    message = [line for line in result.err.splitlines() if not line.startswith(("Found", "INFO", "note"))]
    assert message[0].startswith(f"error[{error.code}]: "), result.err
    assert result.code == error.exit_code
    assert "Traceback" not in result.err
    assert len(message) <= 6, "\n".join(message)
    assert any(line.startswith("  hint:") for line in message), f"no next step:\n{result.err}"
    assert SECRET not in result.out + result.err
    assert result.out == ""
    assert sorted(tmp_path.parent.iterdir()) == before, "something was written outside of the project"
    assert not (tmp_path / "ran").exists(), "configuration ran a program"


def test_a_traceback_shows_no_password_either(tmp_path: Path) -> None:
    env_py_has_a_password_with_an_unescaped_at_sign(tmp_path)
    result = whimbrel("upgrade", "head", "--debug", cwd=tmp_path)
    assert "Traceback" in result.err
    assert SECRET not in result.err


def test_a_traceback_is_shown_only_when_it_is_asked_for(tmp_path: Path) -> None:
    revision_raises(tmp_path)
    assert "ValueError: boom" in whimbrel("--raiseerr", "upgrade", cwd=tmp_path).err
    assert "Traceback" in whimbrel("upgrade", "--debug", cwd=tmp_path).err


def test_an_error_is_one_json_document_on_standard_output(tmp_path: Path) -> None:
    import json

    _native(tmp_path)
    result = whimbrel("upgrade", "nope", "--json", cwd=tmp_path)
    document = json.loads(result.out)
    assert (document["version"], document["ok"], document["command"]) == (1, False, "upgrade")
    assert document["error"]["code"] == "WB201"
    assert document["error"]["hint"]
    assert result.code == 2


@pytest.mark.parametrize("line", ["show nope --jso", "upgrade --js --nope", "nope --json"])
def test_an_error_is_json_however_the_option_is_abbreviated_and_wherever_the_error_is(
    line: str, tmp_path: Path
) -> None:
    import json

    _native(tmp_path)
    result = whimbrel(*line.split(), cwd=tmp_path)
    assert json.loads(result.out)["error"]["exit_code"] == result.code == 2


@pytest.mark.parametrize("line", ["show nope --debu", "show nope --rai", "heads --nope --debug"])
def test_a_traceback_is_shown_however_the_option_is_abbreviated(line: str, tmp_path: Path) -> None:
    _native(tmp_path)
    assert "Traceback" in whimbrel(*line.split(), cwd=tmp_path).err


def test_a_message_that_looks_like_an_option_is_none(tmp_path: Path) -> None:
    _native(tmp_path)
    result = whimbrel("revision", "--message=--json", cwd=tmp_path).ok()
    assert result.out.startswith("Generating ")


def test_a_lost_folder_of_migrations_is_to_be_restored_and_not_made_anew(tmp_path: Path) -> None:
    """A new one would hold no env.py: the project would run without, as if it had never had one."""
    alembic_project(tmp_path, "sqlite:///app.db", linear("aaaa"))
    (tmp_path / "alembic").rename(tmp_path / "gone")
    result = whimbrel("upgrade", "head", cwd=tmp_path)
    assert "error[WB208]" in result.err
    assert "restore it from version control" in result.err
    assert "mkdir" not in result.err
    assert "init" not in result.err


@pytest.mark.parametrize("command", ["upgrade", "current", "status", "check", "stamp head"])
def test_an_alembic_project_that_has_lost_its_env_py_does_not_turn_to_another_database(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = alembic_project(tmp_path / "p", "sqlite:///real.db", linear("aaaa"))
    next(folder.rglob("env.py")).unlink()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    refused = whimbrel(*command.split(), cwd=folder)
    assert refused.code == 3
    assert "env.py is missing" in refused.out + refused.err
    assert not (tmp_path / "other.db").exists()
    assert whimbrel("heads", cwd=folder).ok().out == "aaaa (head)\n"
