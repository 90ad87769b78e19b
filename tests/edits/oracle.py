"""The judge of an edit: what the database is afterwards, by its own dump, against what `create_all` makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import sqlalchemy as sa

from .case import OTHER, Case, models
from .engines import BASE, Engine
from .expected import after_downgrade, after_upgrade, differing, lost
from .grounds import Contents, Dump, Ground

EXACT = "exact"
REFUSED = "refused"
WORDS = {
    EXACT: "the schema is that of the models, the rows are there, the way back leads back, and nothing is left to do",
    REFUSED: "an error that names what is the matter, and the database is as it was",
    "false": "nothing has changed, and a change was found",
    "silent": "no error, and the schema is another one than that of the models",
    "lost": "rows, or values in them, are not what they were",
    "stuck": "what was made does not work: the next row cannot be written",
    "fails": "an error that is no refusal, or is one where none was needed; the database is as it was",
    "half": "an error, and the database is not as it was",
    "unnamed": "a refusal that does not say what it is about",
    "unrefused": "should have been refused, and was not",
    "no way back": "the downgrade fails, or leads to another schema",
    "lost back": "after the downgrade, rows are not what they were",
    "again": "a second revision is not empty",
}
"""How an edit can end. The first two are right ends, each where it belongs."""


class Verdict(NamedTuple):
    """How an edit has ended, and how far each of the questions could be asked.

    Args:
        word: one of `WORDS`.
        detail: what was found, for a human.
        kept: whether the rows were there after the upgrade, or after it has failed.
        back: whether the downgrade leads back; None if it did not come to that.
    """

    word: str
    detail: str = ""
    kept: bool = True
    back: bool | None = None


def is_right(verdict: Verdict, case: Case, database: str) -> bool:
    """Whether a case has ended as it should on a kind of database."""
    return verdict.word == (REFUSED if case.refusal.get(database) else EXACT)


class _Wrong(Exception):
    """A question was answered with no."""

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(detail)
        self.word = word


class Trial:
    """One case on one database with one engine.

    Args:
        case: the edit.
        ground: the database. What is in it is dropped.
        make_engine: makes the engine, once the database can be connected to.
    """

    def __init__(self, case: Case, ground: Ground, make_engine: Callable[[], Engine]) -> None:
        self._case = case
        self._ground = ground
        self._make_engine = make_engine

    def run(self) -> Verdict:
        """Try the edit, and judge it."""
        with _foreign_keys(self._case.foreign_keys and self._ground.kind == "sqlite"):
            wanted = self._reference() if self._case.changes else {}
            schema = self._make(self._making(self._case.before))
            self._insert()
            before = _State(schema, self._ground.rows())
            self._ground.stamp(BASE)
            return self._judged(before, wanted)

    # -- the questions --------------------------------------------------------------------------

    def _judged(self, before: _State, wanted: Dump) -> Verdict:
        engine, metadata = self._make_engine(), self._models(self._case.after)
        engine.begin_with(self._begin)
        try:
            found = engine.revise(metadata, self._answers())
            if not self._case.changes:
                return Verdict("false" if found else EXACT, found)
            engine.upgrade()
        except Exception as error:
            return self._after_error(engine, error, before)
        if self._refusal:
            return Verdict("unrefused", kept=not self._lost(before))
        after = _State(self._ground.dump(), self._ground.rows())
        wrong = self._wrong_upgrade(before, after, wanted) or self._unfinished(engine)
        if wrong and wrong.word == "silent":  # what was not done cannot be taken back
            return Verdict(wrong.word, str(wrong))
        wrong_back = self._wrong_downgrade(engine, before, after)
        first = wrong or wrong_back
        kept = not (wrong and wrong.word == "lost")
        return Verdict(first.word if first else EXACT, str(first or ""), kept, wrong_back is None)

    def _wrong_upgrade(self, before: _State, after: _State, wanted: Dump) -> _Wrong | None:
        if missing := self._lost(before):
            return _Wrong("lost", missing)
        if silent := difference(wanted, after.schema):
            return _Wrong("silent", silent)
        other = differing(after_upgrade(before.rows, self._case, self._columns(self._case.after)), after.rows)
        return _Wrong("lost", other) if other else None

    def _unfinished(self, engine: Engine) -> _Wrong | None:
        try:
            self._ground.try_out(self._case.works)
        except sa.exc.DBAPIError as error:
            return _Wrong("stuck", str(error))
        try:
            if found := engine.revise(self._models(self._case.after), self._answers(again=True)):
                return _Wrong("again", found)
        except Exception as error:
            return _Wrong("again", _told(error))
        return None

    def _wrong_downgrade(self, engine: Engine, before: _State, after: _State) -> _Wrong | None:
        try:
            engine.downgrade()
        except Exception as error:
            return self._refused_downgrade(engine, error, after)
        if self._case.one_way:
            return _Wrong("no way back", "the downgrade should have been refused")
        if differing := difference(before.schema, self._ground.dump()):
            return _Wrong("no way back", differing)
        if lost := self._differing_rows(self._expected_back(before.rows)):
            return _Wrong("lost back", lost)
        return None

    def _refused_downgrade(self, engine: Engine, error: Exception, after: _State) -> _Wrong | None:
        is_right = self._case.one_way and engine.refuses(error) and _names(error, self._case.one_way)
        if is_right and not self._changed_since(after):
            return None
        return _Wrong("no way back", _told(error))

    def _after_error(self, engine: Engine, error: Exception, before: _State) -> Verdict:
        if changed := self._changed_since(before):
            missing = self._lost(before)
            return Verdict("lost" if missing else "half", f"{_told(error)}\n{missing or changed}", not missing)
        if not engine.refuses(error) or not self._refusal:
            return Verdict("fails", _told(error))
        return Verdict(REFUSED if _names(error, self._refusal) else "unnamed", _told(error))

    # -- what is there, and what should be ------------------------------------------------------

    @property
    def _refusal(self) -> Sequence[str]:
        return self._case.refusal.get(self._ground.kind, ())

    def _answers(self, again: bool = False) -> dict[str, Any]:
        """What the user says; the second time there is nothing left to say."""
        case = self._case
        dropped = () if self._refusal else self._dropped_columns()
        drops = [self._real(name) for name in (*case.allow_drop, *dropped)]
        given = {
            "renames": {self._real(old): self._real(new) for old, new in case.renames.items()},
            "table_renames": {self._real(old): self._real(new) for old, new in case.table_renames.items()},
            "no_rename": case.no_rename,
            "allow_drop": drops,
            "remaps": {self._real(value): new for value, new in case.remaps.items()},
            "fills": {self._real(column): value for column, value in case.fills.items()},
        }
        return {} if again else {name: answer for name, answer in given.items() if answer}

    def _real(self, name: str) -> str:
        """A name with what the schema beside the default one is called here."""
        return name.replace(f"{OTHER}.", f"{self._ground.other}.")

    def _dropped_columns(self) -> list[str]:
        """The columns that go: an edit that drops one means it."""
        before, after = self._columns(self._case.before), self._columns(self._case.after)
        gone = {f"{table}.{name}" for table in before for name in before[table] if name not in after.get(table, [name])}
        return sorted(gone - {*self._case.renames})

    def _models(self, build: Callable[[sa.MetaData], object]) -> sa.MetaData:
        return models(build, self._ground.kind, self._ground.other)

    def _reference(self) -> Dump:
        """The database as `create_all` makes it of the models as they are. What was made once is remembered."""
        made = self._making(self._case.after)
        if made not in self._ground.remembered:
            self._make(made)
        return self._ground.remembered[made]

    def _make(self, statements: tuple[str, ...]) -> Dump:
        """Begin with an empty database, and execute statements."""
        self._ground.empty()
        self._ground.execute(statements)
        if statements not in self._ground.remembered:
            self._ground.remembered[statements] = self._ground.dump()
        return self._ground.remembered[statements]

    def _making(self, build: Callable[[sa.MetaData], object]) -> tuple[str, ...]:
        """The statements of `create_all`, and those for what else is in the database."""
        kind, case, metadata = self._ground.kind, self._case, self._models(build)
        other = [self._ground.making_other] if any(table.schema for table in metadata.tables.values()) else []
        return (*case.setup.get(kind, ()), *other, *self._ground.creating(metadata), *case.objects.get(kind, ()))

    def _begin(self, connection: sa.Connection) -> None:
        """What `_made` makes of the models before the edit, in whatever database the history is replayed."""
        kind, case, metadata = self._ground.kind, self._case, self._models(self._case.before)
        statements = list(case.setup.get(kind, ()))
        if kind == "postgresql" and any(table.schema for table in metadata.tables.values()):
            statements.append(f"CREATE SCHEMA {self._ground.other}")
        for statement in statements:
            connection.exec_driver_sql(self._ground.escaped(statement))
        metadata.create_all(connection)
        for statement in case.objects.get(kind, ()):
            connection.exec_driver_sql(self._ground.escaped(statement))

    def _insert(self) -> None:
        metadata = self._models(self._case.before)
        for label, rows in self._case.rows.items():
            table = metadata.tables[label.replace(f"{OTHER}.", f"{self._ground.other}.")]
            for row in rows:
                self._ground.connection.execute(table.insert(), [row])
        self._ground.count_on()

    def _expected_back(self, before: Contents) -> Contents:
        return after_downgrade(before, self._case, self._columns(self._case.before), self._columns(self._case.after))

    def _columns(self, build: Callable[[sa.MetaData], object]) -> dict[str, list[str]]:
        return {
            key.replace(f"{self._ground.other}.", f"{OTHER}."): [column.name for column in table.columns]
            for key, table in self._models(build).tables.items()
        }

    def _lost(self, before: _State) -> str:
        try:
            there = self._ground.rows()
        except sa.exc.DBAPIError as error:  # a virtual table without what its module keeps for it
            return f"a table can be read no more: {error.orig}"
        return lost(before.rows, there, self._case, self._columns(self._case.after))

    def _differing_rows(self, expected: Contents) -> str:
        return differing(expected, self._ground.rows())

    def _changed_since(self, state: _State) -> str:
        return difference(state.schema, self._ground.dump()) or self._differing_rows(state.rows)


class _State(NamedTuple):
    """A database at one moment."""

    schema: Dump
    rows: Contents


def difference(wanted: Dump, found: Dump) -> str:
    """What is in one dump and not in the other, line by line."""
    lines = []
    for label in sorted({*wanted, *found}):
        here, there = wanted.get(label, ()), found.get(label, ())
        if here != there:
            lines.append(label)
            lines += [f"  expected  {line}" for line in here if line not in there or sorted(here) == sorted(there)]
            lines += [f"  found     {line}" for line in there if line not in here or sorted(here) == sorted(there)]
    return "\n".join(lines)


def _names(error: Exception, words: Sequence[str]) -> bool:
    text = str(error)
    return all(word in text for word in words)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


@contextmanager
def _foreign_keys(enforced: bool) -> Iterator[None]:
    """Enforce foreign keys on every connection, by the listener that SQLAlchemy's documentation has for it."""

    def switch_on(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    if enforced:
        sa.event.listen(sa.Engine, "connect", switch_on)
    try:
        yield
    finally:
        if enforced:
            sa.event.remove(sa.Engine, "connect", switch_on)
