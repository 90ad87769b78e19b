"""What the command line says about names and values that have changed, what may be dropped, and what rows get."""

from __future__ import annotations

from ..errors import UsageError
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_COLUMNS = "--rename users.full_name=users.display_name"
_TABLES = "--rename-table users=people"
_VALUES = "--remap orders.state.done=closed; or, for NULL,  --remap orders.state.done="
_FILLS = "--fill orders.priority=0"


_FLAGS = {"renames": "--rename", "table_renames": "--rename-table", "remaps": "--remap", "fills": "--fill"}


def decisions(options: Any) -> dict[str, Any]:
    """The arguments of `Project.revision` for it.

    Raises:
        UsageError: something is not written as it has to be.
    """
    renames = _pairs("--rename", options.rename or (), _COLUMNS)
    for old, new in renames.items():
        if "." not in old:
            raise UsageError(
                f'--rename is for columns, and "{old}" is none',
                hint=f"{_COLUMNS}; or, for a table,  --rename-table {old}={new}",
            )
    return {
        "renames": renames,
        "table_renames": _pairs("--rename-table", options.rename_table or (), _TABLES),
        "no_rename": options.no_rename,
        "allow_drop": options.allow_drop or (),
        "remaps": {old: new or None for old, new in _values("--remap", options.remap or (), 2, _VALUES).items()},
        "fills": _values("--fill", options.fill or (), 1, _FILLS),
    }


def check_none(options: Any, flag: str) -> None:
    """Refuse all of it beside a flag with which nothing is decided.

    Raises:
        UsageError
    """
    given = next((name for name, value in decisions(options).items() if value), None)
    if given is not None:
        option = _FLAGS.get(given, f"--{given.replace('_', '-')}")
        raise UsageError(f"{option} and {flag} do not go together", hint="leave one of them out")


def _pairs(flag: str, texts: Sequence[str], example: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        old, _, new = (part.strip() for part in text.partition("="))
        if not old or not new:
            raise UsageError(f'{flag} wants an old and a new name, not "{text}"', hint=example)
        if pairs.setdefault(old, new) != new:
            raise UsageError(f"{flag} gives {old} two names: {pairs[old]}, {new}", hint="leave one of them out")
    return pairs


def _values(flag: str, texts: Sequence[str], dots: int, example: str) -> dict[str, str]:
    """What stands behind a name with so many dots in it at least, as it was typed: blanks belong to it.

    A value that stands at the end of a name may be empty, or end with a dot.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or name.count(".") < dots or name.startswith(".") or (dots == 1 and name.endswith(".")):
            raise UsageError(f'{flag} wants a name and a value, not "{text}"', hint=example)
        if found.setdefault(name, value) != value:
            raise UsageError(
                f'{flag} gives {name} two values: "{found[name]}" and "{value}"', hint="leave one of them out"
            )
    return found
