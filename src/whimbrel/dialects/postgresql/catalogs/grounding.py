"""What tables stand on in PostgreSQL, and what models can say of them."""

from __future__ import annotations

from ....catalog import CHECK, COLUMN, ENUM, EXCLUSION, FOREIGN_KEY, INDEX, PRIMARY_KEY, SEQUENCE, TABLE, UNIQUE
from ....record import TYPE_CHECKING
from ...base import double_quoted, literal
from .making import is_later
from .routines import FUNCTION, MATERIALIZED_VIEW, PROCEDURE, TRIGGER, VIEW
from .words import FUNCTIONS, bare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ....catalog import Item
    from ....connect.driver import Query

_DECLARABLE = frozenset(
    (TABLE, COLUMN, PRIMARY_KEY, UNIQUE, FOREIGN_KEY, CHECK, EXCLUSION, INDEX, SEQUENCE, ENUM, "domain")
)
_OBJECTS = frozenset((VIEW, MATERIALIZED_VIEW, FUNCTION, PROCEDURE, TRIGGER))
"""What is declared by the statement that makes it: what other statements have said of it stays."""
_UNSAYABLE = {
    TABLE: frozenset(("replica identity", "row security", "force row security", "of type")),
    COLUMN: frozenset(("storage", "compression", "statistics", "options")),
}
"""Facts that no model has words for: what somebody has set by hand stays."""
_NOT_TO_BE_HAD = "insufficient_privilege OR undefined_file OR feature_not_supported"
_EXTENSIONS = """
SELECT e.extname, n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql' ORDER BY e.oid"""

_SETTINGS = """
SELECT string_agg(name || ' = ' || setting, ', ' ORDER BY name) FROM pg_catalog.pg_settings
WHERE name IN ('DateStyle', 'IntervalStyle', 'TimeZone', 'bytea_output', 'default_table_access_method',
    'default_tablespace', 'default_toast_compression', 'extra_float_digits', 'quote_all_identifiers', 'search_path')"""

_SCHEMAS = """
SELECT nspname FROM pg_catalog.pg_namespace
WHERE NOT starts_with(nspname, 'pg_') AND nspname NOT IN ('information_schema', coalesce(current_schema(), ''))
ORDER BY nspname"""


def schemas(query: Query) -> list[str]:
    """As `Catalogs.schemas`. Reads the database."""
    return [str(name) for (name,) in query(_SCHEMAS)]


def settings(query: Query) -> str:
    """As `Catalogs.settings`. Reads them."""
    return str(query(_SETTINGS)[0][0])


def ground(query: Query, schemas: Sequence[str | None]) -> list[str]:
    """As `Catalogs.ground`. Reads the database."""
    extensions = query(_EXTENSIONS)
    [[default]] = query("SELECT current_schema()::text")
    wanted = {default if schema is None else schema for schema in schemas} - {None, "public"}
    named = dict.fromkeys([*sorted(wanted), *(schema for _, schema in extensions)])
    return [
        *(f"CREATE SCHEMA IF NOT EXISTS {double_quoted(name)}" for name in named if not name.startswith("pg_")),
        *(_extension(name, schema) for name, schema in extensions),
    ]


def _extension(name: str, schema: str) -> str:
    """What makes an extension, if this user may and the server can: mostly it is an administrator's, and no table's."""
    make = f"CREATE EXTENSION IF NOT EXISTS {double_quoted(name)} SCHEMA {double_quoted(schema)} CASCADE"
    return f"DO {literal(f'BEGIN {make}; EXCEPTION WHEN {_NOT_TO_BE_HAD} THEN NULL; END')}"


def declarable(item: Item) -> Item | None:
    """As `Catalogs.declarable`."""
    if item.kind in _OBJECTS:
        return item._replace(facts=tuple(fact for fact in item.facts if not is_later(fact[0])))
    if item.kind not in _DECLARABLE:
        return None
    if item.kind in (CHECK, FOREIGN_KEY):  # whoever has made it so validates it
        return item._replace(facts=tuple((name, text.removesuffix(" NOT VALID")) for name, text in item.facts))
    unsayable = _UNSAYABLE.get(item.kind)
    if unsayable is None:
        return item
    return item._replace(facts=tuple(fact for fact in item.facts if fact[0] not in unsayable))


def declared_name(item: Item) -> str:
    """As `Catalogs.declared_name`."""
    if item.kind not in FUNCTIONS:
        return item.name
    name = bare(item)
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
