"""Whether an archive fits a database: the same revision, the same tables with the same columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ....archive import ArchivedTable, Manifest
from ....dialects.contents import Table
from ....environment import Visit
from ....errors import ArchiveDoesNotFit, few

_NAMED = 3
_Place = tuple[str | None, str]


def check_revisions(manifest: Manifest, visit: Visit) -> None:
    """Refuse an archive of another revision than that of the database.

    Raises:
        ArchiveDoesNotFit
    """
    if set(manifest.revisions) == set(visit.heads):
        return
    there, here = (", ".join(sorted(heads)) or "base" for heads in (manifest.revisions, visit.heads))
    history = visit.context.script.history  # type: ignore[union-attr]  # it is our Scripts
    known = all(head in history for head in manifest.revisions)
    behind = set(visit.heads) <= set(history.ancestors(manifest.revisions, effective=True)) if known else False
    targets = " ".join(manifest.revisions) or "base"
    direction = "upgrade" if behind else "downgrade"
    raise ArchiveDoesNotFit(
        f"the archive is of revision {there}, and the database is at {here}",
        where=visit.where,
        why=None if known else "no revision file has that of the archive",
        state="nothing was changed",
        hint=f"whimbrel {direction} {targets}, load it, then come back"
        if known
        else "load it with the revision files that it was written with",
    )


def matched(manifest: Manifest, tables: Sequence[Table], where: str) -> list[tuple[Table, ArchivedTable]]:
    """Each table of the database with that of the archive.

    Raises:
        ArchiveDoesNotFit: one of them is missing, here or there, or one of their columns.
    """
    archived = [(part.schema, part.name) for part in manifest.tables]
    folded = _folding(archived, [table.place for table in tables])
    parts = {folded(place): part for place, part in zip(archived, manifest.tables, strict=True)}
    places = {folded(table.place): table for table in tables}
    differences = [
        *(f"the database has no table {part.label}" for place, part in parts.items() if place not in places),
        *(f"the archive has no table {table.label}" for place, table in places.items() if place not in parts),
    ]
    for place, table in places.items():
        if place in parts:
            differences += _columns(table, parts[place])
    if differences:
        raise ArchiveDoesNotFit(
            "the archive has other tables or columns than the database, although both are at the same revision",
            where=where,
            why=few(differences, _NAMED, between="; ", last=", and "),
            state="nothing was changed",
            hint="bring the database to what its revisions make of it: whimbrel check shows what differs",
        )
    return [(table, parts[place]) for place, table in places.items()]


def _folding(*several: Sequence[_Place]) -> Callable[[_Place], _Place]:
    """How names are compared: in lower case, as servers have made of them what they like; exactly if that matters."""

    def lower(place: _Place) -> _Place:
        return place[0], place[1].lower()

    return lower if all(len(set(map(lower, places))) == len(places) for places in several) else lambda place: place


def _columns(table: Table, part: ArchivedTable) -> Iterable[str]:
    here, there = {column.name for column in table.columns}, {column.name for column in part.columns}
    yield from (f"{table.label} has no column {name}" for name in sorted(there - here))
    yield from (f"the archive has no column {table.label}.{name}" for name in sorted(here - there))
