"""`alembic.op` and `alembic.context`, made safe for threads and tasks.

Both modules hold one global object for the whole process: with 8 threads and 8 databases, stock Alembic sends one
database's DDL to another one (measured). Here that object is a permanent stand-in that looks up, for each use, the
object of the context it is used in (`contextvars`): threads, tasks and greenlets each have their own.

- A thread without a context of its own, such as one that a revision or env.py has started, gets the object of the run
  that is active in the process, as long as there is exactly one. Among several it is refused: it may be another one's.
- Stock Alembic, run in the same process, would put its own object in our place. It is made to say so to the stand-in
  instead, and so is as safe as whimbrel. Only a run of it that began before this module was imported is not: in it,
  `op` and `context` are refused while whimbrel runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import alembic.context
import alembic.op
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext

from .config import ProjectConfig


class _StandIn:
    """Behaves as the object of the current context.

    Args:
        module: where Alembic keeps the global object.
        kind: the class of such objects.
    """

    def __init__(self, module: ModuleType, kind: type[Operations | EnvironmentContext]) -> None:
        self._module = module
        self._kind = kind
        self._current: ContextVar[Any] = ContextVar(module.__name__, default=None)
        self._active: list[Any] = []
        self._install()

    def __getattr__(self, name: str) -> Any:
        target = self.target()
        if target is None:
            raise NameError(
                f"{self._module.__name__} is only available while a migration runs"
                if not self._active
                else f"several migrations run, and this thread belongs to none of them: start what uses "
                f"{self._module.__name__} with contextvars.copy_context().run"
            )
        return getattr(target, name)

    def target(self) -> Any:
        """The object of this context, or of the whole process if there is only one; None if neither."""
        current, active = self._current.get(), tuple(self._active)
        return current if current is not None else active[0] if len(active) == 1 else None

    @contextmanager
    def meaning(self, target: Any) -> Iterator[None]:
        """Stand in for this object, in this context."""
        before = self._enter(target)
        try:
            yield
        finally:
            self._leave(target, before)

    def restore(self, target: Any) -> None:
        """Take away what stock Alembic has left here: it does not clean up behind an error."""
        while (left := self._current.get()) not in (target, None):
            self._leave(left, vars(left).pop("_stood_before", None))
        self._current.set(target)

    def _enter(self, target: Any) -> Any:
        before = self._current.get()
        self._current.set(target)
        self._active.append(target)
        return before

    def _leave(self, target: Any, before: Any) -> None:
        self._current.set(before)
        with suppress(ValueError):
            self._active.remove(target)

    def _install(self) -> None:
        """Put the stand-in in place, for good."""
        there = vars(self._module)
        if there.get("_proxy") is not None:
            self._active.append(there["_proxy"])  # stock Alembic runs, in this thread or another one
        for name in self._kind._setups[self._kind][0]:
            there.pop(name, None)
        there["_proxy"] = self
        # Attributes that are no functions (`context.config`) are globals of the module with stock Alembic.
        there["__getattr__"] = self._module_attribute
        self._divert_stock()

    def _divert_stock(self) -> None:
        """Make stock Alembic, where it installs an object of its own, install it here."""

        def install(target: Any) -> None:
            target._stood_before = self._enter(target)

        def remove(target: Any) -> None:
            self._leave(target, vars(target).pop("_stood_before", None))

        setattr(self._kind, "_install_proxy", install)  # noqa: B010  # a metaclass of Alembic's looks
        setattr(self._kind, "_remove_proxy", remove)  # noqa: B010

    def _module_attribute(self, name: str) -> Any:
        """The module's `__getattr__`: what has no value now is simply not there."""
        target = self.target()
        if target is None or name.startswith("__"):
            raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r} outside of a migration")
        return getattr(target, name)


_op = _StandIn(alembic.op, Operations)
_context = _StandIn(alembic.context, EnvironmentContext)


@contextmanager
def environment_proxied(environment: EnvironmentContext) -> Iterator[None]:
    """Make `alembic.context` mean this environment, in this thread or task."""
    with _context.meaning(environment):
        yield


@contextmanager
def operations_proxied(operations: Operations) -> Iterator[None]:
    """Make `alembic.op` mean these operations, in this thread or task."""
    with _op.meaning(operations):
        yield


def restore(environment: EnvironmentContext, operations: Operations) -> None:
    """Make them mean these again, whatever a revision has run in between."""
    _context.restore(environment)
    _op.restore(operations)


_TOLD_BY_EVENTS = ("alembic.runtime", "alembic.autogenerate", "alembic.ddl")
"""Loggers of Alembic's; the last one tells of each column of PostgreSQL's that numbers itself, and of nothing else."""


def tame_file_config() -> None:
    """Keep env.py's `fileConfig()` from taking over the logging of the program that whimbrel runs in.

    It replaces the root logger's handlers and, by default, disables every logger that exists. In a program that
    migrates by itself (no command line) it does nothing; under the `whimbrel` command it disables no logger, and
    Alembic's reports of each step stay out, as events tell the same.
    """

    import logging.config

    stock = logging.config.fileConfig
    if hasattr(stock, "is_tamed"):
        return

    def file_config(fname: Any, defaults: Any = None, disable_existing_loggers: bool = True, **options: Any) -> None:
        environment = _context.target()
        if environment is None or not isinstance(environment.config, ProjectConfig):  # stock Alembic's
            stock(fname, defaults, disable_existing_loggers, **options)
        elif environment.config.cmd_opts is not None:
            stock(fname, defaults, disable_existing_loggers=False, **options)
            for name in _TOLD_BY_EVENTS:
                logging.getLogger(name).setLevel(logging.WARNING)

    file_config.is_tamed = True  # type: ignore[attr-defined]
    logging.config.fileConfig = file_config  # type: ignore[assignment]  # same call, looser types
