"""A table and its parts, from what `SHOW CREATE TABLE` prints."""

from __future__ import annotations

import re

from ....catalog import CHECK, FOREIGN_KEY, INDEX, PRIMARY_KEY, TABLE, UNIQUE, Item
from ....catalog.items import facts
from ....connect.url import MASK, mask
from ....record import TYPE_CHECKING
from .columns import read_column
from .kinds import IGNORED, PERIOD
from .tokens import closing, joined, parts_of, quoted, tokens_of, without_database

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any

    from .tokens import Token

_KEYS = ("PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "VECTOR")
_CALLED = {"default charset": "charset", "collate": "collation"}
_WITHOUT_SIGN = {"WITH": 3, "TABLESPACE": 2, "STORAGE": 2}
"""Options without `=`, and of how many words: `WITH SYSTEM VERSIONING`."""
_NOT_MEANT = ("auto_increment",)
"""Options that say how far a table is, and not what it is."""
_MADE_UP_CHECK = r"CONSTRAINT_\d+|{table}_chk_\d+"
_MADE_UP_KEY = r"({table}_ibfk_)?\d+"
"""Names that a server gives. Newer ones of MariaDB number the foreign keys of each table."""


def read_table(database: str, schema: str | None, name: str, text: str) -> list[Item]:
    """A table, and its parts.

    Args:
        database: that names without one are looked up in; where it stands, it is left out.
        schema: the schema of the table.
        name: its name.
        text: what `SHOW CREATE TABLE` prints of it.
    """
    tokens = tokens_of(text)
    start = next(place for place, token in enumerate(tokens) if token.text == "(")
    end = closing(tokens, start)
    table = _table(schema, name, _masked(tokens[end + 1 :]))
    parts = [_part(table, part, database) for part in parts_of(tokens[start + 1 : end])]
    keys = {part.name.lower() for part in parts if part.kind == FOREIGN_KEY}
    return [table, *(_with_origin(part, keys) for part in parts)]


def _table(schema: str | None, name: str, tokens: Sequence[Token]) -> Item:
    behind = next((place for place, token in enumerate(tokens) if token.word == "PARTITION"), len(tokens))
    partition = joined(tokens[behind:])
    options = [option for option in options_of(tokens[:behind]) if option[0] not in _NOT_MEANT]
    found: dict[str, Any] = {**{option: value for option, value, _ in options}, "partition": partition}
    definition = " ".join(filter(None, (*(text for _, _, text in options), partition)))
    return Item(TABLE, name, schema, name, facts(found), definition)


def _masked(tokens: Sequence[Token]) -> list[Token]:
    """Options without the password of `CONNECTION='mysql://user:password@host/…'`, of FEDERATED and its like.

    What is read here is shown, kept, and written into files that many people have. So a password is not even compared:
    whoever makes the table from such a file has to write it there.
    """
    return [
        token._replace(text=f"'{_without_password(token.text[1:-1])}'") if _is_connection(tokens, place) else token
        for place, token in enumerate(tokens)
    ]


def _is_connection(tokens: Sequence[Token], place: int) -> bool:
    before = [token.word or token.text for token in tokens[max(place - 2, 0) : place]]
    return tokens[place].kind == "string" and before == ["CONNECTION", "="]


def _without_password(text: str) -> str:
    """Up to the last `@`, whatever stands before it. What is no URL may have any number of secrets: `UID=…;PWD=…`."""
    if "://" not in text:
        return MASK if "=" in text else text
    return mask(re.sub(r"(?s)(://[^:]*:).*@", rf"\g<1>{MASK}@", text))


def options_of(tokens: Sequence[Token]) -> Iterator[tuple[str, str | bool, str]]:
    """The options of a table: what each is called here, its value, and all of its text.

    Args:
        tokens: what stands behind the columns, up to the partitions.
    """
    place = 0
    while place < len(tokens):
        sign = place
        while sign < len(tokens) and tokens[sign].text != "=":
            sign += 1
        width = _WITHOUT_SIGN.get(tokens[place].word)
        end = place + width if width else _behind_value(tokens, sign + 1)
        name = " ".join(token.name for token in tokens[place:sign]).lower()
        if width:
            yield tokens[place].word.lower(), joined(tokens[place + 1 : end]), joined(tokens[place:end])
        else:
            yield _CALLED.get(name, name), joined(tokens[sign + 1 : end]) or True, joined(tokens[place:end])
        place = end


def _behind_value(tokens: Sequence[Token], start: int) -> int:
    if start < len(tokens) and tokens[start].text == "(":
        return closing(tokens, start) + 1
    end = start + 1
    while end < len(tokens) and not tokens[end].has_blank:
        end += 1
    return end


def _part(table: Item, tokens: Sequence[Token], database: str) -> Item:
    word = tokens[0].word
    if word == "CONSTRAINT" and tokens[2].word == "FOREIGN":
        return _foreign_key(table, tokens, database)
    tokens = without_database(tokens, database)
    if word == "CONSTRAINT":
        return _check(table, tokens)
    if word == "PERIOD":
        found = facts({"columns": joined(tokens[3:])})
        return Item(PERIOD, tokens[2].name, table.schema, table.name, found, joined(tokens))
    return _key(table, tokens) if word in _KEYS else read_column(table, tokens)


def _key(table: Item, tokens: Sequence[Token]) -> Item:
    """A key: `UNIQUE KEY name (columns) USING BTREE COMMENT '…'`."""
    start = next(place for place, token in enumerate(tokens) if token.text == "(")
    end = closing(tokens, start)
    kind = tokens[0].word
    columns = parts_of(tokens[start + 1 : end])
    behind = tokens[end + 1 :]
    ignored = next((token.word for token in behind if token.word in ("IGNORED", "INVISIBLE")), None)
    size = next((place for place, token in enumerate(behind) if token.word == "KEY_BLOCK_SIZE"), len(behind))
    options = [*behind[:size], *behind[size + 3 :]]
    found: dict[str, Any] = {
        "columns": ", ".join(joined(column) for column in columns),
        "kind": kind.lower() if kind in ("FULLTEXT", "SPATIAL", "VECTOR") else "",
        "options": joined([token for token in options if token.word != ignored]),
        IGNORED: ignored,
        # One that says none has that of its table, and keeps it when the table gets another.
        "key_block_size": joined(behind[size + 2 : size + 3]) or table.fact("key_block_size"),
    }
    name = "" if kind == "PRIMARY" else tokens[start - 1].name
    is_named = re.fullmatch(_made_up_name(columns[0]), name, re.IGNORECASE) is None and bool(name)
    sort = {"PRIMARY": PRIMARY_KEY, "UNIQUE": UNIQUE}.get(kind, INDEX)
    return Item(sort, name, table.schema, table.name, facts(found), joined(tokens), is_named)


def _made_up_name(column: Sequence[Token]) -> str:
    """A regular expression for what a server calls a key that begins with a column, or with an expression."""
    called = re.escape(column[0].name) if column[0].kind == "name" else "functional_index"
    return rf"{called}(_\d+)?"


def _check(table: Item, tokens: Sequence[Token]) -> Item:
    name, clause = tokens[1].name, tokens[2:]
    end = closing(clause, 1) + 1
    found = {"expression": joined(clause[1:end]), "options": joined(clause[end:])}
    is_named = not _is_made_up(_MADE_UP_CHECK, table, name)
    return Item(CHECK, name, table.schema, table.name, facts(found), joined(tokens), is_named)


def _foreign_key(table: Item, tokens: Sequence[Token], database: str) -> Item:
    name = tokens[1].name
    found = _reference(table, tokens[2:], database)
    schema, target = _target(table, tokens[2:], database)
    # Without a database it would be a table of this one's.
    named = quoted(schema or (database if table.schema else None), target)
    definition = f"CONSTRAINT {quoted(name)} FOREIGN KEY ({found['columns']}) REFERENCES {named} ({found['to']})"
    actions = (f"{action.upper()} {found[action]}" for action in ("on delete", "on update") if action in found)
    is_named = not _is_made_up(_MADE_UP_KEY, table, name)
    return Item(FOREIGN_KEY, name, table.schema, table.name, facts(found), " ".join((definition, *actions)), is_named)


def _is_made_up(pattern: str, table: Item, name: str) -> bool:
    return re.fullmatch(pattern.format(table=re.escape(table.name)), name, re.IGNORECASE) is not None


def _reference(table: Item, clause: Sequence[Token], database: str) -> dict[str, str]:
    """What stands in `FOREIGN KEY (columns) REFERENCES target (columns) ON DELETE … ON UPDATE …`."""
    end = closing(clause, 2)
    start = _behind_target(clause)
    to_end = closing(clause, start)
    found = {
        "columns": _listed(clause[3:end]),
        "target": quoted(*_target(table, clause, database)),
        "to": _listed(clause[start + 1 : to_end]),
    }
    words = [token.word for token in clause[to_end + 1 :]]
    for action in ("DELETE", "UPDATE"):
        if action in words:
            behind = words[words.index(action) + 1 :]
            found[f"on {action.lower()}"] = " ".join(behind[: behind.index("ON")] if "ON" in behind else behind)
    return found


def _target(table: Item, clause: Sequence[Token], database: str) -> tuple[str | None, str]:
    """The table that a foreign key refers to: its schema, None for the database that is connected to, and its name."""
    names = [token.name for token in clause[closing(clause, 2) + 2 : _behind_target(clause)] if token.text != "."]
    schema = names[0] if len(names) > 1 else table.schema
    return (None if schema == database else schema, names[-1])


def _behind_target(clause: Sequence[Token]) -> int:
    return next(place for place in range(closing(clause, 2), len(clause)) if clause[place].text == "(")


def _listed(columns: Sequence[Token]) -> str:
    return ", ".join(joined(column) for column in parts_of(columns))


def _with_origin(part: Item, keys: Collection[str]) -> Item:
    """A key that a server has made for a foreign key has that one's name, which nobody has chosen for it."""
    return part._replace(is_named=False) if part.kind == INDEX and part.name.lower() in keys else part
