"""Reads a page of documentation as the examples in it. Nothing is added to a page for that but comments.

A block of code is one of these, by its language and its caption:

- `console`: lines that begin with `$` are commands, the lines that follow are what a terminal shows then;
- `pycon`: the same with Python's `>>>`;
- `python` and `diff` with a caption, and any other language with one: the file of that name, or a change to it;
- `python` without a caption: a program.

In Markdown the first line of a block can be a comment with the name of the file instead of a caption. Other blocks are
there to be read only. A comment in the page says what the examples start from, and may run a command that the reader
need not see:

    .. example project: shop                    <!-- example project: shop -->
    .. example command: whimbrel upgrade        <!-- example command: whimbrel upgrade -->
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Block(NamedTuple):
    """A block of code.

    Attributes:
        line: the line of the page on which its text begins.
        language: what it is highlighted as; `project` and `command` for the two comments.
        caption: the file it is, or empty.
        text: its text, without indentation.
    """

    line: int
    language: str
    caption: str
    text: str


_COMMENT = re.compile(r"(?:\.\. |<!-- )example (project|command): (.+?)(?: -->)?")
_DIRECTIVE = re.compile(r"\.\. code-block:: (\w+)")
_OPTION = re.compile(r"\s+:(\w+): ?(.*)")
_FENCE = re.compile(r"```(\w+)")
_FILE_NAME = re.compile(r"(?:#|--|//) ([\w./-]+\.\w+)")


def read(page: Path) -> list[Block]:
    """The blocks of a page in reStructuredText or Markdown."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return list(_markdown(lines) if page.suffix == ".md" else _restructured(lines))


def _restructured(lines: list[str]) -> Iterator[Block]:
    for number, line in enumerate(lines):
        if comment := _COMMENT.fullmatch(line):
            yield Block(number + 1, comment[1], "", comment[2])
        if directive := _DIRECTIVE.fullmatch(line.strip()):
            yield _directive(lines, number, directive[1])


def _directive(lines: list[str], number: int, language: str) -> Block:
    indent = len(lines[number]) - len(lines[number].lstrip())
    options: dict[str, str] = {}
    number += 1
    while number < len(lines) and (option := _OPTION.fullmatch(lines[number])):
        options[option[1]] = option[2]
        number += 1
    text = []
    for line in lines[number:]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        text.append(line)
    first = next((index for index, line in enumerate(text) if line.strip()), 0)
    return Block(number + first + 1, language, options.get("caption", ""), _tidy(text))


def _markdown(lines: list[str]) -> Iterator[Block]:
    start, language = 0, ""
    for number, line in enumerate(lines, 1):
        if not language and (comment := _COMMENT.fullmatch(line)):
            yield Block(number, comment[1], "", comment[2])
        elif not language and (fence := _FENCE.match(line.strip())):
            start, language = number, fence[1]
        elif language and line.strip() == "```":
            body = lines[start : number - 1]
            named = _FILE_NAME.fullmatch(body[0]) if body else None
            yield Block(start + 1, language, named[1] if named else "", _tidy(body))
            language = ""


def _tidy(lines: list[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip("\n") + "\n"


class Command(NamedTuple):
    """A command in a console block and what a terminal shows after it; `line` counts from the block's first."""

    line: int
    text: str
    output: str


def commands(text: str) -> list[Command]:
    """The commands of a console block. A command goes on in the next line after a backslash."""
    found: list[Command] = []
    lines = iter(enumerate(text.splitlines()))
    for number, line in lines:
        if line.startswith("$ "):
            command = line.removeprefix("$ ")
            while command.endswith("\\"):
                command = command.removesuffix("\\") + next(lines)[1].removeprefix(">").lstrip()
            found.append(Command(number, command, ""))
        elif found:
            found[-1] = found[-1]._replace(output=f"{found[-1].output}{line}\n")
        elif line.strip():
            raise ValueError(f"a console block begins with a command after $, not with {line!r}")
    return [command._replace(output=command.output.rstrip("\n")) for command in found]
