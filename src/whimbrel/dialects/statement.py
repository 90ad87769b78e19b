"""SQL text, read just far enough to know what a statement does to which object."""

from __future__ import annotations

import re
from itertools import islice

from ..record import Record


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def _pattern(blank: str, quoted: str, string: str) -> re.Pattern[str]:
    text = rf"(?P<blank>\s+|--[^\n]*|/\*(?!M?!).*?\*/{blank})|(?P<quoted>`(?:[^`]|``)*`{quoted})|(?P<string>{string})"
    return re.compile(rf"{text}|(?P<word>[^\W\d][\w$]*)|(?P<other>.)", re.DOTALL)


_NAME = r'|"(?:[^"]|"")*"'
_PLAIN = r"'(?:[^']|'')*'"
_ESCAPED = r"'(?:[^'\\]|''|\\.)*'"
_TOKENS = {
    "mysql": _pattern(r"|\#[^\n]*", r'|"(?:[^"\\]|""|\\.)*"', _ESCAPED),
    "postgresql": _pattern("", _NAME, rf"[eE]{_ESCAPED}|{_PLAIN}|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$"),
    "sqlite": _pattern("", rf"{_NAME}|\[[^\]]*\]", _PLAIN),
}
_TOKENS["mariadb"] = _TOKENS["mysql"]
_HEAD = 800  # tokens and blanks that are looked at: enough for the words before and behind the names
_BEFORE_KIND = words_of(
    "UNIQUE FULLTEXT SPATIAL ONLINE OFFLINE OR REPLACE TEMPORARY TEMP GLOBAL LOCAL UNLOGGED VIRTUAL IGNORE "
    "MATERIALIZED RECURSIVE FOREIGN"
)
_BEFORE_NAME = words_of("IF NOT EXISTS CONCURRENTLY ONLY")  # of these alone: a table may be called "temp"
_BEFORE_ROWS = words_of("LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK IGNORE OR REPLACE ABORT FAIL ROLLBACK INTO FROM ONLY")
_HAS_A_NAME = words_of(
    "CREATE ALTER DROP RENAME TRUNCATE INSERT UPDATE DELETE REPLACE MERGE CALL WITH COMMENT REINDEX VACUUM CLUSTER "
    "REFRESH ANALYZE LOAD COPY SAVEPOINT RELEASE ROLLBACK GRANT REVOKE SECURITY IMPORT"
)  # in others, what looks like one may be a string
_HAS_A_BODY = words_of("TRIGGER PROCEDURE FUNCTION EVENT PACKAGE")
_DATA = words_of("INSERT UPDATE DELETE REPLACE MERGE")
_MAY_HOLD_DATA = words_of("WITH EXPLAIN ANALYZE")  # before one that changes data, which they execute
_LOOKS = re.compile(r"\s*(?:SELECT|SHOW|DESCRIBE|PRAGMA)\b", re.IGNORECASE)
_HELD = re.compile(r"\b(?:(?<!\bFOR\s)UPDATE|DELETE|MERGE|(?:INSERT|REPLACE)(?!\s*\())\b", re.IGNORECASE)


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
        others: the statements that follow in the same text.
    """

    verb: str
    subject: str
    name: tuple[str, ...]
    table: tuple[str, ...]
    modifiers: frozenset[str]
    words: frozenset[str]
    several: bool
    others: tuple[Statement, ...] = ()

    @property
    def summary(self) -> str:
        """The statements without their values, for people: `ALTER TABLE shop.item`."""
        return "; ".join(part._summary for part in self.parts)

    @property
    def _summary(self) -> str:
        about = ".".join(self.name) or ("on " + ".".join(self.table) if self.table else "")
        held = " … ".join(sorted(self.words & _DATA)) if self.verb in _MAY_HOLD_DATA else ""
        return " ".join(filter(None, (self.verb or "a statement", self.subject, about, held and f"… {held}")))

    @property
    def parts(self) -> tuple[Statement, ...]:
        """All statements of the text."""
        return (self, *self.others)

    @property
    def changes_data(self) -> bool:
        """Whether it is an INSERT, UPDATE or the like."""
        return self.verb in _DATA or (self.verb in _MAY_HOLD_DATA and not self.words.isdisjoint(_DATA))


def only_looks(sql: str) -> bool:
    """Whether it is plain from how a text begins that it changes nothing, on any database.

    Most statements of a revision on SQLite are questions: how a table is made, before it is rebuilt.
    """
    if _LOOKS.match(sql) is None or ";" in sql[:-1]:
        return False
    return "INTO" not in sql.upper()


def read_statement(sql: str, kind: str = "sqlite") -> Statement:
    """Read a statement, and those that follow it in the same text; what it is not clear about stays empty.

    Args:
        sql: the text.
        kind: the kind of database, as SQLAlchemy calls it: what is a string, and what a name, depends on it.
    """
    tokens = _tokens(sql, kind)
    if ";" not in sql:
        return _read(tokens, sql)
    first, *others = _apart(tokens, kind) or [[]]
    return _read(first, sql)._replace(others=tuple(_read(other, sql) for other in others))


def _read(tokens: list[tuple[str, str]], sql: str) -> Statement:
    tokens = _without_settings(tokens)
    words = frozenset(text.upper() for kind, text in tokens if kind == "word")
    if not tokens or tokens[0][0] != "word":
        return Statement("", "", (), (), frozenset(), words, False)
    verb = tokens[0][1].upper()
    if verb in _MAY_HOLD_DATA:  # in all of it, however long, and whatever is a comment or a string to whom
        words = (words - _DATA) | frozenset(word.upper() for word in _HELD.findall(sql))
    subject, position = _subject(tokens, verb)
    modifiers = frozenset(text.upper() for _, text in tokens[1:position]) - {subject}
    has_name = verb in _HAS_A_NAME and not _is_word(tokens, position, "ON")
    name, position = _name(tokens, position) if has_name else ((), position)
    table = _table(tokens, position) if subject == "INDEX" else ()
    return Statement(verb, subject, name, table, modifiers, words, _several(tokens, position, verb))


def _tokens(sql: str, kind: str) -> list[tuple[str, str]]:
    """The tokens of the beginning; of all of it, if it may be several statements."""
    matches = _TOKENS.get(kind, _TOKENS["sqlite"]).finditer(sql)
    some = matches if ";" in sql else islice(matches, _HEAD)
    return [(shape, match[0]) for match in some if (shape := match.lastgroup) is not None and shape != "blank"]


def _apart(tokens: list[tuple[str, str]], kind: str) -> list[list[tuple[str, str]]]:
    """The statements of a text. One with a body that is not quoted has all that follows it in the text."""
    statements: list[list[tuple[str, str]]] = [[]]
    for token in tokens:
        if token == ("other", ";") and not _is_in_a_body(statements[-1], kind):
            statements.append([])
        else:
            statements[-1].append(token)
    return [statement for statement in statements if statement]


def _is_in_a_body(tokens: list[tuple[str, str]], kind: str) -> bool:
    words = [text.upper() for shape, text in tokens if shape == "word"]
    if words[:2] == ["BEGIN", "NOT"]:
        return True
    has_one = words[:1] in (["CREATE"], ["ALTER"]) and not _HAS_A_BODY.isdisjoint(words)
    return has_one and "BEGIN" in words and (kind != "postgresql" or "ATOMIC" in words)


def _without_settings(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is executed by MariaDB's `SET STATEMENT … FOR`."""
    if _is_word(tokens, 0, "SET") and _is_word(tokens, 1, "STATEMENT"):
        return next((tokens[number + 1 :] for number in range(len(tokens)) if _is_word(tokens, number, "FOR")), tokens)
    return tokens


def _subject(tokens: list[tuple[str, str]], verb: str) -> tuple[str, int]:
    """The kind of object, and where its name begins."""
    if verb in _DATA or verb == "WITH":
        return "", _behind(_BEFORE_ROWS, tokens, 1)
    if verb == "TRUNCATE":
        return "TABLE", _behind(_BEFORE_NAME, tokens, 2 if _is_word(tokens, 1, "TABLE") else 1)
    position, subject = _behind(_BEFORE_KIND, tokens, 1), ""
    if position < len(tokens) and tokens[position][0] == "word":
        subject, position = tokens[position][1].upper(), position + 1
    return subject, _behind(_BEFORE_NAME, tokens, position)


def _several(tokens: list[tuple[str, str]], position: int, verb: str) -> bool:
    """Whether there is another object behind the first."""
    if verb in ("DROP", "TRUNCATE", "DELETE"):
        return position < len(tokens) and tokens[position][1] == ","
    if verb not in ("RENAME", "UPDATE"):
        return False
    end = next((number for number in range(position, len(tokens)) if _is_word(tokens, number, "SET")), len(tokens))
    return any(text == "," or (kind == "word" and text.upper() == "JOIN") for kind, text in tokens[position:end])


def _behind(words: frozenset[str], tokens: list[tuple[str, str]], position: int) -> int:
    while position < len(tokens) and tokens[position][0] == "word" and tokens[position][1].upper() in words:
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
            return _name(tokens, _behind(_BEFORE_NAME, tokens, number + 1))[0]
    return ()
