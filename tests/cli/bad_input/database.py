"""The database cannot be reached, or is not as it has to be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from support.projects import alembic_project, linear
from whimbrel import errors

from .cases import MY, PG, SECRET, case, native


@case(errors.CannotConnect)
def sqlite_path_in_a_missing_directory(folder: Path) -> list[str]:
    return native(folder, "sqlite:///no/such/folder/app.db")


@case(errors.CannotConnect)
def sqlite_path_is_a_directory(folder: Path) -> list[str]:
    (folder / "app.db").mkdir()
    return native(folder)


@case(errors.DatabaseFailed)
def sqlite_file_is_not_a_database(folder: Path) -> list[str]:
    (folder / "app.db").write_bytes(b"this is a letter, not a database" * 100)
    return native(folder)


@case(errors.DatabaseFailed)
def sqlite_file_is_read_only(folder: Path) -> list[str]:
    sqlite3.connect(folder / "app.db").execute("CREATE TABLE t (x)").connection.close()
    return native(folder, "sqlite:///file:app.db?mode=ro&uri=true")


@case(errors.CannotConnect)
def postgresql_role_is_unknown(folder: Path) -> list[str]:
    return native(folder, f"postgresql+psycopg://nobody:{SECRET}@127.0.0.1/postgres")


@case(errors.CannotConnect)
def postgresql_database_is_missing(folder: Path) -> list[str]:
    return native(folder, f"{PG}/whimbrel_no_such_database")


@case(errors.CannotConnect)
def postgresql_database_is_missing_through_asyncpg(folder: Path) -> list[str]:
    return native(folder, f"{PG.replace('+psycopg', '+asyncpg')}/whimbrel_no_such_database")


@case(errors.CannotConnect)
def mariadb_database_is_missing(folder: Path) -> list[str]:
    return native(folder, f"{MY}/whimbrel_no_such_database")


@case(errors.CannotConnect)
def mariadb_password_is_wrong(folder: Path) -> list[str]:
    return native(folder, f"mysql+pymysql://nobody:{SECRET}@127.0.0.1/test")


@case(errors.CannotConnect)
def mariadb_password_is_wrong_through_asyncmy(folder: Path) -> list[str]:
    return native(folder, f"mysql+asyncmy://nobody:{SECRET}@127.0.0.1/test")


@case(errors.CannotConnect)
def nothing_listens_on_the_port(folder: Path) -> list[str]:
    return native(folder, f"postgresql+psycopg://app:{SECRET}@127.0.0.1:5999/shop")


@case(errors.CannotConnect)
def nothing_listens_for_current(folder: Path) -> list[str]:
    native(folder, f"postgresql+asyncpg://app:{SECRET}@127.0.0.1:5999/shop")
    return ["current"]


@case(errors.CannotConnect)
def host_is_unknown(folder: Path) -> list[str]:
    return native(folder, f"postgresql+psycopg://app:{SECRET}@no-such-host.invalid/shop")


@case(errors.CannotConnect)
def password_has_an_unescaped_at_sign(folder: Path) -> list[str]:
    return native(folder, f"postgresql+psycopg://app:{SECRET}@x#@127.0.0.1:5999/shop")


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
    return native(folder, f"postgresql+psycopg://app@127.0.0.1:5999/shop?password={SECRET}&api_key={SECRET}")


def _with_version_table(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "app.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@case(errors.DatabaseRevisionUnknown)
def database_is_at_an_unknown_revision(folder: Path) -> list[str]:
    command = native(folder)
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
    command = native(folder)
    _with_version_table(
        folder,
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('aaaa'), ('bbbb')",
    )
    return command


@case(errors.VersionTableBroken)
def version_table_has_another_shape(folder: Path) -> list[str]:
    command = native(folder)
    _with_version_table(folder, "CREATE TABLE alembic_version (id INTEGER)")
    return command


@case(errors.VersionTableBroken)
def version_table_has_another_shape_for_current(folder: Path) -> list[str]:
    version_table_has_another_shape(folder)
    return ["current"]
