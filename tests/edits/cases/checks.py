"""CHECK constraints: by name, by text, and without a name."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Enum, Integer, MetaData, String

from ..case import ALL, MARIADB, POSTGRESQL, SQLITE, Case
from .notes import NOTES, note, notes, noting


def _stars(*checks: tuple[str, str | None]):
    return noting(
        lambda: Column("stars", Integer), *(lambda c=check: CheckConstraint(c[0], name=c[1]) for check in checks)
    )


_ROWS = notes(stars=[1, 2, None])

CASES = (
    Case("added", _stars(), _stars(("stars > 0", "stars_positive")), rows=_ROWS),
    Case("dropped", _stars(("stars > 0", "stars_positive")), _stars(), rows=_ROWS),
    Case(
        "changed", _stars(("stars > 0", "stars_range")), _stars(("stars > 0 AND stars < 6", "stars_range")), rows=_ROWS
    ),
    Case("changed_in_a_number", _stars(("stars < 5", "stars_range")), _stars(("stars < 6", "stars_range")), rows=_ROWS),
    Case(
        "changed_in_a_list", _stars(("stars IN (1, 2)", "known")), _stars(("stars IN (1, 2, 3)", "known")), rows=_ROWS
    ),
    Case("renamed", _stars(("stars > 0", "stars_positive")), _stars(("stars > 0", "stars_above_zero")), rows=_ROWS),
    Case(
        "one_of_two_changed",
        _stars(("stars > 0", "low"), ("stars < 6", "high")),
        _stars(("stars > 0", "low"), ("stars < 9", "high")),
        rows=_ROWS,
    ),
    Case("unnamed_added", _stars(), _stars(("stars > 0", None)), rows=_ROWS),
    Case("unnamed_dropped", _stars(("stars > 0", None)), _stars(), rows=_ROWS),
    Case("unnamed_changed", _stars(("stars > 0", None)), _stars(("stars >= 0", None)), rows=_ROWS),
    Case("name_given", _stars(("stars > 0", None)), _stars(("stars > 0", "stars_positive")), rows=_ROWS),
    Case(
        "added_against_rows",
        _stars(),
        _stars(("stars > 1", "stars_many")),
        rows=_ROWS,
        refusal=dict.fromkeys(ALL, ("note", "stars_many")),
    ),
    Case(
        "text_with_quotes_changed",
        noting(lambda: CheckConstraint("title <> 'it''s'", name="title_known")),
        noting(lambda: CheckConstraint("title <> 'it''s not'", name="title_known")),
        rows=NOTES,
    ),
    Case(
        "text_with_percent_added",
        noting(),
        noting(lambda: CheckConstraint("title NOT LIKE 'x%'", name="title_known")),
        rows=NOTES,
    ),
    Case(
        "pattern_changed",
        noting(lambda: CheckConstraint("title ~ '^.*$'", name="title_known")),
        noting(lambda: CheckConstraint("title ~ '^[^0]*$'", name="title_known")),
        (POSTGRESQL,),
        rows={"note": [{"id": 1, "title": "a"}]},
    ),
    Case(
        "not_valid_stays_so",
        noting(lambda: CheckConstraint("length(title) < 20", name="title_short")),
        noting(lambda: CheckConstraint("length(title) < 20", name="title_short"), lambda: Column("body", String(9))),
        (POSTGRESQL,),
        rows=NOTES,
        objects={
            POSTGRESQL: [
                "ALTER TABLE note DROP CONSTRAINT title_short",
                "ALTER TABLE note ADD CONSTRAINT title_short CHECK (length(title) < 20) NOT VALID",
            ]
        },
    ),
    Case(
        "of_a_column_that_is_dropped",
        _stars(("stars > 0", "stars_positive")),
        noting(),
        rows=_ROWS,
    ),
    Case(
        "of_a_column_that_is_added",
        noting(),
        _stars(("stars > 0", "stars_positive")),
        rows=NOTES,
    ),
    Case(
        "of_a_boolean_added",
        noting(lambda: Column("done", Boolean)),
        noting(lambda: Column("done", Boolean(create_constraint=True, name="done_boolean"))),
        (SQLITE, MARIADB),
        rows=notes(done=[True, False, None]),
    ),
    Case(
        "of_an_enum_changed",
        noting(
            lambda: Column(
                "state", Enum("a", "b", native_enum=False, create_constraint=True, name="state_known", length=9)
            )
        ),
        noting(
            lambda: Column(
                "state", Enum("a", "b", "c", native_enum=False, create_constraint=True, name="state_known", length=9)
            )
        ),
        rows=notes(state=["a", "b", None]),
    ),
    Case(
        "by_a_naming_convention_changed",
        lambda metadata: _conventional(metadata, "stars > 0"),
        lambda metadata: _conventional(metadata, "stars > -1"),
        rows=_ROWS,
    ),
)


def _conventional(metadata: MetaData, text: str) -> None:
    metadata.naming_convention = {"ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s"}
    note(metadata, Column("stars", Integer), CheckConstraint(text, name="stars"))
