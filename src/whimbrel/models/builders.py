"""Finds the tables that a function of the project makes: `log = make_table("log")` says nothing that `declare` knows.

To miss such a module would be to propose dropping its tables. To import every module that touches the models instead
would run scripts such as `reset.py`, which drops all tables as soon as it is imported. So the functions and classes
that build tables are followed through the project's imports, to the modules that use one while they are imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .declare import Facts
from .inherit import Lookup, places

Read = Callable[[str], bytes]


class _Search(NamedTuple):
    lookup: Lookup
    read: Read


def users(declaring: Iterable[str], others: Iterable[str], lookup: Lookup, read: Read) -> list[str]:
    """The modules that, while they are imported, use what builds tables.

    Args:
        declaring: the modules known to declare.
        others: the remaining ones.
        lookup: parses a module of the project; None when the project has none of that name.
        read: its text.

    Returns:
        Names out of `others`.
    """
    search = _Search(lookup, read)
    known = set().union(*(_builders(name, search) for name in declaring))
    waiting = {name: read(name) for name in others} if known else {}
    found: list[str] = []
    while near := _mentioning(waiting, known):
        for name in near:
            del waiting[name]
            if any(_builds(name, used, search) for used in _facts(name, lookup).used_at_import):
                found.append(name)
            known |= _builders(name, search)
    return found


def _mentioning(sources: dict[str, bytes], words: set[str]) -> list[str]:
    if not words or not sources:
        return []
    either = re.compile(
        rb"\b(?:%s)\b|\bimport[ \t(]+\*" % b"|".join(re.escape(word.encode()) for word in sorted(words))
    )
    return [name for name, source in sources.items() if either.search(source)]


def _facts(name: str, lookup: Lookup) -> Facts:
    return lookup(name) or Facts(False, False, {}, frozenset(), {}, ())


def _builders(module: str, search: _Search) -> set[str]:
    """What a module holds, or hands on by another name, that builds tables."""
    facts = _facts(module, search.lookup)
    return {name for name in (*facts.makers, *facts.imported) if _builds(module, name, search)}


def _builds(module: str, dotted: str, search: _Search) -> bool:
    """Whether a name in a module is, or calls, what builds a table."""
    return _reaches(module, dotted, search, set())


def _reaches(module: str, dotted: str, search: _Search, seen: set[tuple[str, str]]) -> bool:
    facts = search.lookup(module)
    if facts is None or (module, dotted) in seen:
        return False
    seen.add((module, dotted))
    maker = facts.makers.get(dotted.partition(".")[0])
    if maker is not None:
        return maker.builds or any(_reaches(module, used, search, seen) for used in maker.uses)
    return any(_reaches(*place, search, seen) for place in places(dotted, facts, search.lookup))
