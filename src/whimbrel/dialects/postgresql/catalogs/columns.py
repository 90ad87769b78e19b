"""Columns of PostgreSQL: as they are made, and the statements that change one."""

from __future__ import annotations

import re

from ....catalog import SEQUENCE
from ....record import TYPE_CHECKING
from ...base import double_quoted, literal
from .counting import Options, go_on, identity_of
from .tables import NEXT_OF_ITS_OWN
from .words import comment, named, parameters, relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....catalog import Catalog, Item

_SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}
_FAMILIES = (
    ("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    ("date", "timestamp without time zone", "timestamp with time zone"),
    ("json", "jsonb"),
    ("inet", "cidr"),
)
TEXTS = ("text", "character varying", "character")
_ASSIGNED = (
    ("interval", "time without time zone"),
    ("timestamp without time zone", "time without time zone"),
    ("timestamp with time zone", "time without time zone"),
    ("timestamp with time zone", "time with time zone"),
    ("time with time zone", "time without time zone"),
    ("time without time zone", "time with time zone"),
    *(("money", "numeric"), ("numeric", "money"), ("integer", "money"), ("bigint", "money")),
)
"""What the database assigns besides, and a text of the one is not always one of the other."""
_BY_INTEGER = ("smallint", "bigint")
"""Casts from and to truth values are there for integer alone."""


def own_sequence(catalog: Catalog, column: Item) -> Item | None:
    """The sequence of a serial column."""
    if column.fact("default") != NEXT_OF_ITS_OWN or column.place is None:
        return None
    of_table = catalog.parts(column.place, SEQUENCE)
    return next((one for one in of_table if one.fact("column") == column.name), None)


def serial(catalog: Catalog, column: Item) -> Item | None:
    """The sequence of a column that is as `serial` would make it."""
    sequence = own_sequence(catalog, column)
    if sequence is None or sequence.is_named or not column.fact("not null"):
        return None
    type_ = column.fact("type") or ""
    expected = {"column": column.name, **({"type": type_} if type_ != "bigint" else {})}
    return sequence if type_ in _SERIALS and dict(sequence.facts) == expected else None


def made(catalog: Catalog, column: Item, *, is_serial: bool) -> str:
    """A column as it stands where it is made.

    Args:
        catalog: what it is in.
        column: the column.
        is_serial: whether its sequence is to be made with it.
    """
    type_ = column.fact("type") or ""
    words = [double_quoted(column.name), _SERIALS[type_] if is_serial else type_]
    if collation := column.fact("collation"):
        words.append(f"COLLATE {collation}")
    if not is_serial and (default := default_of(catalog, column)):
        words.append(f"DEFAULT {default}")
    if generated := column.fact("generated"):
        words.append(f"GENERATED ALWAYS AS {generated}")
    if column.fact("identity"):
        words.append(_identity(column))
    if column.fact("not null"):
        words.append("NOT NULL")
    return " ".join(words)


def default_of(catalog: Catalog, column: Item) -> str | None:
    """The default as it stands in a statement."""
    sequence = own_sequence(catalog, column)
    return f"nextval({literal(named(sequence))}::regclass)" if sequence else column.fact("default")


def settings(before: Item | None, after: Item) -> list[str]:
    """The statements for what a column cannot be made with."""
    changed = dict(before.facts if before else ())
    wanted = dict(after.facts)
    change = f"ALTER TABLE {relation(after)} ALTER COLUMN {double_quoted(after.name)}"
    statements = []
    for name, default in (("storage", _storage(after)), ("compression", "DEFAULT"), ("statistics", "-1")):
        if changed.get(name) != wanted.get(name):
            statements.append(f"{change} SET {name.upper()} {wanted.get(name, default)}")
    statements += parameters(change, changed.get("options"), wanted.get("options"))
    if changed.get("comment") != wanted.get("comment"):
        statements.append(comment(after, wanted.get("comment")))
    return statements


def is_made_again(before: Item, after: Item) -> bool:
    """Whether a column becomes one that is computed, or is computed otherwise: no statement does that to an old one."""
    return after.fact("generated") is not None and before.fact("generated") != after.fact("generated")


def is_retyped(before: Item, after: Item) -> bool:
    """Whether its values become others, or are sorted otherwise."""
    return any(before.fact(name) != after.fact(name) for name in ("type", "collation"))


def loses_default(before: Item, after: Item) -> bool:
    """Whether the default is to be taken away before anything else: it is another one, or may not fit a new type."""
    has_default = before.fact("default") is not None
    return has_default and (before.fact("default") != after.fact("default") or is_retyped(before, after))


def freed(before: Item, after: Item, *, is_bereft: bool) -> Iterator[str]:
    """What is taken from a column before anything else, as it may be in the way.

    Args:
        before: the column.
        after: what it is to be.
        is_bereft: whether that is its default, too.
    """
    change = f"ALTER TABLE {relation(before)} ALTER COLUMN {double_quoted(before.name)}"
    if is_bereft:
        yield f"{change} DROP DEFAULT"
    if before.fact("identity") and not _keeps_sequence(before, after):
        yield f"{change} DROP IDENTITY"


def changed(catalog: Catalog, before: Item, after: Item, *, is_retyped: bool, sets_default: bool) -> Iterator[str]:
    """The statements that change a column.

    Args:
        catalog: what it is in afterwards.
        before: the column.
        after: what it is to be.
        is_retyped: whether its type is another one, or one that was made anew.
        sets_default: whether its default, if it had one, was taken away.
    """
    change = f"ALTER TABLE {relation(after)} ALTER COLUMN {double_quoted(after.name)}"
    if before.fact("generated") and not after.fact("generated"):
        yield f"{change} DROP EXPRESSION"
    if is_retyped:
        yield f"{change} {_type(before, after)}"
    if after.fact("not null") and not before.fact("not null"):
        yield f"{change} SET NOT NULL"
    default = default_of(catalog, after)
    if default and (sets_default or before.fact("default") != after.fact("default")):
        yield f"{change} SET DEFAULT {default}"
    yield from _counted(change, before, after)
    if before.fact("not null") and not after.fact("not null"):
        yield f"{change} DROP NOT NULL"
    # A new type has the storage and the compression that are its own.
    kept = tuple(pair for pair in before.facts if not is_retyped or pair[0] not in ("storage", "compression"))
    yield from settings(before._replace(facts=kept), after)


def _counted(change: str, before: Item, after: Item) -> Iterator[str]:
    if not after.fact("identity"):
        return
    options = Options.of_identity(after)
    if not before.fact("identity") or not _keeps_sequence(before, after):
        yield f"{change} ADD {_identity(after)}"
        yield go_on(identity_of(after), after, options)
    elif before.fact("identity") != after.fact("identity"):
        words = [f"GENERATED {_how(after)}"] if _how(before) != _how(after) else []
        old = Options.of_identity(before)
        words += options.changed(old) if options.given != old.given else []
        yield f"{change} " + " ".join(word if word == "RESTART" else f"SET {word}" for word in words)
        if "RESTART" in words:
            yield go_on(identity_of(after), after, options)


def _keeps_sequence(before: Item, after: Item) -> bool:
    named = [Options.of_identity(item).given.get("name") for item in (before, after)]
    return bool(after.fact("identity")) and named[0] == named[1]


def _how(column: Item) -> str:
    return (column.fact("identity") or "").partition(" (")[0]


def _identity(column: Item) -> str:
    options = Options.of_identity(column).made
    return f"GENERATED {_how(column)} AS IDENTITY{f' ({options})' if options else ''}"


def _storage(column: Item) -> str:
    """What a type has that was not asked for another one; only newer servers know a word for it."""
    type_ = base_of(column.fact("type"))[0]
    return "MAIN" if type_ in ("numeric", "inet", "cidr") else "EXTENDED"


def _type(before: Item, after: Item) -> str:
    collation = after.fact("collation")
    words = f"TYPE {after.fact('type')}{f' COLLATE {collation}' if collation else ''}"
    value = using(before, after)
    return f"{words} USING {value}" if value else words


def using(before: Item, after: Item, value: str = "") -> str | None:
    """How an old value becomes a new one; None where the database assigns it, and refuses what does not fit.

    Args:
        before: the column.
        after: what it is to be.
        value: an expression for the value, if it is not the column.
    """
    (old, _), (new, _) = base_of(before.fact("type")), base_of(after.fact("type"))
    name, type_ = value or double_quoted(before.name), after.fact("type")
    if old == "bytea" and new in TEXTS:  # its letters, and not the digits that a cast writes
        return f"convert_from({name}, 'UTF8')"
    if old in TEXTS and new == "bytea":  # where a cast would take a backslash for something else
        return f"convert_to({name}::text, 'UTF8')"
    if old == "inet" and new in TEXTS:  # a cast writes /32 behind each address
        return f"abbrev({name})"
    if (
        new in TEXTS
        or (old == new and before.fact("type") != type_)
        or (old, new) in _ASSIGNED
        or any(old in family and new in family for family in _FAMILIES)
    ):
        return None
    if "boolean" in (old, new) and {old, new} & {*_BY_INTEGER, "integer"}:
        return f"{name}::integer::{type_}" if {old, new} & set(_BY_INTEGER) else f"{name}::{type_}"
    return f"{name}::text::{type_}"


def base_of(type_: str | None) -> tuple[str, str]:
    """A type without its length, and that, in its brackets."""
    found = re.search(r"\([\d,-]+\)", type_ or "")
    length = found[0] if found else ""
    return (type_ or "").replace(length, "", 1), length
