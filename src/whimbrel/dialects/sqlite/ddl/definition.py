"""A table as its `CREATE TABLE` defines it: values that know their text, and can be changed in one place only."""

from __future__ import annotations

from ....record import TYPE_CHECKING, Record
from .tokens import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NOT_NULL, NULL, DEFAULT, COLLATE, GENERATED = "NOT NULL", "NULL", "DEFAULT", "COLLATE", "GENERATED"
PRIMARY_KEY, UNIQUE, CHECK, FOREIGN_KEY = "PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY"
BARE = "CONSTRAINT"
"""A name without a constraint, which SQLite accepts."""


class Reference(Record):
    """What a foreign key refers to.

    Attributes:
        table: the parent.
        columns: of the parent; none for its primary key.
        on_delete: what happens to the row when its parent goes: `CASCADE`, …; empty for nothing.
        on_update: the same for a new key of its parent.
        match: the word behind MATCH.
        deferral: `DEFERRABLE INITIALLY DEFERRED` and the like, in capitals.
    """

    table: str
    columns: tuple[str, ...] = ()
    on_delete: str = ""
    on_update: str = ""
    match: str = ""
    deferral: str = ""


class Clause(Record):
    """One clause of a column, or a constraint of a table.

    Attributes:
        kind: `NOT NULL`, `DEFAULT`, `CHECK`, `FOREIGN KEY`, …; one of this module.
        text: as it is written, with its name.
        gap: the text before it.
        name: of the constraint; None if it has none.
        value: what a CHECK or a generated column computes, without the parentheses; the text of a default; a
            collation's name.
        columns: those that a constraint of a table is on.
        terms: the same as they are written in a key, with their collations and orders.
        reference: of a foreign key.
        conflict: the word behind ON CONFLICT, in capitals; empty if there is none.
        autoincrement: whether a primary key never gives a number twice.
        descending: whether the primary key of a column says DESC.
        stored: whether a generated column is kept in the table.
    """

    kind: str
    text: str
    gap: str = " "
    name: str | None = None
    value: str = ""
    columns: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    reference: Reference | None = None
    conflict: str = ""
    autoincrement: bool = False
    descending: bool = False
    stored: bool = False


class Column(Record):
    """A column.

    Attributes:
        name: without quotes.
        written: its name as it is written.
        type: as it is written; empty if it has none.
        gap: the text between name and type.
        clauses: what else is said of it, in order.
    """

    name: str
    written: str
    type: str
    gap: str
    clauses: tuple[Clause, ...]

    @property
    def text(self) -> str:
        """The column as it is written."""
        return self.written + self.gap + self.type + "".join(clause.gap + clause.text for clause in self.clauses)

    def clauses_of(self, *kinds: str) -> tuple[Clause, ...]:
        """Its clauses of these kinds."""
        return tuple(clause for clause in self.clauses if clause.kind in kinds)

    @property
    def is_generated(self) -> bool:
        """Whether it is computed from others, and cannot be written."""
        return bool(self.clauses_of(GENERATED))

    def typed(self, type_: str) -> Column:
        """The column with another type."""
        return self._replace(type=type_, gap=self.gap or " ", clauses=_apart(self.clauses))

    def without(self, *kinds: str) -> Column:
        """The column without clauses of these kinds."""
        return self._replace(clauses=_apart(clause for clause in self.clauses if clause.kind not in kinds))

    def with_clause(self, clause: Clause) -> Column:
        """The column with one clause more, or with another one of its kind in the same place."""
        kinds = [one.kind for one in self.clauses]
        if clause.kind not in kinds:
            return self._replace(clauses=_apart((*self.clauses, clause)))
        place = kinds.index(clause.kind)
        replaced = clause._replace(gap=self.clauses[place].gap)
        rest = (one for one in self.clauses[place + 1 :] if one.kind != clause.kind)
        return self._replace(clauses=_apart((*self.clauses[:place], replaced, *rest)))


class Item(Record):
    """A column or a constraint between the parentheses, and the text around it.

    Attributes:
        content: the column, or the constraint.
        before: the text before it.
        after: the text behind it, before the comma.
        comma: the comma; SQLite needs none between two constraints.
        note: a comment that stands behind the comma in the same line, and so is about this item.
    """

    content: Column | Clause
    before: str
    after: str = ""
    comma: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """All of it."""
        return self.before + self.content.text + self.after + self.comma + self.note


class Definition(Record):
    """A table.

    Attributes:
        name: without quotes.
        create: the text before its name.
        written: its name as it is written.
        opening: from there to the first item: the parenthesis.
        items: columns, then constraints.
        closing: from the last item on: the parenthesis, and the table's options.
    """

    name: str
    create: str
    written: str
    opening: str
    items: tuple[Item, ...]
    closing: str

    @property
    def text(self) -> str:
        """The text that it was read from."""
        return self.create + self.written + self.opening + self.body

    @property
    def body(self) -> str:
        """All behind the opening parenthesis: what a table is, whatever it is called."""
        return "".join(item.text for item in self.items) + self.closing

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns, in order."""
        return tuple(item.content for item in self.items if isinstance(item.content, Column))

    @property
    def constraints(self) -> tuple[Clause, ...]:
        """The constraints that stand behind the columns."""
        return tuple(item.content for item in self.items if isinstance(item.content, Clause))

    @property
    def options(self) -> frozenset[str]:
        """`STRICT` and `WITHOUT ROWID`, as far as it has them."""
        words = [token.word for token in tokens_of(self.closing)]
        found = ("STRICT" if "STRICT" in words else "", "WITHOUT ROWID" if "ROWID" in words else "")
        return frozenset(filter(None, found))

    def column(self, name: str) -> Column | None:
        """The column of a name, in whatever case; None if there is none."""
        return next((column for column in self.columns if column.name.lower() == name.lower()), None)

    @property
    def clauses(self) -> Iterator[tuple[Column | None, Clause]]:
        """All clauses, each with its column; None for a constraint of the table."""
        for item in self.items:
            if isinstance(item.content, Column):
                for clause in item.content.clauses:
                    yield item.content, clause
            else:
                yield None, item.content

    def with_option(self, option: str, wanted: bool) -> Definition:
        """The table with or without an option."""
        options = self.options | {option} if wanted else self.options - {option}
        return self if options == self.options else self._replace(closing=") " + ", ".join(sorted(options)))

    def replaced(self, old: Column | Clause, new: Column | Clause) -> Definition:
        """The table with one item in the place of another one."""
        items = (item._replace(content=new) if item.content is old else item for item in self.items)
        return self._replace(items=tuple(items))

    def removed(self, content: Column | Clause) -> Definition:
        """The table without a column, or without a clause or constraint, wherever that stands."""
        for column in self.columns:
            if any(clause is content for clause in column.clauses):
                rest = _apart(clause for clause in column.clauses if clause is not content)
                return self.replaced(column, column._replace(clauses=rest))
        contents = [item.content for item in self.items]
        place = next(number for number, one in enumerate(contents) if one is content)
        items = list(self.items)
        gone = items.pop(place)
        if place < len(items) and not (items[place].before.strip() or gone.before.strip()):
            items[place] = items[place]._replace(before=gone.before)
        elif 0 < place == len(items) and not (gone.after.strip() or items[-1].after or items[-1].note):
            items[-1] = items[-1]._replace(after=gone.after)  # the line with the parenthesis stays its own
        return self._with(tuple(items))

    def added(self, content: Column | Clause, position: int | None = None) -> Definition:
        """The table with one item more.

        Args:
            content: the item.
            position: before which item; behind all columns or all constraints, by default.
        """
        if position is None:
            position = len(self.columns) if isinstance(content, Column) else len(self.items)
        items = list(self.items)
        before = items[max(position - 1, 0)].before
        if before.strip():  # a comment is about the other one
            before = "\n" if "\n" in before else " "
        item = Item(content, before or " ")
        if position == len(items):
            last = items[-1]
            if last.after.strip():  # a comment, which is about the last one
                items[-1] = last._replace(after="", note=last.after)
            else:
                items[-1], item = last._replace(after=""), item._replace(after=last.after)
        items.insert(position, item)
        return self._with(tuple(items))

    def ordered(self, names: list[str]) -> Definition:
        """The table with its columns in this order."""
        items = {item.content.name: item for item in self.items if isinstance(item.content, Column)}
        rest = tuple(item for item in self.items if isinstance(item.content, Clause))
        return self._with((*(items[name] for name in names), *rest))

    def _with(self, items: tuple[Item, ...]) -> Definition:
        """The table with other items: a comma behind each but the last."""
        separated = (item if item.comma else item._replace(comma=",") for item in items[:-1])
        last = (item._replace(comma="") for item in items[-1:])
        return self._replace(items=(*separated, *last))


def _apart(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Clauses with something between them: a parenthesis or a quote that was enough may have gone."""
    return tuple(clause if clause.gap else clause._replace(gap=" ") for clause in clauses)
