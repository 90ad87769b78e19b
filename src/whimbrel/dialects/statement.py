"""SQL text, read just far enough to know what a statement does to which object."""

from __future__ import annotations

import re

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Iterator


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_TOKEN = re.compile(
    r"""
      (?P<blank>\s+|--[^\n]*|\#[^\n]*|/\*(?!!).*?\*/)
    | (?P<quoted>`(?:[^`]|``)*`|"(?:[^"]|"")*"|\[[^\]]*\])
    | (?P<string>'(?:[^'\\]|''|\\.)*')
    | (?P<word>[^\W\d][\w$]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_HEAD = 400  # tokens that are looked at: enough for the words before and behind the names
_MODIFIERS = words_of(
    "UNIQUE FULLTEXT SPATIAL ONLINE OFFLINE OR REPLACE IF NOT EXISTS CONCURRENTLY ONLY TEMPORARY TEMP "
    "GLOBAL LOCAL UNLOGGED VIRTUAL IGNORE LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK INTO FROM MATERIALIZED "
    "RECURSIVE FOREIGN"
)
_DATA = words_of("INSERT UPDATE DELETE REPLACE MERGE")


class Statement(Record):
    """What a statement is about.

    Attributes:
        verb: its first word, in capitals; empty if it begins with none.
        subject: the kind of object that it is about: `TABLE`, `INDEX`, `VIEW`, …; empty for data.
        name: the object's name, in parts: schema and name; empty if it has none.
        table: for an index, the table that it is on.
        modifiers: the words around the kind of object: `UNIQUE`, `TEMPORARY`, `CONCURRENTLY`, `EXISTS`.
        words: all words of its beginning, in capitals.
        several: whether it names several objects.
    """

    verb: str
    subject: str
    name: tuple[str, ...]
    table: tuple[str, ...]
    modifiers: frozenset[str]
    words: frozenset[str]
    several: bool

    @property
    def summary(self) -> str:
        """The statement without its values, for people: `ALTER TABLE shop.item`."""
        about = ".".join(self.name) or ("on " + ".".join(self.table) if self.table else "")
        return " ".join(filter(None, (self.verb or "a statement", self.subject, about)))

    @property
    def changes_data(self) -> bool:
        """Whether it is an INSERT, UPDATE or the like."""
        return self.verb in _DATA or (self.verb == "WITH" and not self.words.isdisjoint(_DATA))


def read_statement(sql: str) -> Statement:
    """Read a statement; what it is not clear about stays empty."""
    tokens = list(_tokens(sql))
    words = frozenset(text.upper() for kind, text in tokens if kind == "word")
    if not tokens or tokens[0][0] != "word":
        return Statement("", "", (), (), frozenset(), words, False)
    verb, position = tokens[0][1].upper(), 1
    subject = ""
    if verb not in _DATA and verb != "WITH":
        position = _behind_modifiers(tokens, position)
        if position < len(tokens) and tokens[position][0] == "word":
            subject, position = tokens[position][1].upper(), position + 1
    position = _behind_modifiers(tokens, position)
    modifiers = frozenset(text.upper() for _, text in tokens[1:position]) - {subject}
    name, position = _name(tokens, position) if not _is_word(tokens, position, "ON") else ((), position)
    several = position < len(tokens) and tokens[position][1] == "," and verb in ("DROP", "RENAME", "TRUNCATE")
    table = _table(tokens, position) if subject == "INDEX" else ()
    return Statement(verb, subject, name, table, modifiers, words, several)


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    found = 0
    for match in _TOKEN.finditer(sql):
        if match.lastgroup == "blank":
            continue
        yield str(match.lastgroup), match[0]
        found += 1
        if found == _HEAD:
            return


def _behind_modifiers(tokens: list[tuple[str, str]], position: int) -> int:
    while position < len(tokens) and tokens[position][0] == "word" and tokens[position][1].upper() in _MODIFIERS:
        position += 1
    return position


def _is_word(tokens: list[tuple[str, str]], position: int, word: str) -> bool:
    return position < len(tokens) and tokens[position][0] == "word" and tokens[position][1].upper() == word


def _name(tokens: list[tuple[str, str]], position: int) -> tuple[tuple[str, ...], int]:
    """A name of several parts, and where it ends."""
    parts: list[str] = []
    while position < len(tokens) and tokens[position][0] in ("word", "quoted"):
        parts.append(_unquoted(*tokens[position]))
        position += 1
        if position + 1 >= len(tokens) or tokens[position][1] != ".":
            break
        position += 1
    return tuple(parts), position


def _unquoted(kind: str, text: str) -> str:
    return text if kind == "word" else text[1:-1].replace(text[-1] * 2, text[-1])


def _table(tokens: list[tuple[str, str]], position: int) -> tuple[str, ...]:
    """The table behind ON."""
    for number in range(position, len(tokens)):
        if _is_word(tokens, number, "ON"):
            return _name(tokens, _behind_modifiers(tokens, number + 1))[0]
    return ()
