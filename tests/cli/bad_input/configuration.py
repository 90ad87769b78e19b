"""The command line and the configuration, with the URL in it."""

from __future__ import annotations

from pathlib import Path

from support.projects import alembic_project, linear
from whimbrel import errors

from .cases import SECRET, case, native


@case(errors.UrlInvalid)
def url_is_malformed(folder: Path) -> list[str]:
    return native(folder, "not a url")


@case(errors.UrlInvalid)
def url_is_empty(folder: Path) -> list[str]:
    native(folder)
    return ["upgrade", "--url", " "]


@case(errors.UrlInvalid)
def url_has_a_bad_port(folder: Path) -> list[str]:
    return native(folder, f"postgresql://app:{SECRET}@127.0.0.1:port/shop")


@case(errors.UrlInvalid)
def url_is_a_password_without_a_host(folder: Path) -> list[str]:
    return native(folder, f"postgresql://app:{SECRET}")


@case(errors.UrlInvalid)
def url_names_an_unsupported_database(folder: Path) -> list[str]:
    return native(folder, f"duckdb://app:{SECRET}@x/file.db")


@case(errors.DriverMissing)
def url_names_a_driver_that_is_not_installed(folder: Path) -> list[str]:
    return native(folder, f"postgresql+psycopg2://app:{SECRET}@127.0.0.1/shop")


@case(errors.DriverMissing)
def url_names_a_driver_of_sqlalchemys_that_is_not_installed(folder: Path) -> list[str]:
    return native(folder, f"postgresql+pg8000://app:{SECRET}@127.0.0.1/shop")


@case(errors.DriverMissing)
def url_names_a_driver_that_lacks_a_library(folder: Path) -> list[str]:
    (folder / "cymysql.py").write_text("raise ImportError('libcymysql.so: cannot open shared object file')")
    return native(folder, f"mysql+cymysql://app:{SECRET}@127.0.0.1/shop")


@case(errors.UrlInvalid)
def url_names_an_unknown_driver(folder: Path) -> list[str]:
    return native(folder, f"postgresql+nosuch://app:{SECRET}@127.0.0.1/shop")


@case(errors.UrlInvalid)
def ini_is_left_at_the_url_of_the_template(folder: Path) -> list[str]:
    alembic_project(folder, "driver://user:pass@localhost/dbname", linear("aaaa"))
    return ["upgrade", "head"]


@case(errors.UrlMissing)
def url_is_nowhere(folder: Path) -> list[str]:
    native(folder)
    (folder / "whimbrel.toml").write_text("")
    return ["upgrade"]


@case(errors.UrlMissing)
def url_is_in_a_variable_that_is_not_set(folder: Path) -> list[str]:
    return native(folder, "env:SHOP_DATABASE")


@case(errors.EnvironmentFailed)
def async_driver_with_the_sync_template(folder: Path) -> list[str]:
    alembic_project(folder, "sqlite+aiosqlite:///app.db", linear("aaaa"))
    return ["upgrade", "head"]


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
    native(folder)
    (folder / "whimbrel.toml").write_text('url_from = "conf.yaml"\n')
    (folder / "conf.yaml").write_text("database:\n  url: !!python/object/apply:os.system ['touch ran']\n")
    return ["upgrade"]


@case(errors.VersionsFolderMissing)
def script_location_does_not_exist(folder: Path) -> list[str]:
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = gone\n")
    return ["upgrade", "head"]


@case(errors.UrlMissing)
def one_of_several_databases_has_no_url(folder: Path) -> list[str]:
    native(folder)
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
