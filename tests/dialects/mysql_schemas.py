"""A database of MariaDB as the server itself shows it, and whimbrel's catalog of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import sqlalchemy as sa

from whimbrel.catalog import Catalog, compare
from whimbrel.connect.engine import query_of
from whimbrel.dialects.mysql import MySQL

_DEFINER = re.compile(r"DEFINER=`[^`]*`@`[^`]*` ")
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_FOREIGN_KEY = re.compile(r"(?:CONSTRAINT `([^`]*)` )?FOREIGN KEY")
_MADE_UP_CONSTRAINT = re.compile(r"^  CONSTRAINT `(?:CONSTRAINT_\d+|.*_ibfk_\d+)` ")
_KEY = re.compile(r"^  ((?:UNIQUE |FULLTEXT |SPATIAL )?KEY) `((?:[^`]|``)*)` \(`((?:[^`]|``)*)`")
_STARTS = re.compile(r" STARTS '[^']*'")


class Schema:
    """One database, on a connection that stays open: there are many."""

    def __init__(self, url: str) -> None:
        self.name = sa.make_url(url).database or ""
        self._connection = sa.create_engine(url, isolation_level="AUTOCOMMIT").connect()

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self._connection.exec_driver_sql(statement.replace("%", "%%"))

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self._connection.exec_driver_sql(statement.replace("%", "%%"))]

    def clear(self) -> None:
        """Drop all tables."""
        names = [str(name).replace("`", "``") for (name,) in self.rows("SHOW TABLES")]
        self.execute("SET foreign_key_checks = 0", *(f"DROP TABLE `{name}`" for name in names))
        self.execute("SET foreign_key_checks = 1")

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """As whimbrel asks it."""
        return query_of(self._connection.connection.driver_connection)(statement)

    def read(self, *schemas: str | None) -> Catalog:
        return MySQL().catalogs.read(self.query, schemas)

    @property
    def catalog(self) -> Catalog:
        return self.read(None)

    def become(self, after: Catalog) -> list[str]:
        """Make it what a catalog says, by the statements that whimbrel has for it."""
        before = self.catalog
        statements = MySQL().catalogs.alter(compare(before, after), before, after)
        for statement in statements:
            try:
                self.execute(statement)
            except sa.exc.DBAPIError as error:
                raise AssertionError("\n".join((str(error.orig), statement, "of", *statements))) from None
        return statements

    @property
    def shown(self) -> dict[str, object]:
        """All that SHOW CREATE prints, but for orders and names that the server has chosen, and who has made it."""
        found: dict[str, object] = {}
        for name, sort in self.rows("SHOW FULL TABLES"):
            kind = "SEQUENCE" if sort == "SEQUENCE" else "TABLE"
            quoted = str(name).replace("`", "``")
            [row] = self.rows(f"SHOW CREATE {kind} `{quoted}`")
            text = _DEFINER.sub("", str(row[1])).replace(f"`{self.name}`.", "")
            found[str(name)] = text if sort in ("VIEW", "SEQUENCE") else _without_choices(text)
        for table, name, timing, event, text in self.rows(
            "SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement"
            " FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY action_order"
        ):
            triggers = found.setdefault(f"triggers {table} {timing} {event}", [])
            assert isinstance(triggers, list)
            triggers.append((name, text))
        for kind, name in self.rows(
            "SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()"
            " UNION ALL SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = DATABASE()"
        ):
            [row] = self.rows(f"SHOW CREATE {kind} `{name}`")
            found[f"{kind} {name}"] = _STARTS.sub("", _DEFINER.sub("", str(row[3 if kind == "EVENT" else 2])))
        return found


def _without_choices(text: str) -> tuple[str, ...]:
    """The lines of a table, sorted; names that the server has made up are left out."""
    first, *lines = text.split("\n")
    keys = {match[1] for match in map(_FOREIGN_KEY.search, lines) if match}
    return (first, *sorted(_without_name(_COUNTER.sub("", line).rstrip(","), keys) for line in lines))


def _without_name(line: str, keys: Iterable[str | None]) -> str:
    line = _MADE_UP_CONSTRAINT.sub("  ", line)
    match = _KEY.match(line)
    if match and (re.fullmatch(rf"{re.escape(match[3])}(_\d+)?", match[2]) or match[2] in keys):
        return f"  {match[1]} {line[line.index('(') :]}"
    return line
