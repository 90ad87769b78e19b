"""The text that SQLite keeps of a table, in one form for all the ways to say the same.

SQLite has no dump of its own making: `sqlite_master` holds what somebody typed. `ALTER TABLE` writes a constraint
behind its column and quotes names, where `create_all` writes it below the columns, and does not quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""\s+|--[^\n]*|/\*.*?\*/|('(?:[^']|'')*')|("(?:[^"]|"")*"|\[[^]]*\]|`(?:[^`]|``)*`)|([^\W\d][\w$]*)"""
    r"""|(\d[\w.]*|\|\||<=|>=|<>|!=|==|<<|>>|.)""",
    re.DOTALL,
)
_SAID = """
ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY
CASCADE CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT_DATE CURRENT_TIME
CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DROP EACH ELSE END ESCAPE
EXCEPT EXISTS FAIL FOR FOREIGN FROM FULL GENERATED GLOB GROUP HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED
INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LEFT LIKE LIMIT MATCH NATURAL NO NOT NOTNULL
NULL NULLS OF OFFSET ON OR ORDER OUTER PLAN PRAGMA PRIMARY QUERY RAISE RECURSIVE REFERENCES REGEXP REINDEX
RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWID SAVEPOINT SELECT SET STORED STRICT TABLE
TEMP THEN TO TRANSACTION TRIGGER UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WITH WITHOUT
"""
_WORDS = frozenset(_SAID.split())
_OF_A_TABLE = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})
_OF_A_COLUMN = frozenset(
    {"CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS"}
)


def canonical(sql: str) -> list[str]:
    """The lines that say what a statement makes, the same for the same thing."""
    tokens = _tokens(sql)
    if tokens[:2] != ["CREATE", "TABLE"] or "(" not in tokens:
        return [" ".join(tokens)]
    body, options = _group(tokens[tokens.index("(") :])
    lines = [f"CREATE TABLE {tokens[2]} {' '.join(options)}".rstrip()]
    return lines + sorted(line for item in _split(body) for line in _item(item))


def _tokens(sql: str) -> list[str]:
    return [token for match in _TOKEN.finditer(sql) if (token := _token(match))]


def _token(match: re.Match[str]) -> str:
    string, quoted, word, other = match.groups()
    if quoted:
        name = quoted[1:-1].replace(quoted[-1] * 2, quoted[-1])
        is_plain = re.fullmatch(r"[^\W\d][\w$]*", name) and name.upper() not in _WORDS
        return name if is_plain else '"{}"'.format(name.replace('"', '""'))
    if word:
        return word.upper() if word.upper() in _WORDS else word
    return string or other or ""


def _group(tokens: list[str]) -> tuple[list[str], list[str]]:
    """What is between the first parenthesis and the one that closes it, and what follows."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0:
            return tokens[1:place], tokens[place + 1 :]
    raise AssertionError(f"a parenthesis is not closed: {' '.join(tokens)}")


def _split(tokens: list[str]) -> Iterator[list[str]]:
    depth, start = 0, 0
    for place, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == "," and depth == 0:
            yield tokens[start:place]
            start = place + 1
    yield tokens[start:]


def _item(tokens: list[str]) -> Iterator[str]:
    """The lines of a column or of a constraint: what a column says that could stand below them is lifted out."""
    if tokens[0] in _OF_A_TABLE:
        yield " ".join(tokens)
        return
    name, rest, prefix = tokens[0], tokens[1:], ""
    own: list[str] = []
    while rest and rest[0] not in _OF_A_COLUMN:
        own.append(rest.pop(0))
    about: list[str] = []
    for clause in _clauses(rest):
        if clause[0] == "CONSTRAINT":
            prefix = f"{' '.join(clause)} "
            continue
        lifted = _lifted(name, clause)
        if lifted:
            yield prefix + lifted
        elif clause != ["NULL"]:
            about.append(" ".join(clause))
        prefix = ""
    yield " ".join([name, *own, *sorted(about)])


def _lifted(column: str, clause: list[str]) -> str:
    match clause[0]:
        case "PRIMARY":
            return " ".join(["PRIMARY KEY (", column, ")", *clause[2:]])
        case "UNIQUE":
            return " ".join(["UNIQUE (", column, ")", *clause[1:]])
        case "CHECK":
            return " ".join(clause)
        case "REFERENCES":
            return " ".join(["FOREIGN KEY (", column, ")", *clause])
    return ""


def _clauses(tokens: list[str]) -> Iterator[list[str]]:
    while tokens:
        length = _length(tokens)
        yield _without_parentheses(tokens[:length])
        tokens = tokens[length:]


def _without_parentheses(clause: list[str]) -> list[str]:
    """A default in parentheses is the same without them."""
    if clause[0] == "DEFAULT" and clause[1] == "(":
        return ["DEFAULT", *_group(clause[1:])[0]]
    return clause


def _length(tokens: list[str]) -> int:
    """How many tokens the clause at the beginning has."""
    match tokens[0]:
        case "CONSTRAINT" | "COLLATE":
            return 2
        case "NOT":
            return 2
        case "DEFAULT":
            return 1 + _length_of_value(tokens[1:])
        case "NULL" | "UNIQUE":
            return 1
        case "PRIMARY":
            return 2 + next((place for place, token in enumerate(tokens[2:]) if token in _OF_A_COLUMN), len(tokens) - 2)
        case "CHECK":
            return 1 + _length_of_value(tokens[1:])
        case "REFERENCES":
            return _length_of_reference(tokens)
    start = tokens.index("(")
    end = start + _length_of_value(tokens[start:])
    return end + (tokens[end : end + 1] in (["STORED"], ["VIRTUAL"]))


def _length_of_value(tokens: list[str]) -> int:
    if tokens[0] == "(":
        return len(tokens) - len(_group(tokens)[1])
    return 2 if tokens[0] in "+-" else 1


def _length_of_reference(tokens: list[str]) -> int:
    place = 2
    if tokens[place : place + 1] == ["("]:
        place += _length_of_value(tokens[place:])
    while place < len(tokens):
        match tokens[place : place + 3]:
            case ["ON", _, "SET" | "NO"]:
                place += 4
            case ["ON", _, _] | ["NOT", "DEFERRABLE", "INITIALLY"]:
                place += 3
            case ["MATCH" | "INITIALLY", *_] | ["NOT", "DEFERRABLE", *_]:
                place += 2
            case ["DEFERRABLE", *_]:
                place += 1
            case _:
                break
    return place
