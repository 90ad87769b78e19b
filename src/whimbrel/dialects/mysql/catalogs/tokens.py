"""The words of what `SHOW CREATE` prints: names, strings, brackets and all else."""

from __future__ import annotations

import re
from itertools import pairwise

from ....record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"(?P<blank>(?:\s|/\*M?!\d*|\*/)+)"  # what is for newer servers only is for this one, or it would not print it
    r"|(?P<name>`(?:[^`]|``)*`)"
    r'|(?P<ansi>"(?:[^"]|"")*")'  # a name too: with the SQL mode ANSI_QUOTES
    r"|(?P<string>'(?:[^'\\]|''|\\.)*')"
    r"|(?P<word>[\w$]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)


class Token(Record):
    """One of them.

    Attributes:
        kind: `name`, `string`, `word` or `other`.
        text: as it is in a statement, names in backticks.
        has_blank: whether there is a blank before it.
    """

    kind: str
    text: str
    has_blank: bool

    @property
    def word(self) -> str:
        """In capitals, if it is a word of the language; empty if not."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """What it names."""
        return self.text[1:-1].replace("``", "`") if self.kind == "name" else self.text


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, whatever the SQL mode in which the server has printed it."""
    found: list[Token] = []
    has_blank = False
    for match in _TOKEN.finditer(text):
        kind, token = str(match.lastgroup), match[0]
        if kind == "ansi":
            kind, token = "name", quoted(token[1:-1].replace('""', '"'))
        if kind != "blank":
            found.append(Token(kind, token, has_blank))
        has_blank = kind == "blank"
    return found


def joined(tokens: Sequence[Token]) -> str:
    """The text of some tokens, with one blank where there were any."""
    return "".join(" " * token.has_blank + token.text for token in tokens).strip()


def quoted(*names: str | None) -> str:
    """Names as they stand in a statement, joined by dots; None is left out."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names if name)


def closing(tokens: Sequence[Token], start: int) -> int:
    """Where the bracket that is opened at some place is closed."""
    depth = 0
    for place in range(start, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place].text, 0)
        if depth == 0:
            return place
    return len(tokens) - 1


def parts_of(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """What the commas outside of all brackets separate."""
    commas = [-1, *(place for place, token in _outside(tokens) if token.text == ","), len(tokens)]
    return [tokens[start + 1 : end] for start, end in pairwise(commas) if end > start + 1]


def _outside(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    depth = 0
    for place, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            yield place, token


def without_database(tokens: Sequence[Token], database: str) -> Sequence[Token]:
    """Tokens without the name of the database that things are in, which is another one elsewhere.

    It stays where an alias may be called like it: before a column alone.

    Args:
        tokens: of an expression, or of a query.
        database: its name.
    """
    places = {
        place
        for place, token in enumerate(tokens)
        if token.kind == "name" and token.name == database and _is_qualifier(tokens, place)
    }
    if not places:
        return tokens
    return [
        token._replace(has_blank=tokens[place - 2].has_blank) if place - 2 in places else token
        for place, token in enumerate(tokens)
        if place not in places and place - 1 not in places
    ]


_OF_SEQUENCES = ("NEXTVAL", "LASTVAL", "SETVAL")
_BEFORE_RELATIONS = ("FROM", "JOIN", "STRAIGHT_JOIN")


def relations_in(tokens: Sequence[Token]) -> set[tuple[str | None, str]]:
    """The tables and views that a query is made of: schema and name."""
    return _named_behind(tokens, _BEFORE_RELATIONS)


def sequences_in(tokens: Sequence[Token]) -> set[tuple[str | None, str]]:
    """The sequences that an expression asks for numbers: schema and name."""
    return _named_behind(tokens, _OF_SEQUENCES)


def _named_behind(tokens: Sequence[Token], words: Sequence[str]) -> set[tuple[str | None, str]]:
    found: set[tuple[str | None, str]] = set()
    for place, token in enumerate(tokens):
        if token.kind == "name" and _word_before(tokens, place) in words:
            is_qualified = [other.text for other in tokens[place + 1 : place + 2]] == ["."]
            found.add((token.name, tokens[place + 2].name) if is_qualified else (None, token.name))
    return found


def _is_qualifier(tokens: Sequence[Token], place: int) -> bool:
    """Whether a name is that of a database: before a function, a table with its column, or where a table is."""
    following = [token.text for token in tokens[place + 1 : place + 4]]
    if following[:1] != ["."] or (place and tokens[place - 1].text == "."):
        return False
    return following[2:] in (["("], ["."]) or _word_before(tokens, place) in (*_OF_SEQUENCES, *_BEFORE_RELATIONS)


def _word_before(tokens: Sequence[Token], place: int) -> str:
    """The word before a name, and before the brackets that it is in."""
    before = place - 1
    while before >= 0 and tokens[before].text == "(":
        before -= 1
    return tokens[before].word if before >= 0 else ""
