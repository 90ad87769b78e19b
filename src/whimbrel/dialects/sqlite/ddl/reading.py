"""Reads a `CREATE TABLE`, by the grammar of SQLite's own parser."""

from __future__ import annotations

from ....record import TYPE_CHECKING
from ...statement import words_of
from . import definition as of
from .definition import Clause, Column, Definition, Item, Reference
from .tokens import NAME, NUMBER, OTHER, STRING, WORD, Token, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable

_BEGINS_CONSTRAINT = words_of("CONSTRAINT PRIMARY UNIQUE CHECK FOREIGN")
_ENDS_TYPE = _BEGINS_CONSTRAINT | words_of("NOT NULL DEFAULT COLLATE REFERENCES AS DEFERRABLE ON")
_END = Token(OTHER, "", 0)


class NotUnderstood(ValueError):
    """A text that is no `CREATE TABLE` with columns, or none that this reads: a virtual table."""


def read_definition(text: str) -> Definition:
    """Read the text of a table, as `sqlite_master` has it.

    Raises:
        NotUnderstood: it is something else.
    """
    reader = _Reader(text)
    return reader.definition()


def read_column(text: str) -> Column:
    """Read the text of one column.

    Raises:
        NotUnderstood: it is something else.
    """
    reader = _Reader(text)
    column = reader.column()
    reader.expect_end()
    return column


def read_constraint(text: str) -> Clause:
    """Read the text of one constraint of a table.

    Raises:
        NotUnderstood: it is something else.
    """
    reader = _Reader(text)
    clause = reader.constraint()
    reader.expect_end()
    return clause


class _Reader:
    """Reads one text from its beginning on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._place = 0

    # -- tokens ---------------------------------------------------------------------------------

    def _next(self, ahead: int = 0) -> Token:
        place = self._place + ahead
        return self._tokens[place] if place < len(self._tokens) else _END._replace(start=len(self._text))

    def _take(self) -> Token:
        token = self._next()
        self._place += 1
        return token

    @property
    def _behind(self) -> int:
        """Where the token that was taken last ends."""
        return self._tokens[self._place - 1].end if self._place else 0

    def _is(self, *words: str) -> bool:
        """Whether these words come next."""
        return all(self._next(number).word == word for number, word in enumerate(words))

    def _takes(self, *words: str) -> bool:
        """Take these words if they come next."""
        found = self._is(*words)
        if found:
            self._place += len(words)
        return found

    def _takes_sign(self, sign: str) -> bool:
        found = self._next().kind == OTHER and self._next().text == sign
        if found:
            self._place += 1
        return found

    def _expect(self, is_there: bool) -> None:
        if not is_there:
            at = self._next()
            raise NotUnderstood(f"not understood from here on: {self._text[at.start : at.start + 60]!r}")

    def expect_end(self) -> None:
        """Be sure that all was read."""
        self._expect(self._place >= len(self._tokens))

    def _name(self) -> Token:
        self._expect(self._next().kind in (WORD, NAME, STRING))
        return self._take()

    def _group(self) -> str:
        """What stands in the parentheses that come next."""
        self._expect(self._takes_sign("("))
        start, depth = self._behind, 1
        while depth:
            self._expect(self._place < len(self._tokens))
            token = self._take()
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == OTHER else 0
        return self._text[start : self._tokens[self._place - 1].start]

    # -- the table ------------------------------------------------------------------------------

    def definition(self) -> Definition:
        """The whole table."""
        self._expect(self._takes("CREATE"))
        _ = self._takes("TEMP") or self._takes("TEMPORARY")
        self._expect(self._takes("TABLE"))
        self._takes("IF", "NOT", "EXISTS")
        name = self._name()
        if self._takes_sign("."):
            name = self._name()
        self._expect(self._takes_sign("("))
        opening = self._text[name.end : self._behind]
        items, end = self._items()
        closing = self._text[end:]
        return Definition(name.names, self._text[: name.start], name.text, opening, items, closing)

    def _items(self) -> tuple[tuple[Item, ...], int]:
        """The items, and where what is behind the last one begins."""
        items: list[Item] = []
        end = self._behind
        while not self._takes_sign(")"):
            before = self._text[end : self._next().start]
            content: Column | Clause
            content = self.constraint() if self._next().word in _BEGINS_CONSTRAINT else self.column()
            item = Item(content, before)
            behind, end = self._behind, self._behind
            if self._takes_sign(","):
                after, end = self._text[behind : self._behind - 1], self._behind
                note = _note(self._text[end : self._next().start])
                item, end = item._replace(after=after, comma=",", note=note), end + len(note)
            elif self._next().text == ")":
                end = self._next().start
                item = item._replace(after=self._text[behind:end])
            items.append(item)
        self._expect(bool(items))
        return tuple(items), end

    def column(self) -> Column:
        """A column, with all that is said of it."""
        name = self._name()
        before = self._behind
        start = self._next().start
        type_ = self._type()
        gap = self._text[before:start] if type_ else ""
        clauses: list[Clause] = []
        while (clause := self._column_clause()) is not None:
            clauses.append(clause)
        return Column(name.names, name.text, type_, gap, tuple(clauses))

    def _type(self) -> str:
        start, has_words = self._next().start, False
        while self._next().kind in (WORD, NAME, STRING) and not self._ends_type():
            self._take()
            has_words = True
        if not has_words:
            return ""
        if self._next().text == "(":
            self._group()
        return self._text[start : self._behind]

    def _ends_type(self) -> bool:
        return self._next().word in _ENDS_TYPE or self._is("GENERATED", "ALWAYS", "AS")

    # -- clauses --------------------------------------------------------------------------------

    def _column_clause(self) -> Clause | None:
        readers: dict[str, Callable[[], Clause]] = {
            "NOT": self._not_null,
            "NULL": self._null,
            "DEFAULT": self._default,
            "COLLATE": self._collate,
            "PRIMARY": self._column_key,
            "UNIQUE": self._unique,
            "CHECK": self._check,
            "REFERENCES": self._references,
            "GENERATED": self._generated,
            "AS": self._generated,
        }
        return self._clause(readers, self._next().word == "CONSTRAINT")

    def constraint(self) -> Clause:
        """A constraint of the table."""
        readers = {
            "PRIMARY": self._table_key,
            "UNIQUE": self._table_unique,
            "CHECK": self._check,
            "FOREIGN": self._foreign_key,
        }
        clause = self._clause(readers, self._next().word == "CONSTRAINT")
        self._expect(clause is not None)
        assert clause is not None, "expected"
        return clause._replace(gap=" ")

    def _clause(self, readers: dict[str, Callable[[], Clause]], is_named: bool) -> Clause | None:
        before, start = self._behind, self._next().start
        name = None
        if is_named:
            self._take()
            name = self._name().names
        reader = readers.get(self._next().word)
        if reader is None and not is_named:
            return None
        clause = reader() if reader is not None else Clause(of.BARE, "")
        return clause._replace(name=name, gap=self._text[before:start], text=self._text[start : self._behind])

    def _not_null(self) -> Clause:
        self._expect(self._takes("NOT", "NULL"))
        return Clause(of.NOT_NULL, "", conflict=self._conflict())

    def _null(self) -> Clause:
        self._take()
        return Clause(of.NULL, "", conflict=self._conflict())

    def _default(self) -> Clause:
        self._take()
        start = self._next().start
        if self._next().text == "(":
            self._group()
        else:
            _ = self._takes_sign("-") or self._takes_sign("+")
            self._expect(self._next().kind in (WORD, NAME, STRING, NUMBER))
            self._take()
        return Clause(of.DEFAULT, "", value=self._text[start : self._behind])

    def _collate(self) -> Clause:
        self._take()
        return Clause(of.COLLATE, "", value=self._name().names)

    def _column_key(self) -> Clause:
        self._expect(self._takes("PRIMARY", "KEY"))
        descending = self._takes("DESC")
        self._takes("ASC")
        conflict = self._conflict()
        counts = self._takes("AUTOINCREMENT")
        return Clause(of.PRIMARY_KEY, "", conflict=conflict, autoincrement=counts, descending=descending)

    def _unique(self) -> Clause:
        self._take()
        return Clause(of.UNIQUE, "", conflict=self._conflict())

    def _check(self) -> Clause:
        self._take()
        value = self._group().strip()
        return Clause(of.CHECK, "", value=value, conflict=self._conflict())

    def _generated(self) -> Clause:
        self._takes("GENERATED", "ALWAYS")
        self._expect(self._takes("AS"))
        value = self._group().strip()
        stored = self._takes("STORED")
        self._takes("VIRTUAL")
        return Clause(of.GENERATED, "", value=value, stored=stored)

    def _references(self) -> Clause:
        self._take()
        table = self._name().names
        columns = _names(self._group()) if self._next().text == "(" else ()
        actions = {"DELETE": "", "UPDATE": "", "INSERT": ""}
        match = ""
        while self._is("ON") or self._is("MATCH"):
            if self._takes("MATCH"):
                match = self._name().names
                continue
            self._take()
            event = self._take().word
            self._expect(event in actions)
            actions[event] = self._action()
        reference = Reference(table, columns, actions["DELETE"], actions["UPDATE"], match, self._deferral())
        return Clause(of.FOREIGN_KEY, "", reference=reference)

    def _action(self) -> str:
        words = [self._take().word]
        if words[0] in ("SET", "NO"):
            words.append(self._take().word)
        return " ".join(words)

    def _deferral(self) -> str:
        start = self._place
        if not (self._takes("NOT", "DEFERRABLE") or self._takes("DEFERRABLE")):
            return ""
        if self._takes("INITIALLY"):
            self._take()
        return " ".join(token.word for token in self._tokens[start : self._place])

    def _conflict(self) -> str:
        return self._take().word if self._takes("ON", "CONFLICT") else ""

    def _table_key(self) -> Clause:
        self._expect(self._takes("PRIMARY", "KEY"))
        group = self._group()
        counts = tokens_of(group)[-1].word == "AUTOINCREMENT"
        terms = _terms(group)
        names = tuple(map(_name, terms))
        return Clause(of.PRIMARY_KEY, "", columns=names, terms=terms, conflict=self._conflict(), autoincrement=counts)

    def _table_unique(self) -> Clause:
        self._take()
        terms = _terms(self._group())
        return Clause(of.UNIQUE, "", columns=tuple(map(_name, terms)), terms=terms, conflict=self._conflict())

    def _foreign_key(self) -> Clause:
        self._expect(self._takes("FOREIGN", "KEY"))
        columns = _names(self._group())
        self._expect(self._is("REFERENCES"))
        return self._references()._replace(columns=columns)


def _terms(group: str) -> tuple[str, ...]:
    """The columns of a list as they are written; each may have a collation and an order behind it."""
    parts: list[list[Token]] = [[]]
    for token in tokens_of(group):
        if token.text == "," and token.kind == OTHER:
            parts.append([])
        elif token.word != "AUTOINCREMENT" or not parts[-1]:  # that is about all of them
            parts[-1].append(token)
    return tuple(group[part[0].start : part[-1].end] for part in parts if part)


def _name(term: str) -> str:
    return tokens_of(term)[0].names


def _names(group: str) -> tuple[str, ...]:
    return tuple(map(_name, _terms(group)))


def _note(gap: str) -> str:
    """A comment in the same line behind a comma, with the end of that line."""
    line, ending, _ = gap.partition("\n")
    return line + ending if ending and line.strip().startswith(("--", "/*")) and _is_closed(line) else ""


def _is_closed(line: str) -> bool:
    """Whether a line of blanks and comments ends outside of a comment that goes on in the next line."""
    return "--" in line or line.count("/*") == line.count("*/")
