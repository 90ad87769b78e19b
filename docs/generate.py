"""Makes the pages in `docs/reference` from the source: the commands, the errors and the settings are data there.

    python docs/generate.py             writes the pages
    python docs/generate.py --check     writes nothing, and exits with 1 if a page is not what would be written

A test does the second. What no source can tell, what to do about each error, stands in `docs/errors`, a file a code.
The differences from Alembic are those that `tests/conformance` shows at work.
"""

from __future__ import annotations

import inspect
import re
import runpy
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from whimbrel import errors
from whimbrel.cli.grammar import COMMANDS, GLOBAL, GROUPS, ONLY_BEFORE, Command, Option
from whimbrel.errors import WhimbrelError
from whimbrel.settings.keys import KEYS, Key

REFERENCE = Path(__file__).parent / "reference"
DIFFERENCES = Path(__file__).parents[1] / "tests" / "conformance" / "differences.py"
WIDTH = 79

EXIT_CODES = {
    0: "Done, or nothing to do, or the answer is yes.",
    1: "The answer is no: `check` found differences, `verify` a revision that fails, or `current --check-heads` or "
    "`status --check` found a database "
    "that is not at head, or with `--models` one that differs, or `status --strict` an applied revision that was "
    "edited; or `run_migration --check` has something to do.",
    2: "The command line, the configuration, the revision files, the models or another file cannot be used.",
    3: "The database, or a migration. `state:` says where the database is now. `status`: every database has an error.",
    4: "Some of several databases, and the others are done: `status`, and every command with `--all`. If they all end "
    "alike, the exit code is theirs; if for some the answer is no and the others are right, it is 1.",
    5: "Another migrator is at work on the database, and was waited for as long as allowed.",
    6: "Refused: something would be lost, or is not as it was when it was run.",
    129: "Ended by SIGHUP, as when a terminal is closed. Otherwise as 130.",
    130: "Interrupted with Ctrl-C. `state:` says where the database is now, if a migration was running.",
    143: "Ended by SIGTERM. Otherwise as 130.",
}

ANSWERS_NO = {
    "check": "if the models and the database differ",
    "verify": "if a revision fails",
    "diff": "if the two differ; if a revision cannot be replayed",
    "drift": "if a database differs from what its history leaves; if that cannot be replayed",
    "current": "with `--check-heads`, if the database is not at all heads",
    "cleaned_db": "if another name is typed than that of the database",
    "downgrade": "if no revision would be left, and the answer on the terminal is no",
    "run_migration": "with `--check`, if there is something to do",
    "status": "with `--check`, if a database is not at head, or differs from its models with `--models`; "
    "with `--strict`, if a revision was edited after it was applied",
    "unlock": "if somebody has the lock and keeps it: nobody can be asked, the answer is no, or it is that of SQLite",
}
FAILS_PARTLY = {"status": "if some of several databases have an error"}
WITH_ALL = "with `--all`, if it ended differently for some databases"
REFUSES = {
    "init": "if DIRECTORY exists and is not empty",
    "upgrade": "if a revision was left in the middle and cannot be gone on with; with `--strict`, if one was edited "
    "after it was applied",
    "cleaned_db": "if it is labelled production, `--yes` names another one, or nobody can be asked",
    "dump_db": "if there is a file of that name",
    "load_db": "if there is something that may not go; if an archive is of another revision, or of other tables "
    "and columns",
    "downgrade": "if a revision was left in the middle and cannot be gone on with; if no revision would be left in a "
    "database that is labelled production, and it was not named",
    "stamp": "if the tables are not as the history leaves them; if a revision was left in the middle, and the stamp "
    "does not complete it",
    "update_db": "as `upgrade`",
    "run_migration": "as `upgrade` and `revision`",
    "revision": "if something may have been renamed, or would be lost, and nobody says so; if rows have a value that "
    "their column no longer takes, and nobody says what becomes of it; if most tables of the "
    "database are not in the models; if something else has made the tables that the models have; with `--baseline`, if "
    "there are revisions already, or the database differs from the models",
}
LOCKS = ("update_db", "run_migration", "upgrade", "downgrade", "stamp", "resolve", "load_db", "cleaned_db")
NEEDS_NO_DATABASE = ("init", "list_templates", "completion", "heads", "branches")

FAMILIES = {
    "WB1": "The command line or the configuration",
    "WB2": "The revision files",
    "WB3": "The models",
    "WB4": "The database, or a migration",
    "WB5": "The answer to a question is no",
    "WB6": "Refused",
}

VARIABLES = {
    "WHIMBREL_CONFIG": "The configuration file, if there is no `-c`.",
    "ALEMBIC_CONFIG": "The same, if there is no `WHIMBREL_CONFIG` either. Alembic reads it too, and as there it may "
    "name the ini file beside a `pyproject.toml` that `-c` names, or the other way round.",
    "WHIMBREL_URL": "The database URL, if one database is configured.",
    "DATABASE_URL": "The same, if there is no `WHIMBREL_URL`.",
    "SQLALCHEMY_URL": "The same, if there is no `DATABASE_URL` either.",
    "SQLALCHEMY_DATABASE_URI": "The same, if there is none of these three: Flask-SQLAlchemy's name for it.",
    "WHIMBREL_MIGRATION_URL": "The URL for commands that change the database, if it is another one and one database is "
    "configured: :ref:`migration-url`.",
    "WHIMBREL_DATABASE__NAME__MIGRATION_URL": "The same for the database NAME. It goes before that one.",
    "WHIMBREL_SCRATCH_URL": "The URL of a database that may be emptied at will, if one database is configured: "
    ":ref:`scratch`.",
    "WHIMBREL_DATABASE__NAME__SCRATCH_URL": "The same for the database NAME. It goes before that one.",
    "WHIMBREL_DATABASE__NAME__URL": "The URL of the database NAME, in capitals and with `_` for `-`. "
    "It goes before `WHIMBREL_URL` and the three after that.",
    "PGCONNECT_TIMEOUT": "PostgreSQL's own: seconds to wait for the server, before the key `connect_timeout`. "
    "asyncpg does not read it.",
    "PGSSLMODE": "PostgreSQL's own: how to encrypt, where the URL has no `sslmode`.",
    "AWS_ACCESS_KEY_ID": "With the next two: who asks for a token, where the URL says `rds-iam:REGION`: :ref:`rds`.",
    "AWS_SECRET_ACCESS_KEY": "The same.",
    "AWS_SESSION_TOKEN": "The same, of temporary credentials.",
    "AWS_PROFILE": "Which profile of the shared credentials file, `default` by default.",
    "AWS_SHARED_CREDENTIALS_FILE": "That file, `~/.aws/credentials` by default.",
    "PATH": "Where the programs of a database are looked for: the tools for `.sql` files, and a private server, "
    ":ref:`scratch`.",
    "VISUAL": "The editor for `whimbrel edit`.",
    "EDITOR": "The same, if there is no `VISUAL`.",
    "NO_COLOR": "No colours, unless `--color` says otherwise.",
    "FORCE_COLOR": "Colours where there is no terminal, unless `NO_COLOR` or `--color` says otherwise.",
    "TERM": "No colours if it is `dumb`.",
    "CI": "Progress as lines instead of a line that moves; `check` compares everything, as with `--full`.",
}


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    return {
        "cli.rst": _cli(),
        "differences.rst": _differences(),
        "errors.rst": _errors(),
        "settings.rst": _settings(),
    }


# -- the command line ------------------------------------------------------------------------------


def _cli() -> str:
    return _page(
        "Command line",
        "cli",
        _text(
            "Alembic's commands and options are all here, with the same spelling and meaning. A command can be written "
            "with a dash for its underscore, and an option can be shortened while it stays unambiguous."
        ),
        _text(
            "Results go to standard output. Everything else goes to standard error: what was found, progress, notes, "
            "errors. With `--json` standard output is one JSON document, and what revisions, models and `env.py` print "
            "goes to standard error."
        ),
        *_options_of_all(),
        *(part for group, title in GROUPS.items() for part in _group(group, title)),
        _title("Exit codes", "-", "exit-codes"),
        _table([("Code", "Meaning"), *((str(code), _inline(meaning)) for code, meaning in EXIT_CODES.items())]),
        _text("Alembic ends with 255 where whimbrel ends with 1, 2, 3 or 6. Both are failures to a shell."),
    )


def _options_of_all() -> Iterator[str]:
    yield _title("Options of every command", "-", "options")
    yield _text(
        "They stand before the command or after it. `whimbrel --help` shows them, `whimbrel COMMAND --help` the others."
    )
    for name, flags in ONLY_BEFORE.items():
        yield _text(f"`{'`, `'.join(flags)}` stands only before `{name}`, which has an option of that name itself.")
    yield ".. program:: whimbrel\n"
    yield ".. option:: -h, --help\n\n   show the commands, or the arguments of one\n"
    yield ".. option:: --version\n\n   show the version\n"
    yield from map(_option, GLOBAL)


def _group(group: str, title: str) -> Iterator[str]:
    yield _title(_sentence(title), "-")
    for command in COMMANDS:
        if command.group == group:
            yield from _command(command)


def _command(command: Command) -> Iterator[str]:
    yield _title(command.name.replace("_", r"\_"), "~", f"cli-{command.name}")
    yield _text(f"{_sentence(command.summary)}.")
    yield _code(usage(command), "text")
    yield f".. program:: whimbrel {command.name}\n"
    yield from map(_option, command.options)
    if command.example:
        yield _code(f"$ {command.example}", "console")
    yield _text(f"Exit codes: {', '.join(_ends(command))}. See :ref:`exit-codes`.")


def _ends(command: Command) -> Iterator[str]:
    yield "0"
    if command.name in ANSWERS_NO:
        yield f"1 ({ANSWERS_NO[command.name]})"
    yield "2"
    if command.name not in NEEDS_NO_DATABASE:
        yield "3"
    if command.name in FAILS_PARTLY:
        yield f"4 ({FAILS_PARTLY[command.name]})"
    elif command.every:
        yield f"4 ({WITH_ALL})"
    if command.name in LOCKS:
        yield "5 (if another migrator is at work)"
    if command.name in REFUSES:
        yield f"6 ({REFUSES[command.name]})"


def usage(command: Command) -> str:
    """How a command is written. It does not depend on the version of argparse, or on the width of a terminal."""
    optional = [option for option in command.options if option.flags[0].startswith("-")]
    positional = [option for option in command.options if option not in optional]
    parts = [f"[{option.flags[0]}{_argument(option)}]" for option in optional] + list(map(_positional, positional))
    start = f"whimbrel [options] {command.name} "
    return textwrap.fill(
        start + " ".join(part.replace(" ", "\0") for part in parts),
        WIDTH,
        subsequent_indent=" " * len(start),
        break_on_hyphens=False,
        break_long_words=False,
    ).replace("\0", " ")


def _argument(option: Option) -> str:
    """What an option wants behind it."""
    if option.settings.get("action") == "store_true":
        return ""
    longest = max(option.flags, key=len).lstrip("-").replace("-", "_").upper()
    wanted = _choices(option) or option.settings.get("metavar", longest)
    return f" [{wanted}]" if option.settings.get("nargs") == "?" else f" {wanted}"


def _positional(option: Option) -> str:
    name = _choices(option) or option.flags[0]
    match option.settings.get("nargs"):
        case "?":
            return f"[{name}]"
        case "+":
            return f"{name} [{name} ...]"
    return name


def _choices(option: Option) -> str:
    choices = option.settings.get("choices")
    return f"{{{','.join(choices)}}}" if choices else ""


def _option(option: Option) -> str:
    argument = _argument(option) if option.flags[0].startswith("-") else ""
    written = ", ".join(f"{flag}{argument}" for flag in option.flags)
    return f".. option:: {written}\n\n   {_wrapped(_inline(option.settings['help']), 3)}\n"


# -- errors ----------------------------------------------------------------------------------------


def error_classes() -> list[type[WhimbrelError]]:
    """Every error that has a code, in the order of the codes."""
    found = [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, WhimbrelError) and value is not WhimbrelError
    ]
    return sorted(found, key=lambda error: error.code)


def _errors() -> str:
    return _page(
        "Errors",
        "errors",
        _text(
            "An error is told in at most six lines: a code and what is the matter, then where, why, what state the "
            "database is in now, and what to do next. `--json` gives the same as fields, and `--debug` a traceback "
            "instead. In Python each code is a class of `whimbrel.errors`."
        ),
        *(part for prefix, title in FAMILIES.items() for part in _family(prefix, title)),
    )


def _family(prefix: str, title: str) -> Iterator[str]:
    yield _title(f"{prefix}xx: {title.lower() if title[1].islower() else title}", "-")
    for error in error_classes():
        if error.code.startswith(prefix):
            yield _title(f"{error.code} {error.__name__}", "~", error.code.lower())
            yield _text(f"{inspect.getdoc(error)} Exit code {error.exit_code}.")
            yield f".. include:: ../errors/{error.code}.rst\n"


# -- differences -----------------------------------------------------------------------------------


def _differences() -> str:
    """A part of `docs/alembic.rst`."""
    differences = runpy.run_path(str(DIFFERENCES))["DIFFERENCES"].values()
    rows = [("Alembic", "whimbrel", "Why"), *([_inline(cell) for cell in difference] for difference in differences)]
    return "\n".join([_NOTE, _table(rows)])


# -- settings --------------------------------------------------------------------------------------


def _settings() -> str:
    return _page(
        "Settings",
        "settings",
        _text(
            "A project needs no setting but a database URL. This page is about the others, and about where both are "
            "looked for."
        ),
        *_where_settings_are(),
        *_where_urls_are(),
        _title("Keys", "-", "keys"),
        _text(
            "They stand in `whimbrel.toml`, or below `[tool.whimbrel]` in `pyproject.toml`; with several databases "
            "also below `[databases.NAME]`, see :doc:`/databases`. A dash can be written for an underscore. An unknown "
            "key, or a value of another kind, is an error: :ref:`WB103 <wb103>`. An Alembic project has them in a "
            "`whimbrel.toml` beside its `alembic.ini`: :ref:`alembic-settings`."
        ),
        *map(_key, KEYS),
        _title("Environment variables", "-", "variables"),
        _table([("Variable", "Meaning"), *((f"``{name}``", _inline(meaning)) for name, meaning in VARIABLES.items())]),
    )


def _where_settings_are() -> Iterator[str]:
    yield _title("Where settings are looked for", "-")
    yield _text("The first of these that is there counts:")
    yield _numbered(
        "the files named with `-c`",
        "the file that `WHIMBREL_CONFIG` names",
        "the file that `ALEMBIC_CONFIG` names",
        "in the current folder, and then in each folder above it up to the one under version control: "
        "`whimbrel.toml`, then `[tool.whimbrel]` in `pyproject.toml`",
        "in the current folder only, where Alembic looks: `alembic.ini`, then `[tool.alembic]` in `pyproject.toml`",
        "nothing: the defaults",
    )
    yield _text("`--models` goes before the key `models`. Relative paths start from the folder of the file.")


def _where_urls_are() -> Iterator[str]:
    yield _title("Where the database URL is looked for", "-", "urls")
    yield _text("The first of these that is there counts:")
    yield _numbered(
        "`--url`",
        "`WHIMBREL_DATABASE__NAME__URL`, `WHIMBREL_URL`, `DATABASE_URL`, `SQLALCHEMY_URL`, `SQLALCHEMY_DATABASE_URI` "
        "in the environment",
        "the same five in `.env` in the project's folder, or in the file named with `--env-file`",
        "the key `url`, or the file that the key `url_from` names",
        "`database: url:` in the one YAML file in the project's folder, `conf/` or `config/` that has it; "
        "one whose name begins with `default` goes before the others",
        "`sqlalchemy.url` in `alembic.ini`, `database.ini`, `config.ini` or `development.ini`",
    )
    yield _text(
        "With several databases only `WHIMBREL_DATABASE__NAME__URL` counts among the variables, and the last two "
        "places do not count; `--url` needs `--database` beside it. In an Alembic project none of this counts: its "
        "`env.py` knows the URL, and `--url` is refused."
    )
    yield _text("The URL for commands that change the database can be another one: :ref:`migration-url`.")
    yield _text("A password is shown as `***` everywhere, and a relative SQLite path starts from the project's folder.")


def _key(key: Key) -> str:
    kinds = {"strings": "list of strings, or one string", "tables": "list of tables"}
    return (
        f".. confval:: {key.name}\n   :type: {kinds.get(key.kind, key.kind)}\n\n"
        f"   {_wrapped(_inline(key.meaning), 3)}\n"
    )


# -- reStructuredText ------------------------------------------------------------------------------

_NOTE = ".. Made by docs/generate.py from the source: change that, and run it again.\n"


def _page(title: str, label: str, *parts: str) -> str:
    return "\n".join([_NOTE, _title(title, "=", label), *parts])


def _title(title: str, line: str, label: str = "") -> str:
    anchor = f".. _{label}:\n\n" if label else ""
    return f"{anchor}{title}\n{line * len(title)}\n"


def _text(text: str) -> str:
    return f"{_wrapped(_inline(text))}\n"


def _code(text: str, language: str) -> str:
    return f".. code-block:: {language}\n\n{textwrap.indent(text, '   ')}\n"


def _numbered(*items: str) -> str:
    return "".join(f"{number}. {_wrapped(_inline(item), 3)}\n" for number, item in enumerate(items, 1))


def _table(rows: Iterable[Iterable[str]]) -> str:
    """A table whose first row is its heading."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: auto", ""]
    for row in rows:
        lines += [f"   {'*' if number == 0 else ' '} - {_wrapped(cell, 7)}" for number, cell in enumerate(row)]
    return "\n".join([*lines, ""])


def _wrapped(text: str, indent: int = 0) -> str:
    return textwrap.fill(text, WIDTH - indent, break_on_hyphens=False, break_long_words=False).replace(
        "\n", "\n" + " " * indent
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def _inline(text: str) -> str:
    """Text of the source as reStructuredText: code stands between backticks, roles stay, nothing else has a meaning."""
    pieces = re.split(r"(:\w+:`[^`]+`|`[^`]+`)", text)
    return "".join(map(_piece, pieces))


def _piece(piece: str) -> str:
    if piece.startswith(":") and piece.endswith("`"):
        return piece
    if piece.startswith("`"):
        return f"`{piece}`"
    return re.sub(r"([\\*|_@<])", r"\\\1", piece)


def stale() -> list[str]:
    """The pages that are not what the source makes of them."""
    return [
        name
        for name, text in pages().items()
        if not (REFERENCE / name).is_file() or (REFERENCE / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Iterable[str]) -> int:
    found = stale()
    if "--check" in arguments:
        for name in found:
            print(f"docs/reference/{name} is stale: run  python docs/generate.py")
        return 1 if found else 0
    REFERENCE.mkdir(exist_ok=True)
    for name in found:
        (REFERENCE / name).write_text(pages()[name], encoding="utf-8")
        print(f"Wrote  docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
