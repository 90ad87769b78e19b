"""Reads a `CREATE INDEX`, as SQLite keeps it."""

from __future__ import annotations

from ....record import TYPE_CHECKING, Record
from .tokens import NAME, WORD, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .tokens import Token


class IndexDefinition(Record):
    """An index.

    Attributes:
        name: without quotes.
        is_unique: whether no two rows have the same in it.
        parts: what it is on, each part as it is written: a column, an expression, either with COLLATE and DESC.
        columns: the parts that are a column and nothing more, without quotes; None in the place of any other part.
        where: the condition of a partial index, as it is written; empty if it is on all rows.
    """

    name: str
    is_unique: bool
    parts: tuple[str, ...]
    columns: tuple[str | None, ...]
    where: str = ""


def read_index(text: str) -> IndexDefinition:
    """Read the text of an index, as `sqlite_master` has it: of what is behind the name, nothing is changed."""
    tokens = tokens_of(text)
    on = next(number for number, token in enumerate(tokens) if token.word == "ON")
    parts: list[tuple[str, str | None]] = []
    end = on + 2
    for part in _parts(tokens, on + 3):
        end += len(part) + 1
        is_column = len(part) == 1 and part[0].kind in (WORD, NAME)
        parts.append((text[part[0].start : part[-1].end], part[0].names if is_column else None))
    rest = tokens[end + 1 :]
    where = text[rest[0].end :].strip() if rest and rest[0].word == "WHERE" else ""
    written, columns = zip(*parts, strict=True)
    return IndexDefinition(tokens[on - 1].names, tokens[1].word == "UNIQUE", written, columns, where)


def _parts(tokens: Sequence[Token], start: int) -> Iterator[list[Token]]:
    """What stands between the commas, up to the parenthesis that closes the list."""
    depth = 0
    part: list[Token] = []
    for token in tokens[start:]:
        if depth == 0 and token.text in (",", ")"):
            yield part
            part = []
            if token.text == ")":
                return
            continue
        depth += (token.text == "(") - (token.text == ")")
        part.append(token)
