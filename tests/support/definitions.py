"""Tables of SQLite of any kind, as texts."""

from __future__ import annotations

from hypothesis import strategies as st

_BLANK = st.sampled_from([" ", "\n\t", " /* , ) */ ", " -- ( '\n "])
_NAMES = st.sampled_from(["a", "b", "c", "d"])
_QUOTES = st.sampled_from(["{}", '"{}"', "[{}]", "`{}`", "'{}'"])
_TYPES = st.sampled_from(
    ["", "INT", "VARCHAR ( 20 )", "DECIMAL(10,2)", '"my type"', "LONG   VARCHAR", "mytype(+1, -2)"]
)
_COLUMN_CLAUSES = st.sampled_from(
    ["NOT NULL", "NULL", "not null on conflict abort", "DEFAULT 'it''s'", "DEFAULT -1", "DEFAULT (abs(-1))",
     "DEFAULT CURRENT_TIMESTAMP", "DEFAULT x'00'", "COLLATE NOCASE", "COLLATE 'rtrim'", "UNIQUE",
     "UNIQUE ON CONFLICT FAIL", "CHECK (1 <> ')')", "CONSTRAINT [my check] CHECK(2>(1))", "CONSTRAINT lonely",
     "REFERENCES p", "REFERENCES p(x) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
     "REFERENCES p ON UPDATE SET DEFAULT MATCH SIMPLE NOT DEFERRABLE"]
)  # fmt: skip
_TABLE_CLAUSES = st.sampled_from(
    ["UNIQUE (a)", "UNIQUE (a COLLATE nocase DESC, b) ON CONFLICT IGNORE", "CHECK (a > 0 OR b IN ('(', ','))",
     'CONSTRAINT "ck , 1" CHECK (b)', "FOREIGN KEY (a) REFERENCES p (x) ON DELETE RESTRICT",
     "CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p DEFERRABLE"]
)  # fmt: skip
_SEPARATORS = st.sampled_from([",", " ,", ",\n", ", -- note (\n", " /* , */ , "])


@st.composite
def tables(draw: st.DrawFn) -> str:
    """The text of a table that SQLite accepts."""
    columns = []
    for name in ("a", "b", *draw(st.sets(st.sampled_from(["c", "d", "e"])))):
        clauses = draw(st.lists(_COLUMN_CLAUSES, max_size=4, unique_by=lambda one: one.split()[0].upper()))
        parts = [draw(_QUOTES).format(name), draw(_TYPES), *clauses]
        columns.append(draw(_BLANK).join(filter(None, parts)))
    text = draw(_BLANK) + columns[0]
    for column in columns[1:]:
        text += draw(_SEPARATORS) + column
    for number, clause in enumerate(draw(st.lists(_TABLE_CLAUSES, max_size=3, unique=True))):
        separators = _SEPARATORS if number == 0 else st.one_of(_SEPARATORS, _BLANK)
        text += draw(separators) + draw(_BLANK) + clause
    opening = draw(_BLANK).join(["CREATE TABLE", draw(_QUOTES).format("t"), "("])
    return f"{opening}{text}{draw(_BLANK)})"
