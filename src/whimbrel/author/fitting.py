"""Whether a value fits a column, as the database says: tried on a scratch one, as an UPDATE of no row tells nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy.exc import DBAPIError

from ..catalog import COLUMN, Catalog, Item
from ..connect.sayings import in_one_line
from ..environment import Visit
from ..prover import Subject, attempt
from .decisions import Fill, cannot_be
from .decisions.names import ColumnOf
from .filling import literal_of

_TRIED = "whimbrel_tried"


def check_fits(
    fills: Collection[Fill], visit: Visit, subject: Subject, wanted: Catalog, type_of: Callable[[ColumnOf], Any]
) -> None:
    """Refuse what a column does not take.

    Args:
        fills: what was decided.
        visit: leads to the scratch database.
        subject: the database that it stands in for.
        wanted: what the models say, in the words of the database.
        type_of: knows the types of the models.

    Raises:
        RevisionDataInvalid: the database refuses a value, or none can be written.
    """
    for fill in fills:
        place, name = fill.column
        column = next(item for item in wanted.parts(place, COLUMN) if item.name == name)
        if subject.dialect.lists.listed(wanted, column) is not None:
            continue  # the models have the value; the database may get it with this revision only
        refusal = _refusal(visit, column, literal_of(fill, subject, type_of(fill.column)))
        if refusal is not None:
            raise cannot_be(fill.column, str(fill.value), refusal)


def _refusal(visit: Visit, column: Item, value: str) -> str | None:
    """What the database says of a value that does not fit; None if it does, or if that is not known so early."""
    is_known = False  # else the type is one that the revision makes
    try:
        with attempt(visit):
            visit.query(f"CREATE TEMPORARY TABLE {_TRIED} (tried {column.fact('type') or ''})")
            is_known = True
            visit.query(f"INSERT INTO {_TRIED} VALUES ({value})")
            visit.query(f"DROP TABLE {_TRIED}")
    except DBAPIError as error:
        return in_one_line(error.orig or error) if is_known else None
    return None
