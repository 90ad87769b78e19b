"""Tables that were found to be as the models say, and nothing has changed since: those are not compared again.

What is kept is a hash for each: of what creates the table in the models, with all that decides what the database makes
of that; and of what the database says of it. So any change on either side, of anything that is read of either, makes
it another one, and the table is compared.

What the database says is kept, too, where it can tell at less cost that nothing in it was changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from ..cache import Memo
from ..environment import Visit
from ..version import __version__
from .subject import Subject, Texts, glance, of_the_project, read

if TYPE_CHECKING:
    from ..catalog.items import Place

_ALL, _SPARE = 1, 2
"""What is kept of all that is part of no table: that the models have all of it; that they do not."""


class Known:
    """The tables that need not be compared; a context manager that saves what is new.

    Args:
        folder: the folder beside whose bytecode that is kept.
        full: compare everything, whatever is known.
    """

    def __init__(self, folder: str, *, full: bool = False) -> None:
        self._memo = Memo(folder, "same")
        self._said = Memo(folder, "said")
        self._full = full

    def __enter__(self) -> Self:
        self._memo.__enter__()
        self._said.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._said.__exit__(*exception)
        self._memo.__exit__(*exception)

    def look(self, visit: Visit) -> Subject:
        """As the `look` of the prover, but only at those tables that have to be compared. Reads the database."""
        subject = glance(visit)
        if not subject.definitions.is_complete:
            subject.actual = read(visit, subject)
            return subject
        catalogs = subject.dialect.catalogs
        texts = self._texts(visit, subject)
        subject.places = self._to_compare(subject, texts)
        if subject.places is None:
            subject.actual = read(visit, subject)
        elif subject.places:
            tables = catalogs.tables(visit.query, subject.schemas, subject.places)
            subject.actual = of_the_project(tables, subject.version_table, subject.declared)
        if subject.places != frozenset():
            # What has changed between the two was read as it was before, or as it is now.
            again = catalogs.texts(visit.query, subject.schemas, subject.places)
            if subject.places is not None:
                again[None] = texts[None]  # what is part of no table was not read: it is known
            texts = {place: text for place, text in texts.items() if again.get(place) == text}
        subject.texts = texts
        return subject

    def note(self, subject: Subject, unlike: Collection[Place | None], *, spare: bool) -> None:
        """Keep that tables are as the models say. Asks no database.

        Args:
            subject: the database, as `look` has returned it.
            unlike: the tables of those compared that are not; and None, if something differs that is part of none.
            spare: whether the database has something that is part of none, and the models have not.
        """
        for place, key in self._keys(subject, subject.texts).items():
            if place not in unlike and self._is_compared(subject, place):
                self._memo.put(key, _SPARE if place is None and spare else _ALL)

    def _texts(self, visit: Visit, subject: Subject) -> Texts:
        catalogs = subject.dialect.catalogs
        # What is changed after this was asked for has texts that are kept under a signature which nothing has any more.
        signature = "" if self._full else catalogs.signature(visit.query)
        if not signature:
            return catalogs.texts(visit.query, subject.schemas)
        key = sha256(repr((__version__, signature, subject.schemas)).encode()).hexdigest()
        texts: Texts | None = self._said.get(key)
        if texts is None:
            texts = catalogs.texts(visit.query, subject.schemas)
            self._said.put(key, texts)
        return texts

    def _to_compare(self, subject: Subject, texts: Texts) -> frozenset[Place] | None:
        """The tables that have to be compared; None if everything has to be."""
        if self._full:
            return None
        keys = self._keys(subject, texts)
        known = {place: found for place, key in keys.items() if (found := self._memo.get(key)) is not None}
        places: Iterable[Place | None] = {*texts, *subject.definitions.places} - known.keys()
        wanted = frozenset(place for place in places if place is not None and subject.is_compared(place))
        if None not in known or (known[None] == _SPARE and wanted):  # it may be used by what is not looked at
            return None
        return wanted

    def _keys(self, subject: Subject, texts: Texts) -> dict[Place | None, str]:
        """A hash for each that both sides have; with all that is part of no table, which tables may stand on."""
        models = subject.definitions.places
        ground = sha256(repr((models[None], texts.get(None))).encode()).hexdigest()
        return {
            place: sha256(f"{place}\0{ground}\0{models[place]}\0{text}".encode()).hexdigest()
            for place, text in texts.items()
            if place in models
        }

    def _is_compared(self, subject: Subject, place: Place | None) -> bool:
        return subject.places is None or place in subject.places
