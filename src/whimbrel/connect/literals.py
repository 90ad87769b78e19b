"""The literals of an SQL statement: found, so that they can be taken out of what is shown.

A statement is read just far enough to know what is a value and what is a name. Databases differ in that: MySQL has
strings in double quotes, PostgreSQL in dollars, SQLite takes a name that it does not know for a string.
"""

from __future__ import annotations

import re

from ..record import TYPE_CHECKING, Record
from .url import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match, Pattern

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}
_DEPTH = 3  # how deep SQL stands in the strings of SQL: a DO block whose EXECUTE has a literal

# What follows is said on purpose: it is the message of an error that the statement raises itself.
_SAYS = {
    kind: re.compile(rf"(?:{before})\s*$", re.IGNORECASE)
    for kind, before in {
        "mysql": r"\bMESSAGE_TEXT\s*=",
        "postgresql": r"\bRAISE(?:\s+(?:EXCEPTION|NOTICE|WARNING|INFO|LOG|DEBUG))?|\bMESSAGE\s*=",
        "sqlite": r"\bRAISE\s*\(\s*\w+\s*,",
    }.items()
}
_COMPARED = re.compile(r"(?:[=<>]|\b(?:LIKE|DEFAULT)|\bIN\s*\()\s*$", re.IGNORECASE)
_VALUES = re.compile(r"\bVALUES\b", re.IGNORECASE)


class Piece(Record):
    """A part of a statement that is not shown as it stands.

    Attributes:
        start, end: where it stands.
        shape: `comment`, `string`, `double`, `dollar` or `hex`.
        text: what is between the quotes, as it is written.
        value: the same, decoded.
    """

    start: int
    end: int
    shape: str
    text: str
    value: str


class Literals(Record):
    """What a statement has of values, and what of names.

    Attributes:
        values: the values of its literals, also as they are written.
        names: its words outside of them.
    """

    values: frozenset[str]
    names: frozenset[str]


def shown(statement: str, kind: str) -> str:
    """A statement in one line, with `'***'` in the place of each literal, and without its comments.

    Args:
        statement: the SQL, or a part of it that does not begin inside of a literal.
        kind: `mysql`, `postgresql`, `sqlite`; of another one, everything in quotes is taken for a literal.
    """
    parts, position = [], 0
    for piece in _pieces(statement, kind):
        parts += [statement[position : piece.start], _stand_in(piece)]
        position = piece.end
    return " ".join("".join([*parts, statement[position:]]).split())


def literals(statement: str, kind: str) -> Literals:
    """The values and the names in a statement."""
    values: set[str] = set()
    _collect(statement, kind, values, _DEPTH)
    rest, position = [], 0
    for piece in _pieces(statement, kind):
        rest.append(statement[position : piece.start])
        position = piece.end
    names = re.findall(r"\w+", " ".join([*rest, statement[position:]]))
    return Literals(frozenset(values), frozenset(names))


def _collect(statement: str, kind: str, values: set[str], depth: int) -> None:
    for piece in _pieces(statement, kind):
        values |= {piece.text, piece.value, piece.text.replace("%%", "%"), " ".join(piece.value.split())}
        if depth and piece.shape != "hex" and re.search(r"['\"$]", piece.value):
            _collect(piece.value, kind, values, depth - 1)


def _stand_in(piece: Piece) -> str:
    if piece.shape == "comment":
        return " "
    if piece.shape == "dollar":
        return f"$${MASK}$$"
    if not piece.text:
        return "''"
    return f"'{MASK}'"


def _pieces(statement: str, kind: str) -> Iterator[Piece]:
    pattern = _PATTERNS.get(kind, _OTHER)
    for match in pattern.finditer(statement):
        shape = str(match.lastgroup)
        if shape in ("name", "word"):
            continue
        if shape == "double" and kind == "sqlite" and not _is_value(statement, match):
            continue
        if kind in _SAYS and shape == "string" and _SAYS[kind].search(statement, 0, match.start()):
            continue
        yield _piece(match, shape, kind)


def _piece(match: Match[str], shape: str, kind: str) -> Piece:
    written = match[shape]
    if shape in ("comment", "hex"):
        return Piece(match.start(), match.end(), shape, written, written)
    if shape == "dollar":
        tag = written[: written.index("$", 1) + 1]
        text = written.removeprefix(tag).removesuffix(tag)
        return Piece(match.start(), match.end(), shape, text, text)
    has_escapes = kind == "mysql" or written[0] in "eE"
    written = written.lstrip("eE")
    quote, text = written[0], written[1:]
    if len(written) - len(written.rstrip(quote)) and _is_closed(written, quote, has_escapes):
        text = text[:-1]
    value = text.replace(quote * 2, quote)
    if has_escapes:
        value = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), value, flags=re.DOTALL)
    return Piece(match.start(), match.end(), "string" if shape == "string" else "double", text, value)


def _is_closed(written: str, quote: str, has_escapes: bool) -> bool:
    inside = r"\\.|" if has_escapes else ""
    other = rf"[^{quote}\\]" if has_escapes else rf"[^{quote}]"
    return re.fullmatch(rf"{quote}(?:{inside}{other}|{quote}{quote})*{quote}", written, re.DOTALL) is not None


def _is_value(statement: str, match: Match[str]) -> bool:
    """Whether something in double quotes is where a value is compared or set: SQLite takes it for a string."""
    before = statement[: match.start()]
    if statement[match.end() : match.end() + 1] == ".":
        return False
    return bool(_COMPARED.search(before) or (before.rstrip()[-1:] in ("(", ",") and _VALUES.search(before)))


def _pattern(*parts: str) -> Pattern[str]:
    return re.compile("|".join(parts), re.DOTALL | re.IGNORECASE)


# Each may lack its end: the statement is wrong, or a part of it.
_STRING = r"(?P<string>'(?:[^']|'')*(?:'|\Z))"
_DOUBLE = r'(?P<double>"(?:[^"]|"")*(?:"|\Z))'
_NAME = r"(?P<name>`(?:[^`]|``)*`)"
_QUOTED_NAME = r'(?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`)'
_HEX = r"(?P<hex>\b0x[0-9a-f]{6,})"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_WORD = r"(?P<word>\w+)"

_PATTERNS = {
    "mysql": _pattern(
        rf"(?P<comment>--(?=\s|\Z)[^\n]*|\#[^\n]*|(?!/\*[!M]){_BLOCK})",
        r"(?P<string>'(?:[^'\\]|''|\\(?:.|\Z))*(?:'|\Z))",
        r'(?P<double>"(?:[^"\\]|""|\\(?:.|\Z))*(?:"|\Z))',
        _NAME,
        _HEX,
        _WORD,
    ),
    "postgresql": _pattern(
        rf"(?P<comment>--[^\n]*|{_BLOCK})",
        r"(?P<dollar>\$(?P<tag>[a-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z))",
        r"(?P<string>\be'(?:[^'\\]|''|\\(?:.|\Z))*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z))",
        _QUOTED_NAME,
        _HEX,
        _WORD,
    ),
    "sqlite": _pattern(rf"(?P<comment>--[^\n]*|{_BLOCK})", _STRING, _DOUBLE, _NAME, _HEX, _WORD),
}
_OTHER = _pattern(rf"(?P<comment>--[^\n]*|{_BLOCK})", _STRING, _DOUBLE, _NAME, _HEX, _WORD)
