"""One table made otherwise: as few `ALTER TABLE` as can do it, so that most of it happens at once or not at all.

Foreign keys and triggers are not among it; they are put off while tables change. What is written here is understood by
MariaDB 10.5.2 and by MySQL 8.0.19: they can rename a key, and drop a constraint of whatever kind.
"""

from __future__ import annotations

from ....catalog import CHECK, COLUMN, INDEX, PRIMARY_KEY, TABLE, UNIQUE, Item
from ....record import TYPE_CHECKING
from ..modes import KEEPS_ZERO, with_modes
from .kinds import IGNORED, PERIOD
from .references import KEYS, column_names
from .tables import options_of
from .tokens import quoted, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ....catalog import Catalog, Difference
    from ....catalog.items import Place
    from .tokens import Token

_RESET = {
    "comment": "COMMENT=''",
    "connection": "CONNECTION=''",
    "union": "UNION=()",
    "insert_method": "INSERT_METHOD=NO",
    "encryption": "ENCRYPTION='N'",
    "compression": "COMPRESSION='NONE'",
    "secondary_engine": "SECONDARY_ENGINE=NULL",
    "tablespace": "TABLESPACE `innodb_file_per_table`",
    **{
        option: f"{option.upper()}=0"
        for option in (
            *("avg_row_length", "autoextend_size", "checksum", "delay_key_write", "key_block_size"),
            *("max_rows", "min_rows"),
        )
    },
}
"""Options of a table as they are if nobody has asked for them; others than these can be set to DEFAULT."""
_USED = {"IGNORED": "NOT IGNORED", "INVISIBLE": "VISIBLE"}
"""What a key is again that was not used, on MariaDB and on MySQL."""
_TOGETHER = ("charset", "collation")
_OF_ITS_OWN = {*_TOGETHER, "with", "partition"}
_FIXED = {"data directory", "index directory"}
"""Where the files of a table are is said when it is made, and never again."""
_KEEPING_HISTORY = "SET STATEMENT system_versioning_alter_history=KEEP FOR "
"""Without it, MariaDB does not alter a table that keeps the versions of its rows."""


def created(table: Item, parts: Sequence[Item]) -> str:
    """The statement that makes a table, without its foreign keys.

    Args:
        table: the table.
        parts: its parts.
    """
    kinds = (COLUMN, *KEYS, CHECK, PERIOD)
    lines = [_defined(part) for kind in kinds for part in parts if part.kind == kind]
    return f"CREATE TABLE {quoted(table.schema, table.name)} ({', '.join(lines)}) {table.definition}"


def altered(place: Place, differences: Sequence[Difference], before: Catalog, target: Catalog) -> list[str]:
    """The statements that alter a table.

    Args:
        place: the table.
        differences: what is changed of it.
        before: the schema as it is.
        target: as it will be.
    """
    return _Alteration(place, differences, before, target).statements()


def _defined(part: Item) -> str:
    """A part as it stands in a statement; a check whose name the server has made up gets another one from it."""
    if part.kind == CHECK and not part.is_named:
        return part.definition.removeprefix(f"CONSTRAINT {quoted(part.name)} ")
    return part.definition


class _Alteration:
    """What is done to one table.

    Args:
        place: the table.
        differences: what is changed of it.
        before: the schema as it is.
        target: as it will be.
    """

    def __init__(self, place: Place, differences: Sequence[Difference], before: Catalog, target: Catalog) -> None:
        self._name = quoted(*place)
        self._differences = differences
        self._old, self._new = before.tables[place], target.tables[place]
        self._before, self._after = before.parts(place), target.parts(place)
        self._all_columns = target.parts(place, COLUMN)
        self._columns = _paired(differences)
        self._rebuilt = {old.name for old, new in self._columns if old and new and _is_rebuilt(old, new)}

    def statements(self) -> list[str]:
        """The statements, in their order."""
        first = [self._without_partitions()] if self._has_to_lose_partitions() else []
        first += [
            self._altering(self._stored(old)) for old, new in self._columns if old and new and _is_freed(old, new)
        ]
        clauses = [*self._drops(), *self._changed_columns(), *self._adds(), *self._options()]
        partition = self._partition()
        if not clauses and not partition:
            return first
        whole = self._altering(clauses) + (" " * bool(clauses) + partition if partition else "")
        return [*first, *self._with_zeros(whole)]

    def _with_zeros(self, statement: str) -> list[str]:
        """The statement, with what keeps a 0 from getting a number when its column becomes one that is numbered."""
        if not any(old and new and _is_numbered_now(old, new) for old, new in self._columns):
            return [statement]
        before, behind = with_modes(KEEPS_ZERO)
        return [before, statement, behind]

    def _altering(self, clauses: Sequence[str]) -> str:
        prefix = _KEEPING_HISTORY if self._old.fact("with") else ""
        return f"{prefix}ALTER TABLE {self._name} {', '.join(clauses)}"

    # -- columns ---------------------------------------------------------------------------------

    def _changed_columns(self) -> Iterator[str]:
        clauses = {new.name: self._changed_column(old, new) for old, new in self._columns if new is not None}
        for column in self._all_columns:  # in their order: one can be put behind another only if that is there
            if column.name in clauses:
                yield clauses[column.name]
            elif _mentions(column, self._rebuilt):  # what is computed from one that is made anew is looked at again
                yield f"MODIFY COLUMN {self._column(column)}"

    def _changed_column(self, old: Item | None, new: Item) -> str:
        text = self._column(new) + self._position(old, new)
        if old is None or _is_rebuilt(old, new):
            return f"ADD COLUMN {text}"
        return f"MODIFY COLUMN {text}" if old.name == new.name else f"CHANGE COLUMN {quoted(old.name)} {text}"

    def _position(self, old: Item | None, new: Item) -> str:
        """Where a column comes: MariaDB computes them in their order, so one must not be behind those that use it."""
        is_used = any(_mentions(column, {new.name}) for column in self._all_columns)
        is_moved = is_used if old is None or _is_rebuilt(old, new) else _is_computed_otherwise(old, new)
        if not is_moved:
            return ""
        return _behind(new, self._all_columns)

    def _column(self, column: Item) -> str:
        """A column with its character set, if that is not the one that it would have in this table."""
        charset, collation = column.fact("charset"), column.fact("collation")
        head = f"{quoted(column.name)} {column.fact('type')}"
        is_said = column.definition.startswith((f"{head} CHARACTER SET", f"{head} COLLATE"))
        if charset is None or is_said or (charset, collation) == tuple(map(self._new.fact, _TOGETHER)):
            return column.definition
        said = f" CHARACTER SET {charset}" + (f" COLLATE {collation}" if collation else "")
        return head + said + column.definition[len(head) :]

    def _stored(self, column: Item) -> list[str]:
        """A computed column with its values kept in the rows, so that they stay there when it is computed no more."""
        charset, collation = column.fact("charset"), column.fact("collation")
        words = [
            *(quoted(column.name), column.fact("type")),
            *((f"CHARACTER SET {charset}",) if charset else ()),
            *((f"COLLATE {collation}",) if collation else ()),
            f"GENERATED ALWAYS AS {column.fact('generated')} STORED",
        ]
        checks = [part for part in self._before if part.kind == CHECK and _mentions(part, {column.name})]
        return [
            *(f"DROP CONSTRAINT {quoted(check.name)}" for check in checks),
            f"DROP COLUMN {quoted(column.name)}",
            f"ADD COLUMN {' '.join(filter(None, words))}{_behind(column, self._before)}",
            *(f"ADD {check.definition}" for check in checks),
        ]

    # -- keys and constraints --------------------------------------------------------------------

    def _drops(self) -> Iterator[str]:
        for part in self._gone(CHECK):
            yield f"DROP CONSTRAINT {quoted(part.name)}"
        for part in self._gone(*KEYS):
            yield "DROP PRIMARY KEY" if part.kind == PRIMARY_KEY else f"DROP KEY {quoted(part.name)}"
        for part in self._gone(PERIOD):
            yield f"DROP PERIOD FOR {part.name if part.name.upper() == 'SYSTEM_TIME' else quoted(part.name)}"
        for old, new in self._columns:
            if old is not None and (new is None or _is_rebuilt(old, new)):
                yield f"DROP COLUMN {quoted(old.name)}"

    def _adds(self) -> Iterator[str]:
        for part in self._come(PERIOD):
            yield f"ADD {part.definition}"
        for old, new in self._renamed():
            yield f"RENAME KEY {quoted(old)} TO {quoted(new)}"
        for key in filter(_is_shown_or_hidden, self._differences):
            ignored, used = key.changes[IGNORED]
            yield f"ALTER INDEX {quoted(key.item.name)} {used or _USED[ignored or '']}"
        for part in self._covered():
            yield f"ADD {part.definition}"
        for part in sorted(self._come(*KEYS), key=lambda key: not key.is_named):  # names are made up of what is free
            yield f"ADD {part.definition if part.is_named else _without_name(part)}"
        for part in self._come(CHECK):
            yield f"ADD {_defined(part)}"

    def _gone(self, *kinds: str) -> list[Item]:
        """The parts that are dropped; some of them to be made again."""
        gone = [one.before for one in self._differences if one.before is not None and not _is_kept_key(one)]
        found = [part for part in gone if part.kind in kinds]
        return found + [part for part in (*self._covered(), *self._remade()) if part.kind in kinds]

    def _come(self, *kinds: str) -> list[Item]:
        """The parts that are added; some of them because they were dropped for it."""
        come = [one.after for one in self._differences if one.after is not None and not _is_kept_key(one)]
        return [part for part in (*come, *self._remade()) if part.kind in kinds]

    def _remade(self) -> list[Item]:
        """The checks and the keys that stay, and are about a column that is made anew.

        A key would stay as long as that was, and be about the beginning of a text that is longer now.
        """
        covered = self._covered()
        return [part for part in self._staying(CHECK, *KEYS) if _mentions(part, self._rebuilt) and part not in covered]

    def _staying(self, *kinds: str) -> list[Item]:
        after = set(self._after)
        return [part for part in self._before if part.kind in kinds and part in after]

    def _covered(self) -> list[Item]:
        """The keys that stay, and would be dropped without a word when another one is added that can do the same.

        A server does so with keys that it has made itself, for a foreign key. It does not tell which ones those are.
        """
        added = [column_names(one.item.fact("columns") or "") for one in self._differences if _adds_key(one)]
        found = []
        for key in self._staying(INDEX):
            columns = column_names(key.fact("columns") or "")
            may_be_made = not key.is_named and not any(map(key.fact, ("kind", "options", IGNORED)))
            if may_be_made and any(other[: len(columns)] == columns for other in added):
                found.append(key)
        return found

    def _renamed(self) -> list[tuple[str, str]]:
        """Keys with another name: that which is wanted, or some other one because somebody else wants theirs."""
        pairs = [(one.before.name, one.item.name) for one in self._differences if one.before and _is_renamed_key(one)]
        wanted = {name.lower() for _, name in pairs}
        wanted |= {part.name.lower() for part in self._come(*KEYS) if part.is_named}
        staying = self._staying(INDEX, UNIQUE)
        taken = {part.name.lower() for part in (*self._before, *self._after) if part.kind in KEYS} | wanted
        gone = set(self._gone(*KEYS))
        for part in staying:
            if part.name.lower() in wanted and part not in gone:
                name = _free_name(column_names(part.fact("columns") or "")[0], taken)
                taken.add(name.lower())
                pairs.append((part.name, name))
        return pairs

    # -- options ---------------------------------------------------------------------------------

    def _options(self) -> Iterator[str]:
        changed = {name for one in self._differences if one.item.kind == TABLE for name in one.changes}
        said = {name: text for name, _, text in options_of(_before_partition(self._new.definition))}
        if changed & {*_TOGETHER}:
            yield " ".join(said[name] for name in _TOGETHER if name in said)
        if "with" in changed:
            yield f"{'ADD' if self._new.fact('with') else 'DROP'} SYSTEM VERSIONING"
        for name in sorted(changed - _OF_ITS_OWN - _FIXED, key=lambda name: (name != "engine", name)):
            yield said.get(name) or _RESET.get(name, f"{name.upper()}=DEFAULT")

    def _partition(self) -> str:
        old, new = self._old.fact("partition"), self._new.fact("partition")
        if old == new or (self._has_to_lose_partitions() and not new):
            return ""
        return new or "REMOVE PARTITIONING"

    def _has_to_lose_partitions(self) -> bool:
        """Whether versions of rows are to be dropped that are in partitions of their own."""
        is_dropped = self._old.fact("with") is not None and self._new.fact("with") is None
        return is_dropped and "SYSTEM_TIME" in (self._old.fact("partition") or "")

    def _without_partitions(self) -> str:
        return f"{self._altering([])}REMOVE PARTITIONING"


def _paired(differences: Sequence[Difference]) -> list[tuple[Item | None, Item | None]]:
    """The columns, before and after. One whose name is in other letters is the same: servers cannot tell them apart."""
    pairs = [(one.before, one.after) for one in differences if one.item.kind == COLUMN]
    gone = {old.name.lower(): old for old, new in pairs if old is not None and new is None}
    found: list[tuple[Item | None, Item | None]] = []
    for old, new in pairs:
        if old is None and new is not None and new.name.lower() in gone:
            found.append((gone.pop(new.name.lower()), new))
        elif new is not None:
            found.append((old, new))
    return [*found, *((old, None) for old in gone.values())]


def _is_rebuilt(old: Item, new: Item) -> bool:
    """Whether a column has to be dropped and added: one that is computed when it is read cannot become another."""
    return old.fact("virtual") != new.fact("virtual") and not _is_freed(old, new)


def _is_numbered_now(old: Item, new: Item) -> bool:
    """Whether rows that are there may get a number, which they do if theirs is 0: not if they had one before."""
    return bool(new.fact("auto increment")) and not old.fact("auto increment")


def _behind(column: Item, parts: Sequence[Item]) -> str:
    """Where a column is in a table."""
    names = [part.name for part in parts if part.kind == COLUMN]
    place = names.index(column.name)
    return f" AFTER {quoted(names[place - 1])}" if place else " FIRST"


def _is_computed_otherwise(old: Item, new: Item) -> bool:
    return any(old.fact(name) != new.fact(name) and "`" in (new.fact(name) or "") for name in ("generated", "default"))


def _is_freed(old: Item, new: Item) -> bool:
    """Whether a column is computed no more, and was not kept."""
    return bool(old.fact("virtual")) and not new.fact("generated")


def _is_renamed_key(difference: Difference) -> bool:
    return difference.is_renamed and difference.item.kind in (UNIQUE, INDEX)


def _is_shown_or_hidden(difference: Difference) -> bool:
    """Whether nothing but the use that is made of a key changes: one that is made anew for that stays as it was."""
    return difference.item.kind in (UNIQUE, INDEX) and difference.changes.keys() == {IGNORED}


def _is_kept_key(difference: Difference) -> bool:
    return _is_renamed_key(difference) or _is_shown_or_hidden(difference)


def _adds_key(difference: Difference) -> bool:
    return difference.after is not None and difference.item.kind in KEYS and not difference.is_renamed


def _mentions(part: Item, names: set[str]) -> bool:
    """Whether a part is about one of some columns, by its expression or its list."""
    texts = (text for fact, text in part.facts if fact in ("columns", "expression", "generated", "default", "check"))
    return bool(names) and any(
        token.kind == "name" and token.name in names for text in texts for token in tokens_of(text)
    )


def _without_name(key: Item) -> str:
    """A key for which the server finds a name."""
    return key.definition.replace(f"{quoted(key.name)} ", "", 1) if key.name else key.definition


def _free_name(column: str, taken: set[str]) -> str:
    number = 2
    while f"{column}_{number}".lower() in taken:
        number += 1
    return f"{column}_{number}"


def _before_partition(definition: str) -> list[Token]:
    tokens = tokens_of(definition)
    return tokens[: next((place for place, token in enumerate(tokens) if token.word == "PARTITION"), len(tokens))]
