"""Plays the examples of a page, one after the other, and collects what is not as the page shows it."""

from __future__ import annotations

import ast
import doctest
import shlex
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from types import CodeType

from . import process
from .matching import Ids
from .pages import Block, Command, commands, read
from .process import Done
from .projects import PROJECTS

# Commands that set the scene: they need a network, or a person.
NOT_RUN = ("pip", "uv", "git", "make", "python3", "apt", "docker")


class Player:
    """The scene of one page: a folder, variables, what the ids in the page stand for.

    Args:
        scratch: an empty folder; every project gets a folder in it.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._projects = 0
        self.wrong: list[str] = []
        self._start("nothing")

    def play(self, page: Path) -> None:
        """Everything in a page. Differences are noted in `wrong`, with the lines they are on."""
        for block in read(page):
            where = f"{page.name}:{block.line}"
            match block.language:
                case "project":
                    self._start(block.text)
                case "command":
                    done = self._run(block.text)
                    if done.code:
                        self.wrong.append(f"{where}: {block.text} ended with {done.code}\n{done.text}")
                case "console":
                    self._console(block, page.name)
                case "pycon":
                    self._session(block, where)
                case "diff" if block.caption:
                    self._change(block, where)
                case _ if block.caption:
                    self._write(block)
                case "python":
                    self._program(block, where)

    # -- scenes ---------------------------------------------------------------------------------

    def _start(self, project: str) -> None:
        self._projects += 1
        self._folder = self._scratch / str(self._projects) / "shop"
        self._folder.mkdir(parents=True)
        self._environ: dict[str, str] = {}
        self._names: dict[str, object] = {"__name__": "__main__"}
        self._ids = Ids()
        self._last = Done(0, "", "")
        PROJECTS[project](self._folder)

    def _write(self, block: Block) -> None:
        path = self._folder / block.caption
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._ids.real(block.text), encoding="utf-8")

    def _change(self, block: Block, where: str) -> None:
        path = self._folder / block.caption
        source = path.read_text(encoding="utf-8")
        lines = [line if line.strip() else f" {line}" for line in block.text.splitlines(keepends=True)]
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        if source.count(old) != 1:
            self.wrong.append(f"{where}: {block.caption} has {source.count(old)} times what the change applies to")
        path.write_text(source.replace(old, new), encoding="utf-8")

    # -- consoles -------------------------------------------------------------------------------

    def _console(self, block: Block, page: str) -> None:
        """A block that shows no output at all shows what to type: only the exit codes count."""
        found = commands(block.text)
        shows = any(command.output for command in found)
        for command, following in zip(found, [*found[1:], None], strict=True):
            done = self._run(command.text)
            where = f"{page}:{block.line + command.line}"
            if shows and not self._ids.matches(command.output, done.text):
                self._note(where, command.text, command.output, done.text)
            if done.code and not self._tells_failure(command, following):
                self.wrong.append(f"{where}: {command.text} ended with {done.code}, which the page does not show")

    @staticmethod
    def _tells_failure(command: Command, following: Command | None) -> bool:
        return "error[" in command.output or (following is not None and following.text == "echo $?")

    def _run(self, text: str) -> Done:
        name, *arguments = shlex.split(self._ids.real(text))
        if name == "echo" and arguments == ["$?"]:
            return Done(0, f"{self._last.code}\n", "")
        environ = dict(self._environ)
        while "=" in name:
            variable, _, value = name.partition("=")
            environ[variable] = value
            name, *arguments = arguments
        target = arguments[-1] if arguments[-2:-1] == [">"] else None
        done = self._last = self._program_named(name, arguments[:-2] if target else arguments, environ)
        if target is None:
            return done
        (self._folder / target).write_text(done.out, encoding="utf-8")
        return done._replace(text=done.text.replace(done.out, ""))

    def _program_named(self, name: str, arguments: list[str], environ: Mapping[str, str]) -> Done:
        if name in process.COMMANDS:
            return process.COMMANDS[name](arguments, self._folder, environ)
        match name, arguments:
            case "export", [assignment]:
                variable, _, value = assignment.partition("=")
                self._environ[variable] = value
                return Done(0, "", "")
            case "cd", [folder]:
                self._folder = (self._folder / folder).resolve()
                return Done(0, "", "")
            case "mkdir", [folder]:
                (self._folder / folder).mkdir(parents=True)
                return Done(0, "", "")
            case "rm", [file]:
                (self._folder / file).unlink()
                return Done(0, "", "")
            case "cat", [file]:
                text = (self._folder / file).read_text(encoding="utf-8")
                return Done(0, text, text)
            case "sqlite3", [file, statement]:
                return self._query(file, statement)
            case _ if name in NOT_RUN:
                return Done(0, "", "")
        raise ValueError(f"{name} is not a command that examples can run: {', '.join([name, *arguments])}")

    def _query(self, file: str, statement: str) -> Done:
        connection = sqlite3.connect(self._folder / file)
        try:
            rows = connection.execute(statement).fetchall()
            connection.commit()
        finally:
            connection.close()
        text = "".join("|".join(map(str, row)) + "\n" for row in rows)
        return Done(0, text, text)

    # -- Python ---------------------------------------------------------------------------------

    def _program(self, block: Block, where: str) -> None:
        code = compile(ast.parse(block.text), where, "exec")
        try:
            process.run(lambda: self._execute(code), self._folder, self._environ)
        except Exception as error:
            self.wrong.append(f"{where}: {type(error).__name__}: {error}")

    def _session(self, block: Block, where: str) -> None:
        for example in doctest.DocTestParser().get_examples(block.text):
            code = compile(example.source, where, "single")
            try:
                text = process.run(lambda code=code: self._execute(code), self._folder, self._environ).text
            except Exception as error:
                text = f"Traceback (most recent call last):\n  …\n{type(error).__name__}: {error}"
            if not self._ids.matches(example.want, text):
                self._note(where, example.source.strip(), example.want, text)

    def _execute(self, code: CodeType) -> None:
        """As an interactive Python, or a script in the current folder: both find modules there."""
        sys.path.insert(0, "")
        exec(code, self._names)

    def _note(self, where: str, command: str, expected: str, seen: str) -> None:
        shown = self._ids.shown(seen.replace(str(self._folder), "…"))
        self.wrong.append(f"{where}: {command}\n--- the page\n{expected.rstrip()}\n--- what happens\n{shown.rstrip()}")
