"""What things are called in the statements of PostgreSQL."""

from __future__ import annotations

import re

from ....catalog import (
    CHECK,
    COLUMN,
    ENUM,
    EXCLUSION,
    FOREIGN_KEY,
    INDEX,
    PRIMARY_KEY,
    SEQUENCE,
    TABLE,
    UNIQUE,
    Item,
)
from ...base import double_quoted, literal
from .keys import STATISTICS
from .routines import AGGREGATE, FUNCTION, MATERIALIZED_VIEW, POLICY, PRIVATE, PROCEDURE, RULE, TRIGGER, VIEW
from .types import COLLATION, COMPOSITE, DOMAIN, RANGE

TYPES = (ENUM, DOMAIN, COMPOSITE, RANGE)
MATERIALS = (COLLATION, *TYPES)
"""What columns are made of: they have what is dropped of it until they are changed."""
CONSTRAINTS = (PRIMARY_KEY, UNIQUE, EXCLUSION, CHECK, FOREIGN_KEY)
FUNCTIONS = (FUNCTION, PROCEDURE, AGGREGATE)
VIEWS = (VIEW, MATERIALIZED_VIEW)
ON_RELATIONS = (TRIGGER, RULE, POLICY)
ORDER = (
    *(*MATERIALS, *FUNCTIONS, SEQUENCE, TABLE, COLUMN),
    *(PRIMARY_KEY, UNIQUE, EXCLUSION, CHECK, *VIEWS, INDEX),
)
"""In which order things are made that do not need one another; what is not named here comes last."""

_WORDS = {ENUM: "TYPE", COMPOSITE: "TYPE", RANGE: "TYPE", **dict.fromkeys(CONSTRAINTS, "CONSTRAINT")}


def named(item: Item) -> str:
    """Its name with its schema. A function is called by what it takes as well."""
    if item.kind in FUNCTIONS:
        return ".".join(filter(None, [double_quoted(item.schema), item.name]))
    schema = item.fact("in schema") if item.kind in (SEQUENCE, STATISTICS) else None
    return double_quoted(schema or item.schema, item.name)


def bare(function: Item) -> str:
    """The name of a function, without what it takes."""
    found = re.match(r'"(?:[^"]|"")*"|[^(]*', function.name)
    assert found is not None
    return found[0]


def relation(item: Item) -> str:
    """The table, or the view, that a thing is on."""
    return item.fact("on") or double_quoted(item.schema, item.table)


def called(item: Item) -> str:
    """What a thing is called where it is commented, dropped or renamed: `TRIGGER "t" ON "orders"`."""
    word = _WORDS.get(item.kind, item.kind.upper())
    if item.kind == COLUMN:
        return f"COLUMN {relation(item)}.{double_quoted(item.name)}"
    if item.kind in CONSTRAINTS or item.kind in ON_RELATIONS:
        return f"{word} {double_quoted(item.name)} ON {relation(item)}"
    return f"{word} {named(item)}"


def drop(item: Item) -> str:
    """The statement that drops it."""
    if item.kind == COLUMN or item.kind in CONSTRAINTS:
        word = "COLUMN" if item.kind == COLUMN else "CONSTRAINT"
        return f"ALTER TABLE {relation(item)} DROP {word} {double_quoted(item.name)}"
    return f"DROP {called(item)}"


def allow(item: Item) -> list[str]:
    """The statements that let others use what was made again, as they could."""
    what = called(item) if item.kind in FUNCTIONS else named(item)
    what = what.replace("AGGREGATE ", "FUNCTION ", 1) if item.kind == AGGREGATE else what
    return [
        f"REVOKE ALL ON {what} FROM PUBLIC" if line == PRIVATE else "GRANT {} ON {} TO {}".format(*_around(line, what))
        for line in item.definition.splitlines()
    ]


def _around(line: str, what: str) -> tuple[str, str, str]:
    rights, _, who = line.partition(" TO ")
    return rights, what, who


def rename(before: Item, name: str) -> str:
    """The statement that renames it; the name is quoted."""
    if before.kind == COLUMN or before.kind in CONSTRAINTS:
        word = "COLUMN" if before.kind == COLUMN else "CONSTRAINT"
        return f"ALTER TABLE {relation(before)} RENAME {word} {double_quoted(before.name)} TO {name}"
    return f"ALTER {called(before)} RENAME TO {name}"


def comment(item: Item, text: str | None, column: str | None = None) -> str:
    """The statement that comments it, or a column of what has no columns as items; no text takes the comment away."""
    what = f"COLUMN {named(item)}.{double_quoted(column)}" if column else called(item)
    return f"COMMENT ON {what} IS {literal(text) if text else 'NULL'}"


def parameters(subject: str, before: str | None, after: str | None) -> list[str]:
    """The statements that change storage parameters, `a='1', b='2'`, of what `ALTER …` stands before."""
    old, new = (dict(re.findall(r"([\w.]+)='((?:[^']|'')*)'", text or "")) for text in (before, after))
    gone = ", ".join(name for name in old if name not in new)
    given = ", ".join(f"{name}='{value}'" for name, value in new.items() if old.get(name) != value)
    return [
        *([f"{subject} RESET ({gone})"] if gone else []),
        *([f"{subject} SET ({given})"] if given else []),
    ]


_LIST = re.compile(
    r"\(\((?P<what>[^()]+)\)::text (?P<how>= ANY|<> ALL) "
    r"\(\(ARRAY\[(?P<texts>(?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]\)\)"
)


def as_typed(expression: str) -> str:
    """An expression that the server prints as it was: `state IN ('a', 'b')` of a `character varying`.

    What the server makes of that, read again, becomes something else: what it prints of a constraint changes once when
    the constraint is made anew from it.
    """

    def typed(found: re.Match[str]) -> str:
        how = "IN" if found["how"] == "= ANY" else "NOT IN"
        texts = found["texts"].replace("'::character varying", "'")
        return f"({found['what']} {how} ({texts}))"

    return _LIST.sub(typed, expression)
