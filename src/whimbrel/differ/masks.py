"""Texts of a database, with names masked: what is left is the same if only the names differ."""

from __future__ import annotations

import re
from functools import lru_cache

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# With their quotes: one name may need them, and the other one not.
_WORD = re.compile(r"(?<![\w$])[\"`\[]?([\w$]+)[\"`\]]?")
_IS_WORD = re.compile(r"[\w$]+")


class Masks:
    """Masks for some names, whatever their case: a database that takes no notice of it may write them in another one.

    Args:
        names: what stands in the place of each name.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._masks = {name.casefold(): mask for name, mask in names.items()}
        are_words = all(map(_IS_WORD.fullmatch, self._masks))
        self._pattern = _WORD if are_words else _pattern(tuple(self._masks))

    def __call__(self, text: str) -> str:
        """A text with the names masked; not where they are part of others."""
        return self._pattern.sub(lambda found: self._masks.get(found[1].casefold(), found[0]), text)


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds some names, of which some are no words."""
    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"(?<![\w$])[\"`\[]?({words})[\"`\]]?(?![\w$])", re.IGNORECASE)
