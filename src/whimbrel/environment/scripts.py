"""Alembic's `ScriptDirectory`, fed from the index of revision files: nothing is imported until it is executed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import Revision

from ..errors import RevisionFileBroken
from ..history import History, RevisionFile, read_folders
from ..history.header import import_file, of_module
from ..settings import Database


class Scripts(ScriptDirectory):
    """The revisions of a database, for Alembic.

    `version_locations` may be set by env.py while it runs, so the files are read when they are first needed.
    """

    def __init__(self, database: Database, config: Config) -> None:
        self.database = database
        options = database.options
        native = database.alembic is None

        def option(name: str, default: Any = None) -> Any:
            return options.get(name, default) if native else config.get_alembic_option(name, default)

        length = option("truncate_slug_length")
        super().__init__(
            database.script_location,
            file_template=option("file_template", "%(rev)s_%(slug)s"),
            truncate_slug_length=int(length) if length else None,
            version_locations=self._configured_locations(database),
            sourceless=bool(options.get("sourceless")),
            output_encoding=option("output_encoding", "utf-8"),
            timezone=option("timezone"),
            hooks=_native_hooks(options) if native else config.get_hooks_list(),
            recursive_version_locations=bool(options.get("recursive_version_locations")),
            messaging_opts=config.messaging_opts,
        )

    @staticmethod
    def _configured_locations(database: Database) -> list[str] | None:
        """None where Alembic would find none: env.py files may look at it."""
        default = (os.path.join(database.script_location, "versions"),)
        return None if database.version_locations == default else list(database.version_locations)

    @cached_property
    def env_py_rolls_back(self) -> bool:
        """Whether env.py, where there is one, may undo what it has run: a dry run, or checks behind the migrations."""
        try:
            return ".rollback(" in Path(self.env_py_location).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False

    @cached_property
    def history(self) -> History:
        """The graph of the revision files."""
        listing = read_folders(
            [str(location) for location in self._version_locations],
            recursive=self.recursive_version_locations,
            sourceless=self.sourceless,
        )
        return History(listing.files, listing.broken)

    def _load_revisions(self) -> Iterator[Script]:
        self.history.check()
        for revision in self.history:
            yield LazyScript(self.history[revision])


class LazyScript(Script):
    """A revision whose file is imported when its `module` is first asked for."""

    def __init__(self, file: RevisionFile) -> None:
        Revision.__init__(
            self,
            file.revision,
            file.down_revisions or None,
            branch_labels=file.branch_labels,
            dependencies=file.depends_on or None,
        )
        self.path = file.path
        self._file = file

    @cached_property
    def module(self) -> ModuleType:  # type: ignore[override]
        """The executed file, checked to be the revision that was read.

        Raises:
            RevisionFileBroken: it raised, or it is another revision.
        """
        module = import_file(self.path)
        executed = of_module(module, self.path)
        for read, run, name in zip(self._file[1:5], executed[1:5], RevisionFile._fields[1:5], strict=True):
            if read != run:
                raise RevisionFileBroken(
                    f"a revision file is not what it seems: {name} reads {read!r} and is {run!r} when the file runs",
                    where=self.path,
                    state="the file's revision was not run",
                    hint=f"assign {name} once, at the top of the file",
                )
        return module

    def forget(self) -> None:
        """Have the file executed anew when its module is asked for next: what it has at its top may be used up."""
        self.__dict__.pop("module", None)

    @property
    def longdoc(self) -> str:
        """The docstring."""
        return self._file.longdoc


def _native_hooks(options: Any) -> list[Any]:
    """Post-write hooks as Alembic's `[[tool.alembic.post_write_hooks]]` are handed on."""
    return [
        {"_hook_name" if key == "name" else key: value for key, value in hook.items()}
        for hook in options.get("post_write_hooks", ())
    ]
