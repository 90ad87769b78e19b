"""Compares what an example shows with what happened.

`…` stands for any text within a line, and alone in a line for any lines. Blanks at the end of a line do not count.
What is told of work that takes two seconds is left out: a busy machine says it anywhere. Times and dates differ from
run to run. So do the ids of revisions: the first time, an id in a page stands for the one that was made, and from then
on for that one.
"""

from __future__ import annotations

import re

from support.cli import settled

_ID = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{12}(?![0-9a-zA-Z])")  # a file's name has an underscore behind it
_PIECE = re.compile(
    rf"(?P<lines>^[ ]*…[ ]*$\n?)|(?P<some>…)|(?P<id>{_ID.pattern})|(?P<seconds>\b\d+\.\d s\b)"
    r"|(?P<date>\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)",
    re.MULTILINE,
)
_BEGINNING = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{4,12}(?![0-9a-zA-Z])")


class Ids:
    """The revision ids of a page and those that they stand for."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def matches(self, expected: str, seen: str) -> bool:
        """Whether `seen` is what a page shows as `expected`; new ids are remembered if it is."""
        match = re.fullmatch(self._pattern(_stripped(expected)), _stripped(settled(seen)))
        if match is None:
            return False
        found = {name.removeprefix("id_"): made for name, made in match.groupdict().items() if name.startswith("id_")}
        if len({*self._made.values(), *found.values()}) < len(self._made | found):
            return False  # two ids of the page would be one in reality
        self._made |= found
        return True

    def real(self, command: str) -> str:
        """A command of the page with the ids, or their beginnings, that it means."""
        return _BEGINNING.sub(self._real, command)

    def shown(self, text: str) -> str:
        """What happened, with the page's ids in it: what the page should show."""
        written = {made: shown for shown, made in self._made.items()}
        return _ID.sub(lambda match: written.get(match[0], match[0]), text)

    def _real(self, word: re.Match[str]) -> str:
        meant = [made for shown, made in self._made.items() if shown.startswith(word[0])]
        return meant[0][: len(word[0])] if len(meant) == 1 else word[0]

    def _pattern(self, expected: str) -> str:
        parts, end, new = [], 0, set()
        for piece in _PIECE.finditer(expected):
            parts.append(re.escape(expected[end : piece.start()]))
            end = piece.end()
            match piece.lastgroup:
                case "lines":
                    parts.append(r"(?:.*\n)*?" if piece[0].endswith("\n") else r"(?:.*\n)*?.*")
                case "some":
                    parts.append(".*?")
                case "seconds":
                    parts.append(r"\d+\.\d s")
                case "date":
                    parts.append(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?")
                case _ if piece[0] in self._made:
                    parts.append(re.escape(self._made[piece[0]]))
                case _ if piece[0] in new:
                    parts.append(f"(?P=id_{piece[0]})")
                case _:
                    new.add(piece[0])
                    parts.append(f"(?P<id_{piece[0]}>[0-9a-f]{{12}})")
        return "".join(parts) + re.escape(expected[end:])


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n")
