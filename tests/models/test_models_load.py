"""`load` without names: the metadata of whatever the project declares."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whimbrel.models import load

if TYPE_CHECKING:
    from models.conftest import Project
    from whimbrel.models import Models

BASE = """
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    pass
"""
USER = """
from sqlalchemy.orm import Mapped, mapped_column
from shop.db import Base

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
ORDER = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from shop.db import Base

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
"""
CORE = """
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
invoices = Table("invoices", metadata, Column("id", Integer, primary_key=True))
"""


def tables(models: Models) -> list[str]:
    return sorted(name for metadata in models.metadata for name in metadata.tables)


def test_base_in_one_module_and_models_in_others_give_one_metadata(project: Project) -> None:
    project.write(
        {
            "shop/__init__.py": "",
            "shop/db.py": BASE,
            "shop/users/models.py": USER,
            "shop/orders/models.py": ORDER,
        }
    )
    models = project.load()
    assert len(models.metadata) == 1
    assert models.tables == 2
    assert project.modules(models) == ["shop.orders.models", "shop.users.models"]
    assert project.sources(models) == ["shop/db.py: Base.metadata"]


def test_core_tables_are_found_and_so_is_the_module_that_made_them(project: Project) -> None:
    project.write(
        {
            "shop/tables.py": CORE,
            "shop/a_query.py": "from shop.tables import invoices, metadata\nfrom sqlalchemy import MetaData\n"
            "print(MetaData(), dict(\n    metadata=metadata,\n    invoices=invoices,\n))",
        }
    )
    models = project.load()
    assert tables(models) == ["invoices"]
    assert project.modules(models) == ["shop.tables"]
    assert project.sources(models) == ["shop/tables.py: metadata"]


def test_classic_declarative_base_is_named_by_its_variable(project: Project) -> None:
    project.write({"shop/db.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()"})
    project.write({"shop/a_models.py": USER})
    models = project.load()
    assert tables(models) == ["users"]
    assert project.sources(models) == ["shop/db.py: Base.metadata"]


def test_registry_with_decorated_and_imperatively_mapped_classes(project: Project) -> None:
    project.write(
        {
            "shop/mapping.py": "from sqlalchemy.orm import registry\nmapping = registry()",
            "shop/models.py": """
                from sqlalchemy import Column, Integer, Table
                from sqlalchemy.orm import Mapped, mapped_column
                from .mapping import mapping

                @mapping.mapped
                class User:
                    __tablename__ = "users"
                    id: Mapped[int] = mapped_column(primary_key=True)

                class Order: ...

                mapping.map_imperatively(
                    Order, Table("orders", mapping.metadata, Column("id", Integer, primary_key=True))
                )
            """,
        }
    )
    models = project.load()
    assert tables(models) == ["orders", "users"]
    assert project.modules(models) == ["shop.models"]
    assert project.sources(models) == ["shop/mapping.py: mapping.metadata"]


def test_sqlmodel_tables_are_found_through_its_shared_metadata(project: Project) -> None:
    project.write(
        {
            "shop/heroes.py": """
                from sqlmodel import Field, SQLModel

                class HeroBase(SQLModel):
                    name: str

                class Hero(HeroBase, table=True):
                    id: int = Field(primary_key=True)
            """,
            "shop/db.py": "from sqlmodel import SQLModel, create_engine\ncreate_all = SQLModel.metadata.create_all",
        }
    )
    models = project.load()
    assert tables(models) == ["hero"]
    assert project.modules(models) == ["shop.heroes"]
    assert project.sources(models) == ["shop/heroes.py: HeroBase.metadata"]


FLASK = {
    "shop/__init__.py": """
        from flask_sqlalchemy import SQLAlchemy
        db = SQLAlchemy()
        def create_app(): ...
    """,
    "shop/models.py": """
        from shop import db

        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)

        class Event(db.Model):
            __bind_key__ = "log"
            id = db.Column(db.Integer, primary_key=True)

        tags = db.Table("tags", db.Column("name", db.String))
        old = db.Table("old", db.Column("name", db.String), bind_key="log")
    """,
    "shop/wsgi.py": "raise RuntimeError('a web server was started')",
}


def test_flask_sqlalchemy_gives_the_default_database_and_leaves_other_binds_out(project: Project) -> None:
    models = project.write(FLASK).load()
    assert tables(models) == ["tags", "user"]
    assert project.modules(models) == ["shop.models"]
    assert project.sources(models) == ["shop/__init__.py: db.metadata"]


def test_flask_sqlalchemy_over_a_declarative_base_of_the_project(project: Project) -> None:
    project.write(
        {
            "shop/db.py": f"{BASE}\nfrom flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy(model_class=Base)",
            "shop/models.py": USER.replace("(Base)", "(db.Model)").replace("import Base", "import db"),
        }
    )
    models = project.load()
    assert tables(models) == ["users"]
    assert len(models.metadata) == 1


def test_application_package_with_a_flask_sqlalchemy_object_is_not_imported_as_a_whole(project: Project) -> None:
    project.write(FLASK).load()
    assert "shop.wsgi" not in project.imported()


def test_submodules_of_a_package_whose_init_declares_are_all_imported(project: Project) -> None:
    project.write(
        {
            "shop/models/__init__.py": f"{BASE}\ndef table(name): return type(name, (Base,), made(name))\n"
            "def made(name):\n"
            "  from sqlalchemy import Column, Integer\n"
            "  return {'__tablename__': name, 'id': Column(Integer, primary_key=True), '__module__': __name__}",
            "shop/models/users.py": "from . import table\nUser = table('users')",
            "shop/models/tests/test_users.py": "raise RuntimeError('tests are not models')",
            "shop/models/__main__.py": "raise RuntimeError('a program is no model')",
            "shop/models/migrations/env.py": "from alembic import context\ncontext.configure()",
            "shop/models/migrations/script.py.mako": "",
            "shop/models/revisions/first.py": "raise RuntimeError('revisions are no models')",
        }
    )
    assert project.tables(exclude=[project.root / project.package / "models" / "revisions"]) == ["users"]


def test_several_metadata_come_in_a_stable_order_with_their_sources(project: Project) -> None:
    project.write({"shop/db.py": BASE, "shop/models.py": USER, "shop/billing.py": CORE})
    models = project.load()
    assert [sorted(metadata.tables) for metadata in models.metadata] == [["invoices"], ["users"]]
    assert project.sources(models) == ["shop/billing.py: metadata", "shop/db.py: Base.metadata"]
    assert models.tables == 2
    assert project.load() == models


def test_empty_metadata_beside_a_filled_one_are_dropped(project: Project) -> None:
    project.write({"shop/db.py": BASE, "shop/billing.py": CORE})
    assert project.sources(project.load()) == ["shop/billing.py: metadata"]


def test_src_layout(project: Project) -> None:
    project.write({"src/shop/__init__.py": "", "src/shop/db.py": BASE, "src/shop/models.py": USER})
    models = project.load()
    assert project.modules(models) == ["shop.models"]
    assert project.sources(models) == ["src/shop/db.py: Base.metadata"]
    assert sys.path[:2] == [str(project.root / "src"), str(project.root)]


def test_src_that_its_files_import_by_name_defines_every_table_once(project: Project) -> None:
    user = USER.replace("shop.db", "src.shop.db")
    project.write({"src/shop/db.py": BASE, "src/shop/models.py": user, "src/shop/main.py": "import src.shop.models"})
    models = project.load()
    assert models.tables == 1
    assert project.modules(models) == ["src.shop.models"]
    assert str(project.root / "src") not in sys.path


def test_namespace_package(project: Project) -> None:
    project.write({"shop/db.py": BASE, "shop/users/models.py": USER})
    assert project.modules(project.load()) == ["shop.users.models"]


def test_loose_module_at_the_root(project: Project) -> None:
    name = f"{project.package}_models"
    project.write({f"{name}.py": BASE + CORE})
    assert project.load().modules == (name,)


def test_root_that_is_itself_a_package(project: Project) -> None:
    project.write({"shop/__init__.py": "", "shop/db.py": BASE, "shop/models.py": USER})
    models = load(project.root / project.package)
    assert project.modules(models) == ["shop.models"]
    assert project.sources(models) == ["db.py: Base.metadata"]


def test_folder_on_the_import_path_comes_first(project: Project) -> None:
    project.write({"backend/shop/db.py": BASE, "backend/shop/models.py": USER})
    assert project.modules(project.load(sys_path=[Path("backend")])) == ["shop.models"]
    assert sys.path[:2] == [str(project.root / "backend"), str(project.root)]


def test_roots_are_on_the_path_once_however_often_models_are_loaded(project: Project) -> None:
    project.write({"shop/models.py": CORE})
    sys.path.append(str(project.root))
    project.load()
    project.load()
    assert sys.path.count(str(project.root)) == 1
    assert sys.path[0] == str(project.root)


def test_abstract_bases_and_mixins_are_no_tables(project: Project) -> None:
    project.write(
        {
            "shop/mixins.py": """
                from sqlalchemy.orm import Mapped, declared_attr, mapped_column

                class Named:
                    @declared_attr.directive
                    def __tablename__(cls): return cls.__name__.lower()

                class WithId:
                    id: Mapped[int] = mapped_column(primary_key=True)
            """,
            "shop/db.py": BASE + "class Audited(Base):\n    __abstract__ = True",
            "shop/tags.py": "from .db import Audited\nfrom .mixins import *\nclass Tag(Named, WithId, Audited): ...",
        }
    )
    models = project.load()
    assert tables(models) == ["tag"]
    assert project.modules(models) == ["shop.tags"]


def test_module_that_does_not_declare_is_not_imported(project: Project) -> None:
    project.write(
        {
            "shop/db.py": BASE,
            "shop/models.py": USER,
            "shop/seed.py": "from shop.models import User\nraise RuntimeError('rows were deleted')",
        }
    )
    assert project.tables() == ["users"]
    assert "shop.seed" not in project.imported()


def test_migrations_virtual_environments_and_tests_are_not_imported(project: Project) -> None:
    trap = f"{CORE}\nraise RuntimeError('this must not be imported')"
    project.write(
        {
            "shop/models.py": CORE,
            "migrations/env.py": f"from alembic import context\n{trap}",
            "migrations/versions/0001_first.py": trap,
            "env/pyvenv.cfg": "",
            "env/lib/trap.py": trap,
            "tests/models.py": trap,
            "revisions/first.py": trap,
        }
    )
    assert project.tables(exclude=[Path("revisions")]) == ["invoices"]


def test_models_of_a_library_that_a_module_only_imports_are_left_out(project: Project, tmp_path: Path) -> None:
    library = tmp_path / "site-packages" / f"{project.package}_library"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text(BASE + USER.replace("from shop.db import Base", ""))
    sys.path.append(str(library.parent))
    project.write({"shop/models.py": f"from {library.name} import Base, User\n{CORE}"})
    assert project.tables() == ["invoices"]


def test_base_of_a_library_that_models_inherit_from_is_ours(project: Project, tmp_path: Path) -> None:
    library = tmp_path / "site-packages" / f"{project.package}_library"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text(BASE)
    sys.path.append(str(library.parent))
    project.write({"shop/models.py": USER.replace("shop.db", library.name)})
    models = project.load()
    assert tables(models) == ["users"]
    assert project.sources(models) == ["shop/models.py: User.metadata"]


def test_folder_called_alembic_does_not_shadow_the_library(project: Project) -> None:
    project.write(
        {
            "alembic/__init__.py": "raise RuntimeError('this is not Alembic')",
            "alembic/env.py": "from alembic import context",
            "alembic/versions/0001_first.py": "",
            "shop/models.py": f"from alembic.util import CommandError\n{CORE}",
        }
    )
    # In a process of its own, where the library is not loaded yet; the project is where Python was started.
    code = (
        "import sys; sys.path.insert(0, '')\n"
        "from pathlib import Path; from whimbrel.models import load\n"
        "assert 'alembic' not in sys.modules\n"
        "assert load(Path()).tables == 1\n"
        "from alembic import command"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=project.root, env=environment)


def test_alembic_is_loaded_before_a_folder_of_its_name_comes_first(project: Project) -> None:
    project.write(
        {"alembic/env.py": "from alembic import context", "alembic/versions/1.py": "", "shop/models.py": CORE}
    )
    project.load()
    assert not str(sys.modules["alembic"].__file__).startswith(str(project.root))


def test_modules_that_import_each_other(project: Project) -> None:
    project.write(
        {
            "shop/db.py": BASE,
            "shop/users.py": f"import shop.orders\n{USER}",
            "shop/orders.py": f"import shop.users\n{ORDER}",
        }
    )
    assert project.tables() == ["orders", "users"]


def test_lazy_objects_in_a_namespace_are_not_woken(project: Project) -> None:
    project.write(
        {
            "shop/models.py": f"""{CORE}
from flask import current_app, request

class Lazy:
    @property
    def __class__(self): raise RuntimeError("woken")
    def __getattr__(self, name): raise RuntimeError("woken")

class Touchy(type):
    def __getattr__(cls, name): raise RuntimeError("woken")

class Asked(metaclass=Touchy): ...

lazy = Lazy()
"""
        }
    )
    assert project.tables() == ["invoices"]


def test_linked_package_is_the_projects_own(project: Project, tmp_path: Path) -> None:
    shared = tmp_path / "elsewhere"
    shared.mkdir()
    (shared / "__init__.py").touch()
    (shared / "models.py").write_text(BASE + USER.replace("from shop.db import Base", ""))
    (project.root / project.package).symlink_to(shared)
    assert project.modules(project.load()) == ["shop.models"]
