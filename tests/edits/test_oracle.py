"""The judge of edits can tell: each kind of difference is noticed, and what only looks like one is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Text

from .case import ALL, MARIADB, POSTGRESQL, SQLITE, Case
from .cases.notes import NOTES, noting
from .grounds import Ground
from .oracle import EXACT, REFUSED, Trial, Verdict, difference

_NOTE = {
    SQLITE: "CREATE TABLE note (id INTEGER NOT NULL, title VARCHAR(40){} NOT NULL, PRIMARY KEY (id){})",
    POSTGRESQL: "CREATE TABLE note (id SERIAL NOT NULL, title VARCHAR(40){} NOT NULL, PRIMARY KEY (id){})",
    MARIADB: "CREATE TABLE note (id INTEGER NOT NULL AUTO_INCREMENT, title VARCHAR(40){} NOT NULL, PRIMARY KEY (id){})",
}


def _dumped(where: Ground, statements: Sequence[str]) -> Any:
    where.empty()
    where.execute(statements)
    return where.dump()


def _made(kind: str, more: str = "", behind: str = "") -> str:
    return _NOTE[kind].format(more, behind)


_EVERYWHERE = {
    "a column": lambda kind: [_made(kind, ", body TEXT, title2 INT")],
    "a longer type": lambda kind: [_made(kind).replace("(40)", "(41)")],
    "a default": lambda kind: [_made(kind, " DEFAULT 'x'")],
    "no NOT NULL": lambda kind: [_made(kind).replace(" NOT NULL, PRIMARY", ", PRIMARY")],
    "a check": lambda kind: [_made(kind, behind=", CONSTRAINT c CHECK (title > '')")],
    "a unique constraint": lambda kind: [_made(kind, behind=", CONSTRAINT u UNIQUE (title)")],
    "another key": lambda kind: [_made(kind).replace("PRIMARY KEY (id)", "PRIMARY KEY (id, title)")],
    "an index": lambda kind: [_made(kind), "CREATE INDEX i ON note (title)"],
    "a table": lambda kind: [_made(kind), "CREATE TABLE other (id INTEGER)"],
    "a view": lambda kind: [_made(kind), "CREATE VIEW v AS SELECT id FROM note"],
    "a foreign key": lambda kind: [
        _made(kind),
        "CREATE TABLE c (n INTEGER, CONSTRAINT f FOREIGN KEY (n) REFERENCES note (id))",
    ],
}


_PAIRS = {
    "an action of a foreign key": (
        [
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (n INTEGER, CONSTRAINT f FOREIGN KEY (n) REFERENCES p (id))",
        ],
        [
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (n INTEGER, CONSTRAINT f FOREIGN KEY (n) REFERENCES p (id) ON DELETE CASCADE)",
        ],
        ALL,
    ),
    "a text of a check": (
        ["CREATE TABLE t (n INTEGER, CONSTRAINT c CHECK (n > 0))"],
        ["CREATE TABLE t (n INTEGER, CONSTRAINT c CHECK (n > 1))"],
        ALL,
    ),
    "a name of a constraint": (
        ["CREATE TABLE t (n INTEGER, CONSTRAINT a UNIQUE (n))"],
        ["CREATE TABLE t (n INTEGER, CONSTRAINT b UNIQUE (n))"],
        ALL,
    ),
    "the order of columns in an index": (
        ["CREATE TABLE t (a INTEGER, b INTEGER)", "CREATE INDEX i ON t (a, b)"],
        ["CREATE TABLE t (a INTEGER, b INTEGER)", "CREATE INDEX i ON t (b, a)"],
        ALL,
    ),
    "the order of a key": (
        ["CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b))"],
        ["CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (b, a))"],
        ALL,
    ),
    "rows of an index": (
        ["CREATE TABLE t (a INTEGER)", "CREATE INDEX i ON t (a)"],
        ["CREATE TABLE t (a INTEGER)", "CREATE INDEX i ON t (a) WHERE a > 1"],
        (SQLITE, POSTGRESQL),
    ),
    "an expression": (
        ["CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1) STORED)"],
        ["CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 2) STORED)"],
        ALL,
    ),
    "a default that is quoted": (
        ["CREATE TABLE t (a VARCHAR(9) DEFAULT 'NULL')"],
        ["CREATE TABLE t (a VARCHAR(9) DEFAULT NULL)"],
        ALL,
    ),
    "the case of a text": (
        ["CREATE TABLE t (a VARCHAR(9) DEFAULT 'order')"],
        ["CREATE TABLE t (a VARCHAR(9) DEFAULT 'ORDER')"],
        ALL,
    ),
    "a collation": (
        ["CREATE TABLE t (a TEXT)"],
        ["CREATE TABLE t (a TEXT COLLATE NOCASE)"],
        (SQLITE,),
    ),
    "AUTOINCREMENT": (
        ["CREATE TABLE t (id INTEGER PRIMARY KEY)"],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)"],
        (SQLITE,),
    ),
    "WITHOUT ROWID": (
        ["CREATE TABLE t (id INTEGER PRIMARY KEY)"],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY) WITHOUT ROWID"],
        (SQLITE,),
    ),
    "a reference that is deferred": (
        ["CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t (id))"],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)"],
        (SQLITE, POSTGRESQL),
    ),
    "a trigger": (
        ["CREATE TABLE t (a INTEGER)"],
        ["CREATE TABLE t (a INTEGER)", "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE a < 0; END"],
        (SQLITE,),
    ),
    "the order of values": (
        ["CREATE TYPE m AS ENUM ('a', 'b')"],
        ["CREATE TYPE m AS ENUM ('b', 'a')"],
        (POSTGRESQL,),
    ),
    "an identity": (
        ["CREATE TABLE t (id INTEGER GENERATED ALWAYS AS IDENTITY)"],
        ["CREATE TABLE t (id INTEGER GENERATED BY DEFAULT AS IDENTITY)"],
        (POSTGRESQL,),
    ),
    "an option of a sequence": (["CREATE SEQUENCE s"], ["CREATE SEQUENCE s INCREMENT 2"], (POSTGRESQL,)),
    "an owner of a sequence": (
        ["CREATE TABLE t (a INTEGER)", "CREATE SEQUENCE s"],
        ["CREATE TABLE t (a INTEGER)", "CREATE SEQUENCE s OWNED BY t.a"],
        (POSTGRESQL,),
    ),
    "a comment": (
        ["CREATE TABLE t (a INTEGER)"],
        ["CREATE TABLE t (a INTEGER)", "COMMENT ON COLUMN t.a IS 'x'"],
        (POSTGRESQL,),
    ),
    "a comment of MariaDB": (["CREATE TABLE t (a INTEGER)"], ["CREATE TABLE t (a INTEGER COMMENT 'x')"], (MARIADB,)),
    "an engine": (["CREATE TABLE t (a INTEGER)"], ["CREATE TABLE t (a INTEGER) ENGINE=MyISAM"], (MARIADB,)),
    "a prefix": (
        ["CREATE TABLE t (a VARCHAR(99))", "CREATE INDEX i ON t (a)"],
        ["CREATE TABLE t (a VARCHAR(99))", "CREATE INDEX i ON t (a(9))"],
        (MARIADB,),
    ),
}

_SAME = {
    "the order of columns": (["CREATE TABLE t (a INTEGER, b TEXT)"], ["CREATE TABLE t (b TEXT, a INTEGER)"], ALL),
    "the order of constraints": (
        ["CREATE TABLE t (a INTEGER, b INTEGER, CONSTRAINT x UNIQUE (a), CONSTRAINT y UNIQUE (b))"],
        ["CREATE TABLE t (a INTEGER, b INTEGER, CONSTRAINT y UNIQUE (b), CONSTRAINT x UNIQUE (a))"],
        ALL,
    ),
    "a constraint behind its column": (
        [
            (
                "CREATE TABLE t (id INTEGER, up INTEGER, PRIMARY KEY (id),"
                " CONSTRAINT f FOREIGN KEY (up) REFERENCES t (id) ON DELETE SET NULL)"
            )
        ],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER CONSTRAINT f REFERENCES t (id) ON DELETE SET NULL)"],
        (SQLITE, POSTGRESQL),
    ),
    "quotes and spaces": (
        ["CREATE TABLE t (a  INTEGER DEFAULT (1), CHECK (a>0))"],
        ['CREATE TABLE "t" ("a" INTEGER DEFAULT 1, CHECK ("a" > 0))'],
        (SQLITE,),
    ),
    "a column that ALTER TABLE has added": (
        ["CREATE TABLE t (a INTEGER NOT NULL)", "ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x' CHECK (b > 'a')"],
        ["CREATE TABLE t (a INTEGER NOT NULL, b TEXT DEFAULT 'x', CHECK (b > 'a'))"],
        (SQLITE,),
    ),
    "rows": (
        ["CREATE TABLE t (id INTEGER PRIMARY KEY AUTO_INCREMENT)", "INSERT INTO t VALUES (5)"],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY AUTO_INCREMENT)"],
        (MARIADB,),
    ),
}


def _on_each(pairs: Mapping[str, Any]) -> list[Any]:
    return [
        pytest.param(kind, one, other, id=f"{kind}-{name}")
        for name, (one, other, kinds) in pairs.items()
        for kind in kinds
    ]


@pytest.mark.parametrize("what", _EVERYWHERE)
def test_a_dump_shows(what: str, kind: str, ground_of: Callable[[str], Ground]) -> None:
    where = ground_of(kind)
    plain = _dumped(where, [_made(kind)])
    other = _dumped(where, _EVERYWHERE[what](kind))
    assert difference(plain, plain) == ""
    assert difference(plain, other)
    assert difference(other, plain)


@pytest.mark.parametrize(("kind", "one", "other"), _on_each(_PAIRS))
def test_a_dump_tells_apart(kind: str, one: list[str], other: list[str], ground_of: Callable[[str], Ground]) -> None:
    where = ground_of(kind)
    assert difference(_dumped(where, one), _dumped(where, other))


@pytest.mark.parametrize(("kind", "one", "other"), _on_each(_SAME))
def test_a_dump_does_not_mind(kind: str, one: list[str], other: list[str], ground_of: Callable[[str], Ground]) -> None:
    where = ground_of(kind)
    assert difference(_dumped(where, one), _dumped(where, other)) == ""


class _Script:
    """An engine that does what it was told, whatever the models say."""

    def __init__(self, where: Ground, up: Sequence[str] = (), down: Sequence[str] = (), **says: Any) -> None:
        self._where, self._up, self._down, self._says = where, up, down, says
        self._written = False

    def begin_with(self, make: Callable[[Any], None]) -> None:
        """There is no history."""

    def revise(self, metadata: MetaData, answers: Mapping[str, Any]) -> str:
        if refusal := self._says.get("refuses"):
            raise LookupError(refusal)
        is_second, self._written = self._written, True
        return self._says.get("again", "") if is_second else self._says.get("finds", "something")

    def upgrade(self) -> None:
        self._where.execute(self._up)
        if failure := self._says.get("fails"):
            raise RuntimeError(failure)

    def downgrade(self) -> None:
        self._where.execute(self._down)

    def refuses(self, error: Exception) -> bool:
        return isinstance(error, LookupError)


_ADDED = Case("added", noting(), noting(lambda: Column("body", Text)), rows=NOTES)
_REQUIRED = Case(
    "required",
    noting(),
    noting(lambda: Column("n", Integer, nullable=False)),
    rows=NOTES,
    refusal=dict.fromkeys(ALL, ("note", "n is missing")),
)
_UNCHANGED = noting()
_ADD, _DROP = "ALTER TABLE note ADD COLUMN body TEXT", "ALTER TABLE note DROP COLUMN body"
_EMPTY = "DELETE FROM note"


@pytest.mark.parametrize(
    ("word", "case", "does"),
    [
        (EXACT, _ADDED, {"up": [_ADD], "down": [_DROP]}),
        ("silent", _ADDED, {}),
        ("silent", _ADDED, {"up": ["ALTER TABLE note ADD COLUMN body VARCHAR(7)"]}),
        ("lost", _ADDED, {"up": [_ADD, _EMPTY]}),
        ("lost", _ADDED, {"up": [_ADD, "UPDATE note SET title = 'x' WHERE id = 2"]}),
        ("lost", _ADDED, {"up": [_ADD, "UPDATE note SET body = 'x' WHERE id = 2"]}),
        ("lost", _ADDED, {"up": [_EMPTY], "fails": "half-way"}),
        ("stuck", _ADDED._replace(works=["INSERT INTO note (body) VALUES (nothing)"]), {"up": [_ADD], "down": [_DROP]}),
        ("fails", _ADDED, {"fails": "at once"}),
        ("fails", _ADDED, {"refuses": "without a reason"}),
        ("half", _ADDED, {"up": [_ADD], "fails": "half-way"}),
        ("again", _ADDED, {"up": [_ADD], "down": [_DROP], "again": "more"}),
        ("no way back", _ADDED, {"up": [_ADD]}),
        ("no way back", _ADDED, {"up": [_ADD], "down": ["DROP TABLE missing"]}),
        ("lost back", _ADDED, {"up": [_ADD], "down": [_DROP, "DELETE FROM note WHERE id = 3"]}),
        ("false", Case("same", _UNCHANGED, _UNCHANGED), {}),
        (EXACT, Case("same", _UNCHANGED, _UNCHANGED), {"finds": ""}),
        (REFUSED, _REQUIRED, {"refuses": "note: n is missing"}),
        ("unnamed", _REQUIRED, {"refuses": "something is missing"}),
        ("unrefused", _REQUIRED, {"up": ["ALTER TABLE note ADD COLUMN n INTEGER DEFAULT 0 NOT NULL"]}),
        ("half", _REQUIRED, {"up": [_ADD], "fails": "note: n is missing"}),
        ("no way back", _ADDED._replace(one_way=("body",)), {"up": [_ADD], "down": [_DROP]}),
    ],
)
def test_an_engine_that_does_wrong_is_found_out(
    word: str, case: Case, does: dict[str, Any], kind: str, ground_of: Callable[[str], Ground]
) -> None:
    where = ground_of(kind)
    verdict: Verdict = Trial(case, where, lambda: _Script(where, **does)).run()
    assert verdict.word == word, verdict.detail
    assert verdict.kept is (word != "lost")
