"""`load` with names: a package, a module, or an object in a module."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from whimbrel.errors import ModelImportFailed, ModelsEmpty, ModelsNotFound

if TYPE_CHECKING:
    from models.conftest import Project

OBJECTS = """
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)

metadata = MetaData()
invoices = Table("invoices", metadata, Column("id", Integer))

mapping = registry()
Table("parcels", mapping.metadata, Column("id", Integer))

db = SQLAlchemy()
db.Table("pages", db.Column("id", Integer))
db.Table("events", db.Column("id", Integer), bind_key="log")
log = db.metadatas["log"]

several = [Base, metadata]

class Holder:
    inner = metadata

def get_metadata():
    return metadata

def get_several():
    return Base, mapping

number = 3
nothing = None
class Plain: ...
def get_number(): return number
def get_function(): return get_metadata
def needs(argument): return metadata
def fails(): raise KeyError("DATABASE_URL")
def leaves(): raise SystemExit("no settings")
"""


@pytest.mark.parametrize(
    ("attribute", "tables"),
    [
        ("metadata", ["invoices"]),
        ("Base", ["users"]),
        ("Base.metadata", ["users"]),
        ("User", ["users"]),
        ("mapping", ["parcels"]),
        ("db", ["pages"]),
        ("log", ["events"]),
        ("several", ["invoices", "users"]),
        ("Holder.inner", ["invoices"]),
        ("get_metadata", ["invoices"]),
        ("get_several", ["parcels", "users"]),
        ("invoices", ["invoices"]),
    ],
)
def test_named_object(project: Project, attribute: str, tables: list[str]) -> None:
    project.write({"shop/objects.py": OBJECTS})
    assert project.tables(f"shop.objects:{attribute}") == tables


def test_named_object_is_its_own_source(project: Project) -> None:
    project.write({"shop/objects.py": OBJECTS})
    models = project.load("shop.objects:metadata", "shop.objects:get_several")
    assert project.sources(models) == [
        "shop/objects.py: metadata",
        "shop/objects.py: get_several()[0].metadata",
        "shop/objects.py: get_several()[1].metadata",
    ]
    assert project.modules(models) == ["shop.objects"]


def test_named_sqlmodel_holds_the_tables_of_what_was_imported(project: Project) -> None:
    project.write(
        {
            "shop/models.py": "from sqlmodel import Field, SQLModel\n"
            "class Hero(SQLModel, table=True):\n    id: int = Field(primary_key=True)",
            "shop/db.py": "from sqlmodel import SQLModel\nfrom shop import models",
        }
    )
    models = project.load("shop.db:SQLModel")
    assert models.tables == 1
    assert project.modules(models) == ["shop.models"]


def test_named_object_that_is_a_module(project: Project) -> None:
    project.write({"shop/objects.py": OBJECTS, "shop/all.py": "import shop.objects as objects"})
    assert "invoices" in project.tables("shop.all:objects")


CORE = "from sqlalchemy import Column, MetaData, Table\nmetadata = MetaData()\nt = Table('{}', metadata)"


def test_named_module_is_imported_without_its_neighbours(project: Project) -> None:
    project.write({"shop/a.py": CORE.format("a"), "shop/b.py": CORE.format("b")})
    assert project.tables("shop.a") == ["a"]
    assert project.imported() == ["shop", "shop.a"]


@pytest.mark.parametrize(
    "statement",
    ["import shop.a, shop.inner.b", "from shop import a\nfrom shop.inner import b", "from . import a, inner"],
)
def test_named_module_that_only_imports_others_stands_for_them(project: Project, statement: str) -> None:
    project.write({"shop/a.py": CORE.format("a"), "shop/inner/b.py": CORE.format("b"), "shop/all.py": statement})
    project.write({"shop/inner/__init__.py": "from . import b", "shop/unused.py": CORE.format("c")})
    assert project.tables("shop.all") == ["a", "b"]


def test_named_package_is_imported_with_everything_below_it(project: Project) -> None:
    project.write(
        {
            "shop/__init__.py": "",
            "shop/users/__init__.py": CORE.format("users"),
            "shop/orders/lines/models.py": CORE.format("lines"),
            "shop/plain.py": "",
            "shop/__main__.py": "raise RuntimeError",
            "shop/tests/conftest.py": "raise RuntimeError",
            "shop/migrations/env.py": "from alembic import context\nraise RuntimeError",
            "shop/migrations/versions/0001.py": "raise RuntimeError",
            "shop/revisions/first.py": "raise RuntimeError",
        }
    )
    models = project.load("shop", exclude=[project.root / project.package / "revisions"])
    assert models.tables == 2
    assert "shop.plain" in project.imported()


def test_several_names_are_joined_and_repeated_metadata_counted_once(project: Project) -> None:
    project.write({"shop/a.py": CORE.format("a"), "shop/b.py": CORE.format("b")})
    models = project.load("shop.b", "shop.a", "shop.a:metadata")
    assert project.sources(models) == ["shop/b.py: metadata", "shop/a.py: metadata"]


def test_names_are_imported_in_the_order_given(project: Project) -> None:
    project.write(
        {
            "shop/b.py": f"{CORE.format('b')}\nNAME = 'b'\nfrom shop.a import metadata as other",
            "shop/a.py": f"from shop.b import NAME\n{CORE.format('a')}",
        }
    )
    with pytest.raises(ModelImportFailed) as failed:
        project.load()
    assert "name first" in str(failed.value.hint)
    assert project.tables("shop.b", "shop.a") == ["a", "b"]


def test_installed_package_can_be_named(project: Project, tmp_path: Path) -> None:
    library = tmp_path / "site-packages" / f"{project.package}_library"
    library.mkdir(parents=True)
    (library / "__init__.py").touch()
    (library / "models.py").write_text(OBJECTS.partition("db =")[0])
    sys.path.append(str(library.parent))
    models = project.load(library.name)
    assert models.modules == (f"{library.name}.models",)
    assert models.tables == 3


def test_name_that_starts_with_src_is_imported_through_the_root(project: Project) -> None:
    project.write({"src/shop/a.py": CORE.format("a")})
    assert project.modules(project.load("src.shop.a")) == ["src.shop.a"]
    assert str(project.root / "src") not in sys.path


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("shop.modells", "did you mean `shop.models`?"),
        ("catalogue", "did you mean `shop.catalogue`?"),
        ("shop/models.py", "did you mean `shop.models`?"),
        ("shop.models.Base", "did you mean `shop.models:Base`?"),
        ("shop.models:Bas", "did you mean `shop.models:Base`?"),
        ("shop.models:Base.metadat", "did you mean `shop.models:Base.metadata`?"),
        ("shops", "did you mean `shop`?"),
        ("nothing.like.it", "name an existing one"),
        ("shop.models:zzz", "name something that the module holds"),
        ("", "name an existing one"),
    ],
)
def test_name_that_means_nothing_says_what_may_be_meant(project: Project, name: str, hint: str) -> None:
    project.write({"shop/__init__.py": "", "shop/models.py": OBJECTS, "shop/catalogue.py": OBJECTS})
    with pytest.raises(ModelsNotFound) as failed:
        project.load(name.replace("shops", project.package + "s"))
    assert hint in project.plain(str(failed.value.hint))


@pytest.mark.parametrize("attribute", ["number", "nothing", "Plain", "get_number", "get_function"])
def test_named_object_that_is_no_model_says_what_it_is(project: Project, attribute: str) -> None:
    project.write({"shop/objects.py": OBJECTS})
    with pytest.raises(ModelsNotFound) as failed:
        project.load(f"shop.objects:{attribute}")
    assert failed.value.why is not None
    assert failed.value.why.startswith("its type is")


@pytest.mark.parametrize(
    ("attribute", "why"),
    [
        ("fails", "KeyError: 'DATABASE_URL'"),
        ("leaves", "SystemExit: no settings"),
        ("needs", "TypeError: needs() missing 1 required"),
    ],
)
def test_named_function_that_raises_is_a_failed_import(project: Project, attribute: str, why: str) -> None:
    project.write({"shop/objects.py": OBJECTS})
    with pytest.raises(ModelImportFailed) as failed:
        project.load(f"shop.objects:{attribute}")
    assert failed.value.why is not None
    assert failed.value.why.startswith(why)


def test_named_object_that_cannot_be_read_outside_of_an_application(project: Project) -> None:
    project.write({"shop/objects.py": OBJECTS})
    with pytest.raises(ModelImportFailed, match="reading"):
        project.load("shop.objects:db.engine")


def test_named_module_without_models(project: Project) -> None:
    project.write({"shop/views.py": "NAME = 1"})
    with pytest.raises(ModelsNotFound, match="holds no SQLAlchemy models"):
        project.load("shop.views")


def test_named_base_whose_models_nobody_imports_is_empty_and_says_what_to_name(project: Project) -> None:
    project.write({"shop/db.py": "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ..."})
    with pytest.raises(ModelsEmpty) as failed:
        project.load("shop.db:Base")
    assert project.plain(str(failed.value.where)) == "shop/db.py: Base.metadata"
    assert "models = [" in str(failed.value.hint)
