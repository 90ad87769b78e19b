"""The command lines that both tools are given, as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from support.databases import KINDS

from .graphs import A1, A2, A3, A4, B1, B2, B3, B4, C1, C2, C3, GRAPHS, M3, M4


class Step(NamedTuple):
    """A command line; `differs` is a key of `DIFFERENCES` if whimbrel ends differently on purpose, on the
    databases `kinds`; that can only be the last step of a walk.
    """

    line: str
    differs: str | None = None
    kinds: tuple[str, ...] = KINDS

    @property
    def argv(self) -> list[str]:
        return self.line.split()


class Walk(NamedTuple):
    """Steps one after the other, from an empty database."""

    graph: str
    name: str
    steps: tuple[Step, ...]


def _walk(graph: str, name: str, *lines: str | Step) -> Walk:
    return Walk(graph, name, tuple(line if isinstance(line, Step) else Step(line) for line in lines))


# Each step is run on its own, by each tool on a database of its own, and everything is compared after it. What is
# refused by both belongs here too: a refusal must leave the same state behind.
WALKS = [
    _walk("linear", "up and down", "upgrade head", "downgrade base", "upgrade head", f"downgrade {A2}", "upgrade heads"),
    _walk("linear", "by steps", "upgrade +1", "upgrade +2", "upgrade +2", "downgrade -1", "downgrade -2", "upgrade +1",
          "downgrade -1", "downgrade -1"),
    _walk("linear", "by id", f"upgrade {A3}", f"upgrade {A1}", f"downgrade {A3}", f"downgrade {A4}", f"downgrade {A1}",
          f"upgrade {A1}", f"upgrade {A2[:4]}", f"downgrade {A1[:4]}", f"upgrade {A2[:3]}", "upgrade zzzz",
          "downgrade zzzz"),
    _walk("linear", "relative to a revision", f"upgrade {A1}+1", f"upgrade {A1[:5]}+2", f"upgrade {A4}-0",
          f"downgrade {A3}-1", "upgrade head-1", "downgrade head-3", "upgrade heads-1", f"downgrade {A1}-1"),
    _walk("linear", "stamp", "stamp head", "stamp base", f"stamp {A2}", "upgrade +1", f"stamp {A1[:4]}", "stamp heads",
          f"stamp {A3}", "stamp nonsense", "stamp", "upgrade head"),
    _walk("linear", "purge", "upgrade +2", "stamp --purge head", "stamp --purge base", f"stamp --purge {A1}",
          Step("stamp --purge nonsense", "purge", ("sqlite", "mariadb"))),
    _walk("linear", "ensure_version", "ensure_version", "ensure_version", "upgrade +1", "ensure_version"),
    _walk("linear", "garbage", "upgrade +1", Step("upgrade +1abc", "garbage")),
    _walk("linear", "current as a target", "upgrade +1", Step("upgrade current+1", "current everywhere")),
    _walk("linear", "stamp by steps", "upgrade +1", Step(f"stamp {A1}+1", "steps everywhere")),
    _walk("linear", "stamp -1", "stamp -1", Step("stamp -1", "stamp by steps")),
    _walk("linear", "stamp +1", "upgrade +1", Step("stamp +1", "stamp by steps")),
    _walk("linear", "ranges need --sql", f"upgrade {A1}:{A2}", f"downgrade {A2}:{A1}"),
    _walk("branched", "heads", "upgrade heads", "upgrade head", "downgrade base", f"upgrade {B4}", f"upgrade {C3}",
          f"downgrade {A2}"),
    _walk("branched", "one at a time", f"upgrade {A2}", "upgrade +1", f"upgrade {B3}", "upgrade +1", f"upgrade {C3}",
          "upgrade +1", f"downgrade {B3}", f"downgrade {C3}@-1", f"downgrade {B4}@-1", "upgrade heads",
          f"downgrade {B4}@-1", f"downgrade {A1}"),
    _walk("branched", "stamp", f"stamp {B3}", f"stamp {B3} {C3}", f"stamp {A2}", "stamp heads", f"stamp {A2}",
          f"stamp {A1}", f"stamp {C3}", "stamp base", "stamp head"),
    _walk("branched", "stamp heads of two lines", f"stamp {B3} {C3}", Step("stamp heads", "stamp several")),
    _walk("branched", "stamp two lower ones", "upgrade heads", Step(f"stamp {B3} {C3}", "stamp several")),
    _walk("branched", "down from two heads", "upgrade heads", Step("downgrade -1", "ambiguous -1")),
    _walk("labelled", "by label", "upgrade billing@head", "upgrade shop@head", "downgrade billing@-1",
          "downgrade store@base", "upgrade billing@heads", "upgrade store", "downgrade billing@base"),
    _walk("labelled", "steps on a label", "upgrade billing@+1", "upgrade billing@+1", "upgrade billing@+1",
          "upgrade shop@+1", "upgrade shop@+1", "downgrade shop@-1", "downgrade billing@-2", "upgrade store@+2"),
    _walk("labelled", "relative to a label", f"upgrade {B2}+1", "upgrade shop@head-1", "upgrade billing", "upgrade shop+1",
          f"downgrade {C2}", f"downgrade billing@{A1}", "upgrade bill", "upgrade bill@head"),
    _walk("labelled", "through a revision", f"upgrade {B2}@head", f"upgrade {C2}@+1", f"downgrade {B3}@-1",
          f"downgrade {B2}@base", "upgrade nonsense@head", f"upgrade billing@{C3}", f"upgrade billing@{B3}"),
    _walk("labelled", "stamp", "stamp billing", "stamp shop@head", "stamp billing@head", "stamp shop@base",
          "stamp billing@base", "stamp billing@head shop@head", f"stamp --purge billing@{B2}", "upgrade heads"),
    _walk("labelled", "stamp two lower ones", "upgrade heads", Step(f"stamp {B2} {C2}", "stamp several")),
    _walk("depends_on", "heads", "upgrade heads", "downgrade extra@-1", "downgrade extra@-1", "downgrade core@-1",
          "upgrade heads", "downgrade core@base"),
    _walk("depends_on", "pulled in", "upgrade extra@+1", "upgrade extra@+1", "upgrade core@head", "upgrade extra@head",
          "downgrade extra@base", "downgrade core@base"),
    _walk("depends_on", "down takes along", f"upgrade {B3}", f"downgrade {A1}", f"upgrade {B2}", "downgrade core@-1",
          "upgrade core@+1", "upgrade extra@+2", "downgrade base"),
    _walk("depends_on", "stamp", f"stamp {B2}", f"stamp --purge {A1} {B1}", "stamp heads", "upgrade heads", f"stamp {A3}",
          "stamp extra@head", "upgrade heads"),
    _walk("depends_on", "stamp both lines", Step("stamp core@head extra@head", "stamp several")),
    _walk("depends_on", "stamp a label", "upgrade extra@+1", f"upgrade {B2}", Step("stamp core@+1", "stamp by steps")),
    _walk("merged", "through the merge", "upgrade head", "downgrade -1", "downgrade -1", f"downgrade {A1}",
          "upgrade billing@+1", "upgrade head"),
    _walk("merged", "below the merge", f"upgrade {B2}", f"upgrade {C2}", f"upgrade {M3}", f"downgrade {B2}",
          f"upgrade {M4}", f"downgrade {C2}@-1", f"downgrade {M3}@-1", "upgrade +1", f"downgrade {B2}@-1",
          "upgrade heads"),
    _walk("merged", "stamp", f"stamp {B2} {C2}", f"stamp {M3}", f"stamp {B2}", "upgrade head", f"stamp {A1}",
          "stamp billing@head", "downgrade -1"),
    _walk("several bases", "heads", "upgrade heads", "upgrade head", "downgrade core@base", "upgrade core@+1",
          f"downgrade {C1}@base", "downgrade base"),
    _walk("several bases", "one line at a time", "upgrade core@+1", "upgrade +2", "upgrade extra@+2", f"upgrade {C1}",
          "upgrade +1", "downgrade extra@-1", f"downgrade {B1}", "downgrade extra@-1", "upgrade extra@head"),
    _walk("several bases", "stamp", "stamp core@head extra", f"stamp {C1}", f"stamp {A1}", "upgrade heads",
          "stamp core@base", "stamp --purge extra@head", "downgrade extra@-1"),
    _walk("several bases", "stamp three", "stamp core@head extra", f"stamp {C1}", Step(f"stamp {A1} {B2} {C1}", "stamp several")),
    _walk("multidb", "up and down", "upgrade head", "downgrade -1", "upgrade +1", f"downgrade {A1}", "upgrade heads",
          "downgrade base", f"upgrade {A2[:4]}"),
    _walk("multidb", "stamp", f"stamp {A2}", "upgrade head", "stamp base", "stamp --purge head", "ensure_version",
          "downgrade -1"),
]  # fmt: skip

READS = (
    "heads", "heads -v", "heads --resolve-dependencies", "heads -v --resolve-dependencies",
    "history", "history -v", "history -i", "history -i -v", "branches", "branches -v",
    "current", "current -v", "current --check-heads", "current -c", "current -v --check-heads",
    "show head", "show heads", "show base", "show current", "list_templates",
)  # fmt: skip

_RANGES = (
    ":", "base:head", "base:heads", "-r:", ":head", "head:", f"{A1}:", f":{A1}", f"{A1[:4]}:heads", f"{A1}:{A1}",
    "base:", ":base", "heads:", "-1:", "-2:heads", f"{A1}:+1", "base:+1", f"{A1}:+9",
    "current:", "current:heads", "current:+1", "current:current", ":current", f"{A1}:current", "nonsense:", ":nonsense", f"{A1}", f"{A1}:{A1}:{A1}",
)  # fmt: skip

# What is added for one graph: its own names.
_READS_OF = {
    "linear": [
        f"history -r{A2}:{A4}", f"history -r{A4}:{A2}", "history -r-3:current", "history -r-1:heads", "history -r-1:current",
        f"history -v -r{A2}:{A3}", f"history -i -r{A1}:{A2}", "history -r+1:", f"history -r{A2}:{A4}-1",
        f"history -r:{A3}-1", f"show {A2}", f"show {A2[:4]}", f"show {A2[:3]}", "show nonsense", "show -1", "show -9",
    ],
    "branched": [f"history -r{A2}:{B4}", f"history -r{B3}:{C3}", f"history -r{A1}:{C3}", f"show {B3}", "show -1"],
    "labelled": [
        "history -rbilling@base:billing@head", "history -rbilling@base:", "history -r:billing@head",
        "history -rbilling:heads", "history -rshop@-1:", "history -r:billing@head-1", f"history -r{A1}:store@head",
        "history -rbilling:shop", "show billing", "show billing@head", "show billing@base", "show shop@-1",
        f"show billing@{B2}", f"show billing@{C3}", "show store@heads", "show bill", f"show {B2}@head",
    ],
    "depends_on": [
        "history -rextra@base:extra@head", "history -rcore@base:", "history -r:core@head", f"history -r{B2}:heads",
        f"history -r{A2}:{A3}", "show extra", "show core@head",
    ],
    "merged": [f"history -r{A1}:{M3}", f"history -r{B2}:", f"history -r{C2}:{M4}", "show billing", f"show {M3}"],
    "several bases": ["history -rcore@base:core@head", "history -rextra@base:", f"history -r{C1}:", "show extra@base"],
}  # fmt: skip


def looks_different(graph: str, at: str, line: str) -> str | None:
    """The key of the difference on purpose, if there is one for a command that looks; all others print the same."""
    wanted = line.removeprefix("history -r") if line.startswith("history -r") else ""
    asks = "current" in wanted
    several_heads = graph in ("branched", "labelled", "several bases")
    if graph == "multidb" and (asks or "-i" in line or (line == "show current" and at == "heads")):
        return "several databases"
    if wanted == "current:current":
        return "any range"
    if at == "base" and wanted in (":current", f"{A1}:current", "-3:current", "-1:current"):
        return None if graph == "depends_on" and wanted == f"{A1}:current" else "base is base"  # both refuse it
    if graph == "linear" and wanted == "-1:current" and at == A2:
        return "range end"
    if several_heads and (
        (wanted in ("-1:", "-2:heads") and graph != "labelled") or (wanted == "current:+1" and at == "heads")
    ):
        return "any range"
    if graph == "depends_on":
        through = (f"{A1}:", f"{A1[:4]}:heads", *(("current:", "current:heads") if at == A2 else ()))
        if wanted in through or (wanted == f"{A1}:current" and at == "heads"):
            return "any range"
        if at == "heads" and line in ("current --check-heads", "current -c", "current -v --check-heads"):
            return "implied heads"
    return None


def reads(graph: str) -> Iterable[str]:
    """The commands that only look, for one graph."""
    yield from READS
    yield from (f"history -r{text}" for text in _RANGES)
    yield from _READS_OF.get(graph, ())


def positions(graph: str) -> Iterable[str]:
    """Where the database is while somebody looks: at base, in the middle, at all heads."""
    yield "base"
    if graph != "multidb":
        yield GRAPHS[graph][1].id
    yield "heads"


OFFLINE = {
    "linear": [
        *(f"upgrade {target} --sql" for target in (
            "head", "heads", A2[:4], "+1", "+2", "base:head", f"{A1}:{A3}", f"{A1[:4]}:+1", f"{A1}:+2", "head-1",
            "nonsense", f"{A3}:{A1}", f"{A1}:nonsense", "nonsense:head", f"{A4}:head", "a:b:c",
        )),
        *(f"downgrade {target} --sql" for target in (
            "head:base", f"{A3}:{A1}", f"{A3}:-1", f"{A3}:base", f"{A4}:{A4}", f"{A1}:{A3}", "base", "-1",
            "nonsense:base",
        )),
        *(f"stamp {target} --sql" for target in (
            "head", "base", A2, f"{A1}:{A3}", f"{A1}:base", "base:head", "nonsense", f"{A1[:4]}:{A3[:4]}",
        )),
        "stamp --sql --purge head", "ensure_version --sql", "upgrade head --sql --tag release",
    ],
    "branched": ["upgrade heads --sql", "upgrade head --sql", f"upgrade {B4} --sql", f"downgrade {B4}:{A1} --sql"],
    "labelled": [
        "upgrade heads --sql", "upgrade billing@head --sql", f"upgrade {A1}:heads --sql", f"upgrade {A1}:shop@head --sql",
        f"downgrade {B3}:billing@base --sql", f"downgrade {B3}:billing@-1 --sql", f"stamp --sql {B3} {C3}",
        f"stamp --sql {A1}:{B3} {A1}:{C3}", f"stamp --sql {A1}:{B3} {B2}:{C3}", "stamp --sql heads",
    ],
    "depends_on": [
        "upgrade heads --sql", "upgrade extra@head --sql", f"upgrade {A2}:heads --sql", f"downgrade {B4}:base --sql",
        f"downgrade {B4}:{A2} --sql", f"downgrade {B4}:core@base --sql",
    ],
    "merged": [
        "upgrade head --sql", "downgrade head:base --sql", f"downgrade {M4}:{A1} --sql", f"upgrade {B2}:head --sql",
    ],
    "several bases": ["upgrade heads --sql", "upgrade core@head --sql", "stamp --sql heads"],
    "multidb": ["upgrade head --sql", f"upgrade {A1}:{A2} --sql", "downgrade head:base --sql", "stamp head --sql"],
}  # fmt: skip
