"""What is put to the test: stock Alembic, and whimbrel, each with a project of its own for every edit."""

from __future__ import annotations

import ast
import inspect
import io
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import alembic
import alembic.command
import alembic.config
from sqlalchemy import Connection, MetaData

from whimbrel import Project, WhimbrelError, settings

BASE = "base0"
"""The revision that the database is at before the edit. It makes what the database has already."""

BEGINNINGS: dict[str, Callable[[Connection], None]] = {}
"""What the first revision does, by the folder that it is in."""

_BASE_REVISION = """\
from alembic import op

from edits.engines import BEGINNINGS

revision = {base!r}
down_revision = None


def upgrade():
    BEGINNINGS[{folder!r}](op.get_bind())


def downgrade():
    pass
"""


class Engine(Protocol):
    """Turns a database into what models say, by a revision file, and back."""

    def begin_with(self, make: Callable[[Connection], None]) -> None:
        """Say what the first revision does."""

    def revise(self, metadata: MetaData, answers: Mapping[str, Any]) -> str:
        """Write a revision, and return what it does; one that does nothing is deleted."""

    def upgrade(self) -> None:
        """Apply the revision."""

    def downgrade(self) -> None:
        """Take it back."""

    def refuses(self, error: Exception) -> bool:
        """Whether an error is a refusal: an answer, and no accident."""


def what_it_does(revision: Path) -> str:
    """The statements of a revision file, of both its ways; nothing if there are none."""
    functions = [node for node in ast.parse(revision.read_text()).body if isinstance(node, ast.FunctionDef)]
    assert {function.name for function in functions} == {"upgrade", "downgrade"}
    statements = [node for function in functions for node in function.body]
    return "\n".join(ast.unparse(node) for node in statements if not isinstance(node, ast.Pass) and not _is_text(node))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class _Files:
    """The revision files of a project."""

    def __init__(self, versions: Path) -> None:
        versions.mkdir(parents=True)
        self._versions = versions
        (versions / "base.py").write_text(_BASE_REVISION.format(base=BASE, folder=str(versions)))
        self._folder = str(versions)

    def begin_with(self, make: Callable[[Connection], None]) -> None:
        """Say what the first revision does."""
        BEGINNINGS[self._folder] = make

    def all(self) -> set[Path]:
        return set(self._versions.glob("*.py"))

    def added_since(self, before: set[Path]) -> str:
        """What the file that was added does. One that does nothing is deleted."""
        added = self.all() - before
        assert len(added) <= 1
        for path in added:
            if done := what_it_does(path):
                return done
            path.unlink()
        return ""


_ENV = """\
from alembic import context
from sqlalchemy import NullPool, create_engine

metadata = context.config.attributes["metadata"]
url = context.config.attributes["url"]
schemas = {table.schema for table in metadata.tables.values()}
options = context.config.attributes["options"]


def include_name(name, kind, parents):
    return kind != "schema" or name is None or name in schemas


with create_engine(url, poolclass=NullPool).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        render_as_batch=connection.dialect.name == "sqlite",
        include_schemas=bool(schemas - {None}),
        include_name=include_name,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()
"""

# What the environment that the tests run in adds to Alembic is not Alembic's.
_HAS_PLUGINS = tuple(map(int, alembic.__version__.split(".")[:2])) >= (1, 18)
_ALONE = {"autogenerate_plugins": ["alembic.autogenerate.*", "~alembic.autogenerate.whimbrel"]} if _HAS_PLUGINS else {}


class Stock:
    """Alembic as it is, with an env.py in which everything is switched on that it can compare.

    Args:
        folder: where its project is made.
        url: the database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._files = _Files(folder / "versions")
        (folder / "env.py").write_text(_ENV)
        (folder / "script.py.mako").write_text(
            (Path(alembic.__file__).parent / "templates" / "generic" / "script.py.mako").read_text()
        )
        self._config = alembic.config.Config(stdout=io.StringIO(), cmd_opts=Namespace(quiet=True))
        self._config.set_main_option("script_location", str(folder).replace("%", "%%"))
        self._config.set_main_option("path_separator", "os")
        self._config.attributes.update(url=url, options=_ALONE, metadata=MetaData())

    def begin_with(self, make: Callable[[Connection], None]) -> None:
        self._files.begin_with(make)

    def revise(self, metadata: MetaData, answers: Mapping[str, Any]) -> str:
        before = self._files.all()
        self._config.attributes["metadata"] = metadata
        alembic.command.revision(self._config, "edit", autogenerate=True)
        return self._files.added_since(before)

    def upgrade(self) -> None:
        alembic.command.upgrade(self._config, "head")

    def downgrade(self) -> None:
        alembic.command.downgrade(self._config, "-1")

    def refuses(self, error: Exception) -> bool:
        return False


class Whimbrel:
    """whimbrel without an env.py, as its front door is for programs.

    Args:
        folder: where its project is made.
        url: the database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._files = _Files(folder / "migrations" / "versions")
        self._folder = str(folder)
        (folder / "whimbrel.toml").write_text("")
        self._url = url

    def begin_with(self, make: Callable[[Connection], None]) -> None:
        self._files.begin_with(make)

    def revise(self, metadata: MetaData, answers: Mapping[str, Any]) -> str:
        before = self._files.all()
        known = inspect.signature(Project.revision).parameters
        accepted = {name: answer for name, answer in answers.items() if name in known}
        self._project(metadata).revision("edit", autogenerate=True, **accepted)
        return self._files.added_since(before)

    def upgrade(self) -> None:
        self._project().upgrade("head")

    def downgrade(self) -> None:
        self._project().downgrade("-1")

    def refuses(self, error: Exception) -> bool:
        return isinstance(error, WhimbrelError)

    def _project(self, *metadata: MetaData) -> Project:
        read = settings.load(self._folder, url=self._url)
        return Project(read, settings.select(read, None), metadata=metadata)


ENGINES: dict[str, type[Stock | Whimbrel]] = {"stock": Stock, "whimbrel": Whimbrel}
