"""What the two tools print, in a form that can be compared: Alembic prints sets in the order that chance gives them."""

from __future__ import annotations

import re
from itertools import groupby


def lines(text: str) -> list[str]:
    """A listing line by line: labels in parentheses, the names of branches, and what a revision branches into sorted."""
    sorted_lines = (_with_sorted_names(line) for line in text.splitlines())
    result: list[str] = []
    for is_child, group in groupby(sorted_lines, key=lambda line: re.match(r" +-> ", line) is not None):
        found = [*group]
        result += sorted(found) if is_child else found
    return result


def records(text: str) -> list[str]:
    """The records of `current`, which come from a set: the heading, then one line or one block for each revision."""
    parts = re.split(r"(?m)^(?=Rev: )", text)
    if len(parts) == 1:
        heading = [line for line in text.splitlines() if line.startswith("Current revision(s) for ")]
        return heading + sorted(line for line in text.splitlines() if line not in heading)
    return [parts[0], *sorted("\n".join(lines(part)) for part in parts[1:])]


def templates(text: str) -> list[str]:
    """The lines of `list_templates`, which come in the order of a directory; without the example, a line of its own."""
    return sorted(line for line in text.splitlines() if " - " in line)


def _with_sorted_names(line: str) -> str:
    label = re.match(r"(Branches into|Branch names): (.*)", line)
    if label:
        return f"{label[1]}: {_sorted(label[2])}"
    return re.sub(r"\(([^()]*, [^()]*)\)", lambda match: f"({_sorted(match[1])})", line)


def _sorted(names: str) -> str:
    return ", ".join(sorted(names.split(", ")))
