"""How alike names and types are, as numbers from 0 to 1."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

SAME, RELATED, UNKNOWN, UNRELATED = "same", "related", "unknown", "unrelated"

_CHANCE = 0.4  # what SequenceMatcher says of words that have nothing to do with each other
_WEAK = 0.25  # what a word counts that half of all names end with
_SHORTEST = 3  # letters of an abbreviation: shorter ones are in every other word
_WEAK_WORDS = frozenset(
    ["at", "by", "code", "count", "date", "flag", "has", "id", "is", "key", "no", "number", "of", "on", "time", "type"]
)

# Words that make two things of one table of names that are else the same. Who drops one of them and adds another has
# hardly renamed it.
_OPPOSITES = tuple(
    frozenset(words.split())
    for words in (
        "created updated deleted",
        "created modified deleted",
        "min max",
        "start end",
        "begin end",
        "first middle last",
        "from to",
        "source target",
        "source destination",
        "sender receiver",
        "sender recipient",
        "width height depth",
        "lat lon",
        "lat lng",
        "latitude longitude",
        "old new",
        "net gross",
        "debit credit",
        "before after",
        "billing shipping",
    )
)

_FAMILIES = tuple(
    frozenset(words.split())
    for words in (
        "char character varchar nchar nvarchar bpchar text tinytext mediumtext longtext clob citext enum string",
        "int integer bigint smallint tinyint mediumint serial bigserial numeric decimal number real double float money",
        "bool boolean bit",
        "date datetime timestamp time year",
        "binary varbinary blob tinyblob mediumblob longblob bytea",
        "json jsonb",
        "uuid",
    )
)


@lru_cache(maxsize=4096)
def of_names(old: str, new: str) -> float:
    """How alike two names are: by their words, abbreviated or not, and by their letters. Opposites are not."""
    if are_opposites(old, new):
        return 0.0
    mine, yours = _words(old), _words(new)
    letters = SequenceMatcher(None, "".join(mine), "".join(yours), autojunk=False).ratio()
    return max(_shared(mine, yours), (letters - _CHANCE) / (1 - _CHANCE), 0.0)


def are_opposites(old: str, new: str) -> bool:
    """Whether two names differ in what makes them two things of one table: `start_date`, `end_date`."""
    mine, yours = set(_words(old)), set(_words(new))
    only_old, only_new = mine - yours, yours - mine
    return any(only_old & words and only_new & words for words in _OPPOSITES)


def is_same_thing(old: str, new: str) -> bool:
    """Whether the last words of two names, which say what it is, are the same: `blog_post`, `posts`."""
    mine, yours = _words(old)[-1:], _words(new)[-1:]
    return bool(mine and yours) and _is_same_word(mine[0], yours[0])


def of_types(old: str, new: str) -> str:
    """What two types are to each other: `SAME`, `RELATED` (rows can be kept), `UNRELATED`; or `UNKNOWN`."""
    if old == new:
        return SAME
    mine, yours = _family(old), _family(new)
    if mine is None or yours is None:
        return UNKNOWN
    return RELATED if mine == yours else UNRELATED


def is_specific(text: str) -> bool:
    """Whether a type is one that not every other column has, as its length was chosen: `varchar(37)`."""
    return "(" in text and not re.match(r"(?i)\w*int\b|\w+ *\( *255 *\)", text)


def _family(text: str) -> int | None:
    word = re.match(r"\w*", text.lower())
    assert word is not None
    return next((number for number, words in enumerate(_FAMILIES) if word[0] in words), None)


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """The words of a name: `shippingAddresses2` is `shipping`, `address`, `2`."""
    spaced = re.sub(r"(?<=[^\W_A-Z])(?=[A-Z])", " ", name)
    return tuple(_singular(word) for word in re.findall(r"[^\W\d_]+|\d+", spaced.lower()))


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > _SHORTEST else word


def _shared(mine: tuple[str, ...], yours: tuple[str, ...]) -> float:
    """How much of all words the two have in common."""
    left = list(yours)
    common = 0.0
    for word in mine:
        same = next((other for other in left if _is_same_word(word, other)), None)
        if same is not None:
            left.remove(same)
            common += _weight(word) + _weight(same)
    in_all = sum(map(_weight, mine + yours))
    if in_all and common:
        return common / in_all
    return 1.0 if _are_initials(mine, yours) or _are_initials(yours, mine) else 0.0


def _weight(word: str) -> float:
    return _WEAK if word in _WEAK_WORDS else 1.0


def _is_same_word(one: str, other: str) -> bool:
    return one == other or _abbreviates(one, other) or _abbreviates(other, one)


def _abbreviates(short: str, long: str) -> bool:
    """Whether a word is what is left of another one: `qty`, `addr`."""
    if not _SHORTEST <= len(short) < len(long) or short[0] != long[0]:
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)


def _are_initials(short: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a name is made of the first letters of another one: `dob`, `date_of_birth`."""
    return len(short) == 1 and len(words) >= _SHORTEST and short[0] == "".join(word[0] for word in words)
