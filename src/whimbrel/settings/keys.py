"""The keys of `whimbrel.toml` and `[tool.whimbrel]`: name, type and meaning. The documentation is made from them."""

from __future__ import annotations

from ..errors import ConfigurationInvalid
from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Key(Record):
    """A setting: `kind` is what its value must be, `meaning` a sentence for the documentation."""

    name: str
    kind: str
    meaning: str


KEYS = (
    Key("url", "string", "The database URL, or `env:NAME` to take it from an environment variable."),
    Key(
        "migration_url",
        "string",
        "The URL for commands that change the database, if `url` leads to a pooler: that of the server itself, or "
        "`env:NAME`.",
    ),
    Key(
        "scratch_url",
        "string",
        "The URL of an empty database that may be emptied at will, where the user may make none and no server can be "
        "started, or `env:NAME`: :ref:`scratch`.",
    ),
    Key("url_from", "string", "A YAML file (`database: url:`), ini file (`sqlalchemy.url`) or .env file with the URL."),
    Key(
        "models",
        "strings",
        'Modules, packages or objects with models: `"shop.models"`, `"shop.db:Base"`. '
        "Without it the project is scanned.",
    ),
    Key("script_location", "string", "The folder with `versions/`; `migrations` by default. `package:folder` also."),
    Key("version_locations", "strings", "Folders with revision files, instead of `versions/` in `script_location`."),
    Key("recursive_version_locations", "boolean", "Look for revision files in subfolders as well."),
    Key("sourceless", "boolean", "Accept revisions as bytecode without source."),
    Key("prepend_sys_path", "strings", "Folders that go to the front of `sys.path`; the project's root always does."),
    Key("file_template", "string", "The name of a new revision file, `%(rev)s_%(slug)s` by default."),
    Key("truncate_slug_length", "integer", "How long the message in a file name may be, 40 by default."),
    Key("timezone", "string", "The time zone of the date in a new revision file, local time by default."),
    Key("output_encoding", "string", "The encoding of new revision files, UTF-8 by default."),
    Key("post_write_hooks", "tables", "Programs to run on a new revision file, as Alembic's `post_write_hooks`."),
    Key("version_table", "string", "The table that holds the current revision, `alembic_version` by default."),
    Key("version_table_schema", "string", "The schema of that table, the connection's default schema by default."),
    Key("render_as_batch", "boolean", "Whether new revisions alter tables in batch mode, true on SQLite by default."),
    Key("lock_wait", "number", "Seconds to wait for another migrator, 600 by default; 0 to give up at once."),
    Key(
        "lock_timeout",
        "number",
        "Seconds that a statement may wait for a lock, and hold up everybody behind it, before it is tried again; "
        "2 by default.",
    ),
    Key(
        "retry", "number", "Seconds to go on trying what fails by chance, a lock timeout or a deadlock; 600 by default."
    ),
    Key("journal", "boolean", "Whether attempts and statements are noted in the database, true by default."),
    Key(
        "connect_timeout",
        "number",
        "Seconds to wait for the server when connecting, 10 by default; 0 for as long as the driver does. A limit in "
        "the URL, in `env.py` or in `PGCONNECT_TIMEOUT` goes before it.",
    ),
    Key(
        "production",
        "boolean",
        "Whether the database is labelled production, false by default: what would empty it needs `--yes` with its "
        "name.",
    ),
    Key("config", "string", "An `alembic.ini` or `pyproject.toml`: this database is an Alembic project."),
    Key("section", "string", "The section of that ini file, `alembic` by default."),
)

_BY_NAME = {key.name: key for key in KEYS}
_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "boolean": bool, "integer": int}
_INFINITE = float("inf")


def check(table: Mapping[str, Any], *, file: str, text: str, title: str) -> dict[str, Any]:
    """The settings in a table, with the right types.

    Args:
        table: what the file holds, without its `databases`.
        file: its name, for messages.
        text: its text, to find the line of a key.
        title: the table's heading, for messages.

    Raises:
        ConfigurationInvalid: a key is unknown, or its value is of another type.
    """
    return {name.replace("-", "_"): _value(name, value, file, text, title) for name, value in table.items()}


def _value(name: str, value: Any, file: str, text: str, title: str) -> Any:
    where = f"{file}:{line_of(name, text, title)}"
    key = _BY_NAME.get(name.replace("-", "_"))
    if key is None:
        raise ConfigurationInvalid(
            f'unknown key "{name}" in {title}', where=where, hint=suggestion(name, [*_BY_NAME, "databases"])
        )
    if key.kind == "strings" and isinstance(value, str):
        return [value]
    if not _fits(value, key.kind):
        raise ConfigurationInvalid(
            f'"{name}" in {title} must be {_SAID[key.kind]}',
            where=where,
            why=key.meaning,
            hint=f"{name} = {_EXAMPLES[key.kind]}",
        )
    if (wrong := _wrong(key.name, value)) is not None:
        raise ConfigurationInvalid(f'"{name}" in {title} {wrong.what}', where=where, why=key.meaning, hint=wrong.hint)
    return value


class _Wrong(Record):
    what: str
    hint: str


def _wrong(name: str, value: Any) -> _Wrong | None:
    """What is wrong with a value of the right type: better said here than when a revision has been half made."""
    if name == "version_table" and not value.strip():
        return _Wrong("is empty", "name a table, or remove the key: alembic_version is the default")
    if name == "truncate_slug_length" and value < 1:
        return _Wrong(f"is {value}", "truncate_slug_length = 40")
    if name == "timezone":
        return _wrong_timezone(value)
    if name == "file_template":
        return _wrong_template(value)
    return None


def _wrong_timezone(name: str) -> _Wrong | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    for spelling in (name, name.upper()):  # as Alembic tries them
        try:
            ZoneInfo(spelling)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
        return None
    if not _has_time_zones():
        return None  # Windows without tzdata: the name may be right
    return _Wrong(f'is "{name}", which is no time zone', 'for example timezone = "UTC", or "Europe/Berlin"')


def _has_time_zones() -> bool:
    from zoneinfo import available_timezones

    return bool(available_timezones())


_TEMPLATE_WORDS = ("rev", "slug", "epoch", "year", "month", "day", "hour", "minute", "second")


def _wrong_template(template: str) -> _Wrong | None:
    known = ", ".join(f"%({word})s" for word in _TEMPLATE_WORDS)
    try:
        template % {word: "1" if word in ("rev", "slug") else 1 for word in _TEMPLATE_WORDS}
    except KeyError as error:
        return _Wrong(f"has %({error.args[0]}), which means nothing", f"known are {known}")
    except (TypeError, ValueError) as error:
        return _Wrong(f"is no template: {error}", f"known are {known}; write %% for a percent sign")
    return None


_SAID = {
    "string": "a string",
    "strings": "a list of strings",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number, 0 or more",
    "tables": "a list of tables",
}
_EXAMPLES = {
    "string": '"text"',
    "strings": '["one", "two"]',
    "boolean": "true",
    "integer": "40",
    "number": "10",
    "tables": '[{ name = "ruff", type = "exec", … }]',
}


def _fits(value: Any, kind: str) -> bool:
    if kind == "strings":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == "tables":
        return isinstance(value, list) and all(isinstance(item, dict) for item in value)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _INFINITE
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def line_of(key: str, text: str, title: str = "") -> int:
    """The first line on which a key is set, below the heading `title` if that is there; or 1."""
    lines = text.splitlines()
    heading = next((number for number, line in enumerate(lines) if line.strip() == title), 0)
    for number, line in enumerate(lines[heading:], heading + 1):
        if line.strip().strip("[").startswith((f"{key} ", f"{key}=", f'"{key}"', f"{key}]")):
            return number
    return 1


def suggestion(word: str, known: list[str]) -> str:
    """A hint for a word that is not among those known."""
    from difflib import get_close_matches

    near = get_close_matches(word.replace("-", "_"), known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
