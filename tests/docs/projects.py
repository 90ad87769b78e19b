"""The projects that examples start from. Each is a folder that a reader could have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.projects import Rev, write_revision

from .process import whimbrel_command

MODELS = """\
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    total: Mapped[int]
"""

CUSTOMERS = Rev(
    "3f9a1c5d7e02",
    message="customers",
    upgrade='op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("name", sa.String(80), nullable=False))',
    downgrade='op.drop_table("customers")',
)
ORDERS = Rev(
    "8b20d46fa913",
    CUSTOMERS.id,
    message="orders",
    upgrade='op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False), '
    'sa.Column("total", sa.Integer, nullable=False))',
    downgrade='op.drop_table("orders")',
)
INDEX = Rev(
    "c47e95b1d038",
    ORDERS.id,
    message="index on customer names",
    upgrade='op.create_index("ix_customers_name", "customers", ["name"])',
    downgrade='op.drop_index("ix_customers_name", "customers")',
)


def nothing(folder: Path) -> None:
    """An empty folder."""


def models(folder: Path) -> None:
    """Two models in a package, and nothing else."""
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "models.py").write_text(MODELS)


def shop(folder: Path) -> None:
    """The models, three revisions that lead to them, and a database that does not exist yet."""
    models(folder)
    path = folder / "shop" / "models.py"
    path.write_text(path.read_text().replace("String(80))", "String(80), index=True)"))
    _native(folder, CUSTOMERS, ORDERS, INDEX)


def shop_at_head(folder: Path) -> None:
    """The same, and its database is at head."""
    shop(folder)
    _run(folder, "upgrade")


def branches(folder: Path) -> None:
    """Two lines of revisions with labels; the database is at the first revision of one of them."""
    billing = Rev("61d7f0a38c2e", message="invoices", labels=("billing",))
    _native(
        folder,
        CUSTOMERS._replace(labels=("store",)),
        ORDERS,
        INDEX,
        billing,
        Rev("f5a2940b6e1d", billing.id, message="payments"),
    )
    _run(folder, "upgrade", CUSTOMERS.id)


def alembic(folder: Path) -> None:
    """What `alembic init` makes, with the URL and the models filled in, and three revisions."""
    models(folder)
    _run(folder, "init", "alembic")
    ini, env = folder / "alembic.ini", folder / "alembic" / "env.py"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///shop.db"))
    env.write_text(env.read_text().replace("= None", "= models.Base.metadata", 1).replace(
        "from alembic import context\n", "from alembic import context\n\nfrom shop import models\n", 1
    ))  # fmt: skip
    for rev in (CUSTOMERS, ORDERS):
        write_revision(folder / "alembic" / "versions", rev)


PROJECTS: dict[str, Callable[[Path], None]] = {
    function.__name__.replace("_", " "): function
    for function in (nothing, models, shop, shop_at_head, branches, alembic)
}


def _native(folder: Path, *revisions: Rev) -> None:
    (folder / "whimbrel.toml").write_text('url = "sqlite:///shop.db"\n')
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    for rev in revisions:
        path = write_revision(versions, rev)
        path.rename(path.with_name(f"{rev.id}_{rev.message.replace(' ', '_')}.py"))


def _run(folder: Path, *arguments: str) -> None:
    done = whimbrel_command(arguments, folder, {})
    assert done.code == 0, done.text
