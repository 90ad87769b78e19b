"""The statements that turn a schema of PostgreSQL into another, in their order."""

from __future__ import annotations

from ....catalog import COLUMN, ENUM, FOREIGN_KEY, SEQUENCE, TABLE, Difference
from ....record import TYPE_CHECKING
from ...base import double_quoted, literal
from . import columns, making
from .counting import Options, go_on, identity_of
from .plan import Plan, added_attributes, becomes_valid, ordered
from .routines import VIEW
from .types import COMPOSITE, DOMAIN, RANGE
from .words import FUNCTIONS, MATERIALS, ORDER, allow, bare, drop, named, relation, rename

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ....catalog import Catalog, Item
    from ....catalog.items import Key

_OLD = "_before"
"""What stands behind the name of what makes room for its successor."""


def alter(differences: Sequence[Difference], before: Catalog, after: Catalog) -> list[str]:
    """`Catalogs.alter`."""
    plan = Plan(differences, before, after)
    statements = [
        *_freed(plan),
        *_dropped(plan),
        *_renamed(plan),
        *_made(plan),
        *_owned(plan),
        *_typed(plan),
        *_types_dropped(plan),
    ]
    if any(item.kind in FUNCTIONS for item in _to_be_made(plan)):
        # The body of a function may name what is made later.
        return ["SET check_function_bodies = off", *statements, "RESET check_function_bodies"]
    return statements


def _to_be_made(plan: Plan) -> list[Item]:
    return [*plan.made.values(), *(after for _, after in plan.changed.values())]


def _freed(plan: Plan) -> Iterator[str]:
    for key, (before, after) in plan.changed.items():
        if before.kind == COLUMN:
            yield from columns.freed(before, after, is_bereft=key in plan.bereft)
        elif _changes_model(before, after) and before.fact("of type"):
            yield f"ALTER TABLE {named(before)} NOT OF"
        yield from making.unset(before, after)


def _changes_model(before: Item, after: Item) -> bool:
    """Whether a table follows another type, or none: that type fits its columns only before, or after, they change."""
    return before.kind == TABLE and before.fact("of type") != after.fact("of type")


def _typed(plan: Plan) -> Iterator[str]:
    for before, after in plan.changed.values():
        if _changes_model(before, after) and (type_ := after.fact("of type")):
            yield f"ALTER TABLE {named(after)} OF {type_}"


def _dropped(plan: Plan) -> Iterator[str]:
    """What is dropped, users first; types later, as columns have them still."""
    homes = _homes(plan.dropped.values())
    items = [item for item in plan.dropped.values() if item.kind not in MATERIALS]
    nodes = ordered(items, _without_rebuilt(plan, homes), ORDER)
    order = {item.key: place for place, item in enumerate(nodes)}
    yield from _cycles_cut(plan, homes, order)
    for item in reversed(nodes):
        if item.kind == TABLE and item.place in plan.rebuilt:
            yield rename(item, double_quoted(_aside(item)))
            yield from _set_free(item)
        elif not _goes_with_another(plan, item):
            yield drop(item)


def _set_free(table: Item) -> Iterator[str]:
    """An old table keeps its columns, holds none that they were inherited from, and shows all of its rows."""
    if table.fact("row security"):
        yield f"ALTER TABLE {double_quoted(table.schema, _aside(table))} DISABLE ROW LEVEL SECURITY"
    if table.fact("inherits"):
        for kind, schema, _, name in table.uses:
            if kind == TABLE:
                old = double_quoted(table.schema, _aside(table))
                yield f"ALTER TABLE {old} NO INHERIT {double_quoted(schema, name)}"


def _homes(items: Iterable[Item]) -> dict[Key, Key]:
    """The parts of tables that come and go with them."""
    items = list(items)
    tables = {item.place: item.key for item in items if item.kind == TABLE}
    return {item.key: tables[item.place] for item in items if item.place in tables}


def _without_rebuilt(plan: Plan, homes: dict[Key, Key]) -> dict[Key, Key]:
    """An old table stays for a while: what is on it must not hold what is dropped at once."""
    kept = (COLUMN, TABLE)
    return {key: home for key, home in homes.items() if key[0] in kept or (key[1], key[2]) not in plan.rebuilt}


def _cycles_cut(plan: Plan, homes: dict[Key, Key], order: dict[Key, int]) -> Iterator[str]:
    """Foreign keys to tables that are dropped before their own."""
    for item in plan.dropped.values():
        if item.kind == FOREIGN_KEY and item.key in homes and item.place not in plan.rebuilt:
            others = {homes[key] for key in item.uses if key in homes} - {homes[item.key]}
            if any(order[other] > order[homes[item.key]] for other in others):
                yield drop(item)


def _goes_with_another(plan: Plan, item: Item) -> bool:
    """Whether a sequence is dropped with its column."""
    if item.kind != SEQUENCE or item.place is None:
        return False
    column = (COLUMN, item.schema, item.table, item.fact("column") or "")
    return column in plan.dropped


def _aside(item: Item) -> str:
    return item.name.encode()[: 63 - len(_OLD)].decode(errors="ignore") + _OLD


def _renamed(plan: Plan) -> Iterator[str]:
    made = {(item.schema, item.name) for item in plan.made.values() if item.kind in (*MATERIALS, TABLE)}
    for key in (*plan.replaced, *(key for key, item in plan.dropped.items() if item.kind in MATERIALS)):
        item = _old(plan, key)
        if key in plan.replaced or (item.schema, item.name) in made:
            yield from _moved(plan, key, item)
    for before, after in plan.changed.values():
        if before.name != after.name:
            yield rename(before, bare(after) if after.kind in FUNCTIONS else double_quoted(after.name))


def _moved(plan: Plan, key: Key, type_: Item) -> Iterator[str]:
    """A type makes room for another one. A range has functions that cannot: it goes, its columns are texts so long."""
    if type_.kind != RANGE:
        yield rename(type_, double_quoted(_aside(type_)))
        return
    for column, _ in plan.retyped.values():
        if key in column.uses and column.key not in plan.dropped:
            yield f"ALTER TABLE {relation(column)} ALTER COLUMN {double_quoted(column.name)} TYPE text"
    yield drop(type_)


def _old(plan: Plan, key: Key) -> Item:
    return plan.replaced[key][0] if key in plan.replaced else plan.dropped[key]


def _made(plan: Plan) -> Iterator[str]:
    changed = {after.key: (before, after) for before, after in plan.changed.values()}
    replaced = {after.key: after for _, after in plan.replaced.values()}
    items = {**{key: after for key, (_, after) in changed.items()}, **replaced, **plan.made}
    homes = {key: home for key, home in _homes(plan.made.values()).items() if key[0] in (TABLE, COLUMN)}
    with_columns = set(_sequences_of_columns(plan))
    for item in ordered(items.values(), homes, ORDER):
        if item.key in with_columns:
            yield from making.settings(None, item)
        elif item.key in changed and item.key not in plan.made:
            yield from _changed(plan, *changed[item.key])
        elif item.kind == TABLE:
            yield from _table(plan, item)
        elif item.kind == COLUMN:
            is_serial = making.is_counted(plan.after, item)
            yield f"ALTER TABLE {relation(item)} ADD COLUMN {columns.made(plan.after, item, is_serial=is_serial)}"
            yield from columns.settings(None, item)
        else:
            yield from making.make(item)
            yield from allow(item) if item.key in plan.made else ()


def _sequences_of_columns(plan: Plan) -> Iterator[Key]:
    """The sequences that are made with the columns that they count for."""
    for item in plan.made.values():
        sequence = columns.serial(plan.after, item) if item.kind == COLUMN else None
        if sequence and item.place not in plan.rebuilt and sequence.key in plan.made:
            yield sequence.key


def _table(plan: Plan, table: Item) -> Iterator[str]:
    is_rebuilt = table.place in plan.rebuilt
    create, *more = making.make_table(plan.after, table, has_old=is_rebuilt)
    yield create
    if is_rebuilt:
        old = plan.before.tables[table.schema, table.name]
        yield from _copied(plan, old, table)
        yield drop(old._replace(name=_aside(old)))
    yield from more
    yield from allow(table)


def _copied(plan: Plan, old: Item, new: Item) -> Iterator[str]:
    """The rows of a table that is made anew; those of its heirs are theirs."""
    source = double_quoted(old.schema, _aside(old))
    only = "" if old.fact("partition by") else "ONLY "
    types = _columns_with_inherited(plan.before, old)
    wanted = {name: one for name, one in _columns_with_inherited(plan.after, new).items() if name in types}
    names = [name for name, one in wanted.items() if not one.fact("generated")]
    values = [
        double_quoted(name)
        if types[name].fact("type") == wanted[name].fact("type")
        else f"{double_quoted(name)}::text::{wanted[name].fact('type')}"
        for name in names
    ]
    if names:
        into = f"{named(new)} ({', '.join(map(double_quoted, names))}) OVERRIDING SYSTEM VALUE"
        yield f"INSERT INTO {into} SELECT {', '.join(values)} FROM {only}{source}"


def _columns_with_inherited(catalog: Catalog, table: Item) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for kind, schema, _, name in table.uses:
        if kind == TABLE and (schema, name) in catalog.tables:
            found |= _columns_with_inherited(catalog, catalog.tables[schema, name])
    assert table.place is not None
    return found | {one.name: one for one in catalog.parts(table.place, COLUMN)}


def _changed(plan: Plan, before: Item, after: Item) -> Iterator[str]:
    if after.kind == COLUMN:
        yield from columns.changed(
            plan.after,
            before,
            after,
            is_retyped=before.key in plan.retyped,
            sets_default=before.key in plan.bereft,
        )
    elif after.kind == TABLE:
        yield from making.change_table(before, after)
    else:
        yield from _in_place(before, after)
        yield from making.settings(before, after)


def _in_place(before: Item, after: Item) -> Iterator[str]:
    names = {name for name in Difference(before, after).changes if not making.is_later(name)}
    if after.kind == ENUM:
        yield from making.added_labels(before, after) or ()
    elif after.kind == COMPOSITE:
        for attribute in added_attributes(before, after) or ():
            yield f"ALTER TYPE {named(after)} ADD ATTRIBUTE {attribute}"
    elif after.kind == DOMAIN:
        yield from _domain(before, after)
    elif after.kind == SEQUENCE:
        yield from _sequence(before, after)
    elif names and after.kind in FUNCTIONS:
        yield making.function(after)
    elif names and after.kind == VIEW:
        yield making.view(after, "CREATE OR REPLACE")
    elif becomes_valid(before, after):
        yield f"ALTER TABLE {relation(after)} VALIDATE CONSTRAINT {double_quoted(after.name)}"


def _domain(before: Item, after: Item) -> Iterator[str]:
    change = f"ALTER DOMAIN {named(after)}"
    old, new = making.checks(before), making.checks(after)
    for name in old:
        if old[name] != new.get(name):
            yield f"{change} DROP CONSTRAINT {double_quoted(name)}"
    if before.fact("default") != after.fact("default"):
        default = after.fact("default")
        yield f"{change} {f'SET DEFAULT {default}' if default else 'DROP DEFAULT'}"
    if before.fact("not null") != after.fact("not null"):
        yield f"{change} {'SET' if after.fact('not null') else 'DROP'} NOT NULL"
    for name in new:
        if new[name] != old.get(name):
            yield making.add_check(after, name, new[name])


def _sequence(before: Item, after: Item) -> Iterator[str]:
    change = f"ALTER SEQUENCE {named(after)}"
    old, new = Options.of_sequence(before), Options.of_sequence(after)
    if old.type != new.type or old.given != new.given:
        words = [f"AS {new.type}"] if old.type != new.type else []
        yield " ".join([change, *words, *new.changed(old)])
    if before.fact("unlogged") != after.fact("unlogged"):
        yield f"{change} SET {'UNLOGGED' if after.fact('unlogged') else 'LOGGED'}"
    if before.place and not after.place:
        yield f"{change} OWNED BY NONE"


def _owned(plan: Plan) -> Iterator[str]:
    """What sequences belong to, and where those go on that count for columns with rows."""
    done = set(_sequences_of_columns(plan))
    changed = {after.key: before for before, after in plan.changed.values()}
    for item in _to_be_made(plan):
        if item.kind != SEQUENCE or item.place is None or item.key in done:
            continue
        before = changed.get(item.key)
        owner = (item.table, item.fact("column"))
        if before is None or (before.table, before.fact("column")) != owner:
            yield f"ALTER SEQUENCE {named(item)} OWNED BY {relation(item)}.{double_quoted(owner[1])}"
        column = next((one for one in plan.after.parts(item.place, COLUMN) if one.name == owner[1]), None)
        if column and (before is None or _starts_again(before, item)) and _has_rows(plan, item):
            yield go_on(f"{literal(named(item))}::regclass", column, Options.of_sequence(item))
    for place in sorted(plan.rebuilt, key=str):
        for column in plan.after.parts(place, COLUMN):
            if column.fact("identity"):
                yield go_on(identity_of(column), column, Options.of_identity(column))


def _starts_again(before: Item, after: Item) -> bool:
    return "RESTART" in Options.of_sequence(after).changed(Options.of_sequence(before))


def _has_rows(plan: Plan, sequence: Item) -> bool:
    """Whether there may be rows in its table by now."""
    table = (TABLE, sequence.schema, sequence.table, sequence.table or "")
    return table not in plan.made or sequence.place in plan.rebuilt


def _types_dropped(plan: Plan) -> Iterator[str]:
    """Types that no column has any longer."""
    made = {(item.schema, item.name) for item in plan.made.values() if item.kind in (*MATERIALS, TABLE)}
    old = {key: item for key, item in plan.dropped.items() if item.kind in MATERIALS}
    old |= {key: before for key, (before, _) in plan.replaced.items()}
    for item in reversed(ordered(old.values(), {}, ORDER)):
        is_aside = item.key in plan.replaced or (item.schema, item.name) in made
        if item.kind == RANGE and is_aside:
            continue
        yield drop(item._replace(name=_aside(item)) if is_aside else item)
