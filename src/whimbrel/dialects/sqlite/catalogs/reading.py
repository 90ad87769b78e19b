"""Tables, indexes, views and triggers of SQLite, from the text that it keeps of each."""

from __future__ import annotations

from ....catalog import CHECK, COLUMN, FOREIGN_KEY, INDEX, PRIMARY_KEY, TABLE, UNIQUE, Catalog, Item
from ....catalog.items import facts
from ....record import TYPE_CHECKING
from ...base import double_quoted, literal
from ..ddl import NotUnderstood, normalized, read_definition, tokens_of
from ..ddl import definition as of
from ..ddl.tokens import NAME, WORD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any

    from ....catalog.items import Place
    from ....connect.driver import Query
    from ..ddl import Clause, Column, Definition, Reference

_OBJECTS = """
SELECT type, name, tbl_name, sql FROM {master} WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY rowid"""
_RELATIONS = ("table", "index")
_KINDS = {of.PRIMARY_KEY: PRIMARY_KEY, of.UNIQUE: UNIQUE, of.CHECK: CHECK, of.FOREIGN_KEY: FOREIGN_KEY}
_OF_COLUMNS = (of.NOT_NULL, of.DEFAULT, of.COLLATE, of.GENERATED)
_MEANT = frozenset(("NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"))
"""Words that are a default by themselves."""
VIRTUAL, VIEW, TRIGGER = "virtual table", "view", "trigger"


def read(query: Query, schemas: Sequence[str | None]) -> Catalog:
    """As `Catalogs.read`. Reads the database: a query for each schema."""
    return Catalog(item for schema in schemas for item in _schema(schema, _rows(query, schema)))


def read_texts(
    query: Query, schemas: Sequence[str | None], places: Collection[Place] | None
) -> dict[Place | None, str]:
    """As `Catalogs.texts`. Reads the database: a query for each schema."""
    found: dict[Place | None, str] = {} if places is not None else {None: ""}
    for schema in schemas:
        for kind, name, table, sql in _rows(query, schema):
            place = (schema, table)
            if kind in _RELATIONS and (places is None or place in places):
                found[place] = f"{found.get(place, '')}{name}\0{sql}\0"
            elif places is None and kind not in _RELATIONS:
                found[None] += f"{schema}\0{kind}\0{name}\0{table}\0{sql}\0"
    return found


def read_some(query: Query, schemas: Sequence[str | None], places: Collection[Place]) -> Catalog:
    """As `Catalogs.tables`. Reads the database: a query for each schema."""

    def some(schema: str | None) -> list[tuple[str, str, str, str]]:
        return [row for row in _rows(query, schema) if row[0] in _RELATIONS and (schema, row[2]) in places]

    return Catalog(item for schema in schemas for item in _schema(schema, some(schema)))


def _rows(query: Query, schema: str | None) -> list[tuple[str, str, str, str]]:
    """All that there is, but for what modules keep for virtual tables."""
    rows: list[Any] = query(_OBJECTS.format(master=double_quoted(schema or "main", "sqlite_master")))
    virtual = tuple(f"{name}_" for kind, name, _, sql in rows if kind == "table" and _is_virtual(sql))
    return [row for row in rows if row[0] != "table" or not row[1].startswith(virtual)] if virtual else rows


def _schema(schema: str | None, rows: Sequence[tuple[str, str, str, str]]) -> Iterator[Item]:
    views = {name.lower() for kind, name, _, _ in rows if kind == VIEW}
    for kind, name, table, sql in rows:
        if kind == "table":
            yield from read_table(schema, name, sql)
        elif kind == "index":
            yield Item(INDEX, name, schema, table, _index_facts(sql), sql)
        else:
            yield _program(kind, name, schema, table, sql, is_on_view=kind == TRIGGER and table.lower() in views)


def _program(kind: str, name: str, schema: str | None, table: str, sql: str, *, is_on_view: bool) -> Item:
    """A view or a trigger; what is on a view is part of no table."""
    is_part = kind == TRIGGER and not is_on_view
    found = facts({"definition": normalized(_behind_name(sql)), "on": table if is_on_view else None})
    return Item(kind, name, schema, table if is_part else None, found, sql)


def _is_virtual(sql: str) -> bool:
    return sql[:64].split(None, 2)[1].upper() == "VIRTUAL"  # as SQLite begins the text that it keeps


def _text(text: str) -> tuple[tuple[str, str], ...]:
    return facts({"definition": normalized(text)})


def _behind_name(sql: str) -> str:
    """A statement without `CREATE … name`: SQLite keeps it as it was typed, but for the beginning."""
    tokens = tokens_of(sql)
    return sql[tokens[2].end :]


def read_table(schema: str | None, name: str, sql: str) -> Iterator[Item]:
    """A table and what its text says of it. Asks no database."""
    try:
        table = read_definition(sql)
    except NotUnderstood:
        yield Item(VIRTUAL, name, schema, None, _text(_behind_name(sql)), sql)
        return
    options = {option.lower(): True for option in table.options}
    yield Item(TABLE, name, schema, name, facts(options), sql)
    for column in table.columns:
        yield Item(COLUMN, column.name, schema, name, _column_facts(column), column.text)
    for column_of, clause in table.clauses:
        if clause.kind in _KINDS:
            yield _constraint(schema, name, table, column_of, clause)


def _column_facts(column: Column) -> tuple[tuple[str, str], ...]:
    given = {clause.kind: clause for clause in column.clauses if clause.kind in _OF_COLUMNS}
    collation = given[of.COLLATE].value.upper() if of.COLLATE in given else "BINARY"
    generated = given.get(of.GENERATED)
    return facts(
        {
            "type": normalized(column.type).upper(),
            "not null": _with_conflict(given[of.NOT_NULL]) if of.NOT_NULL in given else None,
            "default": _default(given[of.DEFAULT].value) if of.DEFAULT in given else None,
            "collation": collation if collation != "BINARY" else None,
            "generated": f"({normalized(generated.value)}) {'STORED' if generated.stored else 'VIRTUAL'}"
            if generated
            else None,
        }
    )


def _with_conflict(clause: Clause) -> str:
    return f"on conflict {clause.conflict}" if clause.conflict not in ("", "ABORT") else "yes"


def _default(text: str) -> str:
    """A default as it is compared: a name, in quotes or alone, is a text, and its letters count."""
    tokens = tokens_of(text)
    if len(tokens) == 1 and tokens[0].kind == WORD and tokens[0].word not in _MEANT:
        return literal(text)
    named = (literal(token.names) if token.kind == NAME else token.text for token in tokens)
    return _bare(normalized(" ".join(named)))


def _bare(text: str) -> str:
    """A default without parentheses around all of it, which mean nothing."""
    while text.startswith("(") and text.endswith(")") and _closes_last(text):
        text = text[1:-1]
    return text


def _closes_last(text: str) -> bool:
    depth = 0
    words = [token.text for token in tokens_of(text)]
    for place, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth == 0:
            return place == len(words) - 1
    return False


def _constraint(schema: str | None, table: str, definition: Definition, column: Column | None, clause: Clause) -> Item:
    columns = (column.name,) if column is not None else clause.columns
    found: dict[str, object] = {"on conflict": clause.conflict if clause.conflict != "ABORT" else None}
    if clause.kind == of.CHECK:
        found["expression"] = _bare(normalized(clause.value))
    else:
        found["columns"] = ", ".join(map(_term, clause.terms)) if clause.terms else _listed(columns)
    if clause.kind == of.PRIMARY_KEY:
        found |= {"autoincrement": clause.autoincrement, "descending": clause.descending}
    elif clause.reference is not None:
        found |= _reference_facts(clause.reference)
    return Item(
        _KINDS[clause.kind], clause.name or "", schema, table, facts(found), clause.text, clause.name is not None
    )


def _reference_facts(reference: Reference) -> dict[str, object]:
    no_action = ("", "NO ACTION")
    return {
        "to": f"{reference.table.lower()} ({_listed(reference.columns)})",
        "on delete": reference.on_delete if reference.on_delete not in no_action else None,
        "on update": reference.on_update if reference.on_update not in no_action else None,
        "match": reference.match.upper(),
        "deferrable": reference.deferral if "INITIALLY DEFERRED" in reference.deferral else None,
    }


def _term(text: str) -> str:
    return normalized(text).removesuffix(" asc")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name.lower() for name in names)


def _index_facts(sql: str) -> tuple[tuple[str, str], ...]:
    """What an index is: all behind ON and the table, as SQLite keeps it."""
    tokens = tokens_of(sql)
    place = next(number for number, token in enumerate(tokens) if token.word == "ON")
    return facts({"unique": tokens[1].word == "UNIQUE", "on": normalized(sql[tokens[place + 1].end :])})
