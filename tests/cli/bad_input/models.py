"""The models."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from support.projects import alembic_project, linear
from whimbrel import errors

from .cases import case, native


@case(errors.ModelsNotFound)
def no_models(folder: Path) -> list[str]:
    native(folder, revisions=[])
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.ModelsNotFound)
def named_models_do_not_exist(folder: Path) -> list[str]:
    native(folder, revisions=[])
    return ["revision", "--autogenerate", "-m", "x", "--models", "no_such_shop.models"]


@case(errors.ModelImportFailed)
def models_fail_to_import(folder: Path) -> list[str]:
    native(folder, revisions=[])
    (folder / "broken_shop_models.py").write_text("import sqlalchemy as sa\nmetadata = sa.MetaData()\n1 / 0\n")
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.ModelsEmpty)
def models_hold_no_table_while_the_database_does(folder: Path) -> list[str]:
    native(folder, revisions=[])
    sqlite3.connect(folder / "app.db").execute("CREATE TABLE t (x)").connection.close()
    (folder / "empty_shop_models.py").write_text("import sqlalchemy as sa\nmetadata = sa.MetaData()\n")
    return ["revision", "--autogenerate", "-m", "x"]


@case(errors.ModelsNotCreatable)
def a_column_has_a_type_that_no_database_has(folder: Path) -> list[str]:
    return _with_models(folder, 'sa.Column("x", sa.types.NullType())')


@case(errors.ModelsNotCreatable)
def a_foreign_key_refers_to_a_table_that_no_module_has(folder: Path) -> list[str]:
    return _with_models(folder, 'sa.Column("x", sa.ForeignKey("nowhere.id"))')


@case(errors.ModelsNotCreatable)
def a_check_names_a_column_that_there_is_not(folder: Path) -> list[str]:
    return _with_models(folder, 'sa.Column("x", sa.Integer), sa.CheckConstraint("y > 0")')


def _with_models(folder: Path, parts: str) -> list[str]:
    native(folder, revisions=[])
    source = f"import sqlalchemy as sa\nmetadata = sa.MetaData()\nsa.Table('t', metadata, {parts})\n"
    (folder / "uncreatable_shop_models.py").write_text(source)
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
