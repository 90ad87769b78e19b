"""What an error says, without the secrets in it: passwords, and the values that a statement was to write or compare.

They are taken out because they are known: the failing statement's parameters and literals, the passwords of the URLs
that the error came past, the environment's secrets. Databases also tell of values that no statement has: those stand
behind words that are known.
"""

from __future__ import annotations

import re
import sys
import traceback

from ..record import TYPE_CHECKING, Record
from .literals import literals, shown
from .url import MASK, DatabaseUrl, hide, parse, scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Any, TypeGuard

    from sqlalchemy.exc import StatementError

_SHORTEST = 3  # shorter values are in every text
_VALUES = 10_000  # that are looked for: a bulk insert may have millions

_KINDS = {
    "mysql": ("pymysql", "asyncmy", "aiomysql", "mysql", "mariadb"),
    "postgresql": ("psycopg", "asyncpg", "postgresql", "pg8000"),
    "sqlite": ("sqlite",),
}
"""What the modules of their drivers' errors are called, SQLAlchemy's adapters among them."""

_MASKED = rf"\g<1>{MASK}\g<2>"
_END = r"(?=\n|$)"
_VALUE_IS_SHOWN = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        # MySQL and MariaDB
        r"(Duplicate entry ').*(' for key)",
        r"([Ii]ncorrect (?:[\w()]+ )*value: ').*?('(?: for (?:column|function)|\"?\)?" + _END + "))",
        r"(Cannot convert string ').*(' from)",
        r"(value is out of range in ').*(')",
        r"(Invalid \w+ character string: ').*(')",
        r"(Invalid JSON text[^\"]*: \").*(\" at position)",
        # PostgreSQL
        r"((?:invalid|malformed|out of range)[^:\"\n]*: \").*?(\"" + _END + ")",
        r"((?:invalid input (?:value|syntax) for|field value out of range)[^\n]*?: \").*?(\"" + _END + ")",
        r"(value \").*?(\" is out of range for type)",
        r"(time zone \").*?(\" not recognized)",
        r"(Key \([^\n]*?\)=\().*?(\) (?:already|is |conflicts))",
        r"(existing key \([^\n]*?\)=\().*?(\)\.?" + _END + ")",
        r"(Failing row contains \().*?(\)\.?" + _END + ")",
        # SQLAlchemy
        r"(\[parameters: ).*?(\]" + _END + ")",
        r"(Could not render literal value ).*?( with datatype)",
        r"(').*(' is not among the defined enum values)",
        r"(Value ).*( is not None, True, or False)",
    )
]
# asyncpg repeats the value of a parameter that it cannot send.
_ARGUMENT = re.compile(r"(invalid input for query argument \$\d+): .* \((.*)\)" + _END, re.DOTALL)
_SQL_IS_SHOWN = re.compile(
    r"""(near\ ')(.*)('\ at\ line\ \d+)|(at\ or\ near\ ")(.*?)("(?=\n|$))|(near\ ")(.*)(":\ syntax\ error)
        |(unrecognized\ token:\ ")(.*?)("(?=\n|$))""",
    re.DOTALL | re.VERBOSE,
)

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


class Secrets(Record):
    """What must not be shown of an error.

    Attributes:
        values: the parameters and literals of its statements.
        urls: those that it came past.
        kind: the database that it is from; empty if that is not known.
        from_database: whether a database, or SQLAlchemy, has raised it or one of its causes.
    """

    values: frozenset[str]
    urls: tuple[DatabaseUrl, ...]
    kind: str
    from_database: bool

    def hidden(self, words: str) -> str:
        """An error's own words, of any number of lines, without them."""
        words = hide(words, self.values)
        if self.from_database:
            words = _SQL_IS_SHOWN.sub(self._shown, _ARGUMENT.sub(r"\1: \2", words))
            for pattern in _VALUE_IS_SHOWN:
                words = pattern.sub(_MASKED, words)
        return scrub(words, *self.urls)

    def statement(self, statement: str) -> str:
        """A statement in one line, without them."""
        return scrub(shown(statement, self.kind), *self.urls)

    def _shown(self, match: re.Match[str]) -> str:
        before, sql, after = [part for part in match.groups() if part is not None]
        return f"{before}{shown(sql, self.kind)}{after}"


def secrets_of(error: BaseException, *urls: DatabaseUrl | None) -> Secrets:
    """What must not be shown of an error and its causes.

    Args:
        error: the error, while the frames that it came through are known.
        urls: more whose passwords it may hold.
    """
    chain = [*_all_of(error)]
    kind = next((kind for one in chain if (kind := _kind(one))), "") or next((url.dialect for url in urls if url), "")
    kind = "mysql" if kind == "mariadb" else kind
    values: set[str] = set()
    for one in chain:
        if is_statement_error(one):
            values |= _values(one, kind)
    found = dict.fromkeys([*(url for url in urls if url is not None), *_urls_on_the_way(chain)])
    return Secrets(frozenset(values), tuple(found), kind, any(map(_is_from_database, chain)))


def is_statement_error(error: BaseException) -> TypeGuard[StatementError]:
    """Whether it is SQLAlchemy's, which is not imported to answer that."""
    module = sys.modules.get("sqlalchemy.exc")
    return module is not None and isinstance(error, module.StatementError)


def driver_words(error: BaseException) -> str:
    """What a driver says; MySQL's raise a number and a text."""
    if len(error.args) == 2 and isinstance(error.args[0], int):
        return f"{error.args[1]} ({error.args[0]})"
    return str(error)


def sqlstate(error: BaseException) -> str | None:
    """The code that a server of PostgreSQL has given, in whatever language its words are.

    libpq, and so psycopg, tells none when it cannot connect (https://www.postgresql.org/docs/current/libpq-status.html
    has only the words). Of MySQL the number says more, which drivers have among their words.
    """
    if isinstance(next(iter(error.args), None), int):
        return None
    found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return str(found) if found else None


def causes(error: BaseException) -> list[BaseException]:
    """The error, and those that it was raised from or while they were handled."""
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in found:
        found.append(following)
        following = following.__cause__ or following.__context__
    return found


def first_line(words: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in words.splitlines() if line.strip()), "")


def in_one_line(error: BaseException) -> str:
    """What a driver says, in one line, without passwords and values."""
    return first_line(secrets_of(error).hidden(driver_words(error))) or type(error).__name__


def traceback_of(error: BaseException) -> str:
    """The traceback of an error and its causes, as Python shows it, without passwords and values."""
    secrets = secrets_of(error)
    return scrub("".join(_formatted(error, secrets, set())), *secrets.urls).rstrip()


def _formatted(error: BaseException, secrets: Secrets, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before, words = error.__cause__, _CAUSE
    if before is None and not error.__suppress_context__:
        before, words = error.__context__, _CONTEXT
    if before is not None and id(before) not in seen:
        yield from _formatted(before, secrets, seen)
        yield words
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        for frame in traceback.format_tb(error.__traceback__):
            place, newline, source = frame.partition("\n")
            yield place + newline + hide(source, secrets.values)
    yield from _last_lines(error, secrets)
    for number, part in enumerate(getattr(error, "exceptions", ()) if _is_group(error) else (), 1):
        yield f"  ---- {number} ----\n"
        yield from (f"  {line}\n" for line in "".join(_formatted(part, secrets, seen)).splitlines())


def _last_lines(error: BaseException, secrets: Secrets) -> Iterator[str]:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    notes = "".join(f"{note}\n" for note in getattr(error, "__notes__", ()))
    if is_statement_error(error):
        cause = error.orig
        words = driver_words(cause) if cause is not None else str(error.args[0])
        by = f"({type(cause).__module__}.{type(cause).__qualname__}) " if cause is not None else ""
        yield f"{name}: {by}{first_line(secrets.hidden(words))}\n"
        if error.statement:
            yield f"[SQL: {secrets.statement(error.statement)}]\n"
        yield secrets.hidden(notes)
    elif _kind(error):  # what a driver says behind the first line repeats the statement, and rows
        yield f"{name}: {first_line(secrets.hidden(driver_words(error)))}\n{secrets.hidden(notes)}"
    else:
        yield secrets.hidden("".join(traceback.format_exception_only(error)))


def _all_of(error: BaseException) -> Iterator[BaseException]:
    for one in causes(error):
        yield one
        if _is_group(one):
            for part in getattr(one, "exceptions", ()):
                yield from _all_of(part)
        if is_statement_error(one) and one.orig is not None:
            yield one.orig


def _is_group(error: BaseException) -> bool:
    return isinstance(error, BaseExceptionGroup)


def _is_from_database(error: BaseException) -> bool:
    return bool(_kind(error)) or type(error).__module__.startswith("sqlalchemy.")


def _kind(error: BaseException) -> str:
    """The database whose driver an error is from; empty for any other."""
    modules = [part for one in type(error).__mro__ for part in one.__module__.lower().split(".")]
    for kind, names in _KINDS.items():
        if any(part.startswith(names) for part in modules):
            return kind
    return ""


def _values(error: StatementError, kind: str) -> set[str]:
    """The parameters and literals of a statement. What it also has as a name is shown all the same, and is none."""
    found = literals(error.statement or "", kind)
    values: set[str] = set()
    for value in _flat(error.params):
        if len(values) > _VALUES:
            break
        values |= _forms(value)
    for text in found.values:
        values |= _forms(text)
    return {value for value in values if len(value) >= _SHORTEST and re.search(r"\w", value)} - found.names


def _flat(value: Any) -> Iterator[Any]:
    """The values in parameters of any nesting: dictionaries, and lists of tuples of lists."""
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            pending.extend(value)
        elif value is not None and not isinstance(value, bool):
            yield value


def _forms(value: Any) -> set[str]:
    """How drivers and tracebacks write a value."""
    if isinstance(value, bytes | bytearray | memoryview):
        value = bytes(value)
        return {value.decode("utf-8", "replace"), repr(value)[2:-1], value.hex(), value.hex().upper()}
    try:
        text = str(value)
        forms = {text, repr(value)}
    except Exception:  # a user's class
        return set()
    if isinstance(value, str):
        forms = {text, repr(text)[1:-1], text.replace("'", "\\'"), text.replace('"', '\\"'), text.replace("'", "''")}
        forms |= {" ".join(text.split()), *(line.strip() for line in text.splitlines())}
    return forms


def _urls_on_the_way(chain: Iterable[BaseException]) -> Iterator[DatabaseUrl]:
    """The URLs in the hands of the functions that errors came through: the settings', and those of env.py's engines."""
    for error in chain:
        step: TracebackType | None = error.__traceback__
        while step is not None:
            for value in [*step.tb_frame.f_locals.values()]:
                try:
                    yield from _urls_of(value)
                except Exception:  # noqa: S112  whatever it is, telling of an error must not fail
                    continue
            step = step.tb_next


def _urls_of(value: Any) -> Iterator[DatabaseUrl]:
    """The URLs that a value is or holds. Nothing of the user's is called for it."""
    module = type(value).__module__
    if isinstance(value, DatabaseUrl):
        yield value
    elif module.startswith("whimbrel."):
        held = [*_fields(value)]
        held += [part for one in held if type(one).__module__.startswith("whimbrel.settings") for part in _fields(one)]
        yield from (part for part in held if isinstance(part, DatabaseUrl))
    elif module.startswith("sqlalchemy.") and type(value).__name__ in ("URL", "Engine", "AsyncEngine"):
        url = value if type(value).__name__ == "URL" else value.url
        yield parse(url.render_as_string(hide_password=False))


def _fields(value: Any) -> Iterable[Any]:
    return getattr(value, "__dict__", {}).values()
