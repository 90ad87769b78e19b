"""One project and one set of databases for each tool, equal until a command makes them differ."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from support.cli import Result
from support.projects import Rev

from .graphs import A1, A2, A3, GRAPHS
from .projects import make, make_multidb, point
from .stage import Place, Seen, Stage
from .tools import Tool, ours, stock


class Side:
    """A project, and the databases that only it uses."""

    def __init__(self, folder: Path, places: list[Place]) -> None:
        self.folder = folder
        self.places = places

    def run(self, tool: Tool, argv: Iterable[str]) -> Result:
        return tool(*argv, cwd=self.folder)

    def see(self) -> list[Seen]:
        return [place.see() for place in self.places]

    def told(self, text: str) -> str:
        """What a tool printed, without the names of the folder and the databases."""
        for number, place in enumerate(self.places):
            text = text.replace(place.url, f"<database {number}>")
        return text.replace(str(self.folder), "<project>")


class Pair:
    """Stock Alembic's side and whimbrel's, with the same revisions."""

    def __init__(self, stock_side: Side, our_side: Side) -> None:
        self.stock = stock_side
        self.ours = our_side

    def run(self, argv: Iterable[str]) -> tuple[Result, Result]:
        """The same command with both tools, each on its side."""
        argv = list(argv)
        return self.stock.run(stock, argv), self.ours.run(ours, argv)

    def versions(self) -> tuple[list[str], list[str]]:
        """The revisions of the first database of stock Alembic, and of ours."""
        return self.stock.places[0].versions(), self.ours.places[0].versions()


def graph_pair(graph: str, kind: str, stage: Stage, folder: Path) -> Pair:
    """Both sides of a graph, on empty databases."""
    each = 2 if graph == "multidb" else 1
    places = stage.places(kind, 2 * each)
    sides = []
    for number, name in enumerate(("stock", "ours")):
        own = places[number * each : (number + 1) * each]
        if graph == "multidb":
            make_multidb(folder / name, [place.url for place in own], MULTIDB)
        else:
            make(folder / name, own[0].url, GRAPHS[graph])
        sides.append(Side(folder / name, own))
    return Pair(*sides)


def twin(folder: Path, stage: Stage, kind: str = "sqlite") -> Pair:
    """Both sides of the project that is in `folder`, whose ini file names its database."""
    sides = []
    for name, place in zip(("stock", "ours"), stage.places(kind, 2), strict=True):
        shutil.copytree(folder, folder.parent / name)
        point(folder.parent / name, place.url)
        sides.append(Side(folder.parent / name, [place]))
    return Pair(*sides)


MULTIDB = [Rev(A1), Rev(A2, A1), Rev(A3, A2)]
