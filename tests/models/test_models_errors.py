"""What `load` says when models cannot be had."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from whimbrel.errors import ConfigurationInvalid, ModelImportFailed, ModelsEmpty, ModelsNotFound
from whimbrel.models import load

if TYPE_CHECKING:
    from models.conftest import Project

CORE = """
from sqlalchemy import Column, Integer, MetaData, Table
metadata = MetaData()
invoices = Table("invoices", metadata, Column("id", Integer, primary_key=True))
"""


def failure(project: Project, text: str, **others: str) -> ModelImportFailed:
    """What importing this `shop/models.py` fails with."""
    project.write({"shop/models.py": f"{CORE}\n{text}", **others})
    with pytest.raises(ModelImportFailed) as failed:
        project.load()
    return failed.value


def test_nothing_declared_tells_how_to_name_models(project: Project) -> None:
    project.write({"shop/views.py": "import os"})
    with pytest.raises(ModelsNotFound) as failed:
        project.load()
    assert failed.value.where == str(project.root)
    assert failed.value.hint is not None
    assert 'models = ["package.module"] in whimbrel.toml' in failed.value.hint
    assert "--models" in failed.value.hint


def test_modules_that_hold_no_metadata_in_the_end(project: Project) -> None:
    project.write({"shop/mixins.py": "class Named:\n    __tablename__ = 'x'"})
    with pytest.raises(ModelsNotFound, match="hold no metadata"):
        project.load()


def test_bases_without_a_table_are_empty(project: Project) -> None:
    project.write(
        {
            "shop/db.py": "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ...",
            "shop/old.py": "from sqlalchemy.orm import declarative_base\nOld = declarative_base()",
        }
    )
    with pytest.raises(ModelsEmpty) as failed:
        project.load()
    assert project.plain(str(failed.value.where)) == "shop/db.py: Base.metadata, shop/old.py: Old.metadata"


def test_module_that_raises_is_named_with_file_line_and_cause(project: Project) -> None:
    failed = failure(project, "1 / 0")
    assert project.plain(failed.what) == "importing `shop.models` failed"
    assert project.plain(str(failed.where)) == "shop/models.py:6"
    assert failed.why == "ZeroDivisionError: division by zero"
    assert isinstance(failed.__cause__, ZeroDivisionError)


def test_place_is_where_the_users_code_raised_and_not_a_library(project: Project) -> None:
    helper = "import json\ndef read():\n    return json.loads('{')"
    failed = failure(project, "from shop.helper import read\nread()", **{"shop/helper.py": helper})
    assert project.plain(str(failed.where)) == "shop/helper.py:3"


def test_module_that_exits_is_a_failed_import(project: Project) -> None:
    failed = failure(project, "import sys\nsys.exit(3)")
    assert failed.why == "SystemExit: 3"
    assert "__main__" in str(failed.hint)


def test_exception_without_a_text_has_its_type_as_the_cause(project: Project) -> None:
    assert failure(project, "raise SystemExit").why == "SystemExit"


def test_keyboard_interrupt_passes_through(project: Project) -> None:
    project.write({"shop/models.py": f"{CORE}\nraise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        project.load()


def test_syntax_error_is_at_its_own_line(project: Project) -> None:
    failed = failure(project, "def (")
    assert project.plain(str(failed.where)) == "shop/models.py:6"
    assert str(failed.why).startswith("SyntaxError")


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("import stripe_missing", "pip install stripe_missing"),
        ("import stripe_missing.api", "pip install stripe_missing"),
        ("import MySQLdb", "pip install mysqlclient"),
        ("import sqlalchemy.missing", "pip install --upgrade sqlalchemy"),
        ("import shop.missing", "the project has no module `shop.missing`: correct the import"),
        ("import app_elsewhere", 'prepend_sys_path = ["backend"]'),
    ],
)
def test_missing_module_says_what_to_do(project: Project, statement: str, hint: str) -> None:
    failed = failure(project, statement, **{"backend/app_elsewhere/__init__.py": ""})
    assert hint in project.plain(str(failed.hint))
    assert str(failed.why).startswith("ModuleNotFoundError")


def test_missing_dependency_of_a_named_module_is_no_wrong_name(project: Project) -> None:
    project.write({"shop/models.py": "import stripe_missing"})
    with pytest.raises(ModelImportFailed) as failed:
        project.load("shop.models")
    assert failed.value.hint == "pip install stripe_missing"


def test_library_that_raises_outside_of_the_project_has_no_place(project: Project, tmp_path: Path) -> None:
    (tmp_path / f"{project.package}_library.py").write_text("1 / 0")
    sys.path.append(str(tmp_path))
    with pytest.raises(ModelImportFailed) as failed:
        load(project.root, [f"{project.package}_library"])
    assert failed.value.where is None


def test_library_that_defines_a_table_twice_is_not_called_a_file_under_two_names(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / f"{project.package}_library.py").write_text("raise ValueError('already defined')")
    sys.path.append(str(tmp_path))
    with pytest.raises(ModelImportFailed) as failed:
        load(project.root, [f"{project.package}_library"])
    assert "same file" not in str(failed.value.hint)


def test_table_in_two_metadata_names_both(project: Project) -> None:
    project.write({"shop/a.py": CORE, "shop/b.py": CORE})
    with pytest.raises(ConfigurationInvalid) as failed:
        project.load()
    assert failed.value.what == "the table `invoices` is defined twice"
    assert project.plain(str(failed.value.where)) == "shop/a.py: metadata and shop/b.py: metadata"
    assert project.plain(str(failed.value.hint)) == (
        "rename one, give it another schema, or configure two databases, each with its own models. "
        'With models = ["shop.a:metadata"] in whimbrel.toml, '
        "autogenerate would drop what only `shop.b` defines (it has invoices)"
    )


def test_same_table_in_two_schemas_is_two_tables(project: Project) -> None:
    project.write({"shop/a.py": CORE, "shop/b.py": CORE.replace("MetaData()", "MetaData(schema='b')")})
    assert project.load().tables == 2


def test_file_under_two_names_is_told_as_the_reason_of_a_duplicate(project: Project) -> None:
    project.write({"shop/__init__.py": "", "shop/tables.py": CORE, "shop/inner/tables.py": CORE})
    sys.path.append(str(project.root / project.package))
    with pytest.raises(ConfigurationInvalid) as failed:
        project.load("shop.inner.tables", "inner.tables")
    assert project.plain(str(failed.value.why)) == (
        "one file was imported under two names, `shop.inner.tables` and `inner.tables`"
    )


def test_base_under_one_name_and_models_under_two_says_so(project: Project) -> None:
    project.write(
        {
            "shop/__init__.py": "",
            "shop/db.py": "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ...",
            "shop/inner/tables.py": "from shop.db import Base\nfrom sqlalchemy import Column, Integer, Table\n"
            "Table('x', Base.metadata, Column('id', Integer))",
            "shop/models.py": "import shop.inner.tables\nimport inner.tables",
        }
    )
    sys.path.append(str(project.root / project.package))
    with pytest.raises(ModelImportFailed) as failed:
        project.load("shop.models")
    assert project.plain(str(failed.value.hint)) == (
        "`shop.inner.tables` and `inner.tables` are the same file: import it by one name everywhere"
    )


def test_name_that_an_imported_module_has_already_is_not_mistaken_for_it(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    name = f"{project.package}_models"
    for folder in (project.root, other):
        (folder / f"{name}.py").write_text(CORE)
    load(other)
    with pytest.raises(ModelImportFailed, match="the name of two modules") as failed:
        load(project.root)
    assert str(other) in str(failed.value.why)
