"""Runs every edit with an engine, and prints how they ended: `python -m edits.measure stock [part of an id]`.

To be run in the folder of the tests. With `--known` it prints the ids of what did not end as it should, for `known.py`.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from .case import ALL
from .cases import Edit, every
from .engines import ENGINES, Engine
from .grounds import Ground, ground
from .oracle import REFUSED, WORDS, Trial, Verdict, is_right


class Result(NamedTuple):
    """How an edit has ended."""

    edit: Edit
    verdict: Verdict

    @property
    def is_right(self) -> bool:
        """Whether that is how it should end."""
        return is_right(self.verdict, self.edit.case, self.edit.database)


def results(engine: str, part: str = "") -> Iterable[Result]:
    """Try the cases whose ids have a part, one after the other."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        grounds = {kind: stack.enter_context(ground(kind, folder)) for kind in ALL}
        for number, edit in enumerate(every()):
            if part in edit.id:
                yield Result(edit, _tried(edit, grounds[edit.database], ENGINES[engine], folder / str(number)))


def _tried(edit: Edit, where: Ground, engine: Callable[[Path, str], Engine], folder: Path) -> Verdict:
    folder.mkdir()
    try:
        return Trial(edit.case, where, lambda: engine(folder, where.url)).run()
    except Exception as error:  # no verdict: the case itself is wrong
        error.add_note(edit.id)
        raise


_HEADING = ("kind", "database", "cases", "as it should", "rows kept", "goes back", "refused", "wrong", "how")


def table(found: Iterable[Result]) -> list[str]:
    """The lines of the table: for each kind and database, and for all."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in found:
        kind, database = result.edit.kind, result.edit.database
        for place in ((kind, database), ("all", database), ("all", "all")):
            groups.setdefault(place, []).append(result)
    places = sorted(groups, key=lambda place: (place[0] == "all", place[0], [*ALL, "all"].index(place[1])))
    rows = [_HEADING, *((*place, *_counts(groups[place])) for place in places)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _counts(found: list[Result]) -> list[str]:
    verdicts = [result.verdict for result in found]
    asked = [verdict.back for verdict in verdicts if verdict.back is not None]
    wrong = Counter(result.verdict.word for result in found if not result.is_right)
    return [
        str(len(found)),
        str(sum(result.is_right for result in found)),
        f"{sum(verdict.kept for verdict in verdicts)}/{len(verdicts)}",
        f"{sum(asked)}/{len(asked)}",
        str(sum(verdict.word == REFUSED for verdict in verdicts)),
        str(wrong.total()),
        ", ".join(f"{wrong[word]} {word}" for word in WORDS if wrong[word]),
    ]


def main() -> None:
    """Read the command line, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("part", nargs="?", default="", help="only cases whose ids have this in them")
    parser.add_argument("--known", action="store_true", help="print ids for known.py")
    parser.add_argument("--details", action="store_true", help="print what was found, case by case")
    arguments = parser.parse_args()
    logging.disable()
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    found = []
    for result in results(arguments.engine, arguments.part):
        found.append(result)
        if arguments.details and not result.is_right:
            told = f"{result.edit.id}: {result.verdict.word}\n{result.verdict.detail.strip()}"
            print(told.replace("\n", "\n    "), flush=True)
    if arguments.known:
        print("\n".join(sorted(result.edit.id for result in found if not result.is_right)))
    else:
        print("\n".join(table(found)))
    print(f"{len(found)} cases in {time.perf_counter() - start:.0f} seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
