"""A column, as `SHOW CREATE TABLE` prints it."""

from __future__ import annotations

from ....catalog import COLUMN, SEQUENCE, Item
from ....catalog.items import facts
from ....record import TYPE_CHECKING
from .tokens import closing, joined, sequences_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .tokens import Token

_TEXTS = frozenset(("CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET"))
"""Types that have a character set, said or unsaid."""
_OF_TYPES = frozenset(("UNSIGNED", "ZEROFILL", "PRECISION", "VARYING"))
_BEGINNINGS = frozenset(
    (
        *("CHARACTER", "CHARSET", "COLLATE", "COMPRESSED", "NOT", "NULL", "DEFAULT", "ON", "AUTO_INCREMENT"),
        *("GENERATED", "AS", "VIRTUAL", "STORED", "PERSISTENT", "COMMENT", "INVISIBLE", "VISIBLE", "CHECK"),
        *("WITH", "WITHOUT", "SRID", "REF_SYSTEM_ID", "COLUMN_FORMAT", "STORAGE", "SECONDARY_ENGINE_ATTRIBUTE"),
        *("ENGINE_ATTRIBUTE", "NO", "REFERENCES"),
    )
)
"""Words with which something new begins behind a type, outside of brackets."""
_FACTS = {
    "CHARACTER": "charset",
    "CHARSET": "charset",
    "COLLATE": "collation",
    "COMPRESSED": "compressed",
    "NOT": "not null",
    "DEFAULT": "default",
    "ON": "on update",
    "AUTO_INCREMENT": "auto increment",
    "GENERATED": "generated",
    "AS": "generated",
    "VIRTUAL": "virtual",
    "STORED": "stored",
    "PERSISTENT": "stored",
    "COMMENT": "comment",
    "INVISIBLE": "invisible",
    "CHECK": "check",
}
_SAID = {"CHARACTER": 2, "ON": 2, "NOT": 2, "GENERATED": 3}
"""How many words some of them begin with; the others with one."""


def read_column(table: Item, tokens: Sequence[Token]) -> Item:
    """A column.

    Args:
        table: which it is part of; has the character set of columns that say none.
        tokens: its line.
    """
    name, *words = tokens
    end = _behind_type(words)
    found: dict[str, Any] = {"type": joined(words[:end])}
    others: list[str] = []
    for phrase in _phrases(words[end:]):
        said = phrase[0].word
        if said in _FACTS and joined(phrase).upper() != "NOT SECONDARY":
            found[_FACTS[said]] = joined(phrase[_SAID.get(said, 1) :]) or True
        elif said not in ("NULL", "VISIBLE"):  # which is how a column is without it
            others.append(joined(phrase))
    found["options"] = " ".join(others)
    if words[0].word in _TEXTS:
        found["charset"], found["collation"] = _charset(table, found.get("charset"), found.get("collation"))
    uses = tuple((SEQUENCE, schema, None, sequence) for schema, sequence in sorted(sequences_in(words), key=str))
    return Item(COLUMN, name.name, table.schema, table.name, facts(found), joined(tokens), uses=uses)


def _behind_type(words: Sequence[Token]) -> int:
    end = 1
    if end < len(words) and words[end].text == "(":
        end = closing(words, end) + 1
    while end < len(words) and words[end].word in _OF_TYPES:
        end += 1
    return end


def _phrases(words: Sequence[Token]) -> list[list[Token]]:
    """The properties behind a type: each begins with a word that does, and has all up to the next."""
    found: list[list[Token]] = []
    depth = 0
    for token in words:
        is_beginning = depth == 0 and (token.word in _BEGINNINGS or _begins_option(token, found))
        if not found or (is_beginning and not _continues(token, found[-1])):
            found.append([])
        found[-1].append(token)
        depth += {"(": 1, ")": -1}.get(token.text, 0)
    return found


def _begins_option(token: Token, found: list[list[Token]]) -> bool:
    """Whether it is the name of an option of a storage engine: `` `compression`='lz4' ``."""
    return token.kind == "name" and token.has_blank and bool(found)


def _continues(token: Token, phrase: list[Token]) -> bool:
    """Whether a word that could begin something is a part of what came before."""
    first, word = phrase[0].word, token.word
    if len(phrase) == 1 and first in ("DEFAULT", "NOT", "CHARACTER", "COLLATE", "CHARSET", "COMMENT", "STORAGE"):
        return True
    return first in ("GENERATED", "AS") and word == "AS" and len(phrase) < _SAID["GENERATED"]


def _charset(table: Item, charset: Any, collation: Any) -> tuple[str | None, str | None]:
    """The character set and the collation of a text; the latter is None if it is not said, as the usual one."""
    if charset is None and collation is not None:
        charset = collation.partition("_")[0]
    if charset is not None:
        return charset, collation
    return table.fact("charset"), table.fact("collation")
