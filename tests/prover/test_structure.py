"""What tells the tables of models apart: whenever other statements would create them, and wherever it can be seen."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.ext.compiler import compiles, deregister
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateColumn

from edits.case import OTHER, Build, models
from edits.cases import Edit, every
from whimbrel.prover.definitions import Definitions
from whimbrel.prover.structure import Structures

URLS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://", "mariadb": "mariadb+pymysql://"}
DIALECTS = {kind: sa.create_engine(url).dialect for kind, url in URLS.items()}


def statements(metadata: sa.MetaData, dialect: sa.Dialect) -> list[str]:
    """What SQLAlchemy itself would execute to create models."""
    found: list[str] = []
    connection = MockConnection(dialect, lambda one, *_, **__: found.append(str(one.compile(dialect=dialect))))
    metadata.create_all(connection, checkfirst=False)
    return found


def told(build: Build, kind: str) -> tuple[list[str], dict[object, str]]:
    """The statements that create models, in whatever order, and what whimbrel tells them by."""
    metadata, dialect = models(build, kind, OTHER), DIALECTS[kind]
    definitions = Definitions([metadata], dialect, "")
    assert definitions.is_complete
    return sorted(statements(metadata, dialect)), dict(definitions.places)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("edit", every(), ids=lambda edit: edit.id)
def test_models_that_other_statements_create_are_other_models(edit: Edit) -> None:
    before, after, again = (
        told(build, edit.database) for build in (edit.case.before, edit.case.after, edit.case.after)
    )
    if before[0] != after[0]:
        assert before[1] != after[1]
    if after[0] == again[0]:
        assert after[1] == again[1]


def is_known(table: sa.Table, kind: str = "sqlite") -> bool:
    """Whether a table is told by its structure, and not by compiling its statements."""
    return Structures(DIALECTS[kind]).of(table) is not None


def test_common_tables_are_told_without_compiling_anything(kind: str) -> None:
    metadata = sa.MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s"})
    sa.Table("people", metadata, sa.Column("id", sa.BigInteger, primary_key=True))
    table = sa.Table(
        "orders",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
        sa.Column("state", sa.String(20), nullable=False, server_default="new", unique=True),
        sa.Column("is_paid", sa.Boolean, server_default=sa.false()),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("total", sa.Numeric(10, 2), default=0, comment="in euros"),
        sa.CheckConstraint("total > 0", name="positive"),
        comment="what was ordered",
    )
    assert is_known(table, kind)


def test_declared_classes_are_told_as_their_tables_are(kind: str) -> None:
    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        state: Mapped[str | None] = mapped_column(sa.String(20), index=True)

    state = sa.Column("state", sa.String(20), index=True)
    plain = sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), state)
    assert is_known(Base.metadata.tables["orders"], kind)
    assert is_known(plain, kind)


def test_what_has_a_part_in_the_statements_that_is_not_known_is_compiled() -> None:
    def table(*parts: sa.schema.SchemaItem) -> sa.Table:
        return sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *parts)

    listened = table()
    sa.event.listen(listened, "before_create", lambda *_, **__: None)
    assert is_known(table())
    assert not is_known(listened)
    assert not is_known(table(sa.Column("twice", sa.Integer, sa.Computed("id * 2"))))
    assert not is_known(table(sa.Column("number", sa.Integer, sa.Sequence("numbers"))))
    assert not is_known(table(sa.Column("number", sa.Integer, sa.Identity())))
    assert not is_known(table(sa.Index("ix", sa.func.lower(sa.text("id")))))
    assert not is_known(table(sa.CheckConstraint(sa.literal_column("id") > 0)))
    assert not is_known(table(sa.UniqueConstraint("id").ddl_if(dialect="sqlite")))
    assert not is_known(table(sa.Column("kind", sa.Enum("a", "b", create_constraint=True, name="kinds"))))
    assert not is_known(table(sa.Column("kind", sa.Enum("a", "b", name="kinds"))), "postgresql")


def test_where_somebody_compiles_columns_anew_every_table_is_compiled() -> None:
    table = sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))

    @compiles(CreateColumn)
    def _create_column(element: CreateColumn, compiler: sa.sql.compiler.DDLCompiler, **options: object) -> str:
        return compiler.visit_create_column(element, **options)  # type: ignore[no-any-return,no-untyped-call]

    try:
        assert not is_known(table)
    finally:
        deregister(CreateColumn)
    assert is_known(table)


def test_a_schema_called_none_is_another_one_than_none() -> None:
    def told_of(schema: str | None) -> str | None:
        metadata = sa.MetaData()
        sa.Table("people", metadata, sa.Column("id", sa.Integer, primary_key=True), schema=schema)
        key = sa.Column("person_id", sa.ForeignKey(f"{schema}.people.id" if schema else "people.id"))
        return Structures(DIALECTS["postgresql"]).of(sa.Table("orders", metadata, key))

    assert told_of("None") != told_of(None)
