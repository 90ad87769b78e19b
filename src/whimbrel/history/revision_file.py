"""A revision as its file describes it."""

from __future__ import annotations

from ..record import Record


class RevisionFile(Record):
    """A file and the revision in it: its id, its parents, its labels, its dependencies and its docstring.

    `sha256` is that of the file's bytes, where the file was read with others of its folder.
    """

    path: str
    revision: str
    down_revisions: tuple[str, ...]
    branch_labels: tuple[str, ...]
    depends_on: tuple[str, ...]
    longdoc: str
    sha256: str | None = None

    @property
    def message(self) -> str:
        """The first paragraph of the docstring, as listings show it; none if the docstring begins with the header."""
        return "" if self.longdoc.startswith("Revision ID:") else self.longdoc.partition("\n\n")[0]
