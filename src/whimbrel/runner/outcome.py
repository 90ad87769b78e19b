"""What a command did, as values."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Change(NamedTuple):
    """What a command did to one database, or to one schema with a version table of its own.

    Attributes:
        where: which one: the URL with the password masked, and the schema if there is one.
        before: the heads before.
        after: the heads now, as a new connection sees them.
        revisions: what was run, in order.
        verified: whether a new connection has confirmed `after`. False only if the caller still holds the
            transaction, or for a database that whimbrel cannot read by itself.
    """

    where: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    revisions: tuple[str, ...]
    verified: bool


class Outcome(NamedTuple):
    """What a command did.

    Attributes:
        status: `done`, or `nothing to do`, or `written` if SQL was only written out.
        changes: one for each database; more than one only if the project's env.py visits several.
        created: the names of the databases that were missing, and were made.
    """

    status: Literal["done", "nothing to do", "written"]
    changes: tuple[Change, ...]
    created: tuple[str, ...] = ()

    @property
    def before(self) -> tuple[str, ...]:
        """The heads before, of all databases."""
        return tuple(dict.fromkeys(head for change in self.changes for head in change.before))

    @property
    def after(self) -> tuple[str, ...]:
        """The heads now, of all databases."""
        return tuple(dict.fromkeys(head for change in self.changes for head in change.after))

    @property
    def revisions(self) -> tuple[str, ...]:
        """What was run, in order; a revision that two databases needed stands there twice."""
        return tuple(revision for change in self.changes for revision in change.revisions)

    @property
    def verified(self) -> bool:
        """Whether every change is verified."""
        return all(change.verified for change in self.changes)
