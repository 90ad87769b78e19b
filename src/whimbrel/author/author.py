"""Writes revision files: by hand, by autogenerate, as merges; and says what a new one would hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic.autogenerate import RevisionContext
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError, asbool, rev_id
from sqlalchemy import inspect

from ..differ import described
from ..environment import AlembicStep, Environment, Visit, Work
from ..errors import CommandRefused, DatabaseNotAtHead, ModelsEmpty, ModelsNotFound, RevisionDataInvalid, counted, place
from ..events import Found, Listener, Notice
from ..history.target import Resolver
from ..models import Models
from ..planner import check_known
from .text import check_revision_id
from .writing import NewRevision, WritingScripts


class Author:
    """Adds revision files to a database's history.

    Args:
        environment: the database's environment, whose scripts are `WritingScripts`.
        listener: who is told what was written.
        models: the models, for an environment that has no env.py to name them; None if they are not needed.
    """

    def __init__(self, environment: Environment, listener: Listener, models: Models | None = None) -> None:
        assert isinstance(environment.scripts, WritingScripts)
        self._environment = environment
        self._scripts = environment.scripts
        self._listen = listener
        self._models = models

    def revision(self, message: str | None, *, autogenerate: bool = False, **options: Any) -> list[NewRevision]:
        """Write a new revision file. Reads the database if `autogenerate`; never writes it.

        Args:
            message: what the revision is about.
            autogenerate: fill the file with what turns the database into what the models say.
            options: Alembic's `sql`, `head`, `splice`, `branch_label`, `version_path`, `rev_id`, `depends_on`.

        Raises:
            WhimbrelError: nothing was written.
        """
        if options.get("sql") and autogenerate:
            raise RevisionDataInvalid("--sql and --autogenerate do not go together", hint="leave one of them out")
        if options.get("rev_id"):
            check_revision_id(options["rev_id"])
        context = self._revision_context(message=message, autogenerate=autogenerate, **options)
        if autogenerate:
            self._compare(context)
        elif asbool(self._environment.config.get_alembic_option("revision_environment")):
            self._run_environment(context, bool(options.get("sql")))
        elif options.get("sql"):
            raise RevisionDataInvalid(
                "revision --sql needs revision_environment = true",
                hint="leave --sql out: it only matters to an env.py that runs for every new revision",
            )
        with _alembic_refusals(self._scripts):
            list(context.generate_scripts())
        if not context.generated_revisions:
            self._listen(
                Notice(
                    "env.py dropped the new revision: no file was written",
                    "its process_revision_directives emptied the list of directives, as many do when nothing differs",
                )
            )
        elif autogenerate:
            self._tell_contents(context)
        return self._scripts.written

    def merge(self, revisions: Sequence[str], message: str | None, **options: Any) -> list[NewRevision]:
        """Write a revision that joins several heads. No database is needed unless `revision_environment` is set.

        Args:
            revisions: the revisions to join, as targets; `heads` for all.
            message: what the merge is about; by default, what it merges.
            options: Alembic's `branch_label`, `rev_id`, `splice`.

        Raises:
            WhimbrelError: nothing was written.
        """
        arguments: dict[str, Any] = {"config": self._environment.config}
        if asbool(self._environment.config.get_alembic_option("revision_environment")):
            self._environment.run(Work(lambda visit: (), options={"template_args": arguments, "dont_mutate": True}))
        self._scripts.history.check()
        resolver = Resolver(self._scripts.history)
        resolved = list(dict.fromkeys(name for text in revisions for name in resolver.revisions(text)))
        if len(resolved) < 2:
            raise RevisionDataInvalid(
                f"there is nothing to merge: {', '.join(revisions)} is {counted(len(resolved), 'revision')}",
                state="nothing was written",
                hint="whimbrel heads shows what there is to join",
            )
        with _alembic_refusals(self._scripts):
            self._scripts.generate_revision(
                options.get("rev_id") or rev_id(),
                f"merge {' and '.join(resolved)}" if message is None else message,
                refresh=True,
                head=list(revisions),
                branch_labels=options.get("branch_label"),
                splice=bool(options.get("splice")),
                **arguments,
            )
        return self._scripts.written

    def differences(self) -> list[Any]:
        """What turns the database into what the models say, as Alembic's difference tuples. Reads the database.

        Raises:
            WhimbrelError: the models or the database cannot be read, or the database is not at head.
        """
        context = self._revision_context(message=None, autogenerate=True)
        self._compare(context)
        # An env.py that drops a revision in which nothing differs leaves none.
        return [diff for script in context.generated_revisions[-1:] for diff in _differences(script)]

    # -- parts ----------------------------------------------------------------------------------

    def _revision_context(self, **arguments: Any) -> RevisionContext:
        defaults = dict.fromkeys(
            ("message", "sql", "splice", "branch_label", "version_path", "rev_id", "depends_on", "autogenerate")
        )
        command_args = {**defaults, "head": "head", **{k: v for k, v in arguments.items() if v is not None}}
        return RevisionContext(self._environment.config, self._scripts, command_args)

    def _compare(self, context: RevisionContext) -> None:
        def steps(visit: Visit) -> Iterator[AlembicStep]:
            self._check_at_head(visit)
            self._check_models(visit.context)
            context.run_autogenerate(visit.heads, visit.context)
            return iter(())

        self._environment.run(
            Work(
                steps,
                options={
                    "template_args": context.template_args,
                    "revision_context": context,
                    "as_sql": False,
                    "dont_mutate": True,
                },
                metadata=self._models.metadata if self._models else None,
            )
        )

    def _run_environment(self, context: RevisionContext, as_sql: bool) -> None:
        def steps(visit: Visit) -> Iterator[AlembicStep]:
            context.run_no_autogenerate(visit.heads, visit.context)
            return iter(())

        options = {"template_args": context.template_args, "revision_context": context, "as_sql": as_sql}
        self._environment.run(Work(steps, options=options))

    def _check_at_head(self, visit: Visit) -> None:
        history = self._scripts.history
        history.check()
        check_known(history, visit.heads)
        pending = history.pending(visit.heads)
        if pending:
            raise DatabaseNotAtHead(
                f"the database is {counted(len(pending), 'revision')} behind",
                where=visit.where,
                why="autogenerate compares the models with the database, which must be at head for that",
                hint="whimbrel upgrade heads" if len(history.effective_heads) > 1 else "whimbrel upgrade head",
            )

    def _check_models(self, context: MigrationContext) -> None:
        """Refuse models without a table for a database that has some: they were not imported, and all would be dropped.

        Raises:
            ModelsNotFound: env.py names no models.
            ModelsEmpty: they hold no table, and the database does.
        """
        metadata = context.opts.get("target_metadata")
        where = place(self._scripts.env_py_location) if self._environment.database.has_env else None
        if metadata is None:
            raise ModelsNotFound(
                "env.py names no models",
                where=where,
                why="target_metadata is None",
                hint="set target_metadata = Base.metadata in env.py, and import the modules with your models there",
            )
        several = metadata if isinstance(metadata, list | tuple) else [metadata]
        if any(one.tables for one in several):
            return
        assert context.connection is not None
        tables = set(inspect(context.connection).get_table_names()) - {context.version_table, "alembic_version"}
        if tables:
            raise ModelsEmpty(
                f"the models hold no table, and the database has {len(tables)}",
                where=where,
                why="no module with models was imported: every table would be dropped",
                hint="import the modules with your models in env.py" if where else 'models = ["package.module"]',
            )

    def _tell_contents(self, context: RevisionContext) -> None:
        """What the new revision does, or that it does nothing."""
        diffs = described(diff for script in context.generated_revisions for diff in _differences(script))
        for line in sorted(diffs):
            self._listen(Found("difference", line))
        if diffs or any(_operations(context)):
            return
        self._listen(
            Notice(
                "the models and the database do not differ: the new revision is empty",
                "delete it, unless you want to fill it by hand. If create_all() has made the tables, compare with an "
                "empty database instead, then: whimbrel stamp head",
            )
        )


def _differences(script: Any) -> Iterator[Any]:
    return (diff for ops in script.upgrade_ops_list for diff in ops.as_diffs())


def _operations(context: RevisionContext) -> Iterator[Any]:
    for script in context.generated_revisions:
        for ops in script.upgrade_ops_list:
            yield from ops.ops


@contextmanager
def _alembic_refusals(scripts: WritingScripts) -> Iterator[None]:
    """Alembic's own refusals while it writes a file, in our shape."""
    try:
        yield
    except CommandError as error:
        raise CommandRefused(str(error), state=scripts.state) from error
