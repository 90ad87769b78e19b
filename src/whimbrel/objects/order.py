"""The order in which objects can be made: each behind those that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .declaring import KINDS, Declared, Trigger


def ordered(statements: Mapping[Declared, str]) -> list[Declared]:
    """Objects, each behind those whose names stand in its statement. What a view shows must be there; and what a
    function executes, where it is written in SQL.

    A word may be a column of that name as well, so that there may be a circle. It is cut where it is entered: what
    comes first by its kind, and was declared first, is made first.

    Args:
        statements: what makes each.
    """
    declared = sorted(statements, key=lambda one: KINDS.index(one.kind))
    needs = {one: _needed(one, statements[one], declared) for one in declared}
    done: dict[Declared, None] = {}
    for one in declared:
        _add(one, needs, done, set())
    return [*done]


def _add(
    one: Declared, needs: Mapping[Declared, Sequence[Declared]], done: dict[Declared, None], entered: set[Declared]
) -> None:
    if one in done or one in entered:
        return
    entered.add(one)
    for other in needs[one]:
        _add(other, needs, done, entered)
    done.setdefault(one)


def _needed(one: Declared, statement: str, declared: Sequence[Declared]) -> list[Declared]:
    words = set(re.findall(r"\w+", statement.lower()))
    return [
        other
        for other in declared
        if other is not one and not isinstance(other, Trigger) and words.issuperset(_words(other.name))
    ]


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", name.lower())
