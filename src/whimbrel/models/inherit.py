"""Finds the models that only their base class gives away.

`class Tag(NamedMixin, Base): pass` declares a table when the base makes up table names, yet nothing in its file says
so. To miss it would be to propose dropping its table, so base classes are followed through the project's imports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from .declare import Facts

_CLASS = re.compile(rb"^[ \t]*class\s+\w+[^(\n]*\(([^)]*)\)", re.MULTILINE)
_TYPE = re.compile(rb"\btype\([^,()]+,\s*\(([^)]*)\)")
_WORD = re.compile(rb"\w+")

Lookup = Callable[[str], Facts | None]


def words_in_bases(source: bytes) -> frozenset[str]:
    """The words between the brackets of a file's class statements and `type()` calls, without parsing it."""
    found = _CLASS.findall(source) if b"class " in source else []
    found += _TYPE.findall(source) if b"type(" in source else []
    words = (word for bases in found for word in _WORD.findall(bases))
    return frozenset(word.decode(errors="replace") for word in words)


def heirs(declaring: Mapping[str, Facts], others: Mapping[str, frozenset[str]], lookup: Lookup) -> list[str]:
    """The modules with a class that inherits from a declaring one.

    Args:
        declaring: what is known to declare, by module name.
        others: the remaining modules, and the words in their class statements.
        lookup: parses a module of the project; None when the project has none of that name.

    Returns:
        Names out of `others`.
    """
    known = set().union(*map(_model_names, declaring.values()))
    waiting = dict(others)
    found: list[str] = []
    while candidates := [name for name, words in waiting.items() if not known.isdisjoint(words)]:
        for name in candidates:
            del waiting[name]
            if (facts := lookup(name)) and any(_is_model(name, a_class, lookup) for a_class in facts.classes):
                found.append(name)
                known.update(facts.classes)
    return found


def _model_names(facts: Facts) -> set[str]:
    # Not only the classes that declare: `class Audited(Base)` may be abstract and say nothing, and be inherited from.
    return {*facts.classes, *facts.bases}


def _is_model(module: str, dotted: str, lookup: Lookup, seen: frozenset[tuple[str, str]] = frozenset()) -> bool:
    """Whether a name in a module is, or inherits from, a class that declares."""
    facts = lookup(module)
    if facts is None or (module, dotted) in seen:
        return False
    seen |= {(module, dotted)}
    first, _, rest = dotted.partition(".")
    if not rest and first in facts.bases:
        return True
    if not rest and first in facts.classes:
        found = facts.classes[first]
        if found.declares:
            return not found.is_sqlmodel
        return any(_is_model(module, base, lookup, seen) for base in found.bases)
    return any(_is_model(*place, lookup, seen) for place in places(dotted, facts, lookup))


def places(dotted: str, facts: Facts, lookup: Lookup) -> Iterator[tuple[str, str]]:
    """Where a name that is not defined in its module may be defined instead."""
    first, _, rest = dotted.partition(".")
    if first in facts.imported:
        source, name = facts.imported[first]
        full = ".".join(filter(None, [source, name, rest]))
    elif facts.stars:
        yield from ((star, dotted) for star in facts.stars)
        return
    else:
        return
    # Of `shop.db.base.Base`, the longest part that is a module.
    head, _, last = full.rpartition(".")
    while head and lookup(head) is None:
        head, _, name_above = head.rpartition(".")
        last = f"{name_above}.{last}"
    # Above what is imported from, it is not: `from .db import db` without a `db.py` would lead back here for ever.
    if head and len(head) >= len(source):
        yield head, last
