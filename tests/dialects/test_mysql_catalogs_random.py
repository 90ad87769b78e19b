"""Random pairs of schemas of MariaDB: the one becomes the other, and its rows stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialects.mysql_schemas import Schema
from whimbrel.catalog import compare

_TABLES = ("a", "B c", "t%`")
_TYPES = (
    *("int", "bigint", "varchar(20)", "varchar(30) CHARACTER SET latin1", "varchar(20) COLLATE utf8mb4_bin"),
    *("enum('1','2')", "enum('3','1')", "decimal(5,1)", "json", "text"),
)
_DETAILS = ("", "NOT NULL", "DEFAULT 1", "NOT NULL DEFAULT 1", "COMMENT 'x'", "CHECK (`{}` > 0)", "INVISIBLE DEFAULT 1")
_OPTIONS = ("", "COMMENT='x'", "CHARSET=latin1", "CHARSET=utf8mb4 COLLATE=utf8mb4_bin", "ROW_FORMAT=COMPACT")
_ACTIONS = ("", "ON DELETE CASCADE", "ON UPDATE CASCADE", "ON DELETE SET NULL")


class Table(NamedTuple):
    """A table with a key `id`, whatever kind of key that is, to which others can refer."""

    name: str
    columns: tuple[tuple[str, str, str], ...]
    key: str
    keys: tuple[tuple[str, str, tuple[str, ...]], ...]
    checks: tuple[tuple[str, str], ...]
    generated: tuple[str, str] | None
    references: tuple[tuple[str, str, str], ...]
    options: str

    def created(self, number: str) -> str:
        lines = [f"`id` {number} NOT NULL {'AUTO_INCREMENT' * ('AUTO' in self.key)}"]
        lines += [f"{_quoted(name)} {kind} {details.format(name)}" for name, kind, details in self.columns]
        lines += [f"`r{place}` {number}" for place, _ in enumerate(self.references)]
        lines += [f"`g` int AS ({self.generated[0]}) {self.generated[1]}"] if self.generated else []
        lines += [self.key.replace("AUTO ", "").format("`id`")]
        lines += [f"{kind} {name} ({', '.join(map(_quoted, columns))})" for kind, name, columns in self.keys]
        lines += [f"{name} CHECK ({text})" for name, text in self.checks]
        return f"CREATE TABLE {_quoted(self.name)} ({', '.join(lines)}) {self.options}"

    def referring(self) -> list[str]:
        return [
            f"ALTER TABLE {_quoted(self.name)} ADD {name} FOREIGN KEY (`r{place}`) REFERENCES {_quoted(target)} (`id`)"
            f" {action}"
            for place, (name, target, action) in enumerate(self.references)
        ]

    def filled(self) -> str:
        """One row, of which every value is 1, which is right for every type and check; it refers to no other."""
        names = ["`id`", *(_quoted(name) for name, _, _ in self.columns)]
        return f"INSERT INTO {_quoted(self.name)} ({', '.join(names)}) VALUES ({', '.join('1' for _ in names)})"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


@st.composite
def _tables(draw: st.DrawFn, name: str, names: tuple[str, ...]) -> Table:
    columns = draw(
        st.lists(
            st.tuples(st.sampled_from(("x", "Y z", "w")), st.sampled_from(_TYPES), st.sampled_from(_DETAILS)),
            max_size=3,
            unique_by=lambda column: column[0],
        )
    )
    short = ["id", *(name for name, kind, _ in columns if kind not in ("text", "json"))]
    keys = st.tuples(
        st.sampled_from(("KEY", "UNIQUE KEY")),
        st.just(""),
        st.lists(st.sampled_from(short), min_size=1, max_size=2, unique=True).map(tuple),
    )
    named = draw(st.lists(keys, max_size=3))
    chosen = draw(st.permutations(("", "k1", "`k 2`", "k3")))
    texts = st.sampled_from(("`id` > 0", "`id` <> 7"))
    checks = draw(st.lists(texts, max_size=2, unique=True))
    constraints = draw(st.permutations(("", "CONSTRAINT c1", "CONSTRAINT c2")))
    references = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(_ACTIONS)), max_size=2))
    return Table(
        name,
        tuple((column, kind, _fitting(kind, details)) for column, kind, details in columns),
        draw(
            st.sampled_from(
                ("PRIMARY KEY ({})", "AUTO PRIMARY KEY ({})", "UNIQUE ({})", "KEY kid ({})", "AUTO KEY ({})")
            )
        ),
        tuple((kind, chosen[place], parts) for place, (kind, _, parts) in enumerate(named)),
        tuple((constraints[place], text) for place, text in enumerate(checks)),
        draw(st.none() | st.tuples(st.sampled_from(("`id` + 1", "2")), st.sampled_from(("VIRTUAL", "STORED")))),
        tuple(
            (draw(st.sampled_from(("", f"CONSTRAINT `fk {name} {place}`"))).replace("t%`", "t"), target, action)
            for place, (target, action) in enumerate(references)
        ),
        draw(st.sampled_from(_OPTIONS)),
    )


def _fitting(kind: str, details: str) -> str:
    """A default is not for all types; and what is added as JSON, and never NULL, would be an empty text at first."""
    if kind == "json":
        return ""
    return "NOT NULL" if kind == "text" and "DEFAULT 1" in details else details


@st.composite
def _schemas(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """The statements that make a schema, and those that put rows into it."""
    names = draw(st.sets(st.sampled_from(_TABLES), max_size=3).map(sorted).map(tuple))
    number = draw(st.sampled_from(("int", "bigint")))
    tables = [draw(_tables(name, names)) for name in names]
    tables = [
        table._replace(generated=None, checks=()) if "AUTO" in table.key else table for table in tables
    ]  # neither may be about a column with an automatic number
    made = [*(table.created(number) for table in tables), *(text for table in tables for text in table.referring())]
    return made, ["SET foreign_key_checks = 0", *(table.filled() for table in tables), "SET foreign_key_checks = 1"]


@pytest.fixture
def make_emptied(make_database: Callable[[str], str]) -> Callable[[], tuple[Schema, Schema]]:
    """Two databases that are empty, each time anew."""
    pair = (Schema(make_database("mariadb")), Schema(make_database("mariadb")))

    def make() -> tuple[Schema, Schema]:
        for schema in pair:
            schema.clear()
        return pair

    return make


def _without_names(shown: Mapping[str, object]) -> dict[str, object]:
    """What the server shows, without the names of keys: one that was chosen is as good as one that was made up."""
    return {
        name: sorted(re.sub(r"(?:(?<=KEY )|CONSTRAINT )`(?:[^`]|``)*` ", "", str(line)) for line in lines)
        for name, lines in shown.items()
        if isinstance(lines, tuple)
    }


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(_schemas(), _schemas())
def test_any_schema_becomes_any_other_and_keeps_its_rows(
    make_emptied: Callable[[], tuple[Schema, Schema]],
    one: tuple[list[str], list[str]],
    other: tuple[list[str], list[str]],
) -> None:
    changing, wanted = make_emptied()
    changing.execute(*one[0], *one[1])
    wanted.execute(*other[0])
    stay = [table for table in changing.catalog.tables if table in wanted.catalog.tables]
    changing.become(wanted.catalog)
    assert compare(changing.catalog, wanted.catalog) == []
    assert _without_names(changing.shown) == _without_names(wanted.shown)
    for _, name in stay:
        assert changing.rows(f"SELECT count(*), max(id) FROM {_quoted(name)}") == [(1, 1)]
