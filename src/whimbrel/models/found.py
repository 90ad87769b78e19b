"""What the room hands out: the modules that declare models, and their metadata."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # only the name: `scan` must stay as light as the commands that only look at files
    from sqlalchemy import MetaData


class ModelModule(NamedTuple):
    """A module that declares tables, mapped classes, or what they are made from.

    Args:
        name: its dotted name.
        path: its file.
        whole_package: it is the `__init__.py` of a package of models, so that every submodule belongs to it. False
            for an application package, one that makes the Flask-SQLAlchemy object: among its submodules are web
            servers and workers, which importing would start.
    """

    name: str
    path: Path
    whole_package: bool = False


class Models(NamedTuple):
    """The models of a project.

    Args:
        metadata: every MetaData with at least one table; what Alembic gets as `target_metadata`.
        modules: the dotted names of the project's modules that define a table.
        sources: where each metadata comes from, for messages: "shop/models.py: Base.metadata".
    """

    metadata: tuple[MetaData, ...]
    modules: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def tables(self) -> int:
        """The number of tables over all metadata."""
        return sum(len(metadata.tables) for metadata in self.metadata)
