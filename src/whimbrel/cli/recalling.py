"""The command that shows what was done to a database."""

from __future__ import annotations

from ..errors import UsageError
from ..journal.attempt import STAMP
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..log import LogEntry
    from .session import Session

_WIDTH = 80
_LABEL = 13


def log(session: Session) -> int:
    """`log`: every attempt to run a revision, newest first."""
    options = session.options
    if options.number is not None and options.number < 1:
        raise UsageError(f"-n {options.number} shows nothing", hint="whimbrel log -n 5")
    entries = session.project.log(options.revision)[: options.number]
    text = _in_full(entries) if options.verbose else "\n".join(_by_run(entries))
    session.console.result(text, lambda: [_as_data(entry) for entry in entries])
    if not entries:
        _say_nothing_is_known(session)
    return 0


def _say_nothing_is_known(session: Session) -> None:
    name, revision = session.project.database.name, session.options.revision
    if revision:
        session.console.notice(f"the journal of {name} has no attempt of {revision}")
    else:
        session.console.notice(f"{name} has no journal yet: it begins with the next upgrade, downgrade or stamp")


# -- an overview -----------------------------------------------------------------------------------


def _by_run(entries: Sequence[LogEntry]) -> Iterator[str]:
    """A heading for each run, and below it a line for each revision."""
    several = len({entry.where for entry in entries}) > 1
    widths = [max((len(cells[column]) for cells in map(_cells, entries)), default=0) for column in range(3)]
    started = _starts(entries)
    shown: object = None
    for entry in entries:
        attempt = entry.attempt
        run = (entry.where, attempt.run, attempt.direction)
        if run != shown:
            if shown is not None:
                yield ""
            where = f", {entry.where}" if several else ""
            yield _wrapped(f"{started[run]}  ", f"{attempt.direction} {attempt.who}{where}", "    ")
            shown = run
        yield from _lines(entry, widths)


def _starts(entries: Sequence[LogEntry]) -> dict[tuple[str, str, str], str]:
    """When each run began: the newest attempt comes first, so the last one that is seen is the oldest."""
    return {(entry.where, entry.attempt.run, entry.attempt.direction): entry.attempt.when for entry in entries}


def _lines(entry: LogEntry, widths: Sequence[int]) -> Iterator[str]:
    state, revision, took = _cells(entry)
    line = f"  {state:<{widths[0]}}  {revision:<{widths[1]}}  {took:>{widths[2]}}  "
    message = "(no file has it)" if entry.message is None else entry.message
    yield f"{line}{_shortened(message, max(_WIDTH - len(line), 20))}".rstrip()
    indent = " " * (widths[0] + 4)
    if entry.process_gone:
        yield f"{indent}no process {entry.attempt.pid} is to be seen on this host"
    if entry.attempt.direction == STAMP:
        yield f"{indent}from {entry.attempt.from_heads or 'base'} to {entry.attempt.to_heads or 'base'}"
    if entry.attempt.error:
        yield f"{indent}{_shortened(entry.attempt.error, _WIDTH - len(indent))}"


def _cells(entry: LogEntry) -> tuple[str, str, str]:
    seconds = entry.attempt.seconds
    return _state(entry), entry.attempt.revision, "" if seconds is None else f"{seconds:.1f} s"


def _state(entry: LogEntry) -> str:
    """The outcome; of a process that seems to be gone, nobody can say that it is running."""
    return f"{entry.attempt.state}?" if entry.process_gone else entry.attempt.state


# -- everything ------------------------------------------------------------------------------------


def _in_full(entries: Sequence[LogEntry]) -> str:
    return "\n\n".join("\n".join(_fields(entry)) for entry in entries)


def _fields(entry: LogEntry) -> Iterator[str]:
    attempt = entry.attempt
    yield _field("revision", attempt.revision)
    yield _field("message", "(no file has it)" if entry.message is None else entry.message)
    yield _field("where", entry.where)
    for name, value in attempt._asdict().items():
        if name == "state":
            gone = f" (no process {attempt.pid} is to be seen on this host)" if entry.process_gone else ""
            yield _field(name, f"{_state(entry)}{gone}")
        elif name in ("from_heads", "to_heads") and value is not None:
            yield _field(name, value or "base")
        elif name != "revision" and value is not None:
            yield _field(name, str(value))
        if name == "ended_at" and attempt.seconds is not None:
            yield _field("took", f"{attempt.seconds:.3f} s")


def _field(name: str, value: str) -> str:
    return _wrapped(f"{name.replace('_', ' ') + ':':<{_LABEL}}", value, " " * _LABEL)


def _as_data(entry: LogEntry) -> dict[str, object]:
    attempt = entry.attempt
    return {
        "where": entry.where,
        "message": entry.message,
        **attempt._asdict(),
        "from_heads": attempt.from_heads.split(),
        "to_heads": None if attempt.to_heads is None else attempt.to_heads.split(),
        "seconds": attempt.seconds,
        "process_gone": entry.process_gone,
    }


# -- text ------------------------------------------------------------------------------------------


def _printable(text: str) -> str:
    """In one line, and without what would move the cursor: somebody else has written it."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))


def _shortened(text: str, width: int) -> str:
    line = _printable(text)
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _wrapped(start: str, text: str, indent: str) -> str:
    """Text in lines of the width of a terminal. Words that are longer stay whole, so that they can be copied."""
    first, *words = _printable(text).split(" ")
    lines, line = [], start + first
    for word in words:
        if len(line) + 1 + len(word) > _WIDTH:
            lines.append(line)
            line = indent + word
        else:
            line = f"{line} {word}"
    return "\n".join([*lines, line.rstrip()])
