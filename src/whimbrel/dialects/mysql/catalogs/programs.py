"""What a schema has besides tables: views, sequences, triggers, routines and events.

Who has made one (its DEFINER) is no part of what it is, and whoever runs a revision makes it anew. Nor is the SQL mode
of the session in which it was made.
"""

from __future__ import annotations

import re

from ....catalog import SEQUENCE, Item
from ....catalog.items import facts
from ....record import TYPE_CHECKING
from .kinds import EVENT, TRIGGER, VIEW
from .tables import options_of
from .tokens import closing, joined, quoted, tokens_of, without_database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .tokens import Token

_NAME = r"(?:`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\")"
_HEAD = (
    rf"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*{_NAME}(?:@{_NAME})?\s*)?(AGGREGATE\s+)?"
    rf"{{kind}}\s+(?:{_NAME}\.)?{_NAME}"
)
_STARTS = re.compile(r"(?<= )STARTS '[^']*' ")


def read_view(database: str, schema: str | None, name: str, text: str) -> Item:
    """A view, from what `SHOW CREATE VIEW` prints."""
    tokens = tokens_of(text)
    place = next(place for place, token in enumerate(tokens) if token.word == "VIEW")
    properties = [token.word for token in tokens[:place]]
    behind = next(number for number in range(place, len(tokens)) if tokens[number].word == "AS")
    algorithm = properties[properties.index("ALGORITHM") + 2] if "ALGORITHM" in properties else "UNDEFINED"
    security = properties[properties.index("SECURITY") + 1] if "SECURITY" in properties else "DEFINER"
    query = without_database(tokens[behind + 1 :], database)
    columns = _columns(tokens[place:behind])
    found = {
        "algorithm": "" if algorithm == "UNDEFINED" else algorithm,
        "security": "" if security == "DEFINER" else security,
        "columns": columns,
        "query": joined(query),
    }
    definition = (
        f"CREATE OR REPLACE ALGORITHM={algorithm} SQL SECURITY {security} VIEW {quoted(schema, name)}"
        f" {columns}{' ' * bool(columns)}AS {joined(query)}"
    )
    return Item(VIEW, name, schema, None, facts(found), definition)


def _columns(tokens: Sequence[Token]) -> str:
    """The names of its columns, where the server keeps them apart from the query."""
    start = next((place for place, token in enumerate(tokens) if token.text == "("), None)
    return "" if start is None else joined(tokens[start : closing(tokens, start) + 1])


def read_sequence(schema: str | None, name: str, text: str) -> Item:
    """A sequence of MariaDB, from what `SHOW CREATE SEQUENCE` prints; how far it is does not matter."""
    tokens = tokens_of(text)
    words = tokens[5 if tokens[3].text == "." else 3 :]
    end = next((place for place, token in enumerate(words) if token.word == "ENGINE"), len(words))
    found = {"numbers": joined(words[:end]), **{option: value for option, value, _ in options_of(words[end:])}}
    return Item(SEQUENCE, name, schema, None, facts(found), f"CREATE SEQUENCE {quoted(schema, name)} {joined(words)}")


def read_routine(kind: str, schema: str | None, name: str, text: str) -> Item:
    """A function, a procedure, or a package, from what `SHOW CREATE` prints."""
    is_aggregate, rest = _without_head(text, kind)
    sort = "AGGREGATE FUNCTION" if is_aggregate else kind.upper()
    found = {"aggregate": is_aggregate, "definition": rest.strip()}
    return Item(kind, name, schema, None, facts(found), f"CREATE {sort} {quoted(schema, name)}{rest}")


def read_event(schema: str | None, name: str, text: str, *, starts_when_made: bool) -> Item:
    """An event, from what `SHOW CREATE EVENT` prints.

    Args:
        schema: the schema that it is in.
        name: its name.
        text: what is printed.
        starts_when_made: whether it starts at the moment at which it was made, which is so if nobody has said when.
    """
    _, rest = _without_head(text, EVENT)
    if starts_when_made:
        rest = _STARTS.sub("", rest, count=1)
    definition = f"CREATE EVENT {quoted(schema, name)}{rest}"
    return Item(EVENT, name, schema, None, facts({"definition": rest.strip()}), definition)


def read_trigger(schema: str | None, table: str, name: str, when: str, order: int, statement: str) -> Item:
    """A trigger.

    Args:
        schema: the schema that it is in.
        table: the table that it is on.
        name: its name.
        when: `BEFORE INSERT`, …
        order: its place among those of the same table and the same `when`.
        statement: what it executes.
    """
    definition = f"CREATE TRIGGER {quoted(schema, name)} {when} ON {quoted(schema, table)} FOR EACH ROW {statement}"
    found = {"when": when, "order": order, "statement": statement}
    return Item(TRIGGER, name, schema, table, facts(found), definition)


def _without_head(text: str, kind: str) -> tuple[bool, str]:
    """Whether it is an aggregate, and what stands behind the name, as somebody has written it."""
    head = re.match(_HEAD.format(kind=kind), text, re.IGNORECASE)
    return (bool(head[1]), text[head.end() :]) if head else (False, text)
