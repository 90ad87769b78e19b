"""`scan`: which modules of a project declare, by their files alone."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from whimbrel.models import declare, scan

if TYPE_CHECKING:
    from models.conftest import Project

MODEL = """
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    pass
"""
CORE = """
from sqlalchemy import MetaData, Table
Table("orders", MetaData())
"""


def test_scan_finds_models_in_packages_nested_apps_and_loose_modules(project: Project) -> None:
    project.write(
        {
            "shop/__init__.py": "",
            "shop/users/__init__.py": "",
            "shop/users/models.py": MODEL,
            "shop/orders/__init__.py": CORE,
            "shop/views.py": "print()",
            "loose.py": CORE,
        }
    )
    assert project.scan() == ["loose", "shop.orders", "shop.users.models"]


def test_scan_tells_the_file_of_each_module(project: Project) -> None:
    project.write({"shop/__init__.py": "", "shop/models.py": MODEL})
    (found,) = scan(project.root)
    assert found.path == project.root / project.package / "models.py"


def test_folders_without_init_count_as_packages(project: Project) -> None:
    project.write({"shop/apps/users/models.py": MODEL})
    assert project.scan() == ["shop.apps.users.models"]


def test_src_is_where_imports_start(project: Project) -> None:
    project.write({"src/shop/__init__.py": "", "src/shop/models.py": MODEL, "tasks.py": CORE})
    assert project.scan() == ["shop.models", "tasks"]


@pytest.mark.parametrize("sign", ["src/__init__.py", "src/shop/db.py"])
def test_src_is_a_package_when_it_has_an_init_or_its_files_import_it_by_name(project: Project, sign: str) -> None:
    project.write({"src/shop/models.py": MODEL, sign: "from src.shop import models"})
    assert project.scan() == ["src.shop.models"]


def test_root_that_is_itself_a_package_gives_names_that_start_with_it(project: Project) -> None:
    project.write({"shop/__init__.py": "", "shop/users/models.py": MODEL, "other/models.py": MODEL})
    found = scan(project.root / project.package)
    assert [project.plain(module.name) for module in found] == ["shop.users.models"]


def test_init_left_at_the_root_of_a_repository_makes_no_package_of_it(project: Project) -> None:
    project.write({"__init__.py": MODEL, "pyproject.toml": "", "shop/models.py": MODEL})
    assert project.scan() == ["shop.models"]


def test_folder_on_the_import_path_gives_shorter_names(project: Project) -> None:
    project.write({"backend/shop/models.py": MODEL})
    assert project.scan() == ["backend.shop.models"]
    assert project.scan(sys_path=[Path("backend")]) == ["shop.models"]


@pytest.mark.parametrize(
    "path",
    [
        "tests/models.py",
        "test/models.py",
        "shop/tests/__init__.py",
        "shop/test_models.py",
        "shop/models_test.py",
        "shop/tests.py",
        "conftest.py",
        "setup.py",
        "noxfile.py",
        "docs/models.py",
        "build/lib/shop/models.py",
        "dist/models.py",
        "node_modules/gyp/models.py",
        "__pycache__/models.py",
        ".hidden/models.py",
        "shop/__main__.py",
        "not-importable/models.py",
        "shop/not-importable.py",
        "shop/class.py",
        "lib/site-packages/thing/models.py",
    ],
)
def test_scan_leaves_out(project: Project, path: str) -> None:
    project.write({path: MODEL, "shop/models.py": MODEL})
    assert project.scan() == ["shop.models"]


def test_package_called_docs_is_code(project: Project) -> None:
    project.write({"shop/docs/__init__.py": "", "shop/docs/models.py": MODEL})
    assert project.scan() == ["shop.docs.models"]


def test_virtual_environment_inside_the_project_is_left_out_whatever_it_is_called(project: Project) -> None:
    project.write({"env/pyvenv.cfg": "", "env/lib/thing/models.py": MODEL, "shop/models.py": MODEL})
    assert project.scan() == ["shop.models"]


@pytest.mark.parametrize("mark", ["versions/0001.py", "script.py.mako"])
def test_migration_environment_is_left_out(project: Project, mark: str) -> None:
    project.write({"alembic/env.py": f"from alembic import context\n{CORE}", f"alembic/{mark}": CORE})
    project.write({"alembic/helpers.py": CORE, "shop/models.py": MODEL})
    assert project.scan() == ["shop.models"]


def test_migration_environment_at_the_root_leaves_out_only_its_own_files(project: Project) -> None:
    project.write({"env.py": f"from alembic import context\n{CORE}", "versions/v1.py": CORE, "shop/models.py": MODEL})
    assert project.scan() == ["shop.models"]


def test_package_with_an_env_module_and_versions_is_code_when_alembic_is_not_in_it(project: Project) -> None:
    project.write({"shop/env.py": "DEBUG = True", "shop/versions/v1.py": MODEL})
    assert project.scan() == ["shop.versions.v1"]


def test_excluded_folders_are_left_out(project: Project) -> None:
    project.write({"shop/models.py": MODEL, "shop/revisions/first.py": CORE})
    assert project.scan(exclude=[Path("shop/revisions")]) == ["shop.models", "shop.revisions.first"]
    revisions = project.root / project.package / "revisions"
    assert project.scan(exclude=[revisions]) == ["shop.models"]
    assert project.scan(exclude=[revisions.relative_to(project.root)]) == ["shop.models"]


def test_symbolic_links_in_circles_end(project: Project) -> None:
    project.write({"shop/__init__.py": "", "shop/models.py": MODEL})
    (project.root / project.package / "again").symlink_to(project.root / project.package)
    (project.root / project.package / "up").symlink_to(project.root)
    (project.root / "itself").symlink_to(project.root / "itself")
    (project.root / "itself.py").symlink_to(project.root / "itself.py")
    assert project.scan() == ["shop.models"]


def test_linked_package_is_found_by_the_name_of_the_link(project: Project, tmp_path: Path) -> None:
    shared = tmp_path / "elsewhere"
    shared.mkdir()
    (shared / "__init__.py").touch()
    (shared / "models.py").write_text(MODEL)
    (project.root / "common").symlink_to(shared)
    assert project.scan() == ["common.models"]


def test_linked_folder_of_data_is_not_followed(project: Project, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "models.py").write_text(MODEL)
    (project.root / "data").symlink_to(data)
    assert project.scan() == []


def test_file_that_cannot_be_parsed_counts_only_if_it_looks_like_models(project: Project) -> None:
    project.write({"shop/models.py": "class User(Base):\n  __tablename__ = ", "shop/old.py": "print 'hello'"})
    assert project.scan() == ["shop.models"]


def test_folder_that_cannot_be_read_is_passed_over(project: Project) -> None:
    assert scan(project.root / "not-there") == []


def test_of_two_modules_with_one_name_the_one_on_the_earlier_import_root_counts(project: Project) -> None:
    project.write({"lib/shop/models.py": MODEL, "shop/models.py": "", "lib/shop/views.py": "", "shop/views.py": MODEL})
    assert project.scan(sys_path=[Path("lib")]) == ["shop.models"]


def test_of_a_module_and_a_package_with_one_name_the_package_counts(project: Project) -> None:
    project.write({"shop.py": MODEL, "shop/__init__.py": ""})
    assert project.scan() == []


def test_thousands_of_branches_in_a_file_are_read(project: Project) -> None:
    branches = "".join(f"elif x == {number}:\n  pass\n" for number in range(1500))
    project.write({"shop/models.py": f"x = 1\nif x:\n  pass\n{branches}else:\n  __table = x\n"})
    assert project.scan() in ([], ["shop.models"])  # a parser without room for them calls the file broken


def test_escape_sequences_that_python_warns_about_are_not_our_concern(project: Project) -> None:
    project.write({"shop/models.py": MODEL + 'PATTERN = "\\d"\n'})
    assert project.scan() == ["shop.models"]


def test_scan_imports_neither_the_project_nor_sqlalchemy_nor_alembic(project: Project) -> None:
    project.write({"shop/models.py": MODEL + "raise SystemExit(9)"})
    code = (
        "import sys; from pathlib import Path; from whimbrel.models import scan, load, Models\n"
        "assert len(scan(Path(sys.argv[1]))) == 1\n"
        "heavy = {'sqlalchemy', 'alembic', 'dataclasses', 'rich', 'shop'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", code, str(project.root)], check=True, env=environment)


def test_of_two_thousand_files_only_those_are_parsed_that_may_declare(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = "import os\n\n\nclass View(object):\n    def get(self, name):\n        return os.environ[name]\n" * 40
    for package in range(40):
        folder = project.root / "shop" / f"app{package}"
        folder.mkdir(parents=True)
        for number in range(50):
            (folder / f"module{number}.py").write_text(MODEL if number == 0 else plain)
    parsed = []
    monkeypatch.setattr(declare, "parsed", lambda source: parsed.append(source) or ast.parse(source))
    assert len(scan(project.root)) == len(parsed) == 40


FACTORY = """
from sqlalchemy import Column, Integer, Table
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    pass

def tbl(name):
    return Table(name, Base.metadata, Column("id", Integer, primary_key=True))

class Auto:
    def __init_subclass__(cls):
        tbl(cls.__name__)

class Builder:
    def table(self, name):
        return tbl(name)

schema = Builder()

def model(name):
    class Made(Base):
        __tablename__ = name
        id = Column(Integer, primary_key=True)
    return Made

def typed(name):
    return type(name, (Base,), {"__tablename__": name, "id": Column(Integer, primary_key=True)})
"""


@pytest.mark.parametrize(
    "text",
    [
        'from .e import tbl\nlog = tbl("log")',
        'from .e import tbl\ntbl("log")',
        'from .e import tbl as make\nif True:\n    logs = [make(n) for n in ("log",)]',
        'from .e import tbl\nlogs = [*map(tbl, ["log"])]',
        'from . import e\nlog = e.tbl("log")',
        'import shop.e\nlog = shop.e.tbl("log")',
        'from .e import *\nlog = tbl("log")',
        'from .g import audit\naudit("log")',
        'from .g import renamed\nrenamed("log")',
        "from .e import Auto\nclass log(Auto): pass",
        'from .e import schema\nlog = schema.table("log")',
        'from .e import Builder\nlog = Builder().table("log")',
        'from .e import model\nLog = model("log")',
        'from .e import typed\nLog = typed("log")',
        'from .e import tbl\nclass Tables:\n    log = tbl("log")',
        'from .e import tbl\ndef fill():\n    tbl("log")\nfill()',
        'from .e import Base\nLog = type("Log", (Base,), {"__tablename__": "log"})',
    ],
)
def test_module_whose_tables_a_function_of_another_one_makes_is_found(project: Project, text: str) -> None:
    project.write({"shop/__init__.py": "", "shop/e.py": FACTORY, "shop/f.py": text})
    project.write({"shop/g.py": "from .e import tbl as renamed\ndef audit(name):\n    return renamed(name)"})
    assert "shop.f" in project.scan()


@pytest.mark.parametrize(
    "text",
    [
        "from .e import Base\nBase.metadata.drop_all()",
        'from .e import tbl\nif __name__ == "__main__":\n    tbl("log")',
        'from .e import tbl\ndef later():\n    return tbl("log")',
        "from .e import tbl\n__all__ = ['tbl']",
        "tbl = print\ntbl('log')",
    ],
)
def test_module_that_makes_no_table_while_it_is_imported_is_left_alone(project: Project, text: str) -> None:
    project.write({"shop/__init__.py": "", "shop/e.py": FACTORY, "shop/f.py": text})
    assert project.scan() == ["shop.e"]


def test_function_on_one_line_that_makes_a_table_is_followed(project: Project) -> None:
    e = "from sqlalchemy import MetaData, Table\nm = MetaData()\ndef tbl(name): return Table(name, m)"
    project.write({"shop/__init__.py": "", "shop/e.py": e, "shop/f.py": 'from .e import tbl\nlog = tbl("log")'})
    assert project.scan() == ["shop.e", "shop.f"]


def test_import_from_a_module_that_is_not_there_is_followed_nowhere(project: Project) -> None:
    project.write({"shop/__init__.py": "from .db import db\nclass User(db.Model): ...\nclass Other(db.Thing): ..."})
    assert project.scan() == ["shop"]


def test_table_that_a_function_makes_is_loaded(project: Project) -> None:
    project.write({"shop/__init__.py": "", "shop/e.py": FACTORY, "shop/f.py": 'from .e import tbl\nlog = tbl("log")'})
    assert project.tables() == ["log"]
