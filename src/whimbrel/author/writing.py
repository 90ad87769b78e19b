"""Alembic's `ScriptDirectory`, writing new revision files safely."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from alembic.script import Script
from alembic.util import template_to_file

from ..atomic import Replacement
from ..environment import Scripts
from ..errors import HookFailed, RevisionDataInvalid, place
from ..history.target import BASE, Resolver
from .text import check_labels, check_revision_id, in_docstring, one_line

_TEMPLATE = Path(__file__).with_name("script.py.mako")


class NewRevision(NamedTuple):
    """A revision file that was written.

    Attributes:
        revision: its id.
        path: the file.
        proof: how it was proven that it does what it should, in words; empty if nobody has tried it.
    """

    revision: str
    path: str
    proof: str = ""


class WritingScripts(Scripts):
    """The revisions of a database, to which files are added.

    A file appears under its name complete, inside its versions folder, or not at all; `written` lists those that did.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.written: list[NewRevision] = []
        self._files: list[Path] = []
        self._configured_hooks = list(self.hooks)
        self._running_hook: Any = None

    @property
    def state(self) -> str:
        """What has been written so far, in words: also what failed afterwards."""
        files = ", ".join(place(str(file)) for file in self._files)
        return f"{files} was written" if files else "nothing was written"

    def generate_revision(
        self,
        revid: str,
        message: str | None,
        head: Any = None,
        splice: bool | None = False,
        branch_labels: Any = None,
        version_path: Any = None,
        file_template: str | None = None,
        depends_on: Any = None,
        **values: Any,
    ) -> Script | None:
        """As Alembic's, for every head that a target can name.

        Raises:
            RevisionFileBroken, HistoryBroken: the revision files do not hold together. Nothing was written.
            RevisionDataInvalid: the id, a label or the path is not acceptable. Nothing was written.
            RevisionNotFound, MultipleHeads, …: `head` names no revision to come after.
            HookFailed: the file was written, and a post-write hook failed.
        """
        self.history.check()  # first: a head may be one only because the file that follows it is broken
        if check_revision_id(revid) in self.history:
            raise RevisionDataInvalid(
                f"there is a revision {revid} already",
                where=self.history[revid].path,
                state="nothing was written",
                hint="choose another --rev-id",
            )
        labels = check_labels([branch_labels] if isinstance(branch_labels, str) else branch_labels or ())
        self._check_labels_are_free(labels)
        self.hooks = self._hooks_in_turn()  # type: ignore[assignment]  # Alembic goes through them once
        try:
            script = super().generate_revision(
                revid,
                None if message is None else in_docstring(one_line(message)),
                head=self._resolved(head or "head"),
                splice=splice,
                branch_labels=labels or None,
                version_path=version_path,
                file_template=file_template,
                depends_on=depends_on,
                **values,
            )
        except Exception as error:
            if self._running_hook is None:
                raise
            raise self._hook_failed(error) from error
        if script is not None:
            self.written.append(NewRevision(script.revision, script.path))
        self.__dict__.pop("history", None)  # read again: another new revision may follow this one
        return script

    def _hooks_in_turn(self) -> Iterator[Any]:
        for hook in self._configured_hooks:
            self._running_hook = hook
            yield hook
        self._running_hook = None

    def _hook_failed(self, error: Exception) -> HookFailed:
        return HookFailed(
            f"the post-write hook {self._running_hook['_hook_name']} failed",
            where=str(self.database.origin),
            why=str(error),
            state=f"{self.state}, and can be run; the hook has not changed it",
            hint="correct the hook and run it on the file by hand, or delete the file and begin again",
        )

    def _check_labels_are_free(self, labels: tuple[str, ...]) -> None:
        for label in labels:
            if owner := self.history.labelled.get(label, label if label in self.history else None):
                raise RevisionDataInvalid(
                    f'the branch label "{label}" is taken by revision {owner}',
                    where=self.history[owner].path,
                    state="nothing was written",
                    hint="choose another --branch-label",
                )

    def _resolved(self, head: str | list[str] | tuple[str, ...]) -> str | list[str]:
        texts = [head] if isinstance(head, str) else list(head)
        if texts == [BASE]:
            return BASE
        resolver = Resolver(self.history)
        return list(dict.fromkeys(revision for text in texts for revision in resolver.revisions(text)))

    def _rev_path(self, path: Any, rev_id: str, message: str | None, create_date: datetime) -> Path:
        file = super()._rev_path(path, rev_id, message, create_date)
        folder = Path(path).resolve()
        if folder not in file.resolve().parents:
            raise RevisionDataInvalid(
                "the new file would be outside of the versions folder",
                where=str(file),
                why=f"file_template is {self.file_template!r}",
                state="nothing was written",
                hint="take .. out of file_template",
            )
        if file.exists():
            raise RevisionDataInvalid(
                "there is a file of this name already",
                where=str(file),
                state="nothing was written",
                hint="choose another message or --rev-id",
            )
        return file

    def _generate_template(self, src: Path, dest: Path, **values: Any) -> None:
        """Write the file beside its place, and put it there in one step."""
        template = src if src.exists() else _TEMPLATE
        with Replacement(str(dest)) as temporary:
            template_to_file(template, temporary, self.output_encoding, **values)
        self._files.append(dest)

    def _ensure_directory(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
