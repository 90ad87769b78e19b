"""What counts as declaring, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from models.conftest import Project

DECLARING = {
    "MetaData": "from sqlalchemy import MetaData\nmetadata = MetaData()",
    "MetaData by module": "import sqlalchemy as sa\nmetadata = sa.MetaData(schema='x')",
    "Table": "import sqlalchemy\nfrom shop.db import metadata\nsqlalchemy.Table('x', metadata)",
    "Table in a function": "from sqlalchemy import Table\ndef make(name): return Table(name, object())",
    "Table under another name": "from sqlalchemy import Table as T\nT('x', object())",
    "Table by star": "from sqlalchemy import *\nx = Table('x', object())",
    "Table in a dictionary": "from sqlalchemy import Table\nif True:\n  TABLES = {'x': [Table('x', object())]}",
    "declarative_base": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()",
    "declarative_base from elsewhere": "from company.orm import declarative_base\nBase = declarative_base()",
    "as_declarative": "from sqlalchemy.orm import as_declarative\n@as_declarative()\nclass Base: ...",
    "as_declarative_base": "from .db import mapping\n@mapping.as_declarative_base()\nclass DeclarativeX: ...",
    "automap_base": "from sqlalchemy.ext.automap import automap_base\nBase = automap_base()",
    "registry": "from sqlalchemy.orm import registry\nmapping = registry()",
    "generate_base": "from sqlalchemy import orm\nBase = orm.registry().generate_base()",
    "metaclass": "from sqlalchemy.orm import DeclarativeMeta\nclass Base(metaclass=DeclarativeMeta): ...",
    "Flask-SQLAlchemy": "from flask_sqlalchemy import SQLAlchemy\ndb: SQLAlchemy = SQLAlchemy()",
    "DeclarativeBase": "from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass\n"
    "class Base(MappedAsDataclass, DeclarativeBase): ...",
    "DeclarativeBaseNoMeta": "from sqlalchemy import orm\nclass Base(orm.DeclarativeBaseNoMeta): ...",
    "SQLModel": "from sqlmodel import SQLModel\nclass Hero(SQLModel): ...",
    "X.Model": "from .extensions import db\nclass User(db.Model): ...",
    "own X.Model": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\nclass User(db.Model): ...",
    "own X.Table": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\nx = db.Table('x')",
    "table=True": "from company import Base\nclass Hero(Base, table=True): ...",
    "__tablename__": "from company import Base\nclass User(Base):\n  __tablename__ = 'users'",
    "annotated __tablename__": "from company import Base\nclass User(Base):\n  __tablename__: str = 'users'",
    "declared __tablename__": "class Named:\n  @declared_attr\n  def __tablename__(cls): return cls.__name__",
    "__table__": "from company import Base, users\nclass User(Base):\n  __table__ = users",
    "Mapped": "from company import Base\nclass User(Base):\n  name: Mapped[str]",
    "Mapped by module": "from company import Base\nclass User(Base):\n  name: orm.Mapped[str | None] = None",
    "quoted Mapped": "from company import Base\nclass User(Base):\n  name: 'Mapped[str]'",
    "DynamicMapped": "from company import Base\nclass User(Base):\n  posts: DynamicMapped['Post']",
    "mapped_column": "from company import Base\nclass User(Base):\n  name = mapped_column(String)",
    "Column in a mixin": "from sqlalchemy import Column, Integer\nclass WithId:\n  id = Column(Integer)",
    "Column by module": "import sqlalchemy as sa\nclass WithId:\n  id = sa.Column(sa.Integer)",
    "Column of the project": "from .db import Column\nclass WithId:\n  id = Column()",
    "class under a condition": "import os\ntry:\n  pass\nfinally:\n  class A(B):\n    __tablename__ = 'a'",
    "class in a match": "match 1:\n  case 1:\n    class A(B):\n      __tablename__ = 'a'",
    "class in a function": "def make():\n  class A(B):\n    __tablename__ = 'a'\n  return A",
}
SILENT = {
    "imports only": "from sqlalchemy import MetaData, Table, select\nfrom .models import User",
    "comment": "# MetaData() Table() __tablename__ = mapped_column()",
    "string": "SQL = 'class User(Base): __tablename__ = Table(MetaData())'",
    "rich's Table": "from rich.table import Table, Column\ntable = Table()\nclass View:\n  column = Column()",
    "boto3's Table": "import boto3\ndb = boto3.resource('dynamodb')\ntable = db.Table('x')",
    "Django's Model": "from django.db import models\nclass User(models.Model):\n  name = models.Column()",
    "own Table": "class Table: ...\ndef registry(): ...\nTable()\nregistry()\nfrom x import *",
    "pydantic": "from pydantic import BaseModel\nclass User(BaseModel):\n  name: str\n  table: bool = True",
    "query": "from sqlalchemy import select, column, table\nselect(column('x')).select_from(table('x'))",
    "method of an object": "class App:\n  def run(self):\n    return self.Table('x'), self.registry()",
    "table=False": "from company import Base\nclass HeroRead(Base, table=False): ...",
    "Mapped as a parameter": "def show(value: Mapped[str]) -> None: ...",
    "__tablename__ of a class": "from .models import User\nprint(User.__tablename__)",
    "empty": "",
}


@pytest.mark.parametrize("source", DECLARING.values(), ids=DECLARING.keys())
def test_declares(project: Project, source: str) -> None:
    project.write({"shop/module.py": source})
    assert project.scan() == ["shop.module"]


@pytest.mark.parametrize("source", SILENT.values(), ids=SILENT.keys())
def test_does_not_declare(project: Project, source: str) -> None:
    project.write({"shop/module.py": source})
    assert project.scan() == []


def test_encodings_marks_and_null_bytes_are_survived(project: Project) -> None:
    project.write({"shop/__init__.py": ""})
    folder = project.root / project.package
    latin = "# coding: latin-1\nNAME = 'é'\nfrom sqlalchemy import MetaData\nm = MetaData()\n"
    (folder / "latin.py").write_bytes(latin.encode("latin-1"))
    (folder / "marked.py").write_bytes(b"\xef\xbb\xbffrom sqlalchemy import MetaData\nm = MetaData()\n")
    (folder / "nulls.py").write_bytes(b"MetaData()\0")
    assert project.scan() == ["shop.latin", "shop.marked", "shop.nulls"]


BASE = """
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

class Base(DeclarativeBase):
    @declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower()

    id: Mapped[int] = mapped_column(primary_key=True)
"""
FAMILY = {
    "imported": ("from shop.db import Base", "class Tag(Base): ..."),
    "relative": ("from .db import Base", "class Tag(Base): ..."),
    "by module": ("from . import db", "class Tag(db.Base): ..."),
    "by dotted module": ("import shop.db", "class Tag(shop.db.Base): ..."),
    "under another name": ("import shop.db as database", "class Tag(database.Base): ..."),
    "handed on by a package": ("from shop import Base", "class Tag(Base): ..."),
    "handed on by star": ("from shop.everything import Base", "class Tag(Base): ..."),
    "through a silent class": ("from shop.abstract import Audited", "class Tag(Audited): ..."),
    "beside a mixin": ("from shop.db import Base\nfrom x import Y", "class Tag(Y, Base): ..."),
    "over several lines": ("from shop.db import Base", "class Tag(\n    Base,\n): ..."),
    "generic": ("from shop.db import Base", "class Tag(Base[int]): ..."),
}


@pytest.mark.parametrize(("statement", "tag"), FAMILY.values(), ids=FAMILY.keys())
def test_class_declares_that_inherits_its_table_from_a_base_of_the_project(
    project: Project, statement: str, tag: str
) -> None:
    project.write(
        {
            "shop/__init__.py": "from .db import Base",
            "shop/db.py": BASE,
            "shop/everything.py": "from shop.db import *",
            "shop/abstract.py": "from .db import Base\nclass Audited(Base):\n  __abstract__ = True",
            "shop/tags.py": f"{statement}\n{tag}",
        }
    )
    assert project.scan() == ["shop.abstract", "shop.db", "shop.tags"]


def test_class_does_not_declare_that_inherits_from_something_else_of_the_same_name(project: Project) -> None:
    project.write(
        {
            "shop/db.py": BASE,
            "shop/schemas.py": "from pydantic import BaseModel\nclass Base(BaseModel): ...\nclass User(Base): ...",
            "shop/forms.py": "from .schemas import Base\nclass Form(Base): ...",
            "shop/library.py": "from celery import Base\nclass Job(Base): ...",
            "shop/circle.py": "from .elrcic import Base\nclass A(Base): ...",
            "shop/elrcic.py": "from .circle import Base\nclass B(Base): ...",
            "shop/broken.py": "from .db import Base\nclass C(Base) ...",
        }
    )
    assert project.scan() == ["shop.db"]


def test_sqlmodel_class_without_a_table_does_not_make_its_heirs_declare(project: Project) -> None:
    project.write(
        {
            "shop/heroes.py": "from sqlmodel import SQLModel\nclass HeroBase(SQLModel): ...",
            "shop/routes.py": "from .heroes import HeroBase\nclass HeroCreate(HeroBase): ...",
            "shop/tables.py": "from .heroes import HeroBase\nclass Hero(HeroBase, table=True): ...",
        }
    )
    assert project.scan() == ["shop.heroes", "shop.tables"]


@pytest.mark.parametrize(
    "base",
    [
        "from sqlalchemy.orm import declarative_base\nBase = declarative_base()",
        "from sqlalchemy.orm import declarative_base\nclass Base(declarative_base()): ...",
        "from sqlalchemy.orm import as_declarative\n@as_declarative()\nclass Base: ...",
        "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\nBase = db.Model",
    ],
)
def test_bases_that_are_made_by_calls_are_followed(project: Project, base: str) -> None:
    project.write({"shop/db.py": base, "shop/tags.py": "from shop.db import Base\nclass Tag(Base): ..."})
    assert project.scan() == ["shop.db", "shop.tags"]
