"""The options of sequences, and where they go on."""

from __future__ import annotations

import re

from ....record import TYPE_CHECKING
from ...base import double_quoted, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ....catalog import Item

_WORDS = {
    "increment": "INCREMENT BY",
    "minvalue": "MINVALUE",
    "maxvalue": "MAXVALUE",
    "start": "START WITH",
    "cache": "CACHE",
}
_WIDTHS = {"smallint": 15, "integer": 31, "bigint": 63}


class Options:
    """How a sequence counts.

    Args:
        given: what is not as it would be without being asked for.
        type_: what it counts with.
    """

    def __init__(self, given: Mapping[str, str], type_: str) -> None:
        self.given = {name: text for name, text in given.items() if name in (*_WORDS, "cycle", "name")}
        self.type = type_

    @classmethod
    def of_sequence(cls, item: Item) -> Options:
        """Those of a sequence."""
        return cls(dict(item.facts), item.fact("type") or "bigint")

    @classmethod
    def of_identity(cls, item: Item) -> Options:
        """Those of an identity column."""
        text = item.fact("identity") or ""
        name = re.search(r"SEQUENCE NAME ((?:\"(?:[^\"]|\"\")*\"|[^\s\")])+)", text)
        if name:
            text = text.replace(name[0], "")
        given = {key.lower(): value for key, value in re.findall(r"([A-Z]+) (-?\d+)", text)}
        if "CYCLE" in text:
            given["cycle"] = "yes"
        if name:
            given["name"] = name[1]
        return cls(given, item.fact("type") or "bigint")

    @property
    def is_rising(self) -> bool:
        """Whether it counts up."""
        return not self.given.get("increment", "1").startswith("-")

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest number."""
        width = 2 ** _WIDTHS.get(self.type, 63)
        least, most = (1, width - 1) if self.is_rising else (-width, -1)
        return int(self.given.get("minvalue", least)), int(self.given.get("maxvalue", most))

    @property
    def start(self) -> str:
        """The first number."""
        return self.given.get("start") or str(self.bounds[0 if self.is_rising else 1])

    @property
    def made(self) -> str:
        """As they stand where one is made."""
        words = [f"{word} {self.given[name]}" for name, word in _WORDS.items() if name in self.given]
        return " ".join(
            [*([f"SEQUENCE NAME {self.given['name']}"] if "name" in self.given else []), *words, *self._cycle[1:]]
        )

    def changed(self, before: Options) -> list[str]:
        """All of them, as they stand where one is changed. One that would be out of its bounds starts again."""
        least, most = (
            f"{word} {self.given[word.lower()]}" if word.lower() in self.given else f"NO {word}"
            for word in ("MINVALUE", "MAXVALUE")
        )
        words = [
            f"INCREMENT BY {self.given.get('increment', '1')}",
            least,
            most,
            f"START WITH {self.start}",
            f"CACHE {self.given.get('cache', '1')}",
            "CYCLE" if "cycle" in self.given else "NO CYCLE",
        ]
        (old_least, old_most), (new_least, new_most) = before.bounds, self.bounds
        return [*words, "RESTART"] if new_least > old_least or new_most < old_most else words

    @property
    def _cycle(self) -> tuple[str, ...]:
        return ("", "CYCLE") if "cycle" in self.given else ("",)


def go_on(sequence: str, column: Item, options: Options) -> str:
    """The statement that has a sequence go on behind the numbers that are in a column.

    Args:
        sequence: an expression for its name.
        column: the column.
        options: how it counts.
    """
    name = double_quoted(column.name)
    end, further, beyond = ("max", "greatest", ">=") if options.is_rising else ("min", "least", "<=")
    last, start = f"{end}({name})", options.start
    return (
        f"SELECT setval({sequence}, {further}({last}, {start}), coalesce({last} {beyond} {start}, false))"
        f" FROM {double_quoted(column.schema, column.table)}"
    )


def identity_of(column: Item) -> str:
    """An expression for the sequence of an identity column."""
    table = literal(double_quoted(column.schema, column.table))
    return f"pg_get_serial_sequence({table}, {literal(column.name)})"
