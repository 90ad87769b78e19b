"""The statements that make things in PostgreSQL, and those for what a thing cannot be made with."""

from __future__ import annotations

from ....catalog import COLUMN, ENUM, INDEX, SEQUENCE, TABLE
from ....record import TYPE_CHECKING
from ...base import double_quoted, literal
from . import columns
from .counting import Options
from .keys import STATISTICS
from .routines import AGGREGATE, MATERIALIZED_VIEW, POLICY, RULE, TRIGGER, VIEW
from .types import COLLATION, COMPOSITE, DOMAIN, RANGE
from .words import CONSTRAINTS, FUNCTIONS, as_typed, bare, called, comment, named, parameters, relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ....catalog import Catalog, Item

LATER = frozenset(
    ("comment", "clustered", "replica identity", "enabled", "statistics", "target", "options", "tablespace")
)
"""What is said of a thing when it is there, by statements of their own."""
_ENABLED = {None: "ENABLE", "never": "DISABLE", "on replicas": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}


def is_later(fact: str) -> bool:
    """Whether a fact is said of a thing by a statement of its own."""
    return fact in LATER or fact.startswith(("comment on ", "default of "))


def make_table(catalog: Catalog, table: Item, *, has_old: bool) -> list[str]:
    """The statements that make a table with its columns, and nothing else.

    Args:
        catalog: what it is in.
        table: the table.
        has_old: whether the old one is there still, and so its sequences, under another name.
    """
    assert table.place is not None
    parts = catalog.parts(table.place, COLUMN)
    told = ", ".join(columns.made(catalog, one, is_serial=not has_old and is_counted(catalog, one)) for one in parts)
    words = [f"CREATE {'UNLOGGED ' if table.fact('unlogged') else ''}TABLE {named(table)} ({told})"]
    words += [f"INHERITS ({parents})"] if (parents := table.fact("inherits")) else []
    words += [f"PARTITION BY {key}"] if (key := table.fact("partition by")) else []
    words += [f'USING "{method}"'] if (method := table.fact("access method")) else []
    words += [f"WITH ({storage})"] if (storage := table.fact("options")) else []
    done = ("unlogged", "inherits", "partition by", "access method", "options")
    made = table._replace(facts=tuple(pair for pair in table.facts if pair[0] in done))
    later = [statement for one in parts for statement in columns.settings(None, one)]
    typed = [f"ALTER TABLE {named(table)} OF {type_}"] if (type_ := table.fact("of type")) else []
    return [" ".join(words), *typed, *change_table(made, table), *later]


def is_counted(catalog: Catalog, column: Item) -> bool:
    """Whether a sequence is made with a column: that of `serial`."""
    return columns.serial(catalog, column) is not None


def change_table(before: Item, after: Item) -> list[str]:
    """The statements that change a table itself."""
    old, new = dict(before.facts), dict(after.facts)
    change = f"ALTER TABLE {named(after)}"
    words = {
        "unlogged": f"SET {'UNLOGGED' if 'unlogged' in new else 'LOGGED'}",
        "replica identity": f"REPLICA IDENTITY {new.get('replica identity', 'DEFAULT')}",
        "row security": f"{'ENABLE' if 'row security' in new else 'DISABLE'} ROW LEVEL SECURITY",
        "force row security": f"{'' if 'force row security' in new else 'NO '}FORCE ROW LEVEL SECURITY",
        "access method": f'SET ACCESS METHOD "{new.get("access method", "heap")}"',
        "tablespace": f"SET TABLESPACE {double_quoted(new.get('tablespace', 'pg_default'))}",
    }
    statements = [f"{change} {told}" for name, told in words.items() if old.get(name) != new.get(name)]
    statements += parameters(change, old.get("options"), new.get("options"))
    if old.get("comment") != new.get("comment"):
        statements.append(comment(after, new.get("comment")))
    return statements


def make(item: Item) -> list[str]:
    """The statements that make a thing that is neither a table nor a column."""
    if item.kind in CONSTRAINTS:
        definition = as_typed(item.fact("definition") or "")
        change = f"ALTER TABLE {relation(item)} ADD CONSTRAINT {double_quoted(item.name)} {definition}"
        return [change, *settings(None, item)]
    if item.kind in FUNCTIONS:
        return [function(item), *settings(None, item)]
    return [*_MAKERS[item.kind](item), *settings(None, item)]


def function(item: Item) -> str:
    """The statement that makes a function, or makes it otherwise."""
    if item.kind == AGGREGATE:
        return f"CREATE AGGREGATE {named(item)} ({item.fact('definition')})"
    name = ".".join(filter(None, [double_quoted(item.schema), bare(item)]))
    return f"CREATE OR REPLACE {item.kind.upper()} {name}{item.fact('definition')}"


def view(item: Item, how: str = "CREATE") -> str:
    """The statement that makes a view, or makes it otherwise."""
    words = [f"{how} {called(item)}"]
    words += [f'USING "{method}"'] if (method := item.fact("access method")) else []
    words += [f"WITH ({storage})"] if (storage := item.fact("options")) else []
    return f"{' '.join(words)} AS{_spaced(item.fact('definition'))}"


def _spaced(text: str | None) -> str:
    return text if text and text[0].isspace() else f" {text}"


def _view(item: Item) -> list[str]:
    return [view(item)]


def _enum(item: Item) -> list[str]:
    return [f"CREATE TYPE {named(item)} AS ENUM ({item.fact('labels') or ''})"]


def _domain(item: Item) -> list[str]:
    words = [f"CREATE DOMAIN {named(item)} AS {item.fact('type')}"]
    words += [f"COLLATE {collation}"] if (collation := item.fact("collation")) else []
    words += [f"DEFAULT {default}"] if (default := item.fact("default")) else []
    words += ["NOT NULL"] if item.fact("not null") else []
    return [" ".join(words), *(add_check(item, name, text) for name, text in checks(item).items())]


def checks(domain: Item) -> dict[str, str]:
    """The constraints of a domain, by their names."""
    head = "constraint "
    return {name.removeprefix(head): text for name, text in domain.facts if name.startswith(head)}


def add_check(domain: Item, name: str, text: str) -> str:
    """The statement that gives a domain a constraint."""
    return f"ALTER DOMAIN {named(domain)} ADD CONSTRAINT {double_quoted(name)} {text}"


def _composite(item: Item) -> list[str]:
    return [f"CREATE TYPE {named(item)} AS ({item.fact('attributes') or ''})"]


def _range(item: Item) -> list[str]:
    options = {name: text for name, text in item.facts if name != "comment"}
    if multirange := options.pop("multirange_type_name", None):
        options["multirange_type_name"] = double_quoted(item.schema, multirange)
    return [f"CREATE TYPE {named(item)} AS RANGE ({', '.join(f'{name} = {text}' for name, text in options.items())})"]


def _collation(item: Item) -> list[str]:
    options = {name: text for name, text in item.facts if name != "comment"}
    told = (
        f"{name} = {text if name in ('provider', 'deterministic') else literal(text)}" for name, text in options.items()
    )
    return [f"CREATE COLLATION {named(item)} ({', '.join(told)})"]


def _sequence(item: Item) -> list[str]:
    words = [f"CREATE {'UNLOGGED ' if item.fact('unlogged') else ''}SEQUENCE {named(item)}"]
    words += [f"AS {type_}"] if (type_ := item.fact("type")) else []
    words += [made] if (made := Options.of_sequence(item).made) else []
    return [" ".join(words)]


def _index(item: Item) -> list[str]:
    definition = item.fact("definition") or ""
    unique = "UNIQUE " if definition.startswith("UNIQUE ") else ""
    told = as_typed(definition.removeprefix("UNIQUE "))
    return [f"CREATE {unique}INDEX {double_quoted(item.name)} ON {relation(item)} USING {told}"]


def _trigger(item: Item) -> list[str]:
    constraint = "CONSTRAINT " if item.fact("constraint") else ""
    return [f"CREATE {constraint}TRIGGER {double_quoted(item.name)} {item.fact('definition')}"]


def _rule(item: Item) -> list[str]:
    return [f"CREATE RULE {double_quoted(item.name)} AS {item.fact('definition')}"]


def _policy(item: Item) -> list[str]:
    words = [f"CREATE {called(item)}"]
    words += ["AS RESTRICTIVE"] if item.fact("restrictive") else []
    words += [f"{name.upper()} {text}" for name in ("for", "to") if (text := item.fact(name))]
    words += [f"{name.upper()} ({text})" for name in ("using", "with check") if (text := item.fact(name))]
    return [" ".join(words)]


def _statistics(item: Item) -> list[str]:
    return [f"CREATE STATISTICS {named(item)} {item.fact('definition')}"]


_MAKERS: dict[str, Callable[[Item], list[str]]] = {
    ENUM: _enum,
    DOMAIN: _domain,
    COMPOSITE: _composite,
    RANGE: _range,
    COLLATION: _collation,
    SEQUENCE: _sequence,
    INDEX: _index,
    VIEW: _view,
    MATERIALIZED_VIEW: _view,
    TRIGGER: _trigger,
    RULE: _rule,
    POLICY: _policy,
    STATISTICS: _statistics,
}


def unset(before: Item, after: Item) -> Iterator[str]:
    """What is taken away from a thing before another one can have it: only one of a table's indexes can."""
    for fact, words in (("clustered", "SET WITHOUT CLUSTER"), ("replica identity", "REPLICA IDENTITY DEFAULT")):
        if before.kind != TABLE and before.fact(fact) and not after.fact(fact):
            yield f"ALTER {_holder(before)} {words}"


def settings(before: Item | None, after: Item) -> list[str]:
    """The statements for what is said of a thing when it is there.

    Args:
        before: as it is; None if it was just made.
        after: as it is to be.
    """
    old, new = dict(before.facts if before else ()), dict(after.facts)
    names = sorted(name for name in old.keys() | new.keys() if is_later(name) and old.get(name) != new.get(name))
    return [statement for name in names for statement in _said(after, name, old.get(name), new.get(name), before)]


def _said(item: Item, name: str, old: str | None, new: str | None, before: Item | None) -> Sequence[str]:
    if name.startswith("comment"):
        return [comment(item, new, name.removeprefix("comment").removeprefix(" on ") or None)]
    if name.startswith("default of "):
        column = double_quoted(name.removeprefix("default of "))
        return [f"ALTER VIEW {named(item)} ALTER COLUMN {column} {f'SET DEFAULT {new}' if new else 'DROP DEFAULT'}"]
    if name in ("clustered", "replica identity"):
        words = "CLUSTER ON" if name == "clustered" else "REPLICA IDENTITY USING INDEX"
        return [f"ALTER {_holder(item)} {words} {double_quoted(item.name)}"] if new else []
    if name == "enabled":
        return [f"ALTER TABLE {relation(item)} {_ENABLED[new]} {item.kind.upper()} {double_quoted(item.name)}"]
    if name == "target":
        return [f"ALTER STATISTICS {named(item)} SET STATISTICS {new or -1}"]
    if name == "statistics":
        return _index_statistics(item, old, new)
    return _stored(item, name, old, new, before)


def _stored(item: Item, name: str, old: str | None, new: str | None, before: Item | None) -> Sequence[str]:
    """Where, and how, an index or a view is kept; a view is made with its options."""
    subject = f"INDEX {double_quoted(item.schema, item.name)}" if item.kind in (INDEX, *CONSTRAINTS) else called(item)
    if name == "tablespace":
        return [f"ALTER {subject} SET TABLESPACE {double_quoted(new or 'pg_default')}"]
    if before is None and item.kind in (VIEW, MATERIALIZED_VIEW):
        return []
    return parameters(f"ALTER {subject}", old, new)


def _index_statistics(item: Item, old: str | None, new: str | None) -> list[str]:
    before, after = (dict(pair.split(": ") for pair in text.split(", ")) if text else {} for text in (old, new))
    return [
        f"ALTER INDEX {named(item)} ALTER COLUMN {number} SET STATISTICS {after.get(number, '-1')}"
        for number in sorted(before.keys() | after.keys())
        if before.get(number) != after.get(number)
    ]


def _holder(item: Item) -> str:
    """What the indexes of are: a table or a materialized view."""
    return f"{'TABLE' if item.table else 'MATERIALIZED VIEW'} {relation(item)}"


def labels(text: str | None) -> list[str]:
    """The labels of an enum, as literals."""
    import re

    return re.findall(r"'(?:[^']|'')*'", text or "")


def added_labels(before: Item, after: Item) -> list[str] | None:
    """The statements that add labels to an enum; None if there is none for it: labels are gone, or in another order."""
    old, new = labels(before.fact("labels")), labels(after.fact("labels"))
    if [label for label in new if label in old] != old:
        return None
    statements = []
    for place, label in enumerate(new):
        if label in old:
            continue
        where = f"AFTER {new[place - 1]}" if place else f"BEFORE {old[0]}" if old else ""
        statements.append(f"ALTER TYPE {named(after)} ADD VALUE {label} {where}".rstrip())
    return statements
