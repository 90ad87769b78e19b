"""What tables stand on in MySQL and MariaDB, and what models can say of them."""

from __future__ import annotations

from ....catalog import CHECK, COLUMN, FOREIGN_KEY, INDEX, PRIMARY_KEY, SEQUENCE, TABLE, UNIQUE
from ....record import TYPE_CHECKING
from ..creation import SYSTEM
from .kinds import FUNCTION, PROCEDURE, TRIGGER, VIEW
from .tokens import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ....catalog import Item
    from ....connect.driver import Query

_DECLARABLE = frozenset(
    (TABLE, COLUMN, PRIMARY_KEY, UNIQUE, FOREIGN_KEY, CHECK, INDEX, SEQUENCE, VIEW, TRIGGER, FUNCTION, PROCEDURE)
)
_DEFAULTS = (
    "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = {}"
)

_SETTINGS = (
    "SHOW SESSION VARIABLES WHERE variable_name IN ('sql_mode', 'explicit_defaults_for_timestamp',"
    " 'default_storage_engine', 'innodb_default_row_format', 'innodb_strict_mode', 'lower_case_table_names',"
    " 'character_set_collations')"
)


def there(query: Query, schemas: Sequence[str], literal: Callable[[str], str]) -> list[str]:
    """As `Catalogs.beside`. Reads the server."""
    own = (schema for schema in schemas if schema.lower() not in SYSTEM)
    return [schema for schema in own if query(_DEFAULTS.format(literal(schema)))]


def defaults(query: Query, schemas: Sequence[str | None], literal: Callable[[str], str]) -> list[str]:
    """As `Catalogs.defaults`: a table that names no character set has that of its database. Reads the server."""
    return [
        f"ALTER DATABASE {f'{quoted(schema)} ' if schema else ''}CHARACTER SET {charset} COLLATE {collation}"
        for schema in schemas
        for charset, collation in query(_DEFAULTS.format(literal(schema) if schema else "DATABASE()"))
    ]


def settings(query: Query) -> str:
    """As `Catalogs.settings`. Reads them."""
    return repr(sorted((str(name), str(value)) for name, value in query(_SETTINGS)))


def declarable(item: Item) -> Item | None:
    """As `Catalogs.declarable`."""
    if item.kind == TRIGGER:  # its place among others depends on those that nobody has declared
        return item._replace(facts=tuple(fact for fact in item.facts if fact[0] != "order"))
    return item if item.kind in _DECLARABLE else None
