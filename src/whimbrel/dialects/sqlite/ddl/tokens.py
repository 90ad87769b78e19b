"""The tokens of SQLite's own language, each with its place in the text.

`dialects.statement` reads any database's SQL as far as a statement's beginning, and needs neither places nor numbers.
Here the text between two tokens is kept too, so all of it is told apart as SQLite does.
"""

from __future__ import annotations

import re

from ....record import Record
from ...statement import words_of

WORD, NAME, STRING, NUMBER, OTHER = "word", "name", "string", "number", "other"
_IN_A_WORD = r"[A-Za-z0-9_$\x80-\U0010ffff]"
_BEFORE_PARENTHESIS = words_of(
    "ALWAYS AND AS BETWEEN BY CASE CHECK ELSE EXISTS FROM IN IS LIKE NOT ON OR SELECT THEN VALUES WHEN WHERE"
)
"""Words behind which a parenthesis begins no arguments."""
_OPERATORS = frozenset(["||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "->"])
_TOKEN = re.compile(
    rf"""(?P<blank>[ \t\n\f\r]+|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<string>[xX]?'(?:[^']|'')*')
    |(?P<number>0[xX][0-9A-Fa-f_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)
    |(?P<word>(?![0-9$]){_IN_A_WORD}+)
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)


class Token(Record):
    """A token of a text.

    Attributes:
        kind: one of WORD, NAME (a quoted one), STRING, NUMBER, OTHER.
        text: as it is written.
        start: where it begins.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """An unquoted word in capitals; empty for whatever else."""
        return self.text.upper() if self.kind == WORD else ""

    @property
    def names(self) -> str:
        """What it names, without its quotes. SQLite takes a string for a name where only a name can stand."""
        if self.kind not in (NAME, STRING):
            return self.text
        closing = self.text[-1]
        return self.text[1:-1] if closing == "]" else self.text[1:-1].replace(closing * 2, closing)


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, without blanks and comments."""
    return [
        Token(match.lastgroup, match[0], match.start())
        for match in _TOKEN.finditer(text)
        if match.lastgroup is not None and match.lastgroup != "blank"
    ]


def mentions(text: str, name: str) -> bool:
    """Whether a text has a name in it, quoted or not. It may mean something else by it."""
    sought = name.lower()
    return any(token.kind in (WORD, NAME) and token.names.lower() == sought for token in tokens_of(text))


def names_in_quotes(text: str) -> set[str]:
    """The names in double quotes, in lower case: SQLite takes one that names nothing for a string."""
    return {token.names.lower() for token in tokens_of(text) if token.kind == NAME and token.text[0] == '"'}


def normalized(text: str) -> str:
    """A text as it is compared, and told: without comments, quotes around names and differences of case in words, and
    with blanks as people write them.
    """
    written = ""
    before: Token | None = None
    for token in tokens_of(text):
        gap = " " if before is not None and _is_apart(before, token) else ""
        written += gap + (token.names.lower() if token.kind in (WORD, NAME) else token.text)
        before = token
    return written


def _is_apart(before: Token, token: Token) -> bool:
    """Whether there is a blank between two tokens: `f(a, b)`, but `a IN (1, 2)`."""
    if before.text == "(" or token.text in (")", ",") or before.text + token.text in _OPERATORS:
        return False
    return token.text != "(" or before.kind not in (WORD, NAME) or before.word in _BEFORE_PARENTHESIS


def quoted(name: str) -> str:
    """A name in SQLite's quotes."""
    return '"' + name.replace('"', '""') + '"'
