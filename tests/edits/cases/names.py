"""Names that want to be quoted, are very long, or mean something to somebody else."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint

from ..case import ALL, POSTGRESQL, SQLITE, Case

_NAMES = {
    "reserved": ("order", "select", "group"),
    "mixed_case": ("MyTable", "MyColumn", "OtherColumn"),
    "with_spaces": ("my table", "my column", "other column"),
    "with_percent": ("100%", "a%b", "%(c)s"),
    "with_colons": ("a:b", ":name", "c::d"),
    "with_quotes": ('a"b', "it's", 'say "x"'),
    "unicode": ("größe", "größer_名前", "émile"),
    "with_dollar": ("a$b", "c$d", "e$1"),
    "with_dashes": ("a-b", "c-d", "--e"),
    "with_brackets": ("a[b]", "c(d)", "{e}"),
    "with_backquote": ("a`b", "c`d", "e`"),
    "with_backslash": ("a\\b", "c\\n", "\\e"),
    "very_long": ("t" * 50, "c" * 60, "d" * 60),
    "of_python": ("class", "def", "import"),
    "that_start_with_a_digit": ("1st", "2nd", "3"),
}


def _table(table: str, *columns: str) -> Callable[[MetaData], Table]:
    return lambda metadata: Table(
        table,
        metadata,
        Column("id", Integer, primary_key=True),
        *(Column(name, String(20), index=number == 1) for number, name in enumerate(columns)),
    )


def _edited(table: str, old: str, new: str) -> Callable[[MetaData], None]:
    """A column and an index are added, and another column becomes longer."""

    def build(metadata: MetaData) -> None:
        Table(
            table,
            metadata,
            Column("id", Integer, primary_key=True),
            Column(old, String(30), nullable=False),
            Column(new, Integer, server_default="3"),
            Index("ix_names", old, new),
            UniqueConstraint(new, old, name="names_once"),
        )

    return build


def _added(label: str, table: str, column: str, other: str) -> Case:
    return Case(
        f"table_{label}_added",
        lambda metadata: Table("kept", metadata, Column("id", Integer, primary_key=True)),
        lambda metadata: (
            Table("kept", metadata, Column("id", Integer, primary_key=True)),
            _edited(table, column, other)(metadata),
        ),
        _databases(label),
        rows={"kept": [{"id": 1}]},
    )


def _databases(label: str) -> tuple[str, ...]:
    return (SQLITE, POSTGRESQL) if label == "with_percent" else ALL


CASES = (
    *(
        Case(
            label,
            _table(names[0], names[1]),
            _edited(*names),
            _databases(label),
            rows={names[0]: [{"id": 1, names[1]: "a"}, {"id": 2, names[1]: "b"}]},
            then={f"{names[0]}.{names[2]}": [3, 3]},
        )
        for label, names in _NAMES.items()
    ),
    *(_added(label, *names) for label, names in _NAMES.items()),
    Case(
        "with_dots",
        _table("dotted", "a.b"),
        _edited("dotted", "a.b", "c"),
        rows={"dotted": [{"id": 1, "a.b": "x"}]},
        then={"dotted.c": [3]},
    ),
    Case(
        "constraints_too_long_for_the_database",
        lambda m: Table("t" * 40, m, Column("id", Integer, primary_key=True), Column("c" * 40, Integer)),
        lambda m: Table(
            "t" * 40, m, Column("id", Integer, primary_key=True), Column("c" * 40, Integer, index=True, unique=True)
        ),
        rows={"t" * 40: [{"id": 1, "c" * 40: 2}]},
    ),
    Case(
        "by_convention_too_long_for_the_database",
        lambda m: _conventional(m, False),
        lambda m: _conventional(m, True),
        rows={"t" * 40: [{"id": 1, "c" * 40: None}]},
    ),
    Case(
        "constraints_that_want_quotes",
        _table("plain", "a"),
        lambda m: Table(
            "plain",
            m,
            Column("id", Integer, primary_key=True),
            Column("a", String(20)),
            Index("my index", "a"),
            UniqueConstraint("a", "id", name="Once Only"),
            CheckConstraint("a > ''", name="check"),
        ),
        rows={"plain": [{"id": 1, "a": "x"}]},
    ),
)


def _conventional(metadata: MetaData, more: bool) -> None:
    metadata.naming_convention = {
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
    name = "c" * 40
    table = Table("t" * 40, metadata, Column("id", Integer, primary_key=True), Column(name, Integer))
    if more:
        Index(None, table.c[name])
        table.append_constraint(UniqueConstraint(name, "id"))
        table.append_column(Column("up", Integer, ForeignKey(f"{'t' * 40}.id")))
