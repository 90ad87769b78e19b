"""The argparse parser for the grammar, and errors that say what was meant."""

from __future__ import annotations

import re
import shlex
from argparse import SUPPRESS, Action, ArgumentParser, HelpFormatter, Namespace
from itertools import pairwise

from ..errors import UsageError
from ..record import TYPE_CHECKING
from ..version import __version__
from .grammar import BY_SPELLING, COMMANDS, GLOBAL, GROUPS, ONLY_BEFORE, Command, Option

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from typing import Any, NoReturn


class _Formatter(HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)


class _Parser(ArgumentParser):
    """Prefers Alembic's options where an abbreviation fits several, and raises instead of exiting."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=_Formatter, **settings)
        self.register("action", "once", _Once)
        self.alembic_options: set[str] = set()
        self.commands: list[_CommandParser] = []

    def complete_commands(self) -> None:
        """Declare the options of all commands, for whoever wants to see them all."""
        for command in self.commands:
            command.complete()

    def declare(
        self, options: Iterable[Option], *, leave_out: Sequence[str] = (), own: bool = True, **settings: Any
    ) -> None:
        for option in options:
            flags = [flag for flag in option.flags if flag not in leave_out]
            if flags:
                self.add_argument(*flags, **{**option.settings, **settings})
                if option.alembic and own:  # Alembic takes its general options only before the command
                    self.alembic_options.update(flags)

    def _get_option_tuples(self, option_string: str) -> Any:
        found = super()._get_option_tuples(option_string)
        alembic = [match for match in found if self.alembic_options.intersection(match[0].option_strings)]
        # Before the command only Alembic's may be abbreviated: argparse looks there at all that comes after, too.
        return alembic if self.commands or len(alembic) == 1 else found

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"{self.prog} --help")


def parse(argv: Sequence[str]) -> tuple[Command, Namespace]:
    """The command and its arguments; `help COMMAND` is its `--help`.

    Raises:
        UsageError: they mean nothing; the message says what may have been meant.
        SystemExit: help or the version was asked for, and has been printed.
    """
    if argv[:1] == ["help"]:
        argv = [*argv[1:], "--help"]
    parser = make_parser({BY_SPELLING[word].name for word in argv if word in BY_SPELLING})
    try:
        arguments, rest = parser.parse_known_args(_joined(argv))
    except UsageError as error:
        raise _unknown_command(error) or _swallowed(argv, error) or error from error
    command = getattr(arguments, "command", None)
    if command is None and rest:
        raise _unknown_option(None, rest)
    if command is None and arguments.json:
        raise UsageError("no command was given", hint="whimbrel --help lists them")
    if command is None:
        print(overview(parser))
        raise SystemExit(2)
    if rest:
        raise _unknown_option(BY_SPELLING[command], rest)
    return BY_SPELLING[command], arguments


def _joined(argv: Sequence[str]) -> list[str]:
    """`-r -3:current` as `-r-3:current`: argparse takes a value that begins with a dash for an option."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] in ("-r", "--rev-range") and re.match(r"-\d+:", word):
            joined[-1] += word if joined[-1] == "-r" else f"={word}"
        else:
            joined.append(word)
    return joined


def make_parser(names: Container[str] = ()) -> _Parser:
    """The parser of the command line: of all commands, or of those of these names, which is a third of the work."""
    parser = _Parser(prog="whimbrel", add_help=False, usage="whimbrel [options] COMMAND [arguments]")
    parser.add_argument("-h", "--help", action=_Help, nargs=0, default=SUPPRESS, help="show this")
    parser.add_argument("--version", action="version", version=f"whimbrel {__version__}")
    parser.declare(GLOBAL)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_CommandParser)
    for command in [one for one in COMMANDS if one.name in names] or COMMANDS:
        parser.commands.append(
            subparsers.add_parser(command.name, aliases=command.spellings[1:], help=command.summary, command=command)
        )
    return parser


class _CommandParser(_Parser):
    """The parser of one command, which declares its options when it is used: one of twenty is."""

    def __init__(self, command: Command, **settings: Any) -> None:
        super().__init__(
            **{**settings, "prog": f"whimbrel {command.name}"},
            description=command.summary,
            epilog=f"example:  {command.example}" if command.example else None,
        )
        self._command: Command | None = command
        self._general: list[Action] = []

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.complete()
        return super().parse_known_args(args, namespace)

    def complete(self) -> None:
        """Declare the options."""
        command, self._command = self._command, None
        if command is not None:
            self.declare(command.options)
            own = len(self._actions)
            # What was given before the command stays unless it is given again.
            self.declare(GLOBAL, leave_out=ONLY_BEFORE.get(command.name, ()), own=False, default=SUPPRESS)
            self._general = self._actions[own:]

    def format_help(self) -> str:
        """The options of this command; those of every command are more, and are told by the command itself."""
        for action in self._general:
            action.help = SUPPRESS
        return f"{super().format_help()}\nwhimbrel --help shows the general options, which may stand here too.\n"


class _Once(Action):
    """Stores a value that must not be given again with another one."""

    def __call__(self, parser: ArgumentParser, namespace: Namespace, values: Any, option: str | None = None) -> None:
        given = getattr(namespace, self.dest, None)
        if given not in (None, values):
            parser.error(f"{option} is given twice: {given}, {values}")
        setattr(namespace, self.dest, values)


class _Help(Action):
    """Prints the commands by what they are for."""

    def __call__(self, parser: ArgumentParser, *_: Any) -> None:
        print(overview(parser))
        raise SystemExit(0)


def overview(parser: ArgumentParser) -> str:
    """The help of the whole command."""
    width = max(len(command.name) for command in COMMANDS)
    lines = ["Version control for the schemas of SQLAlchemy teams.", "", parser.format_usage().strip(), ""]
    for group, title in GROUPS.items():
        lines.append(f"{title}:")
        lines += [f"  {command.name:<{width}}  {command.summary}" for command in COMMANDS if command.group == group]
        lines.append("")
    formatter = _Formatter(parser.prog)
    formatter.start_section("general options")
    formatter.add_arguments([action for action in parser._actions if action.option_strings])
    formatter.end_section()
    lines += [formatter.format_help().strip(), "", "whimbrel COMMAND --help says more about a command."]
    return "\n".join(lines)


def _unknown_command(error: UsageError) -> UsageError | None:
    match = re.search(r"invalid choice: '([^']*)'", error.what)
    if match is None or "COMMAND" not in error.what:
        return None
    names = [command.name for command in COMMANDS]
    return UsageError(
        f'there is no command "{match[1]}"', hint=_near(match[1].replace("-", "_"), names, "whimbrel --help")
    )


def _swallowed(argv: Sequence[str], error: UsageError) -> UsageError | None:
    """The error for a target or a file that `--yes` has taken as a name: `downgrade --yes base`."""
    taken = next((after for word, after in pairwise(argv) if word in ("-y", "--yes")), None)
    wanted = re.search(r"required: (revision|file)$", error.what)
    command = next((BY_SPELLING[word].name for word in argv if word in BY_SPELLING), None)
    if taken is None or wanted is None or command is None:
        return None
    named = next(([word, after] for word, after in pairwise(argv) if word in ("-d", "--database")), [])
    noun = {"revision": "target", "file": "file"}[wanted[1]]
    return UsageError(
        f'no {noun} is left: "{taken}" stands behind --yes, where the name of a database would',
        hint=f"write the {noun} first: {shlex.join(['whimbrel', *named, command, taken, '--yes'])}",
    )


def _unknown_option(command: Command | None, rest: Sequence[str]) -> UsageError:
    """The error for what a command has no use for, or for an option without a command."""
    name, hint = (command.name, f"whimbrel {command.name} --help") if command else ("whimbrel", "whimbrel --help")
    wrong = next((word for word in rest if word.startswith("-")), rest[0])
    if not wrong.startswith("-"):
        return UsageError(f'{name} takes no further argument "{wrong}"', hint=hint)
    known = [flag for option in (*(command.options if command else ()), *GLOBAL) for flag in option.flags]
    options = ["--help", *(flag for flag in known if flag.startswith("-"))]
    return UsageError(f"{name} has no option {wrong.partition('=')[0]}", hint=_near(wrong, options, hint))


def _near(word: str, known: list[str], otherwise: str) -> str:
    from difflib import get_close_matches

    near = [one for one in known if one.startswith(word)] or get_close_matches(word, known, n=1)
    return f"did you mean {' or '.join(near)}?" if near and word else otherwise
