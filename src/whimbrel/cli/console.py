"""What a user sees: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
import time

from ..errors import FileRefused, Interrupted, counted
from ..program import as_typed
from ..record import TYPE_CHECKING
from .output import Output, ReaderGone, silence

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

    from ..author import Question
    from ..errors import WhimbrelError
    from ..events import Event
    from .grammar import Command

FORMAT = 1
_SLOW = 2.0  # seconds after which a running revision is announced
_HEARTBEAT = 30.0  # seconds between signs of life where nothing can be redrawn
_NEVER = float("inf")
_TICK = 0.2  # seconds between two looks

_COLOURS = {"ok": "32", "error": "31", "notice": "33", "dim": "2"}


class Console:
    """Writes results, messages and progress.

    Attributes:
        as_json: write one JSON document instead of text.
        debug: show the traceback of an error.

    Args:
        owns_process: whether the process ends with the command, so that its file descriptors may be rearranged.
    """

    def __init__(self, *, owns_process: bool = False) -> None:
        self._owns_process = owns_process
        self.as_json = False
        self.debug = False
        self._stdout = sys.stdout
        self._out = Output(sys.stdout)
        sys.stdout = self._out
        self._command: str | None = None
        self._quiet = False
        self._colour = "auto"
        self._parts: list[Any] | None = None
        self._of = ""
        self._progress = _Progress(self.say)

    def begin(self, command: Command, options: Any) -> None:
        """Know the command line once it is parsed."""
        changes = command.group in ("start", "write", "run", "data", "mend")
        self.as_json = options.json
        self.debug = options.debug or options.raiseerr
        self._command = command.name
        self._quiet = options.quiet
        self._colour = options.color or "auto"
        if command.group == "run" and getattr(options, "sql", False):
            changes = False
        if self.as_json:
            if self._owns_process:
                self._out = Output(_set_apart(self._stdout))
            sys.stdout = sys.stderr  # what models, env.py and revisions print must not get into the document
        elif changes:
            sys.stdout = self._stdout  # a revision that prints must not end quietly because nobody reads that
        self._out.state = "the command is done, only its result is not shown" if changes else "nothing was changed"

    def result(self, text: str, data: Callable[[], Any], *, ok: bool = True) -> None:
        """The answer of a command: as text, or as the `result` of a JSON document, which `data` makes.

        Args:
            text, data: the answer.
            ok: whether the command ends with 0; one that fails altogether has an error in the place of a result.
        """
        if self._parts is not None:
            self._parts.append(data() if self.as_json else text)
        elif self.as_json:
            self._document({"ok": ok, "result": data()})
        elif text:
            print(text, file=self._out)

    def keep(self, name: str) -> list[Any]:
        """From now on keep results, as text or as data, instead of writing them: they are parts of a larger one.

        Args:
            name: the database that they are about, which is named where revisions run.
        """
        self._parts, self._of = [], f"{name}  "
        return self._parts

    def write(self) -> None:
        """Write results again."""
        self._parts, self._of = None, ""

    def flush(self) -> None:
        """Hand on what was written.

        Raises:
            ReaderGone, FileRefused: standard output cannot be written.
        """
        self._out.flush()

    def error(self, error: WhimbrelError, cause: BaseException) -> None:
        """A failure: on standard error for people, and as a document for programs.

        Args:
            error: what to tell.
            cause: what was raised, for `debug`.
        """
        if self.as_json:
            try:
                self._document({"ok": False, "error": error.as_dict()})
                self.flush()
            except (ReaderGone, FileRefused):
                pass  # it is told on standard error all the same
        self.tell(error, cause)

    def tell(self, error: WhimbrelError, cause: BaseException) -> None:
        """As `error`, for people alone."""
        self._progress.stop()
        if self.debug:
            self.say(_traceback(cause))
        first, *rest = error.lines()
        head, colon, what = first.partition(":")
        self.say("\n".join([self._painted(head, "error") + colon + what, *rest]))

    def on(self, event: Event) -> None:
        """Show an event; the `Listener` of everything below."""
        from ..events import BytesMoved, Replaying, RevisionFinished, RevisionStarted, RowsMoved, Waiting

        if self._quiet:
            return
        match event:
            case RevisionStarted(revision, message, direction, number, total):
                self._progress.start(f"{self._of}{direction} {number}/{total}  {revision}  {message}")
            case Replaying(revision, number, total):
                self._progress.show(f"{self._of}replaying {number}/{total} on a scratch database  {revision}")
            case RowsMoved(what, table, rows, number, total):
                self._progress.show(f"{what} {number}/{total}  {table}  {counted(rows, 'row')}")
            case BytesMoved(what, name, size, total):
                self._progress.show(f"{what}  {name}  {size_of(size)}{f' of {size_of(total)}' if total else ''}")
            case Waiting(what, holder, seconds):
                self._progress.stop()
                self.say(f"  ...  waiting for {what} ({seconds:.0f} s){f': {holder}' if holder else ''}")
            case RevisionFinished(revision, message, direction, seconds):
                self._progress.stop()
                arrow = self._painted("ok", "ok") if direction == "upgrade" else self._painted("undone", "ok")
                self.say(f"  {arrow}  {self._of}{revision}  {message}  {self._painted(f'{seconds:.1f} s', 'dim')}")
            case _:
                self._fact(event)

    def _fact(self, event: Event) -> None:
        """Show what was found or made."""
        from ..events import Created, Found, Notice, Wrote

        self._progress.stop()
        match event:
            case Found(what, where, detail):
                self.say(f"Found  {what:<18} {where}{f'  ({detail})' if detail else ''}")
            case Notice(text, hint):
                self.notice(text, hint)
            case Wrote(path, what):
                self.say(f"Wrote  {path}" + (f"  ({what})" if what else ""))
            case Created(name, kind):
                self.say(f"Created  database {name}  ({kind})")

    def notice(self, text: str, hint: str = "") -> None:
        """Something to know although nothing failed."""
        if not self._quiet:
            first, *rest = _wrapped(f"note: {text}") if sys.stderr.isatty() else [f"note: {text}"]
            lines = [self._painted("note", "notice") + first.removeprefix("note"), *rest]
            self.say("\n".join([*lines, f"  hint:  {as_typed(hint)}"] if hint else lines))

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer: who reads questions on standard error, and types on standard input."""
        return bool(not self.as_json and sys.stdin and sys.stdin.isatty() and sys.stderr.isatty())

    def confirms(self, question: str, options: Any) -> bool:
        """Ask before something that cannot be undone; `--yes` has answered already, and nobody is no."""
        if options.yes:
            return True
        if not self.can_ask:
            self.notice("this is no terminal, so nobody can be asked", f"whimbrel {self._command} --yes")
            return False
        if self.answer(f"{question} [y/N]").lower() in ("y", "yes"):
            return True
        self.notice("nothing was changed")
        return False

    def choose(self, question: Question) -> int | None:
        """Ask somebody to choose; None if nobody is there, or the end of input is the answer.

        Raises:
            Interrupted: Ctrl-C is.
        """
        if not self.can_ask:
            return None
        self._progress.stop()
        count = len(question.choices)
        choices = (f"  {number}) {choice}" for number, choice in enumerate(question.choices, 1))
        self.say("\n".join([*question.lines, *choices]))
        while typed := self._typed(f"Choose [{question.default + 1}]:"):
            if not typed.strip():
                return question.default
            if typed.strip() in map(str, range(1, count + 1)):
                return int(typed) - 1
            self.say(f"type a number from 1 to {count}")
        return None

    def enter(self, prompt: str, objection: Callable[[str], str | None]) -> str | None:
        """Ask somebody to type a value, which is taken as it is; None, and what is raised, as for `choose`."""
        if not self.can_ask:
            return None
        while typed := self._typed(prompt):
            text = typed.removesuffix("\n")
            if (wrong := objection(text)) is None:
                return text
            self.say(wrong)
        return None

    def answer(self, question: str) -> str:
        """What somebody types who is there, `can_ask`.

        Raises:
            Interrupted: Ctrl-C is the answer.
        """
        return self._typed(question).strip()

    def _typed(self, question: str) -> str:
        """A line that somebody types; empty at the end of input.

        Raises:
            Interrupted: Ctrl-C is the answer.
        """
        try:
            self.say(f"{question} ", end="")
            return sys.stdin.readline()
        except KeyboardInterrupt as error:
            raise Interrupted("interrupted at the question", state="nothing was changed") from error

    def next(self, command: str) -> None:
        """What to do after this."""
        if not self._quiet and not self.as_json:
            self.say(f"Next:  {as_typed(command)}")

    def close(self) -> None:
        """End whatever is still drawn, and give standard output back."""
        self._progress.close()
        sys.stdout = self._stdout

    def say(self, text: str, end: str = "\n") -> None:
        """A line on standard error, or the beginning of one."""
        try:
            print(text, end=end, file=sys.stderr, flush=True)
        except ValueError:
            pass  # closed: nobody listens any more, which is no reason to stop
        except OSError:
            silence(sys.stderr)

    def _document(self, data: dict[str, Any]) -> None:
        import json

        # A character that the stream cannot encode would be written as "\\xf6", which is no JSON.
        ascii_only = "utf" not in (self._out.encoding or "").lower()
        print(
            json.dumps({"version": FORMAT, "command": self._command, **data}, indent=2, ensure_ascii=ascii_only),
            file=self._out,
        )

    def _painted(self, text: str, name: str) -> str:
        return f"\x1b[{_COLOURS[name]}m{text}\x1b[0m" if self._paints(sys.stderr) else text

    def _paints(self, stream: TextIO) -> bool:
        """`--color`, else NO_COLOR, else FORCE_COLOR, else whether it is a terminal."""
        if self._colour != "auto":
            return self._colour == "always"
        if os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


class _Progress:
    """Shows which revision runs, once it has taken longer than a user waits without asking.

    One thread looks from time to time. One for each revision would cost more than many a revision.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._text: str | None = None
        self._began = self._due = 0.0
        self._spinner: Any = None
        self._thread: Any = None
        self._lock: Any = None
        self._is_over: Any = None

    def start(self, text: str) -> None:
        """Something begins."""
        import threading

        if self._thread is None:
            self._lock, self._is_over = threading.Lock(), threading.Event()
            self._thread = threading.Thread(target=self._watch, name="whimbrel-progress", daemon=True)
            self._thread.start()
        with self._lock:
            self._end()
            self._text = text
            self._began = time.monotonic()
            self._due = self._began + _SLOW

    def show(self, text: str) -> None:
        """The same is at another point, or begins."""
        if self._text is None:
            self.start(text)
            return
        with self._lock:
            self._text = text
            if self._spinner is not None:
                self._spinner.update(text)

    def stop(self) -> None:
        if self._thread is not None:
            with self._lock:
                self._end()

    def close(self) -> None:
        """Nothing will be shown any more."""
        self.stop()
        if self._thread is not None:
            self._is_over.set()

    def _end(self) -> None:
        self._text = None
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def _watch(self) -> None:
        while not self._is_over.wait(_TICK):
            with self._lock:
                if self._text is not None and time.monotonic() >= self._due:
                    self._show(self._text)

    def _show(self, text: str) -> None:
        """On a terminal a line that moves; elsewhere a line now, and one every 30 seconds."""
        if sys.stderr.isatty() and not os.environ.get("CI"):
            from rich.console import Console as Terminal

            self._due = _NEVER
            self._spinner = Terminal(stderr=True).status(text)
            self._spinner.start()
        else:
            self._due += _HEARTBEAT
            self._say(f"  ...  {text}  (running for {time.monotonic() - self._began:.0f} s)")


def _set_apart(stdout: TextIO) -> TextIO:
    """A stream to where standard output goes, which from now on goes to standard error.

    Programs that hooks and revisions start know nothing of `sys.stdout`: they write to the file descriptor.
    """
    try:
        descriptor, other = stdout.fileno(), sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return stdout  # a stream without a descriptor is out of their reach
    stdout.flush()
    private = os.dup(descriptor)
    os.dup2(other, descriptor)
    return open(private, "w", encoding=stdout.encoding, errors="backslashreplace", closefd=False)


def _traceback(error: BaseException) -> str:
    from ..connect.sayings import traceback_of

    return traceback_of(error)


def table(rows: list[list[str]]) -> str:
    """Rows aligned in columns; the first one is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "   ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _wrapped(text: str) -> list[str]:
    """A text in lines of the terminal's width. Words that are longer stay whole, so that they can be copied."""
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    return textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


_STEP = 1024


def size_of(size: float) -> str:
    """A number of bytes, as people read it."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < _STEP:
            return f"{size:.0f} {unit}"
        size /= _STEP
    return f"{size:.1f} GiB"
