"""Models in which nothing has changed, however hard they are to compare: nothing may be found."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from ..case import ALL, MARIADB, POSTGRESQL, SERVERS, SQLITE, Build, Case, elsewhere
from .notes import author, note, noting


class _Mood(enum.Enum):
    """Values that are called otherwise in the database."""

    GOOD = "it's good"
    BAD = "bad"


class _Upper(TypeDecorator[str]):
    """A type of an application's own."""

    impl = String(30)
    cache_ok = True


def _same(label: str, build: Build, databases: Any = ALL, **more: Any) -> Case:
    return Case(label, build, build, databases, **more)


def _column(label: str, *arguments: Any, databases: Any = ALL, **options: Any) -> Case:
    return _same(label, noting(lambda: Column("extra", *arguments, **options)), databases)


def _declared(metadata: MetaData) -> None:
    """Classes with a mixin, and names by convention."""
    metadata.naming_convention = {
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }

    class Base(DeclarativeBase):
        pass

    Base.metadata = metadata

    class Stamped:
        made: Mapped[Any] = mapped_column(DateTime, server_default=func.now())

        @declared_attr.directive
        def __tablename__(cls) -> str:
            return cls.__name__.lower()

    class Writer(Stamped, Base):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(40), unique=True)
        is_active: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_active"))

    class Work(Stamped, Base):
        __table_args__ = (CheckConstraint("length(title) > 0", name="title"),)
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str | None] = mapped_column(String(40), index=True)
        writer_id: Mapped[int | None] = mapped_column(ForeignKey("writer.id", ondelete="SET NULL"), index=True)


def _composite(metadata: MetaData) -> None:
    Table("place", metadata, Column("a", Integer), Column("b", String(9)), PrimaryKeyConstraint("b", "a"))
    note(
        metadata,
        Column("x", Integer),
        Column("y", String(9)),
        ForeignKeyConstraint(["y", "x"], ["place.b", "place.a"], ondelete="CASCADE"),
    )


def _cycle(metadata: MetaData) -> None:
    Table(
        "a",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("b", ForeignKey("b.id", name="fk1", use_alter=True)),
    )
    Table(
        "b",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", ForeignKey("a.id", name="fk2", use_alter=True)),
    )


def _number_types(metadata: MetaData) -> None:
    types = (SmallInteger, Integer, BigInteger, Numeric, Numeric(10), Numeric(10, 2), Float, Float(53), Boolean)
    note(metadata, *(Column(f"c{place}", type_) for place, type_ in enumerate(types)))


def _other_types(metadata: MetaData) -> None:
    types = (
        Text,
        String(255),
        Date,
        Time,
        DateTime,
        Interval,
        LargeBinary,
        JSON,
        Uuid,
        _Upper,
        DateTime(timezone=True),
    )
    note(metadata, *(Column(f"c{place}", type_) for place, type_ in enumerate(types)))


def _postgresql_types(metadata: MetaData) -> None:
    pg = postgresql
    types = (
        pg.JSONB, pg.ARRAY(Text), pg.ARRAY(Integer, dimensions=2), pg.INET, pg.CIDR, pg.MACADDR, pg.TSVECTOR, pg.BYTEA,
        pg.INT4RANGE, pg.TSTZRANGE, pg.INT4MULTIRANGE, pg.INTERVAL(fields="DAY TO SECOND"), pg.INTERVAL(precision=3),
        pg.TIMESTAMP(precision=3), pg.TIME(precision=0, timezone=True), pg.BIT(3), pg.BIT(5, varying=True), pg.MONEY,
        pg.OID, pg.REGCLASS, pg.CHAR(3), pg.DOUBLE_PRECISION, pg.REAL, pg.NUMERIC(20, 0), pg.ENUM("a", "b", name="ab"),
        pg.ARRAY(pg.ENUM("c", "d", name="cd")), pg.JSONPATH,
    )  # fmt: skip
    note(metadata, *(Column(f"c{place}", type_) for place, type_ in enumerate(types)))


def _mysql_types(metadata: MetaData) -> None:
    my = mysql
    types = (
        my.TINYINT(1), my.TINYINT, my.SMALLINT(unsigned=True), my.MEDIUMINT, my.BIGINT(unsigned=True), my.DOUBLE,
        my.FLOAT, my.DECIMAL(10, 3), my.YEAR, my.DATETIME(fsp=6), my.TIME(fsp=3), my.TINYTEXT, my.MEDIUMTEXT,
        my.LONGTEXT, my.TINYBLOB, my.MEDIUMBLOB, my.VARBINARY(9), my.BINARY(4), my.ENUM("a", "b"), my.SET("a", "b"),
        my.BIT(4), my.CHAR(3), my.JSON, my.VARCHAR(9, collation="utf8mb4_bin"), my.TEXT(charset="latin1"),
    )  # fmt: skip
    note(metadata, *(Column(f"c{place}", type_) for place, type_ in enumerate(types)))


def _defaults(metadata: MetaData) -> None:
    defaults = (
        (Integer, "0"),
        (Integer, text("-1")),
        (String(20), ""),
        (String(20), "it's"),
        (String(20), 'say "x"'),
        (String(20), "100%"),
        (String(20), "NULL"),
        (String(20), "now()"),
        (String(20), "('a')"),
        (Boolean, text("true")),
        (Boolean, text("false")),
        (DateTime, func.now()),
        (Numeric(10, 2), "1.50"),
        (Float, "0.1"),
        (Date, "2020-01-01"),
    )
    note(metadata, *(Column(f"c{n}", type_, server_default=default) for n, (type_, default) in enumerate(defaults)))


def _postgresql_defaults(metadata: MetaData) -> None:
    pg = postgresql
    defaults = (
        (pg.JSONB, text("'{}'::jsonb")),
        (pg.JSON, text("'[]'")),
        (pg.ARRAY(Integer), text("'{}'")),
        (pg.ARRAY(Text), text("ARRAY[]::text[]")),
        (pg.UUID, text("gen_random_uuid()")),
        (pg.INTERVAL, text("'1 day'")),
        (pg.TIMESTAMP, text("(now() at time zone 'utc')")),
        (pg.TIMESTAMP(timezone=True), text("CURRENT_TIMESTAMP")),
        (pg.ENUM("a", "b", name="ab"), "a"),
        (Integer, text("1 + 1")),
        (Text, text("lower('A')")),
        (Date, text("CURRENT_DATE")),
        (Text, text("'a'::text || 'b'")),
        (Integer, text("(random() * 100)::int")),
        (Boolean, "true"),
        (Boolean, "f"),
    )
    note(metadata, *(Column(f"c{n}", type_, server_default=default) for n, (type_, default) in enumerate(defaults)))


def _mysql_defaults(metadata: MetaData) -> None:
    defaults = (
        (mysql.TIMESTAMP, text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")),
        (mysql.DATETIME(fsp=6), text("CURRENT_TIMESTAMP(6)")),
        (mysql.TINYINT(1), "1"),
        (Boolean, "0"),
        (mysql.TEXT, text("('x')")),
        (mysql.JSON, text("('{}')")),
        (mysql.BIT(1), text("b'1'")),
        (mysql.ENUM("a", "b"), "a"),
        (mysql.DECIMAL(10, 2), "0"),
        (Integer, text("(1 + 1)")),
        (String(36), text("(uuid())")),
        (mysql.DATETIME, "2020-01-01 00:00:00"),
    )
    note(metadata, *(Column(f"c{n}", type_, server_default=default) for n, (type_, default) in enumerate(defaults)))


def _checks(metadata: MetaData) -> None:
    texts = (
        "n > 0",
        "n BETWEEN 1 AND 5",
        "n IN (1, 2, 3)",
        "n IS NOT NULL OR title <> ''",
        "NOT (n = 4)",
        "title <> 'it''s'",
        "length(title) > 0 AND (n < 9 OR n > 11)",
        "title LIKE 'a%' OR n >= -1",
        "CASE WHEN n > 1 THEN 1 ELSE 0 END = 0",
        "coalesce(n, 0) + 1 < 1000",
        "title IN ('a', 'b')",
        "n * 2.5 < 10",
    )
    note(metadata, Column("n", Integer), *(CheckConstraint(one, name=f"check_{n}") for n, one in enumerate(texts)))


def _indexes(metadata: MetaData) -> None:
    table = note(metadata, Column("a", Integer), Column("b", String(20)), Column("c", Integer, index=True, unique=True))
    Index("ix_down", table.c.a.desc())
    Index("ix_both", table.c.b, table.c.a.desc())
    Index("ix_unique", table.c.b, table.c.a, unique=True)


def _rich_indexes(metadata: MetaData) -> None:
    table = note(metadata, Column("a", Integer), Column("b", String(20)))
    Index("ix_lower", func.lower(table.c.b))
    Index("ix_sum", table.c.a + 1)
    Index("ix_both", func.coalesce(table.c.b, "x"), table.c.a.desc())
    Index("ix_where", table.c.a, sqlite_where=table.c.b == "it's", postgresql_where=table.c.b == "it's")
    Index("ix_in", table.c.a, sqlite_where=table.c.a.in_([1, 2]), postgresql_where=table.c.a.in_([1, 2]))


def _postgresql_indexes(metadata: MetaData) -> None:
    table = note(metadata, Column("a", Integer), Column("b", String(20)), Column("c", postgresql.JSONB))
    Index("ix_hash", table.c.a, postgresql_using="hash")
    Index("ix_gin", table.c.c, postgresql_using="gin", postgresql_ops={"c": "jsonb_path_ops"})
    Index("ix_include", table.c.a, postgresql_include=["b"], unique=True, postgresql_nulls_not_distinct=True)
    Index("ix_nulls", table.c.a.desc().nulls_last(), table.c.b.nulls_first())
    Index("ix_pattern", table.c.b, postgresql_ops={"b": "varchar_pattern_ops"}, postgresql_with={"fillfactor": 50})
    Index("ix_cast", text("((c ->> 'x')::int)"), postgresql_where=text("a > 1 AND b LIKE 'x%'"))
    Index("ix_collated", text('b COLLATE "C"'))


CASES = (
    _same("plain", noting()),
    _same("declared_with_mixin_and_convention", _declared),
    _same("composite_keys", _composite),
    _same("cycle_of_tables", _cycle, SERVERS),
    _same("types_of_numbers", _number_types),
    _same("types_of_other_things", _other_types),
    _same("types_of_postgresql", _postgresql_types, (POSTGRESQL,)),
    _same("types_of_mysql", _mysql_types, (MARIADB,)),
    _same("defaults", _defaults),
    _same("defaults_of_postgresql", _postgresql_defaults, (POSTGRESQL,)),
    _same("defaults_of_mysql", _mysql_defaults, (MARIADB,)),
    _same("checks", _checks),
    _same(
        "checks_without_names",
        noting(lambda: Column("n", Integer), lambda: CheckConstraint("n > 0"), lambda: CheckConstraint("n < 9")),
    ),
    _column("boolean_with_constraint", Boolean(create_constraint=True)),
    _column("boolean_with_named_constraint", Boolean(create_constraint=True, name="extra_boolean")),
    _column("enum_with_constraint", Enum("a", "b", native_enum=False, create_constraint=True)),
    _column(
        "enum_with_named_constraint", Enum("a", "it's", native_enum=False, create_constraint=True, name="extra_known")
    ),
    _column("enum_without_constraint", Enum("a", "b", native_enum=False, length=40)),
    _column("enum_of_python", Enum(_Mood)),
    _column(
        "enum_of_python_by_value", Enum(_Mood, values_callable=lambda kind: [one.value for one in kind], name="mood")
    ),
    _column("enum_with_default", Enum("a", "b", name="ab"), server_default="b", nullable=False),
    _column(
        "enum_for_one_database",
        String(9).with_variant(postgresql.ENUM("a", "b", name="ab"), "postgresql"),
        databases=(SQLITE, POSTGRESQL),
    ),
    _column("json_for_one_database", JSON().with_variant(postgresql.JSONB(), "postgresql")),
    _column("text_for_one_database", Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")),
    _column("decorated_type", _Upper),
    _column("stored_column", Integer, Computed("id * 2", persisted=True), databases=(SQLITE, POSTGRESQL)),
    _column("virtual_column", String(99), Computed("upper(title)", persisted=False), databases=(SQLITE, MARIADB)),
    _column(
        "computed_from_texts",
        String(99),
        Computed("title || ' ' || coalesce(title, 'it''s')", persisted=True),
        databases=(SQLITE, POSTGRESQL),
    ),
    _column("identity", Integer, Identity(start=5, increment=2), databases=(POSTGRESQL,), nullable=False),
    _column("sequence", Integer, Sequence("extra_numbers", start=3), databases=SERVERS),
    _column("collation", String(9, collation="NOCASE"), databases=(SQLITE,)),
    _column("collation_of_postgresql", String(9, collation="C"), databases=(POSTGRESQL,)),
    _column("comment_with_quotes", String(9), comment='it\'s 100% \\ "x"', databases=SERVERS),
    _column("unnamed_unique", String(9), unique=True),
    _column("unique_and_index", String(9), unique=True, index=True),
    _same("indexes", _indexes),
    _same("indexes_of_expressions", _rich_indexes, (SQLITE, POSTGRESQL)),
    _same("indexes_of_postgresql", _postgresql_indexes, (POSTGRESQL,)),
    _same(
        "fulltext_and_prefix",
        noting(
            lambda: Column("b", Text),
            lambda: Index("ix_text", "b", mysql_prefix="FULLTEXT"),
            lambda: Index("ix_prefix", "b", mysql_length=9),
        ),
        (MARIADB,),
    ),
    _same(
        "exclude",
        noting(
            lambda: Column("span", postgresql.INT4RANGE),
            lambda: postgresql.ExcludeConstraint(("span", "&&"), where=text("id > 3")),
        ),
        (POSTGRESQL,),
    ),
    _same(
        "foreign_keys",
        lambda m: (
            author(m),
            note(
                m,
                Column("a", ForeignKey("author.id", ondelete="CASCADE", onupdate="CASCADE")),
                Column("b", ForeignKey("author.id", ondelete="SET NULL")),
            ),
        ),
    ),
    _same(
        "foreign_key_deferrable",
        lambda m: (author(m), note(m, Column("a", ForeignKey("author.id", deferrable=True, initially="DEFERRED")))),
        (SQLITE, POSTGRESQL),
    ),
    _same(
        "foreign_key_with_restrict",
        lambda m: (
            author(m),
            note(
                m,
                Column("a", ForeignKey("author.id", ondelete="RESTRICT")),
                Column("b", ForeignKey("author.id", ondelete="NO ACTION")),
            ),
        ),
    ),
    _same("reference_to_itself", lambda m: note(m, Column("up", ForeignKey("note.id")))),
    _same(
        "other_schema",
        lambda m: (
            note(m),
            note(
                m,
                Column("up", ForeignKey(f"{elsewhere(m)}.note.id")),
                Column("n", Enum("a", "b", name="n")),
                schema=elsewhere(m),
            ),
        ),
        SERVERS,
    ),
    _same(
        "reserved_words",
        lambda m: Table(
            "order",
            m,
            Column("select", Integer, primary_key=True),
            Column("Group", String(9), index=True, unique=True),
            CheckConstraint('"select" <> 5' if m.info["database"] != MARIADB else "`Group` <> 'x'", name="from"),
        ),
    ),
    _same(
        "table_options",
        noting(
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_bin",
            postgresql_with={"fillfactor": 70},
            sqlite_autoincrement=True,
            comment="it's",
        ),
    ),
    _same(
        "partitions",
        lambda m: Table(
            "event",
            m,
            Column("id", Integer, primary_key=True, autoincrement=False),
            postgresql_partition_by="RANGE (id)",
        ),
        (POSTGRESQL,),
        objects={POSTGRESQL: ["CREATE TABLE event_low PARTITION OF event FOR VALUES FROM (0) TO (9)"]},
    ),
    _same(
        "heirs", noting(), (POSTGRESQL,), objects={POSTGRESQL: ["CREATE TABLE note_of_old (year int) INHERITS (note)"]}
    ),
    _same(
        "extension_with_tables",
        noting(),
        (POSTGRESQL,),
        setup={POSTGRESQL: ["CREATE EXTENSION hstore", "CREATE EXTENSION citext"]},
    ),
    _same(
        "views_and_triggers",
        noting(),
        (SQLITE, POSTGRESQL),
        objects=dict.fromkeys((SQLITE, POSTGRESQL), ("CREATE VIEW titles AS SELECT title FROM note",)),
    ),
    _same("virtual_table", noting(), (SQLITE,), objects={SQLITE: ["CREATE VIRTUAL TABLE search USING fts5(title)"]}),
    _same(
        "strict_and_without_rowid",
        lambda m: Table(
            "t",
            m,
            Column("a", Text, primary_key=True),
            Column("n", Integer),
            sqlite_strict=True,
            sqlite_with_rowid=False,
        ),
        (SQLITE,),
    ),
    _same(
        "nullable_key",
        lambda m: Table(
            "t",
            m,
            Column("a", String(9), primary_key=True),
            Column("b", BigInteger, primary_key=True, autoincrement=False),
        ),
    ),
)
