"""Views, triggers, functions, policies and rights: what no model declares is there in the end, and at work."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String

from ..case import ALL, MARIADB, POSTGRESQL, SQLITE, Case
from .notes import NOTES, notes, noting

_VIEW = dict.fromkeys(ALL, ("CREATE VIEW titles AS SELECT id, title FROM note",))
_COUNTING = "CREATE TRIGGER counting AFTER INSERT ON note FOR EACH ROW"
_TRIGGER = {
    SQLITE: [f"{_COUNTING} BEGIN UPDATE note SET title = 'seen' WHERE id = NEW.id; END"],
    MARIADB: ["CREATE TRIGGER counting BEFORE INSERT ON note FOR EACH ROW SET NEW.title = 'seen'"],
    POSTGRESQL: [
        "CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        f"{_COUNTING} EXECUTE FUNCTION count_up()",
    ],
}
_MORE = noting(lambda: Column("more", Integer))


def _longer() -> Column[str]:
    return Column("body", String(40))


def _short() -> Column[str]:
    return Column("body", String(20))


CASES = (
    Case("view_with_a_column_added", noting(), _MORE, rows=NOTES, objects=_VIEW),
    Case(
        "view_with_another_column_changed",
        noting(_short),
        noting(_longer),
        rows=notes(body=["a", None, "c"]),
        objects=_VIEW,
    ),
    Case(
        "view_with_a_default_changed",
        noting(_short),
        noting(lambda: Column("body", String(20), server_default="x")),
        rows=notes(body=["a", None, "c"]),
        objects=_VIEW,
    ),
    Case(
        "view_with_another_column_dropped", noting(_short), noting(), rows=notes(body=["a", None, "c"]), objects=_VIEW
    ),
    Case("trigger_with_a_column_added", noting(), _MORE, rows=NOTES, objects=_TRIGGER),
    Case(
        "trigger_with_a_column_changed",
        noting(_short),
        noting(_longer),
        rows=notes(body=["a", None, "c"]),
        objects=_TRIGGER,
    ),
    Case(
        "trigger_with_a_column_required",
        noting(_short),
        noting(lambda: Column("body", String(20), nullable=False)),
        rows=notes(body=["a", "", "c"]),
        objects=_TRIGGER,
    ),
    Case(
        "materialized_view",
        noting(_short),
        noting(_longer),
        (POSTGRESQL,),
        rows=notes(body=["a", None, "c"]),
        objects={POSTGRESQL: ["CREATE MATERIALIZED VIEW titles AS SELECT id, title FROM note"]},
    ),
    Case(
        "policy",
        noting(),
        _MORE,
        (POSTGRESQL,),
        rows=NOTES,
        objects={
            POSTGRESQL: ["ALTER TABLE note ENABLE ROW LEVEL SECURITY", "CREATE POLICY mine ON note USING (id > 0)"]
        },
    ),
    Case(
        "domain_and_type",
        noting(),
        _MORE,
        (POSTGRESQL,),
        rows=NOTES,
        objects={POSTGRESQL: ["CREATE DOMAIN short AS varchar(5)", "CREATE TYPE pair AS (a int, b int)"]},
    ),
    Case(
        "rule",
        noting(),
        _MORE,
        (POSTGRESQL,),
        rows=NOTES,
        objects={POSTGRESQL: ["CREATE RULE silent AS ON DELETE TO note WHERE OLD.id < 0 DO INSTEAD NOTHING"]},
    ),
    Case(
        "statistics",
        noting(_short),
        noting(_short, lambda: Column("more", Integer)),
        (POSTGRESQL,),
        rows=notes(body=["a", None, "c"]),
        objects={POSTGRESQL: ["CREATE STATISTICS title_body ON title, body FROM note"]},
    ),
    Case("extension", noting(), _MORE, (POSTGRESQL,), rows=NOTES, objects={POSTGRESQL: ["CREATE EXTENSION hstore"]}),
)
