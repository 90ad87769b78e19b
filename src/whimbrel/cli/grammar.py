"""The command line: every command and option, as data that the parser, the help and the documentation are made of.

Alembic's commands and options are all here with the same spelling and meaning. `alembic=True` marks the options that
Alembic has: an abbreviation that fits one of them means it, whatever else begins alike.
"""

from __future__ import annotations

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from typing import Any


class Option(Record):
    """An argument of a command: `flags` as argparse takes them, `settings` its keyword arguments."""

    flags: tuple[str, ...]
    settings: dict[str, Any]
    alembic: bool = True

    @property
    def name(self) -> str:
        """The attribute that holds its value, as argparse names it."""
        longest = max(self.flags, key=len)
        return longest.lstrip("-").replace("-", "_")


class Command(Record):
    """A command.

    Attributes:
        name: as Alembic spells it; a dash for its underscore is accepted too.
        group: which part of the help it is in.
        summary: one line.
        run: `module:function` below `whimbrel.cli`, imported when the command runs.
        options: its own arguments.
        example: a line that shows it at work.
        alembic: the Alembic command that an env.py is told about.
        stops: whether a signal stops it cleanly, as all that change a database: it makes scratch databases.
        every: whether it can be for every database, one after the other: `--all`.
    """

    name: str
    group: str
    summary: str
    run: str
    options: tuple[Option, ...] = ()
    example: str = ""
    alembic: str = "current"
    every: bool = False
    stops: bool = False

    @property
    def spellings(self) -> tuple[str, ...]:
        """Its name, with a dash for the underscore too."""
        return (self.name, self.name.replace("_", "-")) if "_" in self.name else (self.name,)

    def defaults(self) -> dict[str, Any] | None:
        """The arguments of the command alone, without any; None if it needs some."""
        values: dict[str, Any] = {"command": self.name}
        for option in (*GLOBAL, *self.options):
            settings = option.settings
            if not option.flags[0].startswith("-") and settings.get("nargs") != "?":
                return None
            values[option.name] = settings.get("default", False if settings.get("action") == "store_true" else None)
        return values


def _flag(*flags: str, help: str, alembic: bool = True) -> Option:  # noqa: A002  # argparse's own word
    return Option(flags, {"action": "store_true", "help": help}, alembic)


def seconds(text: str) -> float:
    """A time on the command line."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value


def _value(*flags: str, help: str, alembic: bool = True, **settings: Any) -> Option:  # noqa: A002
    return Option(flags, {"help": help, **settings}, alembic)


VERBOSE = _flag("-v", "--verbose", help="say more")
SQL = _flag("--sql", help="write SQL to standard output instead of changing a database")
TAG = _value("--tag", help="anything, for an env.py that asks for it")
MESSAGE = _value("-m", "--message", help="what the revision is about")
BRANCH_LABEL = _value("--branch-label", metavar="LABEL", help="name the branch that begins with the new revision")
REV_ID = _value("--rev-id", metavar="ID", help="the id of the new revision, instead of a generated one")
SPLICE = _flag("--splice", help="allow a revision that is no head as the one to come after")
YES = _value("-y", "--yes", nargs="?", const="", metavar="NAME", alembic=False,
             help="do not ask; with the name of the database, also if it is labelled production",
             )  # fmt: skip
STRICT = "if a revision was edited after it was applied"
WAITS = (
    _value("--lock-wait", metavar="SECONDS", type=seconds, alembic=False,
           help="how long to wait for another migrator (default: 600)"),
    _flag("--no-wait", help="give up at once if another migrator is at work", alembic=False),
)  # fmt: skip
LOCK_TIMEOUT = _value("--lock-timeout", metavar="SECONDS", type=seconds, alembic=False,
                      help="how long a statement may wait for a lock before it is tried again (default: 2)",
                      )  # fmt: skip
DECISIONS = (
    _value("--rename", action="append", metavar="OLD=NEW", alembic=False,
           help="a column was renamed: users.full_name=users.display_name"),
    _value("--rename-table", action="append", metavar="OLD=NEW", alembic=False,
           help="a table was renamed: users=people"),
    _flag("--no-rename", help="nothing else was renamed", alembic=False),
    _value("--allow-drop", action="append", metavar="NAME", alembic=False,
           help="drop a table, or a column as TABLE.COLUMN, with what it holds, or change its values with its type; or"
                " drop a view, function or trigger"),
    _value("--remap", action="append", metavar="OLD=NEW", alembic=False,
           help="rows get another value where an enumeration loses one: orders.state.done=closed; nothing for NULL"),
    _value("--fill", action="append", metavar="COLUMN=VALUE", alembic=False,
           help="what rows get that have no value where a column becomes NOT NULL: orders.priority=0"),
)  # fmt: skip
FULL = _flag("--full", help="compare tables that have not changed since the last time as well", alembic=False)
TARGET = "head, heads, base, current, a revision or its beginning, a branch label; then +N or -N if wanted"

COMMANDS = (
    Command("init", "start", "set up a project; with DIRECTORY, in Alembic's own layout", "starting:init", (
        _value("directory", nargs="?", help="make Alembic's layout (env.py and alembic.ini) in this folder"),
        _value("-t", "--template", default="generic", help="Alembic's template for DIRECTORY (default: generic)"),
        _flag("--package", help="make DIRECTORY and its versions folder Python packages"),
    ), "whimbrel init", "init"),
    Command("list_templates", "start", "list Alembic's templates for init DIRECTORY", "starting:list_templates",
            alembic="list_templates"),
    Command("completion", "start", "print a completion script for a shell", "completion:completion", (
        _value("shell", choices=("bash", "zsh", "tcsh"), help="the shell", alembic=False),
    ), "whimbrel completion bash > ~/.local/share/bash-completion/completions/whimbrel"),
    Command("revision", "write", "write a new revision file", "writing:revision", (
        MESSAGE,
        _flag("--autogenerate", help="fill it with what turns the database into what the models say"),
        _flag("--baseline", help="for tables that something else has made: write what makes them, and stamp",
              alembic=False),
        _flag("--sql", help="for an env.py that runs for every new revision: in offline mode"),
        _value("--head", metavar="REV", help="the head to come after, or LABEL@head (default: head)"),
        SPLICE,
        BRANCH_LABEL,
        _value("--version-path", metavar="PATH", help="which of several version locations to write to"),
        REV_ID,
        _value("--depends-on", action="append", metavar="REV", help="a revision that must be applied first"),
        *DECISIONS,
    ), 'whimbrel revision --autogenerate -m "add invoices"', "revision", stops=True),
    Command("merge", "write", "write a revision that joins several heads", "writing:merge", (
        _value("revisions", nargs="+", help="the revisions to join; heads for all"),
        MESSAGE, BRANCH_LABEL, REV_ID, SPLICE,
    ), 'whimbrel merge heads -m "join billing and shop"', "merge"),
    Command("edit", "write", "open a revision file in $VISUAL or $EDITOR", "writing:edit", (
        _value("rev", help=TARGET),
    ), "whimbrel edit head", "edit"),
    Command("check", "write", "exit 1 if the models and the database differ", "writing:check", (FULL,),
            "whimbrel check", "check", every=True, stops=True),
    Command("verify", "write", "replay the whole history on a scratch database", "writing:verify", (
        _flag("--down", help="go back to base afterwards", alembic=False),
        _value("--scratch", metavar="URL", help="an empty database to use, instead of making one", alembic=False),
    ), "whimbrel verify --down", "upgrade", every=True, stops=True),
    Command("upgrade", "run", "apply revisions until the database is at the target", "running:upgrade", (
        _value("revision", nargs="?", default="head", help=f"{TARGET} (default: head)"), SQL, TAG, *WAITS, LOCK_TIMEOUT,
        _flag("--strict", help=f"refuse {STRICT}, instead of a warning", alembic=False), YES,
    ), "whimbrel upgrade head", "upgrade", every=True),
    Command("downgrade", "run", "take revisions back until the database is at the target", "running:downgrade", (
        _value("revision", help=TARGET), SQL, TAG, *WAITS, LOCK_TIMEOUT, YES,
    ), "whimbrel downgrade -1", "downgrade", every=True),
    Command("stamp", "run", "set the recorded revision without running anything", "running:stamp", (
        _value("revisions", nargs="+", help=f"{TARGET}; several for several branches"), SQL, TAG, *WAITS,
        _flag("--purge", help="forget what is recorded first, even if no file has it"),
        _flag("--force", help="do not look whether the tables are as the revisions leave them", alembic=False),
    ), "whimbrel stamp head", "stamp", every=True),
    Command("update_db", "run", "create the database if it is missing, and bring it to head", "running:update_db", (
        TAG, *WAITS, LOCK_TIMEOUT, _flag("--strict", help=f"refuse {STRICT}, instead of a warning", alembic=False), YES,
    ), "whimbrel update_db", "upgrade", every=True),
    Command("run_migration", "run", "write a revision if the models have changed, and apply it",
            "running:run_migration", (
        MESSAGE, _flag("--check", help="say what it would do, do nothing, and exit 1 if that is something",
                       alembic=False), TAG, *WAITS, LOCK_TIMEOUT, *DECISIONS,
    ), 'whimbrel run_migration -m "add invoices"', "upgrade", every=True),
    Command("ensure_version", "run", "create the version table if it is not there", "running:ensure_version", (SQL,),
            alembic="ensure_version", every=True),
    Command("dump_db", "data", "write a database to a file", "snapshots:dump", (
        _value("file", nargs="?", alembic=False,
               help="NAME.whimbrel, .sql or .db (default: an archive, named for database, revision and time)"),
        _flag("-y", "--yes", help="replace a file of that name", alembic=False),
    ), "whimbrel dump_db before-the-move.whimbrel"),
    Command("load_db", "data", "take what is in a file into a database", "snapshots:load", (
        _value("file", help="a file that dump_db has written", alembic=False), *WAITS,
        _value("-y", "--yes", nargs="?", const="", metavar="NAME", alembic=False,
               help="let what is there go; with the name of the database, also if it is labelled production"),
    ), "whimbrel load_db before-the-move.whimbrel"),
    Command("cleaned_db", "data", "remove all rows of a database, and keep its schema", "snapshots:clean", (
        _flag("--schema", help="drop everything instead, the version table too", alembic=False),
        _value("--backup", nargs="?", const="", metavar="FILE", alembic=False,
               help="write it to a file first, as dump_db does"), *WAITS,
        _value("-y", "--yes", nargs="?", const="", metavar="NAME", alembic=False,
               help="do not ask; with the name of the database, only if it is that one"),
    ), "whimbrel cleaned_db --backup"),
    Command("unlock", "mend", "show who is migrating a database, and end it", "unlocking:unlock", (
        _flag("-y", "--yes", help="end it without asking", alembic=False),
    ), "whimbrel unlock"),
    Command("resolve", "mend", "decide about a revision that was left in the middle, or edited", "unlocking:resolve", (
        _flag("--happened", help="the statement in question was executed", alembic=False),
        _flag("--did-not-happen", help="it was not: the next run executes it", alembic=False),
        _flag("--abandon", help="the whole revision was undone by hand: it begins from its top", alembic=False),
        _flag("--accept-edits", help="applied revisions that were edited are right as they are now", alembic=False),
    ), "whimbrel resolve --happened"),
    Command("status", "look", "where every database is, and what it is behind", "standing:status", (
        _flag("--models", help="compare the models with each database as well", alembic=False),
        _flag("--check", help="exit 1 unless every database is at head", alembic=False),
        _flag("--strict", help=f"exit 1 {STRICT}", alembic=False),
    ), "whimbrel status", every=True),
    Command("wait", "look", "wait until the server of the database accepts connections", "standing:wait", (
        _value("--timeout", metavar="SECONDS", type=seconds, default=60.0, alembic=False,
               help="how long (default: 60)"),
    ), "whimbrel wait --timeout 30", every=True),
    Command("diff", "look", "exit 1 if two of models, revisions, databases, dumps differ", "comparing:diff", (
        _value("first", metavar="A", alembic=False,
               help="models, a revision, a configured database, a URL, or a file: NAME.sql, NAME.db"),
        _value("second", metavar="B", help="the same; what A would be turned into", alembic=False),
    ), "whimbrel diff head models", stops=True),
    Command("drift", "look", "exit 1 if a database is not as its revisions leave it", "comparing:drift",
            example="whimbrel drift", every=True, stops=True),
    Command("log", "look", "who has run which revision when, newest first", "recalling:log", (
        _value("revision", nargs="?", help="only this one; it may be one that no file has", alembic=False),
        _value("-n", "--number", metavar="N", type=int, help="at most so many attempts", alembic=False), VERBOSE,
    ), "whimbrel log -n 5", every=True),
    Command("current", "look", "the revision a database is at", "looking:current", (
        _flag("-c", "--check-heads", help="exit 1 unless it is at all heads"), VERBOSE,
    ), "whimbrel current", every=True),
    Command("history", "look", "list the revisions, newest first", "looking:history", (
        _value("-r", "--rev-range", metavar="START:END", help="only this range, for example -r-3:current"), VERBOSE,
        _flag("-i", "--indicate-current", help="mark where the database is"),
    ), "whimbrel history -r base:current", "history", every=True),
    Command("heads", "look", "list the newest revision of every line", "looking:heads", (
        VERBOSE, _flag("--resolve-dependencies", help="leave out heads that another revision depends on"),
    ), "whimbrel heads", "heads", every=True),
    Command("branches", "look", "list the revisions that more than one revision follows", "looking:branches",
            (VERBOSE,), alembic="branches", every=True),
    Command("show", "look", "show a revision", "looking:show", (
        _value("rev", help=TARGET),
    ), "whimbrel show head", "show"),
)  # fmt: skip

GROUPS = {
    "start": "set up",
    "write": "write revisions",
    "run": "change a database",
    "data": "move the rows of a database",
    "mend": "after an accident",
    "look": "look",
}

# Before the command in every form, after it too: Alembic's users type them before, everybody else after.
GLOBAL = (
    _value(
        "-c", "--config", action="append", metavar="FILE", help="configuration file; a pyproject.toml and an ini: twice"
    ),
    _value("-n", "--name", metavar="SECTION", help="section of the ini file (default: alembic)"),
    _value("-x", action="append", metavar="KEY=VALUE", help="an argument for the project's env.py; may be repeated"),
    _flag("--raiseerr", help="show the whole traceback of an error"),
    _flag("-q", "--quiet", help="only results and errors"),
    _value(
        "-d", "--database", action="once", metavar="NAME", help="which of several configured databases", alembic=False
    ),
    _flag("--all", help="every database, one after the other", alembic=False),
    _value("--url", help="database URL, before every other", alembic=False),
    _value("--env-file", metavar="FILE", help="variables, instead of .env", alembic=False),
    _value("--models", action="append", metavar="MODULE", help="module with models, not a scan", alembic=False),
    _flag("--json", help="the result as one JSON document", alembic=False),
    _value("--color", choices=("auto", "always", "never"), help="colour on a terminal (default: auto)", alembic=False),
    _flag("--debug", help="the same as --raiseerr", alembic=False),
)

# What stays before the command: after it these letters and words are the command's own.
ONLY_BEFORE = {"current": ("-c", "--config"), "log": ("-n",), "status": ("--models",)}

BY_SPELLING = {spelling: command for command in COMMANDS for spelling in command.spellings}
